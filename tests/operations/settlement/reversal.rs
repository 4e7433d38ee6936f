//! The cheque that bounced.

use serde_json::json;
use tests::client::insist;
use tests::program::{items, text};
use tests::{Line, Program};

use crate::desk::Desk;

#[tokio::test]
async fn a_reversal_restores_every_figure() {
    let program = Program::create().await;
    let Line { reseller, customer, .. } = program.funded_line(["1000.00", "600.00", "500.00"]).await;
    let desk = Desk(&program);
    program.purchase(&customer, "100.00").await.expect(201);
    for backfill in [None, Some("0"), Some("12.34")] {
        let before = [desk.figures(&customer).await, desk.figures(&reseller).await];
        let settled = desk.settle(&reseller, &customer, "33.33", backfill).await.expect(201);
        let reversed = desk.reverse(&reseller, &customer, &text(&settled, "settlement_id")).await.expect(201);
        assert_eq!([&reversed["kind"], &reversed["amount"]], ["reversal", "33.33"]);
        assert_eq!(reversed["settlement_id"], settled["settlement_id"]);
        assert_eq!([desk.figures(&customer).await, desk.figures(&reseller).await], before, "{backfill:?}");
    }
    let listed = items(&program.read(&customer, "settlements").await);
    assert_eq!(listed.len(), 3);
    assert!(listed.iter().all(|settlement| settlement["reversed"] == true), "{listed:#?}");
}

#[tokio::test]
async fn a_reversal_overdraws_where_the_quota_was_spent_since() {
    let program = Program::create().await;
    let Line { reseller, customer, .. } = program.funded_line(["1000.00", "600.00", "95.00"]).await;
    let desk = Desk(&program);
    program.purchase(&customer, "100.00").await.expect(201);
    let settled = desk.settle(&reseller, &customer, "95.00", None).await.expect(201);
    program.purchase(&customer, "100.00").await.expect(201);
    desk.reverse(&reseller, &customer, &text(&settled, "settlement_id")).await.expect(201);
    let overdrawn =
        json!({ "granted": "95.00", "used": "190.00", "available": "-95.00", "upstream": ["180.00", "160.00"] });
    desk.check(&customer, overdrawn).await;
    desk.check(&reseller, json!({ "granted": "600.00", "allocated": "95.00", "available": "505.00" })).await;
    program.purchase(&customer, "1.00").await.refused(409, "insufficient_quota");
}

#[tokio::test]
async fn a_settlement_is_reversed_once() {
    let program = Program::create().await;
    let Line { reseller, customer, .. } = program.funded_line(["1000.00", "600.00", "500.00"]).await;
    let desk = Desk(&program);
    program.purchase(&customer, "100.00").await.expect(201);
    let settled = desk.settle(&reseller, &customer, "10.00", None).await.expect(201);
    let id = text(&settled, "settlement_id");
    desk.reverse(&reseller, &customer, &id).await.expect(201);
    desk.reverse(&reseller, &customer, &id).await.refused(409, "invalid_state");
    let unknown = "stl_01ARZ3NDEKTSV4RRFFQ69G5FAV";
    desk.reverse(&reseller, &customer, unknown).await.refused(404, "not_found");
}

#[tokio::test]
async fn of_reversals_at_once_exactly_one_is_made() {
    let program = Program::create().await;
    let Line { reseller, customer, .. } = program.funded_line(["1000.00", "600.00", "500.00"]).await;
    let desk = Desk(&program);
    program.purchase(&customer, "100.00").await.expect(201);
    let before = desk.figures(&customer).await;
    let settled = desk.settle(&reseller, &customer, "10.00", None).await.expect(201);
    let path = format!("/v1/accounts/{customer}/settlements/{}/reversal", text(&settled, "settlement_id"));
    let finance = program.member(&reseller, "finance");
    let start = |key: u8| {
        let call = finance.post(&path).key(format!("reversal-{key}")).json(json!({ "reason": "It bounced" }));
        tests::client::start(insist(call))
    };
    let mut made = 0;
    for running in (0..8).map(start).collect::<Vec<_>>() {
        let answer = running.await.unwrap();
        if answer.status == 201 { made += 1 } else { drop(answer.refused(409, "invalid_state")) }
    }
    assert_eq!(made, 1);
    assert_eq!(desk.figures(&customer).await, before);
}
