//! Quota set aside, made use of or given back.

use serde_json::json;
use tests::program::{only, text};
use tests::{Line, Program};

use crate::desk::Desk;

async fn with_quota() -> (Program, Line) {
    let program = Program::create().await;
    let line = program.funded_line(["1000.00", "600.00", "500.00"]).await;
    (program, line)
}

#[tokio::test]
async fn a_hold_sets_quota_aside_and_a_capture_uses_it_at_the_frozen_price() {
    let (program, Line { reseller, customer, .. }) = with_quota().await;
    let desk = Desk(&program);
    let hold = desk.open_hold(&customer, "100.00").await;
    desk.check(&customer, json!({ "granted": "500.00", "held": "95.00", "available": "405.00" })).await;
    let captured = desk.capture(&reseller, &hold, json!({})).await.expect(201);
    assert_eq!([&captured["kind"], &captured["amount"]], ["capture", "95.00"]);
    let costs: Vec<_> = captured["waterfall"].as_array().unwrap().iter().map(|line| line["cost"].clone()).collect();
    assert_eq!(costs, ["95.00", "90.00"], "as the reseller may see it");
    let used = json!({ "granted": "500.00", "used": "95.00", "available": "405.00", "upstream": ["90.00", "80.00"] });
    desk.check(&customer, used).await;
    let purchase = program.read(&customer, &format!("purchases/{}", text(&captured, "purchase_id"))).await;
    assert_eq!(
        only(&purchase, &["list_amount", "product", "refunded"]),
        json!({ "list_amount": "100.00", "product": "Virtual machine", "refunded": "0.00" })
    );
    assert_eq!(program.member(&customer, "viewer").get(&hold).await.expect(200)["status"], "captured");
}

#[tokio::test]
async fn a_part_is_captured_and_the_rest_returns() {
    let (program, Line { customer, .. }) = with_quota().await;
    let desk = Desk(&program);
    let hold = desk.open_hold(&customer, "100.00").await;
    desk.capture(&customer, &hold, json!({ "list_amount": "100.01" })).await.refused(409, "exceeds_outstanding");
    let captured = desk.capture(&customer, &hold, json!({ "list_amount": "33.33" })).await.expect(201);
    // 95, 90 and 80 in that proportion: 31.6635, 29.997 and 26.664.
    assert_eq!(captured["amount"], "31.66");
    let used = json!({ "granted": "500.00", "used": "31.66", "available": "468.34", "upstream": ["30.00", "26.66"] });
    desk.check(&customer, used).await;
    for body in [json!({}), json!({ "list_amount": "1.00" })] {
        desk.capture(&customer, &hold, body).await.refused(409, "invalid_state");
    }
    desk.release(&customer, &hold).await.refused(409, "invalid_state");
}

#[tokio::test]
async fn a_released_hold_gives_everything_back_once() {
    let (program, Line { reseller, customer, .. }) = with_quota().await;
    let desk = Desk(&program);
    let hold = desk.open_hold(&customer, "526.31").await;
    program.purchase(&customer, "0.10").await.refused(409, "insufficient_quota");
    let released = desk.release(&reseller, &hold).await.expect(201);
    assert_eq!([&released["kind"], &released["amount"]], ["release", "499.99"]);
    desk.check(&customer, json!({ "granted": "500.00", "available": "500.00" })).await;
    desk.release(&customer, &hold).await.refused(409, "invalid_state");
    desk.capture(&customer, &hold, json!({})).await.refused(409, "invalid_state");
    assert_eq!(program.member(&customer, "viewer").get(&hold).await.expect(200)["status"], "released");
}

#[tokio::test]
async fn no_more_is_held_than_is_available() {
    let (program, Line { customer, .. }) = with_quota().await;
    let desk = Desk(&program);
    let far = "2999-12-31T00:00:00.000Z";
    let refused = desk.hold(&customer, "600.00", far).await.refused(409, "insufficient_quota");
    assert_eq!(
        only(&refused, &["account_id", "available", "requested", "shortfall"]),
        json!({ "account_id": customer, "available": "500.00", "requested": "570.00", "shortfall": "70.00" })
    );
    desk.hold(&customer, "0.001", far).await.refused(422, "validation_failed");
    let past = desk.hold(&customer, "1.00", "2020-01-01T00:00:00Z").await;
    assert_eq!(past.invalid_fields(), ["expires_at"]);
    assert_eq!(desk.hold(&customer, "1.00", "soon").await.invalid_fields(), ["expires_at"]);
}

#[tokio::test]
async fn holds_are_listed_by_status() {
    let (program, Line { customer, .. }) = with_quota().await;
    let desk = Desk(&program);
    let holds = [
        desk.open_hold(&customer, "1.00").await,
        desk.open_hold(&customer, "2.00").await,
        desk.open_hold(&customer, "3.00").await,
    ];
    desk.capture(&customer, &holds[0], json!({})).await.expect(201);
    desk.release(&customer, &holds[1]).await.expect(201);
    for (query, amounts) in [
        ("", vec!["3.00", "2.00", "1.00"]),
        ("?status=open", vec!["3.00"]),
        ("?status=captured", vec!["1.00"]),
        ("?status=released", vec!["2.00"]),
        ("?status=expired", vec![]),
    ] {
        let listed = tests::program::items(&program.read(&customer, &format!("holds{query}")).await);
        let shown: Vec<&str> = listed.iter().map(|hold| hold["list_amount"].as_str().unwrap()).collect();
        assert_eq!(shown, amounts, "{query}");
    }
    let viewer = program.member(&customer, "viewer");
    let wrong = viewer.get(format!("/v1/accounts/{customer}/holds?status=lost")).await;
    wrong.refused(400, "invalid_parameter");
}

#[tokio::test]
async fn a_shortfall_is_said_also_where_it_is_more_than_any_balance() {
    let program = Program::create().await;
    let distributor = program.onboard(&program.root).await;
    Desk(&program).charge(&distributor, "1000000000000000", "usage").await.expect(201);
    let refused = program.purchase(&distributor, "1000000000000000").await.refused(409, "insufficient_quota");
    let expected = json!({
        "available": "-800000000000000.00", "requested": "800000000000000.00", "shortfall": "1600000000000000.00",
    });
    assert_eq!(only(&refused, &["available", "requested", "shortfall"]), expected);
}
