//! The embedded store, called without a network.

use std::path::Path;

use dynoxide::{Database, DynoxideError};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use super::declared::{declared, table};

/// More stream records than one world makes.
const ALL: usize = 1_000;

/// One world's store.
pub struct Store {
    database: Database,
    /// The stream and its shard.
    stream: Option<(String, String)>,
}

/// A call that the store refused: status and body.
pub type Refused = (u16, String);

impl Store {
    /// With the template's table, and nothing in it.
    pub fn empty() -> Store {
        let mut store = Store::created(Value::clone);
        store.stream = Some(stream(&store.database));
        store
    }

    /// The same without a stream, which makes writes slower the more of them there have been.
    pub fn without_stream() -> Store {
        Store::created(|definition| {
            let mut definition = definition.clone();
            definition.as_object_mut().expect("a definition").remove("StreamSpecification");
            definition
        })
    }

    fn created(definition: impl Fn(&Value) -> Value) -> Store {
        let database = Database::memory().expect("a database in memory");
        for declared in declared().tables().values() {
            database.create_table(read(&definition(declared))).expect("the template's table");
        }
        Store { database, stream: None }
    }

    /// With everything that another one held.
    pub fn restored(snapshot: &Path) -> Store {
        let database = Database::memory().expect("a database in memory");
        database.restore_from(snapshot.to_str().expect("a readable path")).expect("a snapshot");
        let stream = Some(stream(&database));
        Store { database, stream }
    }

    /// Keeps everything in a file.
    pub fn snapshot(&self, file: &Path) {
        self.database.vacuum_into(file.to_str().expect("a readable path")).expect("a snapshot");
    }

    /// Carries out a call of the functions.
    pub fn call(&self, operation: &str, body: &[u8]) -> Result<String, Refused> {
        match operation {
            "GetItem" => answer(body, |request| self.database.get_item(request)),
            "BatchGetItem" => answer(body, |request| self.database.batch_get_item(request)),
            "Query" => answer(body, |request| self.database.query(request)),
            "PutItem" => answer(body, |request| self.database.put_item(request)),
            "DeleteItem" => answer(body, |request| self.database.delete_item(request)),
            "UpdateItem" => answer(body, |request| self.database.update_item(request)),
            "TransactWriteItems" => answer(body, |request| self.database.transact_write_items(request)),
            other => panic!("the functions call {other}, which this store does not know"),
        }
    }

    /// All items, as plain JSON: numbers are texts.
    pub fn items(&self) -> Vec<Value> {
        let mut items = Vec::new();
        let mut request = json!({ "TableName": table() });
        loop {
            let mut page = write(&self.database.scan(read(&request)).expect("a scan"));
            items.extend(page["Items"].as_array().expect("items").iter().map(plain_item));
            match page["LastEvaluatedKey"].take() {
                Value::Null => return items,
                last => request["ExclusiveStartKey"] = last,
            }
        }
    }

    /// The stream's records after the one of that number, oldest first.
    pub fn changes(&self, after: Option<&str>) -> Vec<Value> {
        let (stream, shard) = self.stream.as_ref().expect("a store with a stream");
        let mut request = json!({ "StreamArn": stream, "ShardId": shard });
        match after {
            Some(number) => {
                request["ShardIteratorType"] = json!("AFTER_SEQUENCE_NUMBER");
                request["SequenceNumber"] = json!(number);
            }
            None => request["ShardIteratorType"] = json!("TRIM_HORIZON"),
        }
        let iterator = write(&self.database.get_shard_iterator(read(&request)).expect("a place in the stream"));
        let request = json!({ "ShardIterator": iterator["ShardIterator"], "Limit": ALL });
        let mut page = write(&self.database.get_records(read(&request)).expect("records"));
        match page["Records"].take() {
            Value::Array(records) => records,
            other => panic!("no records: {other}"),
        }
    }
}

fn stream(database: &Database) -> (String, String) {
    let streams = write(&database.list_streams(read(&json!({ "TableName": table() }))).expect("streams"));
    let stream = streams["Streams"][0]["StreamArn"].as_str().expect("a stream").to_owned();
    let described = write(&database.describe_stream(read(&json!({ "StreamArn": stream }))).expect("a stream"));
    let shard = described["StreamDescription"]["Shards"][0]["ShardId"].as_str().expect("a shard").to_owned();
    (stream, shard)
}

fn answer<Q: DeserializeOwned, A: Serialize>(
    body: &[u8],
    call: impl FnOnce(Q) -> Result<A, DynoxideError>,
) -> Result<String, Refused> {
    let request = serde_json::from_slice(body).expect("a request that the store understands");
    match call(request) {
        Ok(answer) => Ok(serde_json::to_string(&answer).expect("JSON")),
        Err(error) => Err((error.status_code(), error.to_json())),
    }
}

fn read<Q: DeserializeOwned>(request: &Value) -> Q {
    serde_json::from_value(request.clone()).expect("a request that the store understands")
}

fn write(answer: &impl Serialize) -> Value {
    serde_json::to_value(answer).expect("JSON")
}

/// An item without the types of its attributes.
pub fn plain_item(item: &Value) -> Value {
    let attributes = item.as_object().expect("an item");
    Value::Object(attributes.iter().map(|(name, value)| (name.clone(), plain(value))).collect::<Map<_, _>>())
}

fn plain(attribute: &Value) -> Value {
    let (kind, content) = attribute.as_object().and_then(|typed| typed.iter().next()).expect("an attribute");
    match (kind.as_str(), content) {
        ("L", Value::Array(list)) => Value::Array(list.iter().map(plain).collect()),
        ("M", map) => plain_item(map),
        (_, simple) => simple.clone(),
    }
}
