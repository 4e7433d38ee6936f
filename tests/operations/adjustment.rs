//! Quota changed after the first allocation, and the capacity that all of it comes from.

use serde_json::json;
use tests::program::only;
use tests::{Line, Program};

use crate::desk::Desk;

#[tokio::test]
async fn quota_goes_up_down_and_to_a_value() {
    let program = Program::create().await;
    let Line { reseller, customer, .. } = program.funded_line(["1000.00", "600.00", "100.00"]).await;
    let desk = Desk(&program);
    for (change, amount, granted, left) in [
        (json!({ "increase": "50.00" }), "50.00", "150.00", "450.00"),
        (json!({ "decrease": "20.00" }), "20.00", "130.00", "470.00"),
        (json!({ "set": "600.00" }), "470.00", "600.00", "0.00"),
        (json!({ "set": "0" }), "600.00", "0.00", "600.00"),
        (json!({ "set": "0.01" }), "0.01", "0.01", "599.99"),
    ] {
        let adjusted = desk.adjust(&reseller, &customer, change.clone()).await.expect(201);
        assert_eq!([&adjusted["kind"], &adjusted["amount"]], ["adjustment", amount], "{change}");
        desk.check(&customer, json!({ "granted": granted, "available": granted })).await;
        desk.check(&reseller, json!({ "granted": "600.00", "allocated": granted, "available": left })).await;
    }
    let entry = &program.entries(&customer).await[0];
    assert_eq!([&entry["kind"], &entry["note"]], ["adjustment", "Usage varies"]);
}

#[tokio::test]
async fn a_set_to_the_present_value_is_no_request() {
    let program = Program::create().await;
    let Line { reseller, customer, .. } = program.funded_line(["1000.00", "600.00", "100.00"]).await;
    let desk = Desk(&program);
    for same in ["100", "100.00"] {
        assert_eq!(desk.adjust(&reseller, &customer, json!({ "set": same })).await.invalid_fields(), ["set"]);
    }
    for wrong in
        [json!({}), json!({ "increase": "1", "decrease": "1" }), json!({ "set": "-1" }), json!({ "set": "1.001" })]
    {
        desk.adjust(&reseller, &customer, wrong).await.refused(422, "validation_failed");
    }
    program.check_ledger(&customer, 1).await;
}

#[tokio::test]
async fn a_decrease_names_all_of_a_balance_with_twelve_digits() {
    let program = Program::create().await;
    let Line { reseller, customer, .. } = program.funded_line(["1000.00", "600.00", "100.00"]).await;
    let desk = Desk(&program);
    desk.charge(&customer, "0.000000000007", "usage").await.expect(201);
    // 0.95 of it, half-even: 0.00000000000665.
    let rest = "99.999999999993";
    desk.adjust(&reseller, &customer, json!({ "increase": "0.001" })).await.refused(422, "validation_failed");
    desk.adjust(&reseller, &customer, json!({ "decrease": rest })).await.expect(201);
    let figures = desk.figures(&customer).await;
    assert_eq!([&figures["available"], &figures["granted"]], ["0.00", "0.000000000007"]);
}

#[tokio::test]
async fn what_is_refused_says_what_could_be_had() {
    let program = Program::create().await;
    let Line { reseller, customer, .. } = program.funded_line(["1000.00", "600.00", "100.00"]).await;
    let desk = Desk(&program);
    program.purchase(&customer, "100.00").await.expect(201);
    let named = ["account_id", "available", "requested", "shortfall"];
    for change in [json!({ "decrease": "5.01" }), json!({ "set": "94.99" })] {
        let refused = desk.adjust(&reseller, &customer, change).await.refused(409, "insufficient_quota");
        let expected = json!({ "account_id": customer, "available": "5.00", "requested": "5.01", "shortfall": "0.01" });
        assert_eq!(only(&refused, &named), expected);
    }
    for change in [json!({ "increase": "500.01" }), json!({ "set": "600.01" })] {
        let refused = desk.adjust(&reseller, &customer, change).await.refused(409, "insufficient_quota");
        let expected =
            json!({ "account_id": reseller, "available": "500.00", "requested": "500.01", "shortfall": "0.01" });
        assert_eq!(only(&refused, &named), expected);
    }
    // An overdrawn account gives nothing back, and one with a credit no more than it was granted.
    desk.charge(&customer, "100.00", "usage").await.expect(201);
    let refused = desk.adjust(&reseller, &customer, json!({ "decrease": "0.01" })).await;
    assert_eq!(refused.refused(409, "insufficient_quota")["available"], "0.00");
    desk.charge(&customer, "-1000.00", "credit").await.expect(201);
    let refused = desk.adjust(&reseller, &customer, json!({ "decrease": "100.01" })).await;
    assert_eq!(refused.refused(409, "insufficient_quota")["available"], "100.00");
}

#[tokio::test]
async fn capacity_goes_up_and_down_to_what_is_not_handed_out() {
    let program = Program::create().await;
    let distributor = program.onboard(&program.root).await;
    program.allocate(&program.root, &distributor, "60000.00").await.expect(201);
    let path = format!("/v1/accounts/{}/capacity", program.root);
    let set = async |delta: &str| {
        let key = tests::program::new_key();
        program.operator().post(&path).key(key).json(json!({ "delta": delta })).await
    };
    assert_eq!(set("0.01").await.expect(201)["amount"], "0.01");
    assert_eq!(set("-40000.00").await.expect(201)["amount"], "40000.00");
    let refused = set("-0.02").await.refused(409, "insufficient_quota");
    assert_eq!([&refused["available"], &refused["requested"]], ["0.01", "0.02"]);
    assert_eq!(set("0").await.invalid_fields(), ["delta"]);
    let left = json!({ "granted": "60000.01", "allocated": "60000.00", "available": "0.01" });
    Desk(&program).check(&program.root, left).await;
    // 10^15 is the most that any balance holds.
    set("999999999940000.00").await.refused(409, "out_of_range");
    set("999999999939999.99").await.expect(201);
    for account in [&program.root, &distributor] {
        let caller = program.member(account, "admin");
        let other = format!("/v1/accounts/{distributor}/capacity");
        for path in [&path, &other] {
            let answer = caller.post(path).key("k").json(json!({ "delta": "1" })).await;
            assert!([403, 404].contains(&answer.status), "{answer}");
        }
    }
    let other = program.operator().post(format!("/v1/accounts/{distributor}/capacity"));
    other.key("k").json(json!({ "delta": "1" })).await.refused(403, "forbidden");
}
