use serde_json::json;

use super::*;
use crate::aws::{arn, queue_url};

const TABLE: &str = "arn:aws:dynamodb:us-east-1:000000000000:table/T";

fn rights(statement: &Json) -> Rights {
    Rights::new(vec![Statement::read(statement).unwrap()])
}

/// May write entries, in transactions.
fn writer() -> Rights {
    rights(&json!({
        "Sid": "Write", "Effect": "Allow", "Action": ["dynamodb:PutItem", "dynamodb:ConditionCheckItem"], "Resource": TABLE,
        "Condition": {
            "ForAllValues:StringLike": { "dynamodb:LeadingKeys": ["ENTRIES#*", "ACCOUNT#?"] },
            "ForAnyValue:StringEquals": { "dynamodb:EnclosingOperation": "TransactWriteItems" },
        },
    }))
}

fn allowed(rights: &Rights, service: &str, operation: &str, request: &Json) -> bool {
    let wishes = wishes(service, operation, request.to_string().as_bytes());
    assert!(!wishes.is_empty(), "{operation} {request}");
    wishes.iter().all(|wish| rights.allow(wish))
}

fn put(key: &str) -> Json {
    json!({ "Put": { "TableName": "T", "Item": { "partition_key": { "S": key }, "sort_key": { "S": "1" } } } })
}

#[test]
fn only_what_a_statement_names_is_allowed() {
    let transaction =
        |actions: Json| allowed(&writer(), "dynamodb", "TransactWriteItems", &json!({ "TransactItems": actions }));
    assert!(transaction(json!([put("ENTRIES#1"), put("ACCOUNT#7")])));
    assert!(!transaction(json!([put("ENTRIES#1"), put("ACCOUNT#77")])), "one of them is another partition");
    assert!(!transaction(
        json!([{ "Delete": { "TableName": "T", "Key": { "partition_key": { "S": "ENTRIES#1" } } } }])
    ));
    assert!(!transaction(json!([{ "Put": { "TableName": "U", "Item": { "partition_key": { "S": "ENTRIES#1" } } } }])));
    let alone = put("ENTRIES#1")["Put"].clone();
    assert!(!allowed(&writer(), "dynamodb", "PutItem", &alone), "it is outside a transaction");
    assert!(!allowed(&writer(), "dynamodb", "Scan", &json!({ "TableName": "T" })));
}

#[test]
fn partitions_are_seen_in_every_way_of_reading() {
    let reader = rights(&json!({
        "Effect": "Allow", "Action": ["dynamodb:GetItem", "dynamodb:Query", "dynamodb:BatchGetItem"], "Resource": TABLE,
        "Condition": { "ForAllValues:StringLike": { "dynamodb:LeadingKeys": "A#*" } },
    }));
    let query = |key: &str| {
        let request = json!({
            "TableName": "T", "KeyConditionExpression": "partition_key = :p AND sort_key > :from",
            "ExpressionAttributeValues": { ":p": { "S": key }, ":from": { "S": "" } },
        });
        allowed(&reader, "dynamodb", "Query", &request)
    };
    let key = |key: &str| json!({ "partition_key": { "S": key } });
    let get = |name: &str| allowed(&reader, "dynamodb", "GetItem", &json!({ "TableName": "T", "Key": key(name) }));
    let batch = |names: [&str; 2]| {
        let keys: Vec<Json> = names.into_iter().map(key).collect();
        allowed(&reader, "dynamodb", "BatchGetItem", &json!({ "RequestItems": { "T": { "Keys": keys } } }))
    };
    assert!(query("A#1") && get("A#1") && batch(["A#1", "A#2"]));
    assert!(!query("B#1") && !get("B#1") && !batch(["A#1", "B#2"]));
}

#[test]
fn events_mails_and_messages_go_where_a_statement_says() {
    let bus = rights(&json!({
        "Effect": "Allow", "Action": "events:PutEvents", "Resource": arn("events", "event-bus/own"),
        "Condition": { "StringEquals": { "events:source": "ours" } },
    }));
    let event = |bus_name: &str, source: &str| {
        allowed(
            &bus,
            "eventbridge",
            "PutEvents",
            &json!({ "Entries": [{ "EventBusName": bus_name, "Source": source }] }),
        )
    };
    assert!(event("own", "ours") && !event("own", "theirs") && !event("other", "ours"));

    let mail = rights(&json!({
        "Effect": "Allow", "Action": "ses:SendEmail",
        "Resource": [arn("ses", "identity/a@b.example"), arn("ses", "configuration-set/set")],
    }));
    let send = |from: &str, set: &str| {
        allowed(&mail, "sesv2", "", &json!({ "FromEmailAddress": from, "ConfigurationSetName": set }))
    };
    assert!(send("a@b.example", "set") && send("Alerts <a@b.example>", "set"));
    assert!(!send("x@b.example", "set") && !send("a@b.example", "other"));

    let queue = rights(&json!({ "Effect": "Allow", "Action": "sqs:SendMessage", "Resource": arn("sqs", "letters") }));
    let message =
        |name: &str| allowed(&queue, "sqs", "SendMessage", &json!({ "QueueUrl": queue_url(name), "MessageBody": "b" }));
    assert!(message("letters") && !message("others"));
}

#[test]
fn what_is_not_known_is_not_guessed() {
    let with = |name: &str, value: Json| {
        let mut statement = json!({ "Effect": "Allow", "Action": "a:B", "Resource": "*" });
        statement[name] = value;
        Statement::read(&statement).is_err()
    };
    assert!(with("Effect", json!("Deny")));
    assert!(with("NotAction", json!("a:B")));
    assert!(with("Condition", json!({ "IpAddress": { "aws:SourceIp": "10.0.0.0/8" } })));
    assert!(with("Action", json!(7)));
    assert!(!with("Sid", json!("Any")));
}

#[test]
fn wildcards_stand_for_any_characters() {
    assert!(is_like("ENTRIES#*", "ENTRIES#") && is_like("*", "") && is_like("a*c?", "abbcd") && is_like("ü?", "üß"));
    assert!(!is_like("ENTRIES#*", "ENTRIES") && !is_like("a?", "a") && !is_like("", "a") && !is_like("a*c", "ab"));
}
