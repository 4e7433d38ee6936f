//! Payments where the quota is used up, at the customer and above it.

use serde_json::json;
use tests::program::only;
use tests::{Line, Program};

use crate::desk::Desk;

#[tokio::test]
async fn an_overspend_is_paid_through_three_fully_allocated_tiers() {
    let program = Program::create().await;
    let Line { distributor, reseller, customer } = program.funded_line(["100.00", "100.00", "100.00"]).await;
    let (desk, root) = (Desk(&program), &program.root);
    desk.charge(&customer, "200.00", "usage").await.expect(201);
    let overdrawn =
        json!({ "granted": "100.00", "used": "190.00", "available": "-90.00", "upstream": ["180.00", "160.00"] });
    desk.check(&customer, overdrawn).await;

    // No more than 10.00 can be carried, but 90.00 have to come back, or the grant would fall below zero.
    let settled = desk.settle(&reseller, &customer, "190.00", None).await.expect(201);
    assert_eq!(settled["backfilled"], "90.00");
    desk.check(&customer, json!({ "paid": "190.00" })).await;
    let owing = json!({
        "granted": "100.00", "used": "180.00", "available": "-80.00", "collected": "190.00", "upstream": ["160.00"],
    });
    desk.check(&reseller, owing).await;

    let settled = desk.settle(&distributor, &reseller, "180.00", None).await.expect(201);
    assert_eq!(settled["backfilled"], "80.00");
    desk.check(&reseller, json!({ "paid": "180.00", "collected": "190.00" })).await;
    let owing = json!({ "granted": "100.00", "used": "160.00", "available": "-60.00", "collected": "180.00" });
    desk.check(&distributor, owing).await;

    let settled = desk.settle(root, &distributor, "160.00", None).await.expect(201);
    assert_eq!(settled["backfilled"], "160.00", "the provider carries it all");
    let even = json!({ "granted": "100.00", "available": "100.00", "paid": "160.00", "collected": "180.00" });
    desk.check(&distributor, even).await;
    let provider =
        json!({ "granted": "100000.00", "allocated": "100.00", "available": "99900.00", "collected": "160.00" });
    desk.check(root, provider).await;
}

#[tokio::test]
async fn no_more_comes_back_than_the_parent_can_carry() {
    let program = Program::create().await;
    let Line { reseller, customer, .. } = program.funded_line(["100.00", "100.00", "100.00"]).await;
    let desk = Desk(&program);
    program.purchase(&customer, "100.00").await.expect(201);
    // The reseller has nothing left, takes in 95.00 and will owe 90.00 of it.
    let refused = desk.settle(&reseller, &customer, "95.00", Some("5.01")).await.refused(409, "insufficient_quota");
    assert_eq!(
        only(&refused, &["available", "requested", "shortfall"]),
        json!({ "available": "5.00", "requested": "5.01", "shortfall": "0.01" })
    );
    let settled = desk.settle(&reseller, &customer, "95.00", None).await.expect(201);
    assert_eq!(settled["backfilled"], "5.00");
    desk.check(&customer, json!({ "granted": "10.00", "available": "10.00", "paid": "95.00" })).await;
    let owing = json!({
        "granted": "100.00", "allocated": "10.00", "used": "90.00", "collected": "95.00", "upstream": ["80.00"],
    });
    desk.check(&reseller, owing).await;
}

#[tokio::test]
async fn backfill_of_less_than_keeps_the_grant_above_zero_is_raised_to_that() {
    let program = Program::create().await;
    let Line { reseller, customer, .. } = program.funded_line(["1000.00", "600.00", "50.00"]).await;
    let desk = Desk(&program);
    desk.charge(&customer, "100.00", "usage").await.expect(201);
    let settled = desk.settle(&reseller, &customer, "95.00", Some("0")).await.expect(201);
    assert_eq!(settled["backfilled"], "45.00", "95.00 paid, 50.00 granted");
    desk.check(&customer, json!({ "paid": "95.00" })).await;
    let owing = json!({
        "granted": "600.00", "used": "90.00", "available": "510.00", "collected": "95.00", "upstream": ["80.00"],
    });
    desk.check(&reseller, owing).await;
}

#[tokio::test]
async fn the_largest_payment_needs_more_room_in_between_than_any_balance() {
    let program = Program::with(json!({ "capacity": "900000000000000.00" })).await;
    let distributor = program.onboard(&program.root).await;
    let desk = Desk(&program);
    // 0.8 of it, without any quota.
    desk.charge(&distributor, "1000000000000000", "usage").await.expect(201);
    let owed = "800000000000000.00";
    let settled = desk.settle(&program.root, &distributor, owed, None).await.expect(201);
    assert_eq!(settled["backfilled"], owed, "the provider's 9 × 10^14 and the payment's 8 × 10^14 cover it");
    desk.check(&distributor, json!({ "paid": owed })).await;
}
