//! The services behind the functions, as they are seen by their clients: a table, a bus, a queue for dead letters, mail.
//!
//! The table takes writes until it is closed; from then on it says yes to every write and keeps none, so that each input
//! meets the same state. What the real services would refuse for its form ends the run: it would have been a fault of ours
//! that a caller can provoke.

use std::collections::{BTreeMap, HashSet};
use std::sync::{Arc, Mutex};

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use serde_json::{Map, Value, json};

/// What a key may hold, in bytes.
const MAX_PARTITION_KEY: usize = 2_048;
const MAX_SORT_KEY: usize = 1_024;

/// What an item may hold.
const MAX_ITEM: usize = 400 * 1024;

/// What one call may hold.
const MAX_TRANSACTION: usize = 100;
const MAX_BATCH: usize = 100;
const MAX_EVENTS: usize = 10;
const MAX_MESSAGE: usize = 256 * 1024;

/// What has been handed over since it was last asked for.
#[derive(Debug, Default)]
pub struct Given {
    /// Writes of the table: their keys.
    pub writes: Vec<(String, String)>,
    /// Entries of the bus.
    pub events: Vec<Value>,
    /// Letters of the queue: body and reason.
    pub letters: Vec<(String, String)>,
    /// Mails.
    pub mails: Vec<Value>,
}

#[derive(Debug, Default)]
struct State {
    items: BTreeMap<(String, String), Value>,
    is_closed: bool,
    given: Given,
}

/// All of them, in this process.
#[derive(Clone, Debug, Default)]
pub struct Store(Arc<Mutex<State>>);

impl Store {
    /// Keeps what is there, and nothing that comes.
    pub fn close(&self) {
        let mut state = self.0.lock().unwrap();
        state.is_closed = true;
        state.given = Given::default();
    }

    /// What has been handed over since it was last asked for.
    pub fn take(&self) -> Given {
        std::mem::take(&mut self.0.lock().unwrap().given)
    }

    /// The items whose partition key begins so.
    pub fn items(&self, beginning: &str) -> Vec<Value> {
        let state = self.0.lock().unwrap();
        state
            .items
            .iter()
            .filter(|((partition, _), _)| partition.starts_with(beginning))
            .map(|(_, item)| item.clone())
            .collect()
    }

    fn answer(&self, target: &str, body: &Value) -> Result<Value, &'static str> {
        let mut state = self.0.lock().unwrap();
        match target.split_once('.').map_or(target, |(_, action)| action) {
            "GetItem" => Ok(state.get(&body["Key"])),
            "BatchGetItem" => Ok(state.batch(body)),
            "Query" => Ok(state.query(body)),
            "UpdateItem" => Ok(state.count(body)),
            "TransactWriteItems" => Ok(state.transact(body)),
            "PutEvents" => Ok(state.publish(body)),
            "SendMessage" => state.park(body),
            "" => Ok(state.mail(body)),
            action => panic!("nothing answers {action}"),
        }
    }
}

impl State {
    fn get(&self, key: &Value) -> Value {
        match self.items.get(&key_of(key)) {
            Some(item) => json!({ "Item": item }),
            None => json!({}),
        }
    }

    fn batch(&self, body: &Value) -> Value {
        let tables = body["RequestItems"].as_object().unwrap();
        let found = |wanted: &Value| -> Vec<Value> {
            let keys: Vec<(String, String)> = wanted["Keys"].as_array().unwrap().iter().map(key_of).collect();
            assert!((1..=MAX_BATCH).contains(&keys.len()), "{} keys in a batch", keys.len());
            assert_eq!(keys.iter().collect::<HashSet<_>>().len(), keys.len(), "a key twice in a batch");
            keys.iter().filter_map(|key| self.items.get(key).cloned()).collect()
        };
        let responses: Map<String, Value> =
            tables.iter().map(|(table, wanted)| (table.clone(), json!(found(wanted)))).collect();
        json!({ "Responses": responses, "UnprocessedKeys": {} })
    }

    fn query(&self, body: &Value) -> Value {
        let values = &body["ExpressionAttributeValues"];
        let partition = values[":partition"]["S"].as_str().unwrap();
        assert!(!partition.is_empty() && partition.len() <= MAX_PARTITION_KEY, "the partition {partition:?}");
        let beginning = values[":beginning"]["S"].as_str().unwrap_or_default();
        let is_forward = body["ScanIndexForward"].as_bool().unwrap_or(true);
        let start = body.get("ExclusiveStartKey").filter(|key| !key.is_null()).map(|key| key_of(key).1);
        let limit = body["Limit"].as_u64().unwrap();
        assert!(limit > 0, "a query for nothing");
        let is_after = |sort: &str| match &start {
            Some(start) if is_forward => sort > start.as_str(),
            Some(start) => sort < start.as_str(),
            None => true,
        };
        let items = self
            .items
            .iter()
            .filter(|((key, sort), _)| key == partition && sort.starts_with(beginning) && is_after(sort));
        let mut items: Vec<&Value> = items.map(|(_, item)| item).collect();
        if !is_forward {
            items.reverse();
        }
        let is_cut = items.len() as u64 > limit;
        items.truncate(limit as usize);
        let mut answer = json!({ "Count": items.len(), "ScannedCount": items.len() });
        if is_cut && let Some(last) = items.last() {
            let (partition, sort) = key_of(last);
            answer["LastEvaluatedKey"] = json!({ "partition_key": {"S": partition}, "sort_key": {"S": sort} });
        }
        if body["Select"] != "COUNT" {
            answer["Items"] = json!(items);
        }
        answer
    }

    /// The only update is that of a counter, which begins anew with every input.
    fn count(&mut self, body: &Value) -> Value {
        self.given.writes.push(key_of(&body["Key"]));
        let expression = body["UpdateExpression"].as_str().unwrap();
        let attribute = expression.split(' ').nth(1).unwrap();
        json!({ "Attributes": { attribute: { "N": "1" } } })
    }

    fn transact(&mut self, body: &Value) -> Value {
        let writes = body["TransactItems"].as_array().unwrap();
        assert!((1..=MAX_TRANSACTION).contains(&writes.len()), "{} writes in a transaction", writes.len());
        let mut keys = HashSet::new();
        for write in writes {
            let (action, write) = write.as_object().unwrap().iter().next().unwrap();
            let key = key_of(write.get("Item").unwrap_or(&write["Key"]));
            assert!(keys.insert(key.clone()), "{key:?} twice in a transaction");
            match action.as_str() {
                "Put" => {
                    let size = check(&write["Item"], 0);
                    assert!(size <= MAX_ITEM, "an item of {size} bytes: {key:?}");
                    if !self.is_closed {
                        self.items.insert(key.clone(), write["Item"].clone());
                    }
                    self.given.writes.push(key);
                }
                "Delete" => {
                    if !self.is_closed {
                        self.items.remove(&key);
                    }
                    self.given.writes.push(key);
                }
                "ConditionCheck" => {}
                action => panic!("nothing does {action}"),
            }
        }
        json!({})
    }

    fn publish(&mut self, body: &Value) -> Value {
        let entries = body["Entries"].as_array().unwrap();
        assert!((1..=MAX_EVENTS).contains(&entries.len()), "{} events in a call", entries.len());
        let size: usize = entries.iter().map(|entry| entry.to_string().len()).sum();
        assert!(size <= MAX_MESSAGE, "{size} bytes of events in a call");
        for entry in entries {
            let detail: Value = serde_json::from_str(entry["Detail"].as_str().unwrap()).unwrap();
            assert!(detail.is_object() && entry["DetailType"].as_str().is_some_and(|kind| !kind.is_empty()));
            self.given.events.push(detail);
        }
        json!({ "FailedEntryCount": 0, "Entries": vec![json!({ "EventId": "1" }); entries.len()] })
    }

    fn park(&mut self, body: &Value) -> Result<Value, &'static str> {
        let text = body["MessageBody"].as_str().unwrap();
        let reason = body["MessageAttributes"]["reason"]["StringValue"].as_str().unwrap();
        if text.is_empty() || text.len() > MAX_MESSAGE || !is_fit_for_queue(text) {
            return Err("InvalidMessageContents");
        }
        if reason.is_empty() || !is_fit_for_queue(reason) {
            return Err("InvalidParameterValue");
        }
        self.given.letters.push((text.to_owned(), reason.to_owned()));
        Ok(json!({ "MessageId": "1", "MD5OfMessageBody": "" }))
    }

    fn mail(&mut self, body: &Value) -> Value {
        let simple = &body["Content"]["Simple"];
        let headers =
            simple["Headers"].as_array().into_iter().flatten().flat_map(|header| [&header["Name"], &header["Value"]]);
        let to = body["Destination"]["ToAddresses"].as_array().unwrap();
        for line in headers.chain([&simple["Subject"]["Data"], &body["FromEmailAddress"]]).chain(to) {
            let line = line.as_str().unwrap();
            assert!(!line.contains(['\r', '\n']), "two lines in the head of a mail: {line:?}");
        }
        assert_eq!(to.len(), 1, "one recipient a mail");
        self.given.mails.push(body.clone());
        json!({ "MessageId": "1" })
    }
}

/// What a queue takes in a text.
pub fn is_fit_for_queue(text: &str) -> bool {
    text.chars().all(|letter| matches!(letter, '\t' | '\n' | '\r' | ' '..='\u{fffd}' | '\u{10000}'..))
}

fn key_of(attributes: &Value) -> (String, String) {
    let text =
        |name: &str| attributes[name]["S"].as_str().unwrap_or_else(|| panic!("no {name} in {attributes}")).to_owned();
    let (partition, sort) = (text("partition_key"), text("sort_key"));
    assert!((1..=MAX_PARTITION_KEY).contains(&partition.len()), "the partition key {partition:?}");
    assert!((1..=MAX_SORT_KEY).contains(&sort.len()), "the sort key {sort:?}");
    (partition, sort)
}

/// About how many bytes a map of attributes takes.
fn check(attributes: &Value, depth: usize) -> usize {
    assert!(depth < 32, "nested too deeply");
    let attributes = attributes.as_object().unwrap();
    attributes.iter().map(|(name, value)| name.len() + check_value(value, depth)).sum()
}

fn check_value(value: &Value, depth: usize) -> usize {
    let (kind, content) = value.as_object().unwrap().iter().next().unwrap();
    match kind.as_str() {
        "S" => content.as_str().unwrap().len(),
        "N" => {
            let number = content.as_str().unwrap();
            let digits = number.chars().filter(char::is_ascii_digit).count();
            assert!((1..=38).contains(&digits), "a number of {digits} digits: {number}");
            number.len()
        }
        "BOOL" => 1,
        "L" => content.as_array().unwrap().iter().map(|element| 1 + check_value(element, depth + 1)).sum(),
        "M" => check(content, depth + 1),
        kind => panic!("an attribute of the kind {kind}"),
    }
}

impl HttpConnector for Store {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let target = request.headers().get("x-amz-target").unwrap_or_default().to_owned();
        let body = request.body().bytes().and_then(|bytes| serde_json::from_slice(bytes).ok()).expect("a body of JSON");
        let (status, body) = match self.answer(&target, &body) {
            Ok(answer) => (200, answer),
            Err(code) => (400, json!({ "__type": code, "message": "" })),
        };
        let mut response = HttpResponse::new(status.try_into().unwrap(), SdkBody::from(body.to_string()));
        response.headers_mut().insert("content-type", "application/x-amz-json-1.0");
        HttpConnectorFuture::ready(Ok(response))
    }
}

impl HttpClient for Store {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}
