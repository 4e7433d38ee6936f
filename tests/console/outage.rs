//! What test events are for: a function that cannot reach the table says so.

use local::Options;
use serde_json::{Value, json};
use tests::{Client, stack};
use tokio::task::JoinSet;

use crate::file::{TestEvent, all, failures};

/// An answer by which an administrator sees that something is wrong.
async fn check(event: TestEvent, client: Client) {
    let place = event.place();
    match event.function.as_str() {
        "relay" | "notifier" | "intake" => {
            let records = event.json()["Records"].take();
            let record = &records[0];
            let id = record.pointer("/dynamodb/SequenceNumber").unwrap_or(&record["messageId"]).as_str().unwrap();
            assert_eq!(event.answer(&client).await, failures(&[id]), "{place}");
        }
        "sweeper" | "identity" => {
            let answer = event.send(&client).await;
            assert_eq!(answer.headers.get("x-amz-function-error").unwrap(), "Unhandled", "{place}: {answer}");
            assert_eq!(answer.expect(200)["errorType"], "Unhandled");
        }
        _ => {
            let (status, body) = event.response(&client).await;
            assert_eq!((status, &body["code"]), (503, &json!("unavailable")), "{place}: {body:#}");
        }
    }
}

#[tokio::test]
async fn every_function_tells_that_the_table_does_not_answer() {
    let stack = stack::start(Options { streams: false, ..Options::default() }).await;
    let client = Client::new(stack.url());
    let fault: Value = json!({ "target": "dynamodb", "fault": "error", "rate": 1, "seed": 1 });
    client.anonymous().call(reqwest::Method::PUT, "/_local/faults").json(fault).await.expect(200);
    let mut checks: JoinSet<()> = all().into_iter().map(|event| check(event, client.clone())).collect();
    while let Some(checked) = checks.join_next().await {
        checked.unwrap();
    }
}
