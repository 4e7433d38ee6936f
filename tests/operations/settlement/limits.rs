//! Who pays whom, and no more than is owed.

use serde_json::json;
use tests::program::only;
use tests::{Line, Program};

use crate::desk::{Desk, payment};

#[tokio::test]
async fn no_more_is_paid_than_is_owed() {
    let program = Program::create().await;
    let Line { distributor, reseller, customer } = program.funded_line(["1000.00", "600.00", "500.00"]).await;
    let desk = Desk(&program);
    program.purchase(&customer, "100.00").await.expect(201);
    let refused = desk.settle(&reseller, &customer, "95.000000000001", None).await.refused(409, "exceeds_outstanding");
    assert_eq!(
        only(&refused, &["available", "requested"]),
        json!({ "available": "95.00", "requested": "95.000000000001" })
    );
    // Partners are paid when paid: until the customer pays, the reseller owes nothing.
    desk.settle(&distributor, &reseller, "0.01", None).await.refused(409, "exceeds_outstanding");
    desk.settle(&reseller, &customer, "-0.01", None).await.refused(409, "exceeds_outstanding");
}

#[tokio::test]
async fn the_parent_records_it_and_nobody_else() {
    let program = Program::create().await;
    let Line { distributor, reseller, customer } = program.funded_line(["1000.00", "600.00", "500.00"]).await;
    let desk = Desk(&program);
    program.purchase(&customer, "100.00").await.expect(201);
    for other in [&customer, &distributor, &program.root] {
        desk.settle(other, &customer, "1.00", None).await.refused(403, "forbidden");
    }
    for role in ["sales", "viewer"] {
        let path = format!("/v1/accounts/{customer}/settlements");
        let body = payment("1.00", "INV 1");
        program.member(&reseller, role).post(path).key("k").json(body).await.refused(403, "forbidden");
    }
    let settled = desk.settle(&reseller, &customer, "1.00", None).await.expect(201);
    let effects = settled["effects"].as_array().unwrap();
    assert_eq!(effects.len(), 2, "the parent sees both sides: {settled:#}");
}

#[tokio::test]
async fn every_field_that_is_wrong_is_named() {
    let program = Program::create().await;
    let Line { reseller, customer, .. } = program.line().await;
    let desk = Desk(&program);
    let path = format!("/v1/accounts/{customer}/settlements");
    let body = json!({
        "amount": "1.0000000000001", "payment_reference": 7, "paid_at": "yesterday", "backfill_amount": "-1", "tip": "1",
    });
    let mut fields = desk.post(&reseller, path.clone(), body).await.invalid_fields();
    fields.sort();
    assert_eq!(fields, ["amount", "backfill_amount", "method", "paid_at", "payment_reference", "tip"]);
    let too_much = payment("1000000000000000.01", "INV 1");
    assert_eq!(desk.post(&reseller, path, too_much).await.invalid_fields(), ["amount"]);
}
