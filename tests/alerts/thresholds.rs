//! Which alerts a change of quota raises.

use serde_json::json;
use tests::program::{items, new_key};
use tests::watch::until;
use tests::{Desk, Program};

use crate::listener::{Listener, alerts, at_list_price, in_words, set_policy};

/// A distributor that has been granted this much.
async fn distributor(granted: &str) -> (Program, String) {
    let program = Program::with(at_list_price()).await;
    let distributor = program.onboard(&program.root).await;
    program.allocate(&program.root, &distributor, granted).await.expect(201);
    (program, distributor)
}

#[tokio::test]
async fn a_level_fires_once_on_the_way_down_and_again_after_a_recovery() {
    let (program, account) = distributor("1000.00").await;
    let mut listener = Listener::new(&program, &account).await;
    let buy = async |amount: &str| drop(program.purchase(&account, amount).await.expect(201));
    buy("799.99").await;
    listener.hears(&[]).await;
    buy("0.01").await;
    let heard = listener.hears(&["mailed QuotaThresholdCrossed percent 20 = 200.00"]).await;
    let data = &heard[0]["detail"]["data"];
    assert_eq!([&data["available"], &data["granted"], &data["used"]], ["200.00", "1000.00", "800.00"]);
    assert_eq!([&data["currency"], &data["seq"]], [&json!("USD"), &json!(5)], "two of them are the listener's");
    buy("50.00").await;
    listener.hears(&[]).await;
    buy("50.00").await;
    listener.hears(&["mailed QuotaThresholdCrossed percent 10 = 100.00"]).await;

    // Above both again, which nobody has to be told.
    program.allocate(&program.root, &account, "1000.00").await.expect(201);
    listener.hears(&[]).await;
    buy("900.00").await;
    listener.hears(&["mailed QuotaThresholdCrossed percent 10 = 200.00"]).await;
    buy("200.00").await;
    listener.hears(&["mailed QuotaDepleted"]).await;
}

#[tokio::test]
async fn the_gravest_of_a_posting_is_the_one_to_be_mailed() {
    let (program, account) = distributor("1000.00").await;
    let desk = Desk(&program);
    let mut listener = Listener::new(&program, &account).await;
    desk.charge(&account, "1000.01", "a").await.expect(201);
    let all = ["mailed QuotaOverdrawn", "silent QuotaDepleted", "silent QuotaThresholdCrossed percent 10 = 100.00"];
    listener.hears(&all).await;
    desk.charge(&account, "5.00", "b").await.expect(201);
    listener.hears(&[]).await;
    // The payment gives all of it back.
    desk.settle(&program.root, &account, "1005.01", None).await.expect(201);
    listener.hears(&["mailed QuotaReplenished"]).await;
    desk.charge(&account, "1000.00", "c").await.expect(201);
    listener.hears(&["mailed QuotaDepleted", "silent QuotaThresholdCrossed percent 10 = 100.00"]).await;
    desk.charge(&account, "0.000000000001", "d").await.expect(201);
    listener.hears(&["mailed QuotaOverdrawn"]).await;
}

#[tokio::test]
async fn replenished_ends_a_depletion_and_an_overdraft_whatever_brings_the_quota() {
    let (program, account) = distributor("100.00").await;
    let (desk, root) = (Desk(&program), &program.root);
    let mut listener = Listener::new(&program, &account).await;
    let purchase = desk.bought(&account, "100.00").await;
    listener.hears(&["mailed QuotaDepleted", "silent QuotaThresholdCrossed percent 10 = 10.00"]).await;
    desk.refund(&purchase, Some("5.00")).await.expect(201);
    listener.hears(&["mailed QuotaReplenished"]).await;
    // 5.00 of 100.00 are below every threshold already.
    let hold = desk.open_hold(&account, "5.00").await;
    listener.hears(&["mailed QuotaDepleted"]).await;
    desk.release(&account, &hold).await.expect(201);
    listener.hears(&["mailed QuotaReplenished"]).await;
    desk.charge(&account, "10.00", "a").await.expect(201);
    listener.hears(&["mailed QuotaOverdrawn", "silent QuotaDepleted"]).await;
    // What is still overdrawn, or just even, has no quota.
    program.allocate(root, &account, "4.00").await.expect(201);
    program.allocate(root, &account, "1.00").await.expect(201);
    listener.hears(&[]).await;
    desk.settle(root, &account, "50.00", Some("20.00")).await.expect(201);
    listener.hears(&["mailed QuotaReplenished"]).await;
}

#[tokio::test]
async fn without_a_grant_only_an_overdraft_and_its_end_are_heard() {
    let program = Program::with(at_list_price()).await;
    let account = program.onboard(&program.root).await;
    let (desk, root) = (Desk(&program), &program.root);
    let mut listener = Listener::new(&program, &account).await;
    desk.charge(&account, "5.00", "a").await.expect(201);
    listener.hears(&["mailed QuotaOverdrawn"]).await;
    desk.charge(&account, "-5.00", "b").await.expect(201);
    listener.hears(&["mailed QuotaReplenished"]).await;
    program.allocate(root, &account, "10.00").await.expect(201);
    desk.adjust(root, &account, json!({ "set": "0" })).await.expect(201);
    listener.hears(&[]).await;
    desk.charge(&account, "0.01", "c").await.expect(201);
    listener.hears(&["mailed QuotaOverdrawn"]).await;
}

#[tokio::test]
async fn a_percentage_is_of_what_is_granted_at_that_time() {
    let (program, account) = distributor("1000.00").await;
    let (desk, root) = (Desk(&program), &program.root);
    let mut listener = Listener::new(&program, &account).await;
    program.purchase(&account, "850.00").await.expect(201);
    listener.hears(&["mailed QuotaThresholdCrossed percent 20 = 200.00"]).await;
    // The same amount is left, of a line that has shrunk to it: above every threshold.
    desk.settle(root, &account, "850.00", Some("0")).await.expect(201);
    listener.hears(&[]).await;
    program.purchase(&account, "120.00").await.expect(201);
    listener.hears(&["mailed QuotaThresholdCrossed percent 20 = 30.00"]).await;
    // What is taken away counts as what is spent.
    desk.adjust(root, &account, json!({ "decrease": "20.00" })).await.expect(201);
    listener.hears(&["mailed QuotaThresholdCrossed percent 10 = 13.00"]).await;
    desk.adjust(root, &account, json!({ "decrease": "10.00" })).await.expect(201);
    listener.hears(&["mailed QuotaDepleted"]).await;
}

#[tokio::test]
async fn one_posting_alerts_every_account_that_it_changes() {
    let (program, distributor) = distributor("1000.00").await;
    let desk = Desk(&program);
    let [down, up] = [program.onboard(&distributor).await, program.onboard(&distributor).await];
    program.allocate(&distributor, &down, "500.00").await.expect(201);
    program.allocate(&distributor, &up, "100.00").await.expect(201);
    program.purchase(&down, "400.00").await.expect(201);
    program.purchase(&up, "100.00").await.expect(201);
    let mut listeners = [
        Listener::new(&program, &distributor).await,
        Listener::new(&program, &down).await,
        Listener::new(&program, &up).await,
    ];
    let lines = json!([{ "account_id": down, "decrease": "60.00" }, { "account_id": up, "increase": "460.00" }]);
    desk.rebalance(&distributor, lines).await.expect(201);
    let none_left = ["mailed QuotaDepleted", "silent QuotaThresholdCrossed percent 10 = 100.00"];
    listeners[0].hears(&none_left).await;
    listeners[1].hears(&["mailed QuotaThresholdCrossed percent 10 = 44.00"]).await;
    listeners[2].hears(&["mailed QuotaReplenished"]).await;
}

#[tokio::test]
async fn an_account_hears_of_its_own_thresholds() {
    let (program, account) = distributor("1000.00").await;
    let mut listener = Listener::new(&program, &account).await;
    let buy = async |amount: &str| drop(program.purchase(&account, amount).await.expect(201));
    let set = async |thresholds| {
        drop(set_policy(&program, &account, &json!({ "thresholds": thresholds })).await.expect(200));
    };
    set(json!([{ "percent": "12.5" }, { "amount": "600.00" }, { "percent": 50 }])).await;
    buy("500.00").await;
    listener.hears(&["mailed QuotaThresholdCrossed percent 50 = 500.00"]).await;
    buy("375.00").await;
    listener.hears(&["mailed QuotaThresholdCrossed percent 12.5 = 125.00"]).await;

    // Setting a policy fires nothing, though all of these are reached.
    set(json!([{ "percent": "99" }, { "amount": "125.00" }])).await;
    listener.hears(&[]).await;
    buy("1.00").await;
    listener.hears(&[]).await;
    set(json!([{ "amount": "123.50" }])).await;
    buy("1.00").await;
    listener.hears(&["mailed QuotaThresholdCrossed amount 123.50 = 123.50"]).await;

    // Without any, what is used up is told all the same.
    set(json!([])).await;
    buy("122.99").await;
    listener.hears(&[]).await;
    buy("0.01").await;
    listener.hears(&["mailed QuotaDepleted"]).await;
}

#[tokio::test]
async fn an_allocation_that_uses_up_what_a_distributor_has_is_an_alert_as_well() {
    let (program, distributor) = distributor("1000.00").await;
    let reseller = program.onboard(&distributor).await;
    let mut listener = Listener::new(&program, &distributor).await;
    program.allocate(&distributor, &reseller, "1000.00").await.expect(201);
    listener.hears(&["mailed QuotaDepleted", "silent QuotaThresholdCrossed percent 10 = 100.00"]).await;
    // Its provider hears of it, and the reseller of nothing: who gets the first quota is not told.
    for (inbox, expected) in [(&program.root, 1), (&distributor, 1), (&reseller, 0)] {
        let inbox = until(async || {
            let inbox = items(&program.read(inbox, "notifications").await);
            if inbox.len() == expected { Ok(inbox) } else { Err(format!("{inbox:#?}")) }
        })
        .await;
        assert!(inbox.iter().all(|notification| notification["about_account_id"] == *distributor), "{inbox:#?}");
    }
    assert_eq!(alerts(program.all_events_of(&reseller).await).len(), 0);
}

#[tokio::test]
async fn a_provider_hears_of_its_own_capacity() {
    let program = Program::with(at_list_price()).await;
    let distributor = program.onboard(&program.root).await;
    program.allocate(&program.root, &distributor, "100000.00").await.expect(201);
    let capacity = format!("/v1/accounts/{}/capacity", program.root);
    let posted = program.operator().post(capacity).key(new_key()).json(json!({ "delta": "1.00" })).await.expect(201);
    // Whether the alert or the posting is told first is the stream's order.
    let marker = program.operator().post(format!("/v1/accounts/{}/capacity", program.root));
    let marker = marker.key(new_key()).json(json!({ "delta": "1.00" })).await.expect(201);
    let events = program.events_up_to(&program.root, &marker).await;
    assert!(events.iter().any(|event| event["detail"]["data"]["posting_id"] == posted["posting_id"]));
    let heard: Vec<String> = alerts(events).iter().map(in_words).collect();
    let expected =
        ["mailed QuotaDepleted", "silent QuotaThresholdCrossed percent 10 = 10000.00", "mailed QuotaReplenished"];
    assert_eq!(heard, expected);
}
