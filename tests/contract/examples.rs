//! Every example is carried out. The answer's form is checked where answers are received.

use serde_json::Value;
use tests::contract::{Operation, operations};
use tests::program::new_key;

use crate::stage::{Stage, World};

/// The values of the query's examples, but for those that say how a request is meant.
fn query(operation: &Operation) -> Vec<(&'static str, String)> {
    let examples = operation.parameters_in("query").into_iter();
    let examples = examples.filter_map(|(name, parameter)| Some((name, parameter.get("example")?)));
    let shown = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    examples.map(|(name, value)| (name, shown(value))).collect()
}

fn has_parameter(operation: &Operation, place: &str, name: &str) -> bool {
    operation.parameters_in(place).iter().any(|(known, _)| *known == name)
}

/// The status of success, a preview's apart.
fn success(operation: &Operation) -> u16 {
    let statuses = operation.responses().into_iter().map(|(status, _)| status);
    statuses.filter(|status| (200..300).contains(status)).max().expect("a success")
}

async fn carry_out(operation: &Operation, stage: &Stage, query: &[(&str, String)], status: u16) {
    let mut call = stage.call(operation, query);
    if has_parameter(operation, "header", "Idempotency-Key") {
        call = call.key(new_key());
    }
    if let Some((media_type, described)) = operation.body() {
        call = match &described["example"] {
            Value::String(text) => call.body(media_type, text.as_str()),
            example => call.json(stage.body(example)),
        };
    }
    let answer = call.await;
    assert_eq!(answer.status, status, "the example of {}\n{answer}", operation.id());
}

#[tokio::test]
async fn every_example_does_what_it_shows() {
    let world = World::create().await;
    for operation in operations() {
        let stage = world.stage(operation).await;
        let query = query(operation);
        if has_parameter(operation, "query", "preview") {
            carry_out(operation, &stage, &[("preview", "true".to_owned())], 200).await;
        }
        if !query.is_empty() && operation.method == "GET" {
            carry_out(operation, &stage, &[], success(operation)).await;
        }
        carry_out(operation, &stage, &query, success(operation)).await;
    }
}

#[tokio::test]
async fn a_position_that_was_seen_is_not_sent_again() {
    let world = World::create().await;
    let operation = operations().iter().find(|operation| operation.id() == "getPosition").expect("the position");
    let stage = world.stage(operation).await;
    let first = stage.call(operation, &[]).await;
    let seen = format!("\"{}\"", first.expect(200)["seq"]);
    assert_eq!(first.headers["etag"], seen.as_str());
    let again = stage.call(operation, &[]).header("if-none-match", &seen).await;
    assert_eq!((again.status, again.text.as_str()), (304, ""), "{again}");
    stage.call(operation, &[]).header("if-none-match", "\"0\"").await.expect(200);
}

#[tokio::test]
async fn the_description_is_served_to_everybody() {
    let world = World::create().await;
    let operation = operations().iter().find(|operation| operation.id() == "getOpenApi").expect("the description");
    let served = world.stage(operation).await.call(operation, &[]).await.expect(200);
    assert_eq!(&served, tests::contract::description());
}
