//! Test events as they stand in the repository: about an account that there is not.

use serde_json::{Value, json};
use tests::{Client, stack, store};

use crate::file::{ACCOUNT, REQUEST, TestEvent, all, failures};

/// What every function answers to what names nobody.
async fn check(event: &TestEvent, client: &Client) {
    let place = event.place();
    match place.as_str() {
        "relay/change" | "notifier/bounce" | "intake/usage" | "intake/payment" => {
            assert_eq!(event.answer(client).await, failures(&[]), "{place}");
        }
        "notifier/alert" => {
            assert_eq!(event.answer(client).await, failures(&["console-test-alert"]), "there is nobody to tell");
        }
        "sweeper/sweep" => assert_eq!(event.answer(client).await, json!({ "expired": 0, "skipped": 0 })),
        "identity/sign-in" => {
            let answer = event.answer(client).await;
            let details = &answer["response"]["claimsAndScopeOverrideDetails"];
            assert_eq!(details["accessTokenGeneration"]["claimsToAddOrOverride"]["memberships"], "", "{answer:#}");
        }
        _ => {
            let (status, body) = event.response(client).await;
            assert_eq!((status, &body["code"]), (404, &json!("not_found")), "{place}: {body:#}");
            assert_eq!(body["request_id"], REQUEST, "{place}");
        }
    }
}

#[tokio::test]
async fn whatever_is_about_nobody_is_answered_so_and_leaves_nothing_in_the_ledger() {
    let stack = stack::shared().await;
    let client = Client::new(stack.url());
    for event in all() {
        check(&event, &client).await;
    }
    for kind in ["ACCOUNT", "ENTRIES", "ROLLUP", "NEAREST", "NOTIFICATIONS", "SETTLEMENTS", "PAYMENTS"] {
        let items = store::partition(stack, &format!("{kind}#{ACCOUNT}")).await;
        assert!(items.is_empty(), "{kind}: {items:#?}");
    }
    assert_eq!(letters(&client, "UsageRecorded").await, ["not_found: There is no such account in the program."]);
    assert_eq!(letters(&client, "PaymentReceived").await, ["not_found: There is no such account in the program."]);
}

/// The reasons of the letters that the test events of the function `intake` have left.
async fn letters(client: &Client, kind: &str) -> Vec<String> {
    let letters = client.anonymous().get("/_local/dead-letters").await.expect(200);
    let letters = letters.as_array().unwrap().iter().filter(|letter| letter["queue"] == "IntakeDeadLetters");
    let ours = letters.filter(|letter| letter["body"]["detail-type"] == *kind && mentions(&letter["body"], ACCOUNT));
    ours.map(|letter| letter["attributes"]["reason"].as_str().unwrap().to_owned()).collect()
}

fn mentions(value: &Value, text: &str) -> bool {
    value.to_string().contains(text)
}
