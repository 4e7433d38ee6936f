//! A program from its creation to the first purchase, step by step, with every figure.

use serde_json::{Value, json};
use tests::Program;
use tests::program::{items, only, text};

const QUOTA: &[&str] = &["granted", "allocated", "held", "used", "available"];

fn quota(granted: &str, allocated: &str, used: &str, available: &str) -> Value {
    json!({ "granted": granted, "allocated": allocated, "held": "0.00", "used": used, "available": available })
}

#[tokio::test]
async fn the_providers_account_begins_with_the_capacity_as_available_quota() {
    let program = Program::create().await;
    let read = program.operator().get(format!("/v1/programs/{}", program.id)).await.expect(200);
    assert_eq!(read["root_account_id"], *program.root);
    assert_eq!(read["currency"], "USD");
    assert_eq!(read["discounts"]["reseller"], "0.1", "no more digits than needed");

    let position = program.position(&program.root).await;
    assert_eq!(only(&position, QUOTA), quota("100000.00", "0.00", "0.00", "100000.00"));
    assert_eq!(
        only(&position, &["paid", "collected", "upstream", "currency", "seq"]),
        json!({ "paid": "0.00", "collected": "0.00", "upstream": [], "currency": "USD", "seq": 1 })
    );
    let entries = program.entries(&program.root).await;
    assert_eq!(entries[0]["kind"], "capacity");
    assert_eq!(entries[0]["deltas"], json!({ "granted": "100000.00", "available": "100000.00" }));
    assert_eq!(entries[0]["by"], json!({ "account_id": null, "sub": null }), "people outside are not named");
    program.check_ledger(&program.root, 1).await;
}

#[tokio::test]
async fn a_company_is_checked_verified_by_a_person_and_becomes_an_account() {
    let program = Program::with(
        json!({ "verification": { "distributor": "manual", "reseller": "automatic", "customer": "automatic" } }),
    )
    .await;
    let (root, company) = (&program.root, program.company());
    let provider = program.member(root, "sales");
    let check = json!({ "console_account_id": company["console_account_id"] });
    let checks = format!("/v1/accounts/{root}/registration-checks");
    assert_eq!(provider.post(&checks).json(&check).await.expect(200), json!({ "result": "available" }));

    let applied = provider.post(format!("/v1/accounts/{root}/applications")).json(&company).await.expect(201);
    assert_eq!(applied["status"], "in_review");
    assert_eq!(applied["tier"], "distributor");
    assert_eq!(applied["account_id"], Value::Null);
    assert_eq!(applied["pending_with"], **root);
    assert!(applied["checks"].as_array().unwrap().iter().all(|check| check["outcome"] == "pass"), "{applied:#}");
    assert_eq!(provider.post(&checks).json(&check).await.expect(200), json!({ "result": "in_review" }));

    let verifier = program.member(root, "verifier");
    let queue = format!("/v1/programs/{}/applications?status=in_review", program.id);
    assert_eq!(items(&verifier.get(&queue).await.expect(200)), vec![applied.clone()]);
    let path = format!("/v1/accounts/{root}/applications/{}", text(&applied, "id"));
    let approve = json!({ "decision": "approve", "reason": "Papers are in order" });
    let approved = verifier.post(format!("{path}/decisions")).json(&approve).await.expect(200);
    assert_eq!(approved["status"], "approved");
    assert_eq!(approved["pending_with"], Value::Null);
    assert_eq!(verifier.get(&path).await.expect(200), approved);
    assert_eq!(items(&verifier.get(&queue).await.expect(200)), Vec::<Value>::new());

    let history = approved["history"].as_array().unwrap();
    let states: Vec<&str> = history.iter().filter_map(|step| step["status"].as_str()).collect();
    assert_eq!(states, ["submitted", "in_review", "approved"]);
    assert_eq!(history[0]["by"], json!({ "account_id": root, "sub": format!("sales-of-{root}") }));
    assert_eq!(history[2]["by"], json!({ "account_id": root, "sub": format!("verifier-of-{root}") }));
    assert_eq!(history[2]["reason"], "Papers are in order");

    let account = program.member(&text(&approved, "account_id"), "viewer");
    let path = format!("/v1/accounts/{}", text(&approved, "account_id"));
    assert_eq!(account.get(path).await.expect(200)["status"], "active");
}

#[tokio::test]
async fn an_approved_application_is_an_active_account_with_a_zero_position() {
    let program = Program::create().await;
    let company = program.company();
    let id = program.onboard_company(&program.root, &company).await;
    let path = format!("/v1/accounts/{id}");
    let account = program.member(&id, "viewer").get(&path).await.expect(200);
    for (field, value) in company.as_object().unwrap() {
        assert_eq!(account[field], *value, "{field} as applied for");
    }
    let expected = json!({
        "id": id, "program_id": program.id, "parent_id": program.root, "tier": "distributor", "status": "active",
        "discount": "0.2",
    });
    assert_eq!(only(&account, &["id", "program_id", "parent_id", "tier", "status", "discount"]), expected);
    let position = program.position(&id).await;
    assert_eq!(only(&position, QUOTA), quota("0.00", "0.00", "0.00", "0.00"));
    program.check_ledger(&id, 0).await;
}

#[tokio::test]
async fn quota_goes_down_tier_by_tier_and_no_further_than_there_is() {
    let program = Program::create().await;
    let line = program.line().await;
    let [distributor, reseller, customer] = [&line.distributor, &line.reseller, &line.customer];

    let allocated = program.allocate(&program.root, distributor, "1000.00").await.expect(201);
    assert_eq!(
        only(&allocated, &["kind", "amount", "currency", "account_id"]),
        json!({ "kind": "allocation", "amount": "1000.00", "currency": "USD", "account_id": distributor })
    );
    let effect = |account: &str| {
        let effects = allocated["effects"].as_array().unwrap();
        effects.iter().find(|effect| effect["account_id"] == account).unwrap_or_else(|| panic!("{allocated:#}")).clone()
    };
    assert_eq!(only(&effect(&program.root)["before"], QUOTA), quota("100000.00", "0.00", "0.00", "100000.00"));
    assert_eq!(only(&effect(&program.root)["after"], QUOTA), quota("100000.00", "1000.00", "0.00", "99000.00"));
    assert_eq!(only(&effect(distributor)["before"], QUOTA), quota("0.00", "0.00", "0.00", "0.00"));
    assert_eq!(only(&effect(distributor)["after"], QUOTA), quota("1000.00", "0.00", "0.00", "1000.00"));
    assert_eq!([&effect(distributor)["before"]["seq"], &effect(distributor)["after"]["seq"]], [0, 1]);
    assert_eq!([&effect(&program.root)["before"]["seq"], &effect(&program.root)["after"]["seq"]], [1, 2]);

    program.allocate(distributor, reseller, "600.00").await.expect(201);
    program.allocate(reseller, customer, "250.5").await.expect(201);
    let refused = program.allocate(reseller, customer, "400.00").await.refused(409, "insufficient_quota");
    assert_eq!(
        only(&refused, &["account_id", "available", "requested", "shortfall"]),
        json!({ "account_id": reseller, "available": "349.50", "requested": "400.00", "shortfall": "50.50" })
    );

    for (account, expected, entries) in [
        (&program.root, quota("100000.00", "1000.00", "0.00", "99000.00"), 2),
        (distributor, quota("1000.00", "600.00", "0.00", "400.00"), 2),
        (reseller, quota("600.00", "250.50", "0.00", "349.50"), 2),
        (customer, quota("250.50", "0.00", "0.00", "250.50"), 1),
    ] {
        assert_eq!(only(&program.position(account).await, QUOTA), expected, "{account}");
        program.check_ledger(account, entries).await;
    }
}

#[tokio::test]
async fn a_customer_buys_at_its_own_price_and_no_more_than_its_quota() {
    let program = Program::create().await;
    let line = program.funded_line(["1000.00", "600.00", "100.00"]).await;
    let customer = &line.customer;
    let answer = program.purchase(customer, "100.00").await.expect(201);
    assert_eq!(
        only(&answer, &["kind", "amount", "account_id"]),
        json!({ "kind": "purchase", "amount": "95.00", "account_id": customer })
    );
    assert_eq!(
        answer["waterfall"],
        json!([
            { "tier": "customer", "account_id": customer, "discount": "0.05", "cost": "95.00", "margin": "0.00" },
        ])
    );
    let effects = answer["effects"].as_array().unwrap();
    assert_eq!(effects.len(), 1, "a purchase touches the buyer's position only: {answer:#}");
    assert_eq!(only(&effects[0]["before"], QUOTA), quota("100.00", "0.00", "0.00", "100.00"));
    assert_eq!(only(&effects[0]["after"], QUOTA), quota("100.00", "0.00", "95.00", "5.00"));

    let refused = program.purchase(customer, "10.00").await.refused(409, "insufficient_quota");
    assert_eq!(
        only(&refused, &["account_id", "available", "requested", "shortfall"]),
        json!({ "account_id": customer, "available": "5.00", "requested": "9.50", "shortfall": "4.50" })
    );
    assert_eq!(only(&program.position(customer).await, QUOTA), quota("100.00", "0.00", "95.00", "5.00"));
    assert_eq!(only(&program.position(&line.reseller).await, QUOTA), quota("600.00", "100.00", "0.00", "500.00"));
    program.check_ledger(customer, 2).await;
}

#[tokio::test]
async fn everybody_sees_the_prices_at_and_below_its_own_tier() {
    let program = Program::create().await;
    let line = program.funded_line(["1000.00", "600.00", "500.00"]).await;
    let customer = &line.customer;
    let made = program.purchase(customer, "100.00").await.expect(201);
    let path = format!("/v1/accounts/{customer}/purchases/{}", text(&made, "purchase_id"));
    let lines = json!([
        { "tier": "customer", "account_id": customer, "discount": "0.05", "cost": "95.00", "margin": "0.00" },
        { "tier": "reseller", "account_id": line.reseller, "discount": "0.1", "cost": "90.00", "margin": "5.00" },
        { "tier": "distributor", "account_id": line.distributor, "discount": "0.2", "cost": "80.00", "margin": "10.00" },
    ]);
    let upstream = json!(["90.00", "80.00"]);
    let first = |list: &Value, count: usize| Value::from(list.as_array().unwrap()[..count].to_vec());
    for (viewer, visible_lines, visible_upstream) in
        [(customer, 1, 0), (&line.reseller, 2, 1), (&line.distributor, 3, 2), (&program.root, 3, 2)]
    {
        let caller = program.member(viewer, "viewer");
        let purchase = caller.get(&path).await.expect(200);
        assert_eq!(purchase["waterfall"], first(&lines, visible_lines), "seen from {viewer}");
        let list = caller.get(format!("/v1/accounts/{customer}/purchases")).await.expect(200);
        assert_eq!(items(&list), [purchase], "the list shows the same");
        let position = caller.get(format!("/v1/accounts/{customer}/position")).await.expect(200);
        assert_eq!(position["upstream"], first(&upstream, visible_upstream), "seen from {viewer}");
        let entries = items(&caller.get(format!("/v1/accounts/{customer}/entries")).await.expect(200));
        assert_eq!(entries[0]["after"]["upstream"], first(&upstream, visible_upstream), "seen from {viewer}");
        let delta = entries[0]["deltas"].get("upstream").cloned().unwrap_or_else(|| json!([]));
        assert_eq!(delta, first(&upstream, visible_upstream), "seen from {viewer}");
    }
    let operator = program.operator().get(&path).await.expect(200);
    assert_eq!(operator["waterfall"], lines, "the operator reads everything");
    let purchase = program.member(customer, "viewer").get(&path).await.expect(200);
    let expected = json!({
        "account_id": customer, "list_amount": "100.00", "product": "Virtual machine", "quantity": 1, "reference": null,
        "refunded": "0.00",
    });
    let fields = ["account_id", "list_amount", "product", "quantity", "reference", "refunded"];
    assert_eq!(only(&purchase, &fields), expected);
}

#[tokio::test]
async fn the_statement_shows_every_posting_newest_first() {
    let program = Program::create().await;
    let line = program.funded_line(["1000.00", "600.00", "500.00"]).await;
    let customer = &line.customer;
    let buyer = program.member(customer, "sales");
    let order = json!({ "list_amount": "100.00", "product": "Disk", "quantity": 3, "reference": "PO-1" });
    let made = buyer.post(format!("/v1/accounts/{customer}/purchases")).key("po-1").json(&order).await.expect(201);
    let entries = program.entries(customer).await;
    assert_eq!(entries.len(), 2);
    let purchase = &entries[0];
    assert_eq!(
        only(purchase, &["seq", "posting_id", "kind", "amount", "deltas", "reference"]),
        json!({
            "seq": 2, "posting_id": made["posting_id"], "kind": "purchase", "amount": "95.00",
            "deltas": { "available": "-95.00", "used": "95.00" }, "reference": "PO-1",
        })
    );
    assert_eq!(only(&purchase["after"], QUOTA), quota("500.00", "0.00", "95.00", "405.00"));
    assert_eq!(purchase["by"], json!({ "account_id": customer, "sub": format!("sales-of-{customer}") }));
    assert_eq!(purchase["created_at"], made["created_at"]);
    assert_eq!(
        only(&entries[1], &["seq", "kind", "amount", "deltas"]),
        json!({
            "seq": 1, "kind": "allocation", "amount": "500.00", "deltas": { "granted": "500.00", "available": "500.00" },
        })
    );
    assert_eq!(entries[1]["by"], json!({ "account_id": line.reseller, "sub": null }), "people above are not named");
    let only_kind = program.read(customer, "entries?kind=allocation").await;
    assert_eq!(items(&only_kind), [entries[1].clone()]);
}

#[tokio::test]
async fn children_and_memberships_show_the_same_figures_as_positions() {
    let program = Program::create().await;
    let line = program.funded_line(["1000.00", "600.00", "500.00"]).await;
    program.purchase(&line.customer, "100.00").await.expect(201);
    let children = items(&program.read(&line.reseller, "children").await);
    assert_eq!(children.len(), 1);
    let child = &children[0];
    assert_eq!(
        only(child, &["id", "tier", "status", "discount"]),
        json!({ "id": line.customer, "tier": "customer", "status": "active", "discount": "0.05" })
    );
    assert_eq!(only(&child["position"], QUOTA), quota("500.00", "0.00", "95.00", "405.00"));
    assert_eq!(child["position"]["upstream"], json!(["90.00"]), "as the reseller may see it");

    let memberships = format!("{c}:viewer {c}:sales {r}:finance", c = line.customer, r = line.reseller);
    let me = program.caller("kim", &memberships).get("/v1/me").await.expect(200);
    let of = |account: &str| {
        let memberships = me["memberships"].as_array().unwrap();
        memberships
            .iter()
            .find(|membership| membership["account_id"] == account)
            .unwrap_or_else(|| panic!("{me:#}"))
            .clone()
    };
    assert_eq!(me["memberships"].as_array().unwrap().len(), 2, "{me:#}");
    let own = of(&line.customer);
    assert_eq!(
        only(&own, &["roles", "tier", "program_id", "program_name"]),
        json!({
            "roles": ["viewer", "sales"], "tier": "customer", "program_id": program.id, "program_name": "Nimbus Partners",
        })
    );
    assert_eq!(only(&own["position"], QUOTA), quota("500.00", "0.00", "95.00", "405.00"));
    assert_eq!(own["position"]["upstream"], json!([]));
    assert_eq!(only(&of(&line.reseller)["position"], QUOTA), quota("600.00", "500.00", "0.00", "100.00"));
}

#[tokio::test]
async fn one_login_shows_the_programs_of_several_vendors_and_keeps_them_apart() {
    let (one, other) = (
        Program::create().await,
        Program::with(json!({ "name": "Stratus Partners", "currency": "KRW", "capacity": "100000" })).await,
    );
    let accounts = [one.onboard(&one.root).await, other.onboard(&other.root).await];
    let memberships = format!("{}:finance {}:viewer", accounts[0], accounts[1]);
    let kim = one.caller("kim", &memberships);
    let me = kim.get("/v1/me").await.expect(200);
    let shown = me["memberships"].as_array().unwrap().iter();
    let shown: Vec<Value> =
        shown.map(|membership| only(membership, &["account_id", "program_name", "roles"])).collect();
    let expected = [("Nimbus Partners", "finance"), ("Stratus Partners", "viewer")];
    let expected = accounts
        .iter()
        .zip(expected)
        .map(|(account, (name, role))| json!({ "account_id": account, "program_name": name, "roles": [role] }));
    assert_eq!(shown, expected.collect::<Vec<_>>());
    assert_eq!(me["memberships"][1]["position"]["currency"], "KRW");
    // A role in one vendor's program is nothing in another's.
    for account in &accounts {
        kim.get(format!("/v1/accounts/{account}/position")).await.expect(200);
    }
    let apply = |account: &str| {
        kim.post(format!("/v1/accounts/{account}/rebalances?preview=true")).json(json!({ "lines": [] }))
    };
    apply(&accounts[0]).await.refused(422, "validation_failed");
    apply(&accounts[1]).await.refused(403, "forbidden");
    for root in [&one.root, &other.root] {
        kim.get(format!("/v1/accounts/{root}/position")).await.refused(403, "forbidden");
    }
    let stranger = one.caller("lee", &format!("{}:admin", accounts[0]));
    stranger.get(format!("/v1/accounts/{}/position", accounts[1])).await.refused(404, "not_found");
}
