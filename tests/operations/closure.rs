//! Closing an account for good.

use serde_json::{Value, json};
use tests::program::new_key;
use tests::{Line, Program};

use crate::desk::Desk;

/// The fields of a refusal to close an account.
#[track_caller]
fn in_the_way(refused: &Value) -> Vec<&str> {
    let mut fields: Vec<&str> =
        refused["errors"].as_array().unwrap().iter().map(|error| error["field"].as_str().unwrap()).collect();
    fields.sort_unstable();
    fields
}

#[tokio::test]
async fn what_is_in_the_way_is_said_all_at_once() {
    let program = Program::create().await;
    let Line { reseller, customer, .. } = program.funded_line(["1000.00", "600.00", "500.00"]).await;
    let desk = Desk(&program);
    program.purchase(&customer, "10.00").await.expect(201);
    desk.open_hold(&customer, "10.00").await;
    let refused = desk.close(&reseller, &customer).await.refused(409, "not_empty");
    assert_eq!(in_the_way(&refused), ["available", "held", "used"]);
    let refused = desk.close(&program.root, &reseller).await.refused(409, "not_empty");
    assert_eq!(in_the_way(&refused), ["allocated", "available", "children"]);
    for word in ["allocated", "available", "children"] {
        assert!(refused["detail"].as_str().unwrap().contains(word), "{refused:#}");
    }
}

#[tokio::test]
async fn an_open_application_or_child_is_in_the_way_until_it_is_decided_or_closed() {
    let manual = json!({ "distributor": "automatic", "reseller": "automatic", "customer": "manual" });
    let program = Program::with(json!({ "verification": manual })).await;
    let distributor = program.onboard(&program.root).await;
    let reseller = program.onboard(&distributor).await;
    let desk = Desk(&program);
    let application = program.apply(&reseller, &program.company()).await.expect(201);
    assert_eq!(application["status"], "in_review");
    let refused = desk.close(&distributor, &reseller).await.refused(409, "not_empty");
    assert_eq!(in_the_way(&refused), ["applications"]);
    let approve = json!({ "decision": "approve" });
    let decided = program.decide(&program.root, "verifier", &application, &approve).await.expect(200);
    let refused = desk.close(&distributor, &reseller).await.refused(409, "not_empty");
    assert_eq!(in_the_way(&refused), ["children"]);
    desk.close(&reseller, decided["account_id"].as_str().unwrap()).await.expect(201);
    desk.close(&distributor, &reseller).await.expect(201);
}

#[tokio::test]
async fn it_is_final_and_the_names_are_free_again() {
    let program = Program::create().await;
    let distributor = program.onboard(&program.root).await;
    let reseller = program.onboard(&distributor).await;
    let company = program.company();
    let customer = program.onboard_company(&reseller, &company).await;
    let desk = Desk(&program);
    program.allocate(&program.root, &distributor, "10.00").await.expect(201);
    program.allocate(&distributor, &reseller, "10.00").await.expect(201);

    // A suspended one can be closed, too.
    desk.suspend(&reseller, &customer).await.expect(200);
    let closed = desk.close(&reseller, &customer).await.expect(201);
    assert_eq!([&closed["kind"], &closed["amount"]], ["closure", "0.00"]);
    assert_eq!(closed["effects"], json!([]), "nothing was left to carry over");
    let shown = program.member(&reseller, "viewer").get(format!("/v1/accounts/{customer}")).await.expect(200);
    assert_eq!(shown["status"], "closed");
    program.check_ledger(&customer, 0).await;

    for refused in [
        program.allocate(&reseller, &customer, "1.00").await,
        desk.adjust(&reseller, &customer, json!({ "increase": "1.00" })).await,
        program.purchase(&customer, "1.00").await,
        desk.charge(&customer, "1.00", "usage").await,
        desk.suspend(&reseller, &customer).await,
        desk.reinstate(&reseller, &customer).await,
        desk.close(&reseller, &customer).await,
    ] {
        refused.refused(409, "account_not_active");
    }
    let again = program.onboard_company(&reseller, &company).await;
    assert_ne!(again, customer);
    program.allocate(&reseller, &again, "1.00").await.expect(201);
}

#[tokio::test]
async fn what_is_left_upstream_goes_to_the_parent() {
    let discounts = json!({ "distributor": "0.50", "reseller": "0.40", "customer": "0.20" });
    let program = Program::with(json!({ "discounts": discounts })).await;
    let Line { reseller, customer, .. } = program.funded_line(["1000.00", "600.00", "80.00"]).await;
    let desk = Desk(&program);
    // An order of 0.01 costs 0.01, 0.01 and 0.00; the credit for it 0.01, 0.0075 and 0.00625.
    program.purchase(&customer, "0.01").await.expect(201);
    desk.charge(&customer, "-0.0125", "credit").await.expect(201);
    desk.check(&customer, json!({ "granted": "80.00", "available": "80.00", "upstream": ["0.0025", "-0.00625"] }))
        .await;
    desk.adjust(&reseller, &customer, json!({ "set": "0" })).await.expect(201);

    let closed = desk.close(&reseller, &customer).await.expect(201);
    assert_eq!([&closed["kind"], &closed["amount"]], ["closure", "0.00"]);
    assert_eq!(closed["effects"].as_array().unwrap().len(), 2, "{closed:#}");
    desk.check(&customer, json!({})).await;
    let carrying = json!({ "granted": "600.00", "used": "0.0025", "available": "599.9975", "upstream": ["-0.00625"] });
    desk.check(&reseller, carrying).await;
    program.check_ledger(&customer, 5).await;
}

#[tokio::test]
async fn it_needs_a_key_and_a_reason_and_is_done_once_per_key() {
    let program = Program::create().await;
    let distributor = program.onboard(&program.root).await;
    let path = format!("/v1/accounts/{distributor}/closure");
    let admin = program.member(&program.root, "admin");
    let body = json!({ "reason": "Contract ended" });
    admin.post(&path).json(&body).await.refused(400, "idempotency_key_required");
    assert_eq!(admin.post(&path).key("k").json(json!({})).await.invalid_fields(), ["reason"]);
    let preview = admin.post(format!("{path}?preview=true")).json(&body).await.expect(200);
    assert_eq!([&preview["preview"], &preview["posting_id"]], [&json!(true), &Value::Null]);
    program.member(&program.root, "finance").post(&path).key("k").json(&body).await.refused(403, "forbidden");
    program.member(&distributor, "admin").post(&path).key("k").json(&body).await.refused(403, "forbidden");
    let closed = admin.post(&path).key("k").json(&body).await;
    let again = admin.post(&path).key("k").json(&body).await;
    assert!(again.is_replayed(), "{again}");
    assert_eq!(again.expect(201), closed.expect(201));
    admin.post(&path).key(new_key()).json(&body).await.refused(409, "account_not_active");
}
