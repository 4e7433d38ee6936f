//! The loop that everybody writes first: read the position, compute, write it under the version that was read, and at once
//! again if somebody was faster. It writes the same items as a posting.

use serde_json::{Value, json};

use super::Line;
use crate::in_process::declared::table;

/// What fills the items beside the position to about the size that they have in a posting.
const FILLING: usize = 600;

/// Buys once for an account at a cost in whole units of its currency; answers how often it had to try, or how often it did
/// in vain.
///
/// # Errors
/// When it had to try more often than `most`.
///
/// # Panics
/// When the store holds no such account.
pub async fn buy(line: &Line, account: &str, cost: i64, order: &str, most: usize) -> Result<usize, usize> {
    for tried in 1..=most {
        let key = json!({ "partition_key": { "S": format!("ACCOUNT#{account}") }, "sort_key": { "S": "POSITION" } });
        let read = json!({ "TableName": table(), "Key": key, "ConsistentRead": true });
        let Ok(found) = line.call("GetItem", &read).await else { continue };
        let found: Value = serde_json::from_str(&found).expect("JSON");
        if line.call("TransactWriteItems", &purchase(&found["Item"], account, cost, order)).await.is_ok() {
            return Ok(tried);
        }
    }
    Err(most)
}

fn number(position: &Value, name: &str) -> i64 {
    let text = position[name]["N"].as_str().expect("a number");
    text.split('.').next().and_then(|whole| whole.parse().ok()).expect("a whole number")
}

fn purchase(position: &Value, account: &str, cost: i64, order: &str) -> Value {
    let (seq, version) = (number(position, "seq") + 1, number(position, "version"));
    let mut after = position.clone();
    let figures = [
        ("available", number(position, "available") - cost),
        ("used", number(position, "used") + cost),
        ("seq", seq),
        ("version", version + 1),
    ];
    for (name, figure) in figures {
        after[name] = json!({ "N": figure.to_string() });
    }
    let created = |partition: String, sort: &str| {
        let item = json!({
            "partition_key": { "S": partition }, "sort_key": { "S": sort }, "content": { "S": "x".repeat(FILLING) },
        });
        put(&item, json!({ "ConditionExpression": "attribute_not_exists(partition_key)" }))
    };
    let unchanged = json!({
        "ConditionExpression": "version = :version",
        "ExpressionAttributeValues": { ":version": { "N": version.to_string() } },
    });
    json!({ "TransactItems": [
        created(format!("IDEMPOTENCY#{order}"), "IDEMPOTENCY"),
        created(format!("ENTRIES#{account}"), &format!("{seq:015}")),
        put(&after, unchanged),
        created(format!("PURCHASES#{account}"), order),
    ] })
}

fn put(item: &Value, mut condition: Value) -> Value {
    condition["TableName"] = json!(table());
    condition["Item"] = item.clone();
    json!({ "Put": condition })
}
