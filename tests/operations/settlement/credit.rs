//! `used` below zero: a refund of what was settled already, and its pay-out.

use serde_json::json;
use tests::program::only;
use tests::{Line, Program};

use crate::desk::Desk;

/// A customer with a credit of 95.00, whose reseller has one of 90.00 coming.
async fn with_a_credit() -> (Program, Line) {
    let program = Program::create().await;
    let line = program.funded_line(["1000.00", "600.00", "500.00"]).await;
    let desk = Desk(&program);
    let purchase = desk.bought(&line.customer, "100.00").await;
    desk.settle(&line.reseller, &line.customer, "95.00", None).await.expect(201);
    desk.refund(&purchase, None).await.expect(201);
    let credit = json!({
        "granted": "500.00", "used": "-95.00", "available": "595.00", "paid": "95.00", "upstream": ["-90.00", "-80.00"],
    });
    desk.check(&line.customer, credit).await;
    (program, line)
}

#[tokio::test]
async fn a_pay_out_takes_the_credit_and_what_goes_with_it_upstream() {
    let (program, Line { reseller, customer, .. }) = with_a_credit().await;
    let desk = Desk(&program);
    let settled = desk.settle(&reseller, &customer, "-95.00", None).await.expect(201);
    assert_eq!([&settled["amount"], &settled["backfilled"]], ["95.00", "-95.00"]);
    desk.check(&customer, json!({ "granted": "500.00", "available": "500.00" })).await;
    desk.check(&reseller, json!({ "granted": "600.00", "allocated": "500.00", "available": "100.00" })).await;
}

#[tokio::test]
async fn a_pay_out_in_part_moves_its_proportion() {
    let (program, Line { reseller, customer, .. }) = with_a_credit().await;
    let desk = Desk(&program);
    desk.settle(&reseller, &customer, "-50.00", None).await.expect(201);
    // 90 × 50 ÷ 95 and 80 × 50 ÷ 95.
    let rest = json!({
        "granted": "500.00", "used": "-45.00", "available": "545.00", "paid": "45.00",
        "upstream": ["-42.631578947368", "-37.894736842105"],
    });
    desk.check(&customer, rest).await;
    let owing = json!({
        "granted": "600.00", "allocated": "500.00", "used": "42.631578947368", "available": "57.368421052632",
        "collected": "45.00", "upstream": ["37.894736842105"],
    });
    desk.check(&reseller, owing).await;
}

#[tokio::test]
async fn no_more_is_paid_out_than_the_credit_and_nothing_is_paid_in() {
    let (program, Line { reseller, customer, .. }) = with_a_credit().await;
    let desk = Desk(&program);
    for amount in ["-95.000000000001", "0.01"] {
        desk.settle(&reseller, &customer, amount, None).await.refused(409, "exceeds_outstanding");
    }
    desk.settle(&reseller, &customer, "0", None).await.refused(422, "validation_failed");
}

#[tokio::test]
async fn a_credit_that_was_spent_cannot_be_paid_out() {
    let (program, Line { reseller, customer, .. }) = with_a_credit().await;
    let desk = Desk(&program);
    desk.adjust(&reseller, &customer, json!({ "decrease": "500.00" })).await.expect(201);
    desk.open_hold(&customer, "100.00").await;
    let refused = desk.settle(&reseller, &customer, "-0.01", None).await.refused(409, "insufficient_quota");
    assert_eq!(
        only(&refused, &["account_id", "available", "requested", "shortfall"]),
        json!({ "account_id": customer, "available": "0.00", "requested": "0.01", "shortfall": "0.01" })
    );
}
