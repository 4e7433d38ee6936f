//! Recorded calls of DynamoDB, sent again by the SDK.

use std::collections::HashMap;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{
    AttributeValue, ConditionCheck, Delete, KeysAndAttributes, Put, ReturnValuesOnConditionCheckFailure,
    TransactWriteItem,
};
use serde_json::Value;

use crate::Fault;

/// Attributes by their names.
pub type Item = HashMap<String, AttributeValue>;

/// A call in the SDK's own words.
pub enum Call {
    /// `GetItem`, with the table, the key, and whether the reading is consistent.
    Get(String, Item, Option<bool>),
    /// `BatchGetItem`.
    Read(HashMap<String, KeysAndAttributes>),
    /// `TransactWriteItems`.
    Write(Vec<TransactWriteItem>),
}

impl Call {
    /// Sends it.
    ///
    /// # Errors
    /// When the store refuses it or does not answer.
    pub async fn send(&self, client: &Client) -> Result<(), Fault> {
        match self {
            Call::Get(table, key, is_consistent) => {
                let get = client.get_item().table_name(table).set_key(Some(key.clone()));
                drop(get.set_consistent_read(*is_consistent).send().await?);
            }
            Call::Read(items) => drop(client.batch_get_item().set_request_items(Some(items.clone())).send().await?),
            Call::Write(items) => {
                drop(client.transact_write_items().set_transact_items(Some(items.clone())).send().await?);
            }
        }
        Ok(())
    }
}

/// The calls of a file whose every line is `{"operation", "request"}`.
///
/// # Errors
/// When the file cannot be read, or a line is no call that is known here.
pub fn recorded(file: &str) -> Result<Vec<Call>, Fault> {
    std::fs::read_to_string(file)?.lines().map(call).collect()
}

fn call(line: &str) -> Result<Call, Fault> {
    let recorded: Value = serde_json::from_str(line)?;
    let request = member(&recorded, "request")?;
    match text(&recorded, "operation")?.as_str() {
        "GetItem" => {
            let is_consistent = request.get("ConsistentRead").and_then(Value::as_bool);
            Ok(Call::Get(text(request, "TableName")?, item(member(request, "Key")?)?, is_consistent))
        }
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
