//! What a call to a service wants to do, in the words of policies.

use serde_json::Value as Json;

use super::Wish;
use crate::aws;

/// The attribute that policies see as the leading key.
const PARTITION_KEY: &str = "partition_key";

/// Everything that a call wants to do. A call that cannot be read wants nothing: the service will refuse it.
pub(crate) fn wishes(service: &str, operation: &str, body: &[u8]) -> Vec<Wish> {
    let Ok(request) = serde_json::from_slice::<Json>(body) else { return Vec::new() };
    match service {
        "dynamodb" => of_store(operation, &request),
        "eventbridge" => each(&request, "Entries").map(of_event).collect(),
        "sesv2" => of_mail(&request),
        "sqs" => vec![of_message(&request)],
        _ => Vec::new(),
    }
}

fn text<'a>(value: &'a Json, name: &str) -> &'a str {
    value.get(name).and_then(Json::as_str).unwrap_or_default()
}

fn each<'a>(value: &'a Json, name: &str) -> impl Iterator<Item = &'a Json> + use<'a> {
    value.get(name).and_then(Json::as_array).into_iter().flatten()
}

fn of_store(operation: &str, request: &Json) -> Vec<Wish> {
    match operation {
        "TransactWriteItems" => each(request, "TransactItems").flat_map(of_action).collect(),
        "BatchGetItem" => {
            let tables = request.get("RequestItems").and_then(Json::as_object).into_iter().flatten();
            let of_table = |(table, wanted): (&String, &Json)| {
                let keys = each(wanted, "Keys").filter_map(partition).collect();
                to_items("dynamodb:BatchGetItem", table, keys, None)
            };
            tables.map(of_table).collect()
        }
        "Query" => vec![to_items("dynamodb:Query", text(request, "TableName"), queried(request), None)],
        "GetItem" => vec![to_item("dynamodb:GetItem", request, "Key", None)],
        "PutItem" => vec![to_item("dynamodb:PutItem", request, "Item", None)],
        "UpdateItem" => vec![to_item("dynamodb:UpdateItem", request, "Key", None)],
        "DeleteItem" => vec![to_item("dynamodb:DeleteItem", request, "Key", None)],
        // Nothing else is called by any function; whatever it is, no role names it.
        _ => vec![to_items("dynamodb:OtherOperation", text(request, "TableName"), Vec::new(), None)],
    }
}

/// One action of a transaction, which has one member that names it.
fn of_action(action: &Json) -> Option<Wish> {
    let (kind, request) = action.as_object()?.iter().next()?;
    let (action, place) = match kind.as_str() {
        "Put" => ("dynamodb:PutItem", "Item"),
        "Update" => ("dynamodb:UpdateItem", "Key"),
        "Delete" => ("dynamodb:DeleteItem", "Key"),
        "ConditionCheck" => ("dynamodb:ConditionCheckItem", "Key"),
        _ => ("dynamodb:OtherOperation", "Key"),
    };
    Some(to_item(action, request, place, Some("TransactWriteItems")))
}

fn to_item(action: &'static str, request: &Json, place: &str, enclosing: Option<&str>) -> Wish {
    let keys = request.get(place).and_then(partition).into_iter().collect();
    to_items(action, text(request, "TableName"), keys, enclosing)
}

fn to_items(action: &'static str, table: &str, keys: Vec<String>, enclosing: Option<&str>) -> Wish {
    Wish {
        action,
        resource: aws::arn("dynamodb", &format!("table/{table}")),
        context: vec![
            ("dynamodb:LeadingKeys", keys),
            ("dynamodb:EnclosingOperation", enclosing.map(str::to_owned).into_iter().collect()),
        ],
    }
}

fn partition(item: &Json) -> Option<String> {
    item.get(PARTITION_KEY)?.get("S")?.as_str().map(str::to_owned)
}

/// The partition that a query asks for: `partition_key = :value` in its condition.
fn queried(request: &Json) -> Vec<String> {
    let mut words = text(request, "KeyConditionExpression").split_ascii_whitespace();
    let name = words.find(|word| *word == PARTITION_KEY).and_then(|_| words.nth(1));
    let value = name.and_then(|name| request.get("ExpressionAttributeValues")?.get(name)?.get("S")?.as_str());
    value.map(str::to_owned).into_iter().collect()
}

fn of_event(entry: &Json) -> Wish {
    let bus = text(entry, "EventBusName");
    let name = bus.rsplit('/').next().unwrap_or_default();
    Wish {
        action: "events:PutEvents",
        resource: aws::arn("events", &format!("event-bus/{name}")),
        context: vec![("events:source", vec![text(entry, "Source").to_owned()])],
    }
}

/// SES asks for the right to send as somebody, and for that to use the configuration set.
fn of_mail(request: &Json) -> Vec<Wish> {
    let from = text(request, "FromEmailAddress");
    let address = from.rsplit_once('<').map_or(from, |(_, address)| address.trim_end_matches('>'));
    let set = request.get("ConfigurationSetName").and_then(Json::as_str).map(|set| format!("configuration-set/{set}"));
    let resources = std::iter::once(format!("identity/{address}")).chain(set);
    let wish = |resource: String| Wish {
        action: "ses:SendEmail",
        resource: aws::arn("ses", &resource),
        context: vec![("ses:FromAddress", vec![address.to_owned()])],
    };
    resources.map(wish).collect()
}

fn of_message(request: &Json) -> Wish {
    let name = text(request, "QueueUrl").rsplit('/').next().unwrap_or_default();
    Wish { action: "sqs:SendMessage", resource: aws::arn("sqs", name), context: Vec::new() }
}
