//! Previews: what would happen, without its happening.

use serde_json::{Value, json};
use tests::Program;

/// A preview's answer, made from what the posting answers.
fn as_preview(posted: &Value) -> Value {
    let mut preview = posted.clone();
    for id in ["posting_id", "created_at", "purchase_id"] {
        if posted.get(id).is_some() {
            preview[id] = Value::Null;
        }
    }
    preview["preview"] = json!(true);
    without_times(preview)
}

/// Preview and posting happen at different times.
fn without_times(mut answer: Value) -> Value {
    for effect in answer["effects"].as_array_mut().into_iter().flatten() {
        for side in ["before", "after"] {
            effect[side].as_object_mut().unwrap().remove("as_of");
        }
    }
    answer
}

#[tokio::test]
async fn a_preview_shows_what_the_posting_then_does_and_writes_nothing() {
    let program = Program::create().await;
    let line = program.funded_line(["1000.00", "600.00", "500.00"]).await;
    let order = json!({ "list_amount": "12.34", "product": "Disk", "quantity": 2, "reference": "PO-7" });
    let cases = [
        (program.operator(), format!("/v1/accounts/{}/capacity", program.root), json!({ "delta": "-10.00" })),
        (
            program.member(&line.reseller, "finance"),
            format!("/v1/accounts/{}/allocations", line.customer),
            json!({ "amount": "1.50", "note": "For May" }),
        ),
        (program.member(&line.reseller, "sales"), format!("/v1/accounts/{}/purchases", line.customer), order),
    ];
    for (caller, path, body) in cases {
        let before = positions(&program, &[&program.root, &line.reseller, &line.customer]).await;
        let preview = caller.post(format!("{path}?preview=true")).json(&body).await;
        assert!(!preview.is_replayed());
        let preview = preview.expect(200);
        assert_eq!(positions(&program, &[&program.root, &line.reseller, &line.customer]).await, before, "{path}");
        let posted = caller.post(&path).key(&path).json(&body).await.expect(201);
        assert_eq!(without_times(preview), as_preview(&posted), "{path}");
        assert_eq!(posted.get("preview"), None, "{path}");
    }
    assert_eq!(tests::program::items(&program.read(&line.customer, "purchases").await).len(), 1);
}

/// Positions without the time at which they were read.
async fn positions(program: &Program, accounts: &[&String]) -> Vec<Value> {
    let mut positions = Vec::new();
    for account in accounts {
        let mut position = program.position(account).await;
        position.as_object_mut().unwrap().remove("as_of");
        positions.push(position);
    }
    positions
}

#[tokio::test]
async fn a_preview_is_refused_as_the_posting_would_be() {
    let program = Program::create().await;
    let line = program.funded_line(["1000.00", "600.00", "50.00"]).await;
    let buyer = program.member(&line.customer, "admin");
    let path = format!("/v1/accounts/{}/purchases?preview=true", line.customer);
    let order = |list_amount: &str| json!({ "list_amount": list_amount, "product": "Disk" });
    let refused = buyer.post(&path).json(order("100.00")).await.refused(409, "insufficient_quota");
    assert_eq!(refused["shortfall"], "45.00");
    assert_eq!(buyer.post(&path).json(order("1.001")).await.invalid_fields(), ["list_amount"]);
    buyer.post(&path).if_match(9).json(order("1.00")).await.refused(409, "position_changed");
    let foreign = program.member(&line.distributor, "admin");
    foreign.post(&path).json(order("1.00")).await.refused(403, "forbidden");
    buyer.post(&path).json(order("0.01")).await.expect(200);
    program.check_ledger(&line.customer, 1).await;
}

#[tokio::test]
async fn a_preview_leaves_its_key_free() {
    let program = Program::create().await;
    let line = program.funded_line(["1000.00", "600.00", "50.00"]).await;
    let buyer = program.member(&line.customer, "admin");
    let path = format!("/v1/accounts/{}/purchases", line.customer);
    let order = json!({ "list_amount": "1.00", "product": "Disk" });
    buyer.post(format!("{path}?preview=true")).key("k").json(&order).await.expect(200);
    let first = buyer.post(&path).key("k").json(json!({ "list_amount": "2.00", "product": "Disk" })).await;
    assert!(!first.is_replayed());
    first.expect(201);
    let preview = buyer.post(format!("{path}?preview=true")).key("k").json(&order).await;
    assert_eq!(preview.expect(200)["preview"], true, "a preview never asks whether the key was used");
}

#[tokio::test]
async fn preview_false_posts_and_anything_else_is_a_wrong_parameter() {
    let program = Program::create().await;
    let line = program.funded_line(["1000.00", "600.00", "50.00"]).await;
    let buyer = program.member(&line.customer, "admin");
    let path = format!("/v1/accounts/{}/purchases", line.customer);
    let order = json!({ "list_amount": "1.00", "product": "Disk" });
    buyer.post(format!("{path}?preview=false")).json(&order).await.refused(400, "idempotency_key_required");
    buyer.post(format!("{path}?preview=false")).key("k").json(&order).await.expect(201);
    for value in ["", "yes", "1", "TRUE", "true%20", "true&preview=true"] {
        let answer = buyer.post(format!("{path}?preview={value}")).key("other").json(&order).await;
        answer.refused(400, "invalid_parameter");
    }
    program.check_ledger(&line.customer, 2).await;
}
