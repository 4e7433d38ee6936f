//! Sends recorded calls of DynamoDB again, one after the other, and says what CPU that took.
//!
//! `bare_loop FILE TIMES`: every line of the file is `{"operation", "request"}`. It writes `ready` when all is read, begins
//! when it is sent a line, and at the end writes `{"cpu_ns"}` of the calls.

use std::collections::HashMap;
use std::io::{self, Write};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{
    AttributeValue, ConditionCheck, Delete, KeysAndAttributes, Put, ReturnValuesOnConditionCheckFailure,
    TransactWriteItem,
};
use bare::Fault;
use serde_json::{Value, json};

type Item = HashMap<String, AttributeValue>;

/// A call in the SDK's own words.
enum Call {
    Read(HashMap<String, KeysAndAttributes>),
    Write(Vec<TransactWriteItem>),
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Fault> {
    let mut arguments = std::env::args().skip(1);
    let (file, times) = (arguments.next().ok_or("no file")?, arguments.next().ok_or("no number of times")?);
    let times: u32 = times.parse()?;
    let lines = std::fs::read_to_string(file)?;
    let calls: Vec<Call> = lines.lines().map(call).collect::<Result<_, _>>()?;
    let client = bare::client()?;
    // Opens the connection; what it answers does not matter.
    let _outcome = client.list_tables().send().await;
    println!("ready");
    io::stdout().flush()?;
    io::stdin().read_line(&mut String::new())?;
    let before = cpu_ns()?;
    for _ in 0..times {
        for call in &calls {
            send(&client, call).await?;
        }
    }
    println!("{}", json!({ "cpu_ns": cpu_ns()?.saturating_sub(before) }));
    Ok(())
}

async fn send(client: &Client, call: &Call) -> Result<(), Fault> {
    match call {
        Call::Read(items) => drop(client.batch_get_item().set_request_items(Some(items.clone())).send().await?),
        Call::Write(items) => drop(client.transact_write_items().set_transact_items(Some(items.clone())).send().await?),
    }
    Ok(())
}

/// What this thread, which is the only one that works, has used.
fn cpu_ns() -> Result<u64, Fault> {
    let text = std::fs::read_to_string("/proc/self/schedstat")?;
    Ok(text.split_whitespace().next().ok_or("no time")?.parse()?)
}

fn call(line: &str) -> Result<Call, Fault> {
    let recorded: Value = serde_json::from_str(line)?;
    let request = member(&recorded, "request")?;
    match text(&recorded, "operation")?.as_str() {
        "BatchGetItem" => Ok(Call::Read(reads(request)?)),
        "TransactWriteItems" => {
            Ok(Call::Write(list(request, "TransactItems")?.iter().map(write).collect::<Result<_, _>>()?))
        }
        other => Err(format!("cannot send {other}").into()),
    }
}

fn reads(request: &Value) -> Result<HashMap<String, KeysAndAttributes>, Fault> {
    let tables = member(request, "RequestItems")?.as_object().ok_or("no tables")?;
    tables.iter().map(|(table, wanted)| Ok((table.clone(), keys(wanted)?))).collect()
}

fn keys(wanted: &Value) -> Result<KeysAndAttributes, Fault> {
    let keys = list(wanted, "Keys")?.iter().map(item).collect::<Result<_, _>>()?;
    let is_consistent = wanted.get("ConsistentRead").and_then(Value::as_bool);
    Ok(KeysAndAttributes::builder().set_keys(Some(keys)).set_consistent_read(is_consistent).build()?)
}

fn write(action: &Value) -> Result<TransactWriteItem, Fault> {
    let builder = TransactWriteItem::builder();
    let images = Some(ReturnValuesOnConditionCheckFailure::AllOld);
    let condition = |action: &Value| action.get("ConditionExpression").and_then(Value::as_str).map(str::to_owned);
    let names = |action: &Value| action.get("ExpressionAttributeNames").map(names).transpose();
    let values = |action: &Value| action.get("ExpressionAttributeValues").map(item).transpose();
    Ok(match action.as_object().and_then(|action| action.iter().next()) {
        Some((kind, put)) if kind == "Put" => builder.put(
            Put::builder()
                .table_name(text(put, "TableName")?)
                .set_item(Some(item(member(put, "Item")?)?))
                .set_condition_expression(condition(put))
                .set_expression_attribute_names(names(put)?)
                .set_expression_attribute_values(values(put)?)
                .set_return_values_on_condition_check_failure(images)
                .build()?,
        ),
        Some((kind, check)) if kind == "ConditionCheck" => builder.condition_check(
            ConditionCheck::builder()
                .table_name(text(check, "TableName")?)
                .set_key(Some(item(member(check, "Key")?)?))
                .set_condition_expression(condition(check))
                .set_expression_attribute_names(names(check)?)
                .set_expression_attribute_values(values(check)?)
                .set_return_values_on_condition_check_failure(images)
                .build()?,
        ),
        Some((kind, delete)) if kind == "Delete" => builder.delete(
            Delete::builder()
                .table_name(text(delete, "TableName")?)
                .set_key(Some(item(member(delete, "Key")?)?))
                .set_condition_expression(condition(delete))
                .set_expression_attribute_names(names(delete)?)
                .set_expression_attribute_values(values(delete)?)
                .set_return_values_on_condition_check_failure(images)
                .build()?,
        ),
        _ => return Err(format!("cannot write {action}").into()),
    }
    .build())
}

fn names(value: &Value) -> Result<HashMap<String, String>, Fault> {
    let names = value.as_object().ok_or("no names")?;
    names.iter().map(|(name, _)| Ok((name.clone(), text(value, name)?))).collect()
}

fn item(value: &Value) -> Result<Item, Fault> {
    let attributes = value.as_object().ok_or("no attributes")?;
    attributes.iter().map(|(name, value)| Ok((name.clone(), attribute(value)?))).collect()
}

fn attribute(value: &Value) -> Result<AttributeValue, Fault> {
    let (kind, content) = value.as_object().and_then(|typed| typed.iter().next()).ok_or("no attribute")?;
    Ok(match (kind.as_str(), content) {
        ("S", Value::String(text)) => AttributeValue::S(text.clone()),
        ("N", Value::String(number)) => AttributeValue::N(number.clone()),
        ("BOOL", Value::Bool(is_so)) => AttributeValue::Bool(*is_so),
        ("NULL", _) => AttributeValue::Null(true),
        ("L", Value::Array(values)) => AttributeValue::L(values.iter().map(attribute).collect::<Result<_, _>>()?),
        ("M", map) => AttributeValue::M(item(map)?),
        _ => return Err(format!("cannot read {value}").into()),
    })
}

fn member<'a>(value: &'a Value, name: &str) -> Result<&'a Value, Fault> {
    value.get(name).ok_or_else(|| format!("no {name}").into())
}

fn list<'a>(value: &'a Value, name: &str) -> Result<&'a Vec<Value>, Fault> {
    member(value, name)?.as_array().ok_or_else(|| format!("no list {name}").into())
}

fn text(value: &Value, name: &str) -> Result<String, Fault> {
    Ok(member(value, name)?.as_str().ok_or_else(|| format!("no text {name}"))?.to_owned())
}
