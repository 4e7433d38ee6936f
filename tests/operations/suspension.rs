//! What stands still while an account or one above it is suspended, and what goes on.

use serde_json::{Value, json};
use tests::program::text;
use tests::{Line, Program};

use crate::desk::Desk;

async fn with_quota() -> (Program, Line) {
    let program = Program::create().await;
    let line = program.funded_line(["1000.00", "600.00", "500.00"]).await;
    (program, line)
}

#[tokio::test]
async fn the_suspension_of_any_ancestor_stops_purchases_below_it() {
    let (program, Line { distributor, reseller, customer }) = with_quota().await;
    let desk = Desk(&program);
    let hold = desk.open_hold(&customer, "10.00").await;
    for suspended in [&customer, &reseller, &distributor] {
        assert_eq!(desk.suspend(&program.root, suspended).await.expect(200)["status"], "suspended");
        for refused in [
            program.purchase(&customer, "1.00").await,
            desk.hold(&customer, "1.00", "2999-01-01T00:00:00Z").await,
            desk.capture(&customer, &hold, json!({})).await,
        ] {
            assert_eq!(refused.refused(409, "account_not_active")["account_id"], **suspended);
        }
        assert_eq!(desk.reinstate(&program.root, suspended).await.expect(200)["status"], "active");
        program.purchase(&customer, "1.00").await.expect(201);
    }
    desk.capture(&customer, &hold, json!({})).await.expect(201);
    // What stands below a customer's reseller does not matter to the reseller.
    desk.suspend(&reseller, &customer).await.expect(200);
    program.purchase(&reseller, "1.00").await.expect(201);
}

#[tokio::test]
async fn a_suspended_account_takes_in_and_hands_out_no_quota() {
    let (program, Line { distributor, reseller, customer }) = with_quota().await;
    let desk = Desk(&program);
    desk.suspend(&distributor, &reseller).await.expect(200);
    for (parent, child) in [(&distributor, &reseller), (&reseller, &customer)] {
        let lines = json!([{ "account_id": child, "increase": "1.00" }]);
        for answer in [
            program.allocate(parent, child, "1.00").await,
            desk.adjust(parent, child, json!({ "increase": "1.00" })).await,
            desk.rebalance(parent, lines).await,
        ] {
            assert_eq!(answer.refused(409, "account_not_active")["account_id"], *reseller);
        }
        desk.adjust(parent, child, json!({ "decrease": "1.00" })).await.expect(201);
        desk.rebalance(parent, json!([{ "account_id": child, "decrease": "1.00" }])).await.expect(201);
    }
}

#[tokio::test]
async fn money_and_goods_that_come_back_are_taken_in() {
    let (program, Line { distributor, reseller, customer }) = with_quota().await;
    let desk = Desk(&program);
    let purchase = desk.bought(&customer, "100.00").await;
    let hold = desk.open_hold(&customer, "10.00").await;
    for account in [&customer, &reseller, &distributor] {
        desk.suspend(&program.root, account).await.expect(200);
    }
    desk.refund(&purchase, Some("10.00")).await.expect(201);
    desk.release(&customer, &hold).await.expect(201);
    let settled = desk.settle(&reseller, &customer, "50.00", None).await.expect(201);
    desk.reverse(&reseller, &customer, &text(&settled, "settlement_id")).await.expect(201);
    let left = json!({ "granted": "500.00", "used": "85.50", "available": "414.50", "upstream": ["81.00", "72.00"] });
    desk.check(&customer, left).await;
}

#[tokio::test]
async fn it_is_lifted_by_whoever_imposed_it_or_from_above() {
    let (program, Line { distributor, reseller, customer }) = with_quota().await;
    let (desk, root) = (Desk(&program), &program.root);
    desk.suspend(&distributor, &customer).await.expect(200);
    desk.reinstate(&customer, &customer).await.refused(403, "forbidden");
    desk.reinstate(&reseller, &customer).await.refused(403, "forbidden");
    desk.reinstate(&distributor, &customer).await.expect(200);
    desk.suspend(&distributor, &customer).await.expect(200);
    desk.reinstate(root, &customer).await.expect(200);
    desk.reinstate(root, &customer).await.refused(409, "invalid_state");
    desk.suspend(&reseller, &customer).await.expect(200);
    desk.suspend(&reseller, &customer).await.refused(409, "invalid_state");

    desk.suspend(&customer, &customer).await.refused(403, "forbidden");
    desk.suspend(&customer, &reseller).await.refused(403, "forbidden");
    for role in ["finance", "sales", "viewer"] {
        let path = format!("/v1/accounts/{reseller}/suspension");
        let answer = program.member(&distributor, role).post(path).json(json!({ "reason": "Under review" })).await;
        answer.refused(403, "forbidden");
    }
}

#[tokio::test]
async fn the_operator_suspends_a_provider_and_nobody_else() {
    let (program, Line { distributor, customer, .. }) = with_quota().await;
    let body = json!({ "reason": "Under review" });
    let suspend =
        async |account: &str| program.operator().post(format!("/v1/accounts/{account}/suspension")).json(&body).await;
    suspend(&distributor).await.refused(403, "forbidden");
    suspend(&program.root).await.expect(200);
    let refused = program.purchase(&customer, "1.00").await.refused(409, "account_not_active");
    assert_eq!(refused["account_id"], *program.root);
    program.allocate(&program.root, &distributor, "1.00").await.refused(409, "account_not_active");
    Desk(&program).reinstate(&program.root, &program.root).await.refused(403, "forbidden");
    let path = format!("/v1/accounts/{}/suspension", program.root);
    program.operator().call(reqwest::Method::DELETE, path).await.expect(200);
    program.purchase(&customer, "1.00").await.expect(201);
}

#[tokio::test]
async fn it_leaves_no_entry_and_needs_a_reason() {
    let (program, Line { reseller, customer, .. }) = with_quota().await;
    let path = format!("/v1/accounts/{customer}/suspension");
    let answer = program.member(&reseller, "admin").post(&path).json(json!({})).await;
    assert_eq!(answer.invalid_fields(), ["reason"]);
    let before: Value = program.position(&customer).await["seq"].clone();
    Desk(&program).suspend(&reseller, &customer).await.expect(200);
    assert_eq!(program.position(&customer).await["seq"], before);
}
