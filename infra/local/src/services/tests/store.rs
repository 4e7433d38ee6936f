//! The store behind the services, which is a real one.

use serde_json::{Value as Json, json};

use super::{Stage, stage_before};
use crate::clock::Clock;
use crate::faults::{Kind, Target};
use crate::store::{Embedded, StoreClient, create_all};
use crate::template::Table;

/// A store with a table, and services before it.
struct Stored {
    _folder: tempfile::TempDir,
    _store: Embedded,
    stage: Stage,
}

impl Stored {
    async fn start() -> Stored {
        let folder = tempfile::tempdir().unwrap();
        let store = Embedded::start(&folder.path().join("store.db")).await.unwrap();
        let definition = json!({
            "TableName": "Things",
            "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [{ "AttributeName": "key", "AttributeType": "S" }],
            "KeySchema": [{ "AttributeName": "key", "KeyType": "HASH" }],
        });
        let tables = [Table { name: "Things".to_owned(), definition }];
        create_all(&StoreClient::new(store.url(), &Clock::default()), &tables).await.unwrap();
        let stage = stage_before(store.url()).await;
        Stored { _folder: folder, _store: store, stage }
    }

    async fn call(&self, operation: &str, body: &Json) -> Option<(u16, Json)> {
        let request = reqwest::Client::new().post(format!("{}/dynamodb/function/1/", self.stage.url));
        let sent = request
            .header("x-amz-target", format!("DynamoDB_20120810.{operation}"))
            .header("content-type", "application/x-amz-json-1.0")
            .header("x-amz-date", "20260101T000000Z")
            .header("authorization", "AWS4-HMAC-SHA256 Credential=a/b/c/d/e, SignedHeaders=host, Signature=0")
            .body(body.to_string())
            .send()
            .await;
        let response = sent.ok()?;
        Some((response.status().as_u16(), response.json().await.unwrap()))
    }

    async fn put(&self, key: &str) -> Option<(u16, Json)> {
        self.call("PutItem", &json!({ "TableName": "Things", "Item": { "key": { "S": key } } })).await
    }

    async fn put_two(&self, keys: [&str; 2]) -> Option<(u16, Json)> {
        let put = |key: &&str| json!({ "Put": { "TableName": "Things", "Item": { "key": { "S": key } } } });
        let puts: Vec<Json> = keys.iter().map(put).collect();
        self.call("TransactWriteItems", &json!({ "TransactItems": puts })).await
    }

    async fn is_there(&self, key: &str) -> bool {
        let (status, answer) =
            self.call("GetItem", &json!({ "TableName": "Things", "Key": { "key": { "S": key } } })).await.unwrap();
        assert_eq!(status, 200, "{answer}");
        answer.get("Item").is_some()
    }

    fn inject(&self, kind: Kind) {
        self.stage.inject(Target::Dynamodb, kind, 1.0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_of_the_store_are_handed_through_and_told_of() {
    let stored = Stored::start().await;
    let written = stored.stage.parts.written.notified();
    assert_eq!(stored.put("a").await.unwrap().0, 200);
    written.await;
    assert!(stored.is_there("a").await);
    let (status, answer) = stored.call("GetItem", &json!({ "TableName": "Nothing" })).await.unwrap();
    assert_eq!(status, 400, "the store's own refusals too: {answer}");
    assert_eq!(stored.stage.parts.calls.of("function"), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn faults_of_the_store_refuse_or_carry_out() {
    let stored = Stored::start().await;
    let kind_of = |answer: &Json| answer["__type"].as_str().unwrap().rsplit('#').next().unwrap().to_owned();
    for (kind, status, name) in [
        (Kind::Throttle, 400, "ProvisionedThroughputExceededException"),
        (Kind::Error, 500, "InternalServerError"),
        (Kind::Conflict, 400, "TransactionConflictException"),
    ] {
        stored.inject(kind);
        let (answered, answer) = stored.put("refused").await.unwrap();
        assert_eq!((answered, &*kind_of(&answer)), (status, name));
    }
    let (status, answer) = stored.put_two(["refused", "too"]).await.unwrap();
    assert_eq!((status, &*kind_of(&answer)), (400, "TransactionCanceledException"));
    let codes: Vec<_> =
        answer["CancellationReasons"].as_array().unwrap().iter().map(|reason| &reason["Code"]).collect();
    assert_eq!(codes, ["TransactionConflict", "None"]);
    assert!(!stored.is_there("refused").await, "reads meet no conflict");
    stored.inject(Kind::LostResponse);
    assert_eq!(stored.put_two(["lost", "as well"]).await, None);
    stored.inject(Kind::Delay);
    assert_eq!(stored.put("late").await.unwrap().0, 200);
    stored.stage.parts.faults.clear();
    for key in ["lost", "as well", "late"] {
        assert!(stored.is_there(key).await, "{key}");
    }
}
