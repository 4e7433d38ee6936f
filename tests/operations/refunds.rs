//! Purchases taken back, whole or in parts.

use serde_json::json;
use tests::program::only;
use tests::{Line, Program};

use crate::desk::Desk;

async fn with_quota() -> (Program, Line) {
    let program = Program::create().await;
    let line = program.funded_line(["1000.00", "600.00", "500.00"]).await;
    (program, line)
}

#[tokio::test]
async fn a_full_refund_returns_exactly_the_costs() {
    let (program, Line { customer, .. }) = with_quota().await;
    let desk = Desk(&program);
    let purchase = desk.bought(&customer, "33.33").await;
    let used = json!({ "granted": "500.00", "used": "31.66", "available": "468.34", "upstream": ["30.00", "26.66"] });
    desk.check(&customer, used).await;
    let refunded = desk.refund(&purchase, None).await.expect(201);
    assert_eq!([&refunded["kind"], &refunded["amount"]], ["refund", "31.66"]);
    desk.check(&customer, json!({ "granted": "500.00", "available": "500.00" })).await;
    assert_eq!(program.member(&customer, "viewer").get(&purchase).await.expect(200)["refunded"], "33.33");
}

#[tokio::test]
async fn parts_return_exactly_the_costs_in_the_end_however_they_round() {
    let (program, Line { customer, .. }) = with_quota().await;
    let desk = Desk(&program);
    // 0.05 at list: 0.05 for the buyer (0.0475), 0.04 and 0.04 above (0.045 half-even, 0.04).
    let purchase = desk.bought(&customer, "0.05").await;
    let mut returned = Vec::new();
    for _ in 0..5 {
        returned.push(desk.refund(&purchase, Some("0.01")).await.expect(201)["amount"].clone());
    }
    assert_eq!(returned, ["0.01", "0.01", "0.01", "0.01", "0.01"]);
    desk.check(&customer, json!({ "granted": "500.00", "available": "500.00" })).await;

    let purchase = desk.bought(&customer, "100.00").await;
    for part in ["33.33", "33.33", "0.01", "33.32"] {
        desk.refund(&purchase, Some(part)).await.expect(201);
    }
    // 99.99 of 100.00 back: round(94.9905), round(89.991), round(79.992).
    let rest = json!({ "granted": "500.00", "used": "0.01", "available": "499.99", "upstream": ["0.01", "0.01"] });
    desk.check(&customer, rest).await;
    let last = desk.refund(&purchase, None).await.expect(201);
    assert_eq!(last["amount"], "0.01");
    desk.check(&customer, json!({ "granted": "500.00", "available": "500.00" })).await;
}

#[tokio::test]
async fn a_part_that_rounds_to_nothing_is_still_a_refund() {
    let program =
        Program::with(json!({ "discounts": { "distributor": "0.6", "reseller": "0.6", "customer": "0.6" } })).await;
    let Line { customer, .. } = program.funded_line(["10.00", "10.00", "10.00"]).await;
    let desk = Desk(&program);
    let purchase = desk.bought(&customer, "0.05").await;
    // 0.02 in all: after 0.01 of 0.05 that is 0.004.
    let refunded = desk.refund(&purchase, Some("0.01")).await.expect(201);
    assert_eq!(refunded["amount"], "0.00");
    assert_eq!(program.member(&customer, "viewer").get(&purchase).await.expect(200)["refunded"], "0.01");
    assert_eq!(program.entries(&customer).await[0]["deltas"], json!({}));
    assert_eq!(desk.refund(&purchase, None).await.expect(201)["amount"], "0.02");
}

#[tokio::test]
async fn no_more_is_refunded_than_is_left() {
    let (program, Line { customer, .. }) = with_quota().await;
    let desk = Desk(&program);
    let purchase = desk.bought(&customer, "10.00").await;
    desk.refund(&purchase, Some("6.00")).await.expect(201);
    let refused = desk.refund(&purchase, Some("4.01")).await.refused(409, "exceeds_outstanding");
    assert_eq!(only(&refused, &["available", "requested"]), json!({ "available": "4.00", "requested": "4.01" }));
    desk.refund(&purchase, None).await.expect(201);
    for part in [None, Some("0.01")] {
        desk.refund(&purchase, part).await.refused(409, "exceeds_outstanding");
    }
    let unknown = format!("/v1/accounts/{customer}/purchases/pur_01ARZ3NDEKTSV4RRFFQ69G5FAV");
    desk.refund(&unknown, None).await.refused(404, "not_found");
}

#[tokio::test]
async fn only_the_provider_takes_a_purchase_back() {
    let (program, Line { distributor, reseller, customer }) = with_quota().await;
    let desk = Desk(&program);
    let purchase = desk.bought(&customer, "10.00").await;
    let body = json!({ "reason": "Not delivered" });
    for account in [&customer, &reseller, &distributor] {
        desk.post(account, format!("{purchase}/refunds"), body.clone()).await.refused(403, "forbidden");
    }
    for role in ["sales", "viewer", "verifier"] {
        let caller = program.member(&program.root, role);
        caller.post(format!("{purchase}/refunds")).key("k").json(&body).await.refused(403, "forbidden");
    }
    program.member(&program.root, "finance").post(format!("{purchase}/refunds")).key("k").json(&body).await.expect(201);
}
