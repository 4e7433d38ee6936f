//! Looking into the store, for what no endpoint shows.

use local::Stack;
use serde_json::{Map, Value, json};

/// The one table, by its name in the template.
const TABLE: &str = "QuotaTable";

/// Local stores look at the form of a signature only.
const AUTHORIZATION: &str = "AWS4-HMAC-SHA256 Credential=local/20260101/us-east-1/dynamodb/aws4_request, \
                             SignedHeaders=host;x-amz-date;x-amz-target, \
                             Signature=0000000000000000000000000000000000000000000000000000000000000000";

/// How many items a store takes at a time. In a transaction that is much faster here than in a batch, of which the built-in
/// store writes each item by itself.
const BATCH: usize = 100;

async fn call(stack: &Stack, operation: &str, request: &Value) -> Value {
    let request = reqwest::Client::new()
        .post(stack.store_url())
        .header("content-type", "application/x-amz-json-1.0")
        .header("x-amz-target", format!("DynamoDB_20120810.{operation}"))
        .header("x-amz-date", "20260101T000000Z")
        .header("authorization", AUTHORIZATION)
        .body(request.to_string());
    let response = request.send().await.expect("the store");
    let status = response.status();
    let answer: Value = response.json().await.expect("the store's answer");
    assert!(status.is_success(), "{operation}: {answer:#}");
    answer
}

/// The items of a partition, by their sort key. Texts and numbers are shown as texts.
///
/// # Panics
/// When the store does not answer.
pub async fn partition(stack: &Stack, key: &str) -> Vec<Value> {
    typed_partition(stack, key).await.iter().map(plain).collect()
}

/// The items of a partition, by their sort key, as the store has them: with the types of their attributes.
///
/// # Panics
/// When the store does not answer.
pub async fn typed_partition(stack: &Stack, key: &str) -> Vec<Value> {
    let (mut items, mut after) = (Vec::new(), Value::Null);
    loop {
        let mut query = json!({
            "TableName": stack.table(TABLE),
            "KeyConditionExpression": "partition_key = :key",
            "ExpressionAttributeValues": { ":key": { "S": key } },
            "ConsistentRead": true,
        });
        if !after.is_null() {
            query["ExclusiveStartKey"] = after;
        }
        let answer = call(stack, "Query", &query).await;
        items.extend(answer["Items"].as_array().unwrap_or_else(|| panic!("no items: {answer:#}")).iter().cloned());
        after = answer["LastEvaluatedKey"].clone();
        if after.is_null() {
            return items;
        }
    }
}

/// Puts items with the types of their attributes past everything: for what takes too long to come about by requests.
///
/// # Panics
/// When the store does not take them all.
pub async fn put(stack: &Stack, items: &[Value]) {
    let table = stack.table(TABLE);
    for batch in items.chunks(BATCH) {
        let puts: Vec<Value> =
            batch.iter().map(|item| json!({ "Put": { "TableName": &*table, "Item": item } })).collect();
        call(stack, "TransactWriteItems", &json!({ "TransactItems": puts })).await;
    }
}

/// An item without the names of its attributes' types.
fn plain(item: &Value) -> Value {
    let attributes = item.as_object().expect("an item");
    attributes.iter().map(|(name, value)| (name.clone(), untyped(value))).collect::<Map<_, _>>().into()
}

fn untyped(value: &Value) -> Value {
    let (kind, content) = value.as_object().and_then(|typed| typed.iter().next()).expect("a typed value");
    match (kind.as_str(), content) {
        ("L", Value::Array(list)) => list.iter().map(untyped).collect(),
        ("M", map) => plain(map),
        (_, content) => content.clone(),
    }
}
