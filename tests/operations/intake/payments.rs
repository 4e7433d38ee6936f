//! `PaymentReceived`: payments from a child to its parent.

use serde_json::json;
use tests::program::text;
use tests::{Line, Program};

use super::outside::Outside;
use super::with_quota;
use crate::desk::{Desk, payment};

#[tokio::test]
async fn a_payment_by_event_is_the_settlement_that_a_request_would_have_made() {
    let (program, Line { customer, .. }) = with_quota().await;
    let (desk, outside) = (Desk(&program), Outside(&program));
    program.purchase(&customer, "100.00").await.expect(201);
    outside
        .pay(&customer, json!({ "amount": "47.50", "backfill_amount": "7.50", "payment_reference": " INV 1 " }))
        .await;
    let entry = outside.entry(&customer, 3).await;
    assert_eq!([&entry["kind"], &entry["amount"], &entry["reference"]], ["settlement", "47.50", "INV 1"]);
    assert_eq!(entry["by"], json!({ "account_id": null, "sub": null }));
    let figures = json!({
        "granted": "460.00", "used": "47.50", "available": "412.50", "paid": "47.50", "upstream": ["45.00", "40.00"],
    });
    desk.check(&customer, figures).await;
    let list = program.read(&customer, "settlements").await;
    assert_eq!(list["items"][0]["payment_reference"], "INV 1");
    assert_eq!([&list["items"][0]["amount"], &list["items"][0]["backfilled"]], ["47.50", "7.50"]);

    // The payer may be named by the envelope alone.
    let detail = json!({ "account_id": customer, "data": payment("1.00", "INV 2") });
    outside.send(json!({ "source": "finance", "detail-type": "PaymentReceived", "detail": detail })).await;
    assert_eq!(outside.entry(&customer, 4).await["reference"], "INV 2");
}

#[tokio::test]
async fn a_payment_is_recorded_once_however_it_comes() {
    let (program, Line { reseller, customer, .. }) = with_quota().await;
    let (desk, outside) = (Desk(&program), Outside(&program));
    program.purchase(&customer, "100.00").await.expect(201);
    let path = format!("/v1/accounts/{customer}/settlements");
    let settled = desk.post(&reseller, path.clone(), payment("5.00", "by request")).await.expect(201);
    outside.pay(&customer, json!({ "amount": "7.00", "payment_reference": "by event" })).await;
    outside.entry(&customer, 4).await;
    desk.post(&reseller, path, payment("7.00", "by event")).await.refused(409, "duplicate_payment");
    desk.reverse(&reseller, &customer, &text(&settled, "settlement_id")).await.expect(201);

    for (amount, reference) in [("5.0", "by request"), ("7.000", "by event"), ("7", " by event ")] {
        outside.pay(&customer, json!({ "amount": amount, "payment_reference": reference })).await;
    }
    // These come behind the repeats, and what the repeats did is seen when these are parked.
    for (amount, reference) in [("5.01", "by request"), ("7.01", "by event")] {
        let id = outside.pay(&customer, json!({ "amount": amount, "payment_reference": reference })).await;
        assert_eq!(outside.refused(&id).await, "duplicate_payment: The payment reference was used before.");
    }
    program.check_ledger(&customer, 5).await;
    assert_eq!(program.position(&customer).await["used"], "88.00");
}

#[tokio::test]
async fn a_payment_that_cannot_be_recorded_is_parked_with_its_code() {
    let (program, Line { customer, .. }) = with_quota().await;
    let (desk, outside) = (Desk(&program), Outside(&program));
    program.purchase(&customer, "100.00").await.expect(201);
    let closed = program.onboard(&program.root).await;
    desk.close(&program.root, &closed).await.expect(201);
    let other = Program::create().await;
    let stranger = other.onboard(&other.root).await;
    for (account, changes, code) in [
        (&customer, json!({ "amount": "95.01" }), "exceeds_outstanding"),
        (&customer, json!({ "amount": "2.00", "backfill_amount": "2000.00" }), "insufficient_quota"),
        (&customer, json!({ "amount": "0" }), "validation_failed"),
        (&customer, json!({ "backfill": "1" }), "validation_failed"),
        (&closed, json!({}), "account_not_active"),
        (&stranger, json!({}), "not_found"),
        (&program.root, json!({}), "invalid_state"),
    ] {
        let id = outside.pay(account, changes.clone()).await;
        let reason = outside.refused(&id).await;
        assert_eq!(reason.split(':').next(), Some(code), "{changes}: {reason}");
    }
    // The reference is still free.
    outside.pay(&customer, json!({})).await;
    assert_eq!(outside.entry(&customer, 3).await["amount"], "1.00");
}
