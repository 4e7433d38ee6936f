//! Paths, queries and cursors that lead nowhere.

use serde_json::json;
use tests::Program;
use tests::program::text;

#[tokio::test]
async fn a_text_that_is_no_id_is_not_found() {
    let program = Program::create().await;
    let admin = program.member(&program.root, "admin");
    let id = &program.root;
    let ulid = id.trim_start_matches("acc_");
    let long = "A".repeat(2_000);
    let bad = [
        "x",
        "acc_",
        "acc_x",
        ulid,
        "0",
        "..",
        "%00",
        "%2e%2e",
        "%F0%9F%92%B6",
        "acc_%20",
        "acc_00000000000000000000000000",
        &long,
        &format!("{id}x"),
        &format!("prg_{ulid}"),
        &format!("acc_8{}", &ulid[1..]),
        &format!("{id}%0a"),
        &format!("%20{id}"),
        &id.replace("acc_", "ACC_"),
        &format!("acc_{}U", &ulid[..25]),
    ];
    for bad in bad.into_iter().filter(|bad| *bad != ".." && *bad != "%2e%2e") {
        for what in ["", "/position", "/entries", "/purchases", "/applications"] {
            admin.get(format!("/v1/accounts/{bad}{what}")).await.refused(404, "not_found");
        }
        admin.get(format!("/v1/accounts/{id}/purchases/{bad}")).await.refused(404, "not_found");
        admin.get(format!("/v1/accounts/{id}/applications/{bad}")).await.refused(404, "not_found");
        admin.get(format!("/v1/programs/{bad}")).await.refused(404, "not_found");
    }
}

#[tokio::test]
async fn a_parameter_that_a_route_does_not_know_is_refused() {
    let program = Program::create().await;
    let id = &program.root;
    let admin = program.member(id, "admin");
    for path in ["", "/position", "/entries", "/purchases", "/applications", "/children", "/verification"] {
        for query in ["preveiw=true", "limits=5", "status%20=active", "=", "%00=1"] {
            admin.get(format!("/v1/accounts/{id}{path}?{query}")).await.refused(400, "invalid_parameter");
        }
    }
    let distributor = program.onboard(id).await;
    let answer = admin
        .post(format!("/v1/accounts/{distributor}/allocations?previw=true"))
        .key("k")
        .json(json!({ "amount": "1.00" }))
        .await;
    answer.refused(400, "invalid_parameter");
    program.check_ledger(&distributor, 0).await;
}

#[tokio::test]
async fn a_parameter_with_a_wrong_value_is_refused() {
    let program = Program::create().await;
    let id = &program.root;
    let admin = program.member(id, "admin");
    let values = [
        ("entries", "kind", vec!["", "bogus", "Purchase", "allocation,purchase"]),
        ("entries", "from", vec!["", "yesterday", "2026-11-21", "2026-13-01T00:00:00Z", "1795000000"]),
        ("entries", "to", vec!["99999-01-01T00:00:00Z", "2026-11-21T25:00:00Z"]),
        ("position", "at", vec!["", "now", "2026-11-21 10:00:00"]),
        ("children", "status", vec!["", "bogus", "ACTIVE"]),
        ("applications", "status", vec!["", "open", "in-review"]),
    ];
    for (what, name, values) in values {
        for value in values {
            let answer = admin.get(format!("/v1/accounts/{id}/{what}?{name}={value}")).await;
            answer.refused(400, "invalid_parameter");
        }
    }
    for what in ["entries", "children", "applications", "purchases"] {
        for limit in ["0", "201", "-1", "+5", "1.5", "", "ten", "1e1", "99999999999999999999", "%D9%A1"] {
            admin.get(format!("/v1/accounts/{id}/{what}?limit={limit}")).await.refused(400, "invalid_parameter");
        }
        admin.get(format!("/v1/accounts/{id}/{what}?limit=1&limit=2")).await.refused(400, "invalid_parameter");
    }
}

#[tokio::test]
async fn a_cursor_holds_for_its_own_list_only() {
    let program = Program::create().await;
    let line = program.line().await;
    for _ in 0..3 {
        program.allocate(&program.root, &line.distributor, "1.00").await.expect(201);
    }
    let other = program.onboard(&program.root).await;
    program.allocate(&program.root, &other, "1.00").await.expect(201);
    let admin = program.member(&program.root, "admin");
    let entries = format!("/v1/accounts/{}/entries", line.distributor);
    let page = admin.get(format!("{entries}?limit=1")).await.expect(200);
    let cursor = text(&page, "next_cursor");
    admin.get(format!("{entries}?cursor={cursor}")).await.expect(200);

    let foreign = [
        format!("/v1/accounts/{other}/entries?cursor={cursor}"),
        format!("/v1/accounts/{}/purchases?cursor={cursor}", line.distributor),
        format!("/v1/accounts/{}/verification?cursor={cursor}", line.distributor),
        format!("{entries}?kind=allocation&cursor={cursor}"),
    ];
    for path in foreign {
        admin.get(path).await.refused(400, "invalid_cursor");
    }
    let flipped = if cursor.ends_with('A') { "B" } else { "A" };
    let mangled = [
        String::new(),
        "x".to_owned(),
        "====".to_owned(),
        "%00".to_owned(),
        "A".repeat(5_000),
        format!("{cursor}A"),
        cursor[1..].to_owned(),
        format!("{}{flipped}", &cursor[..cursor.len() - 1]),
        cursor.to_uppercase(),
        "%F0%9F%92%B6".to_owned(),
    ];
    for mangled in mangled {
        admin.get(format!("{entries}?cursor={mangled}")).await.refused(400, "invalid_cursor");
    }
}
