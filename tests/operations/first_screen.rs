//! The first screen: figures of an account and its children in one answer, and the tree below it.

use serde_json::{Value, json};
use tests::watch::until;
use tests::{Desk, Program};

async fn overview(program: &Program, account: &str) -> Value {
    program.read(account, "overview").await
}

/// The overview as soon as it shows this margin, and this much paid by the children; both follow the ledger some moments
/// later, entry by entry.
async fn with_margin(program: &Program, account: &str, margin: &str, paid: &str) -> Value {
    until(async || match overview(program, account).await {
        seen if seen["margin"] == *margin && seen["totals"]["paid"] == *paid => Ok(seen),
        seen => Err(format!("{seen:#}")),
    })
    .await
}

#[tokio::test]
async fn margins_are_what_was_gained_whatever_was_settled() {
    let program = Program::create().await;
    let line = program.funded_line(["1000.00", "500.00", "100.00"]).await;
    let desk = Desk(&program);
    desk.bought(&line.customer, "50.00").await;
    desk.bought(&line.reseller, "10.00").await;
    desk.settle(&line.reseller, &line.customer, "47.50", None).await.expect(201);
    let reseller = with_margin(&program, &line.reseller, "2.50", "47.50").await;
    assert_eq!(reseller["children"], json!({ "active": 1, "suspended": 0, "closed": 0 }));
    assert_eq!(reseller["nearest"][0]["id"], json!(line.customer));
    // What it bought for itself is no loss, and what it gained on its customer stays when it has paid for both.
    desk.settle(&line.distributor, &line.reseller, "54.00", None).await.expect(201);
    with_margin(&program, &line.distributor, "6.00", "54.00").await;
    with_margin(&program, &line.reseller, "2.50", "47.50").await;
    with_margin(&program, &line.customer, "0.00", "0.00").await;
}

#[tokio::test]
async fn a_refund_takes_the_margin_back() {
    let program = Program::create().await;
    let line = program.funded_line(["1000.00", "500.00", "100.00"]).await;
    let desk = Desk(&program);
    let purchase = desk.bought(&line.reseller, "10.00").await;
    desk.refund(&purchase, None).await.expect(201);
    let seen = with_margin(&program, &line.reseller, "0.00", "0.00").await;
    assert_eq!(seen["position"]["used"], "0.00");
}

#[tokio::test]
async fn the_nearest_to_depletion_come_first() {
    let program = Program::create().await;
    let desk = Desk(&program);
    let distributor = program.onboard(&program.root).await;
    program.allocate(&program.root, &distributor, "5000.00").await.expect(201);
    let mut resellers = Vec::new();
    for spent in ["10.00", "90.00", "50.00"] {
        let reseller = program.onboard(&distributor).await;
        program.allocate(&distributor, &reseller, "100.00").await.expect(201);
        desk.bought(&reseller, spent).await;
        resellers.push(reseller);
    }
    let expected = json!([resellers[1], resellers[2], resellers[0]]);
    let ids = |items: &[Value]| items.iter().map(|child| child["id"].clone()).collect::<Value>();
    let viewer = program.member(&distributor, "viewer");
    let children = |query: &str| format!("/v1/accounts/{distributor}/children?sort=nearest{query}");
    let pages = async || {
        let first = viewer.get(children("&limit=2")).await.expect(200);
        let Some(cursor) = first["next_cursor"].as_str() else { return first["items"].as_array().unwrap().clone() };
        let rest = viewer.get(children(&format!("&limit=2&cursor={cursor}"))).await.expect(200);
        [first["items"].as_array().unwrap().clone(), rest["items"].as_array().unwrap().clone()].concat()
    };
    // The list follows the ledger entry by entry; the overview puts those that it reads in order once more.
    until(async || match ids(&pages().await) {
        seen if seen == expected => Ok(()),
        seen => Err(format!("{seen:#}")),
    })
    .await;
    assert_eq!(ids(overview(&program, &distributor).await["nearest"].as_array().unwrap()), expected);
    viewer.get(children("&status=asleep")).await.refused(400, "invalid_parameter");
}

#[tokio::test]
async fn the_tree_shows_what_is_below_as_deep_as_asked() {
    let program = Program::create().await;
    let line = program.funded_line(["1000.00", "500.00", "100.00"]).await;
    let viewer = program.member(&line.distributor, "viewer");
    let path = |depth: &str| format!("/v1/accounts/{}/tree{depth}", line.distributor);
    let whole = viewer.get(path("")).await.expect(200);
    assert_eq!(whole["truncated"], false);
    let reseller = &whole["children"][0];
    assert_eq!((&reseller["id"], &reseller["children"][0]["id"]), (&json!(line.reseller), &json!(line.customer)));
    assert_eq!(reseller["children"][0]["position"]["available"], "100.00");
    let flat = viewer.get(path("?depth=1")).await.expect(200);
    assert_eq!(flat["children"][0]["children"], json!([]));
    viewer.get(path("?depth=4")).await.refused(400, "invalid_parameter");
    program.member(&line.reseller, "admin").get(path("")).await.refused(403, "forbidden");
}
