//! Reading the stream of a table over the DynamoDB Streams API.

use std::path::PathBuf;

use axum::http::StatusCode;
use serde_json::{Value as Json, json};

use crate::store::{Changes, StoreClient};

/// As many as one call gives.
const MAX_RECORDS: u32 = 1_000;

/// A table's stream in a store.
#[derive(Clone)]
pub(crate) struct Source {
    pub(crate) store: StoreClient,
    pub(crate) table: String,
    /// The built-in store's file.
    pub(crate) file: Option<PathBuf>,
}

/// A shard as the store lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Listed {
    /// The store's own name of the stream.
    pub(super) stream: String,
    pub(super) shard: String,
    pub(super) parent: Option<String>,
}

/// Where to begin in a shard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Start {
    Oldest,
    Newest,
    After(String),
}

/// What there was to read.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Page {
    pub(super) records: Vec<Json>,
    /// Where to read on; `None` when the shard has ended.
    pub(super) next: Option<String>,
}

/// Why there is nothing to read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum ReadError {
    /// The store does not take the position; it has thrown away what was there, or never had it.
    Refused(String),
    Failed(String),
}

impl Source {
    /// By what one can tell that there is nothing new, if one can.
    pub(super) fn changes(&self) -> Option<Changes> {
        Changes::of(self.file.as_deref()?)
    }

    /// All shards of the stream, those that have ended too, parents before children.
    pub(super) async fn shards(&self) -> Result<Vec<Listed>, ReadError> {
        let table = self.call("DynamoDB_20120810.DescribeTable", &json!({ "TableName": self.table })).await?;
        let stream = text(&table, "/Table/LatestStreamArn")?;
        let described = self.streams_call("DescribeStream", &json!({ "StreamArn": stream })).await?;
        let shards = described.pointer("/StreamDescription/Shards").and_then(Json::as_array);
        let listed = |shard: &Json| {
            let parent = shard.get("ParentShardId").and_then(Json::as_str).map(str::to_owned);
            Ok(Listed { stream: stream.clone(), shard: text(shard, "/ShardId")?, parent })
        };
        shards.into_iter().flatten().map(listed).collect()
    }

    /// An iterator that begins there.
    pub(super) async fn iterator(&self, listed: &Listed, start: &Start) -> Result<String, ReadError> {
        let mut request = json!({ "StreamArn": listed.stream, "ShardId": listed.shard });
        let (kind, number) = match start {
            Start::Oldest => ("TRIM_HORIZON", None),
            Start::Newest => ("LATEST", None),
            Start::After(number) => ("AFTER_SEQUENCE_NUMBER", Some(number)),
        };
        if let Some(request) = request.as_object_mut() {
            request.insert("ShardIteratorType".to_owned(), json!(kind));
            request.extend(number.map(|number| ("SequenceNumber".to_owned(), json!(number))));
        }
        text(&self.streams_call("GetShardIterator", &request).await?, "/ShardIterator")
    }

    /// What is there from an iterator on.
    pub(super) async fn read(&self, iterator: &str) -> Result<Page, ReadError> {
        let request = json!({ "ShardIterator": iterator, "Limit": MAX_RECORDS });
        let mut answer = self.streams_call("GetRecords", &request).await?;
        let next = answer.get("NextShardIterator").and_then(Json::as_str).map(str::to_owned);
        match answer.get_mut("Records").map(Json::take) {
            Some(Json::Array(records)) => Ok(Page { records, next }),
            _ => Err(ReadError::Failed("its answer has no Records".to_owned())),
        }
    }

    async fn streams_call(&self, operation: &str, request: &Json) -> Result<Json, ReadError> {
        self.call(&format!("DynamoDBStreams_20120810.{operation}"), request).await
    }

    async fn call(&self, target: &str, request: &Json) -> Result<Json, ReadError> {
        let (status, answer) = self.store.call(target, request).await.map_err(ReadError::Failed)?;
        match status {
            _ if status.is_success() => Ok(answer),
            StatusCode::BAD_REQUEST => Err(ReadError::Refused(format!("{target}: {answer}"))),
            _ => Err(ReadError::Failed(format!("{target}: {status}: {answer}"))),
        }
    }
}

fn text(answer: &Json, place: &str) -> Result<String, ReadError> {
    let found = answer.pointer(place).and_then(Json::as_str).map(str::to_owned);
    found.ok_or_else(|| ReadError::Failed(format!("its answer has no {place}: {answer}")))
}
