//! Looking into the store, for what no endpoint shows.

use local::Stack;
use serde_json::{Map, Value, json};

/// The one table, by its name in the template.
const TABLE: &str = "QuotaTable";

/// Local stores look at the form of a signature only.
const AUTHORIZATION: &str = "AWS4-HMAC-SHA256 Credential=local/20260101/us-east-1/dynamodb/aws4_request, \
                             SignedHeaders=host;x-amz-date;x-amz-target, \
                             Signature=0000000000000000000000000000000000000000000000000000000000000000";

/// The items of a partition, by their sort key. Texts and numbers are shown as texts.
///
/// # Panics
/// When the store does not answer.
pub async fn partition(stack: &Stack, key: &str) -> Vec<Value> {
    let http = reqwest::Client::new();
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
        let request = http
            .post(stack.store_url())
            .header("content-type", "application/x-amz-json-1.0")
            .header("x-amz-target", "DynamoDB_20120810.Query")
            .header("x-amz-date", "20260101T000000Z")
            .header("authorization", AUTHORIZATION);
        let response = request.body(query.to_string()).send().await.expect("the store");
        let answer: Value = response.json().await.expect("the store's answer");
        let page = answer["Items"].as_array().unwrap_or_else(|| panic!("no items: {answer:#}"));
        items.extend(page.iter().map(plain));
        after = answer["LastEvaluatedKey"].clone();
        if after.is_null() {
            return items;
        }
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
