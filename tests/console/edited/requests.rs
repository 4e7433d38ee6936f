//! Requests: what they are answered about an account that there is. None of them changes anything.

use serde_json::{Value, json};
use tests::program::{items, only};
use tests::{Line, Program};

use super::{about, position, with_history};
use crate::file::{PARENT, TestEvent};

async fn found(program: &Program, event: TestEvent) -> Value {
    let (status, body) = event.response(program.client()).await;
    assert_eq!(status, 200, "{}: {body:#}", event.place());
    body
}

#[tokio::test]
async fn an_account_is_shown_with_its_policy_its_payments_and_its_statement() {
    let (program, Line { reseller, customer, .. }) = with_history().await;
    let account = found(&program, about("onboarding/account", &customer)).await;
    let expected = json!({ "id": customer, "parent_id": reseller, "tier": "customer", "status": "active" });
    assert_eq!(only(&account, &["id", "parent_id", "tier", "status"]), expected);

    let policy = found(&program, about("alerting/alert-policy", &customer)).await;
    assert_eq!([&policy["account_id"], &policy["currency"]], [&json!(customer), &json!("USD")]);
    assert_eq!(policy["thresholds"], json!([{ "percent": "20" }, { "percent": "10" }]));

    let settlements = items(&found(&program, about("settlement/settlements", &customer)).await);
    assert_eq!(settlements.len(), 1);
    assert_eq!(only(&settlements[0], &["amount", "backfilled"]), json!({ "amount": "40.00", "backfilled": "40.00" }));

    let entries = items(&found(&program, about("reporting/entries", &customer)).await);
    let path = format!("/v1/accounts/{customer}/entries");
    assert_eq!(entries, items(&program.operator().get(path).await.expect(200)), "as by the API");
    let kinds: Vec<&Value> = entries.iter().map(|entry| &entry["kind"]).collect();
    assert_eq!(kinds, ["settlement", "purchase", "allocation"]);

    let verification = found(&program, about("reporting/verification", &customer)).await;
    assert_eq!(verification, json!({ "consistent": true, "entries": 3, "next_cursor": null }));
}

#[tokio::test]
async fn a_preview_shows_what_would_come_of_it_and_nothing_does() {
    let (program, Line { reseller, customer, .. }) = with_history().await;
    let before = [position(&program, &reseller).await, position(&program, &customer).await];
    for (place, parent, kind, amount, available) in [
        ("allocation/preview", Some(&reseller), "allocation", "1.00", "446.00"),
        ("adjustment/preview", Some(&reseller), "adjustment", "1.00", "446.00"),
        ("purchasing/preview", None, "purchase", "0.95", "444.05"),
    ] {
        let event = about(place, &customer);
        let event = parent.iter().fold(event, |event, parent| event.with(PARENT, parent));
        let shown = found(&program, event).await;
        let expected = json!({ "preview": true, "posting_id": null, "kind": kind, "amount": amount });
        assert_eq!(only(&shown, &["preview", "posting_id", "kind", "amount"]), expected, "{place}");
        let effect = shown["effects"].as_array().unwrap().iter().find(|effect| effect["account_id"] == *customer);
        assert_eq!(effect.unwrap()["after"]["available"], available, "{place}: {shown:#}");
    }
    assert_eq!([position(&program, &reseller).await, position(&program, &customer).await], before);
}
