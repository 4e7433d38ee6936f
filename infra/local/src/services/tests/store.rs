//! The store behind the services, which is a real one.

use serde_json::{Value as Json, json};

use super::{NOWHERE, Stage, stage_before};
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

/// Where the services find the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    InTheProcess,
    AtItsAddress,
    /// Nobody is at the address.
    OnlyInTheProcess,
}

const PLACES: [Place; 2] = [Place::InTheProcess, Place::AtItsAddress];

/// What the SDKs send with every call.
fn headers(operation: &str) -> [(&'static str, String); 4] {
    [
        ("x-amz-target", format!("DynamoDB_20120810.{operation}")),
        ("content-type", "application/x-amz-json-1.0".to_owned()),
        ("x-amz-date", "20260101T000000Z".to_owned()),
        ("authorization", "AWS4-HMAC-SHA256 Credential=a/b/c/d/e, SignedHeaders=host, Signature=0".to_owned()),
    ]
}

impl Stored {
    async fn start(place: Place) -> Stored {
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
        let near = (place != Place::AtItsAddress).then(|| store.near().clone());
        let url = if place == Place::OnlyInTheProcess { NOWHERE } else { store.url() };
        let stage = stage_before(url, near).await;
        Stored { _folder: folder, _store: store, stage }
    }

    async fn call(&self, operation: &str, body: &Json) -> Option<(u16, Json)> {
        let (status, _, answer) = self.answer(operation, body).await?;
        Some((status, answer))
    }

    /// Status, content type and body.
    async fn answer(&self, operation: &str, body: &Json) -> Option<(u16, String, Json)> {
        self.send(&headers(operation), body).await
    }

    async fn send(&self, headers: &[(&str, String)], body: &Json) -> Option<(u16, String, Json)> {
        let request = reqwest::Client::new().post(format!("{}/dynamodb/function/1/", self.stage.url));
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, value));
        let response = request.body(body.to_string()).send().await.ok()?;
        let content_type = response.headers().get("content-type").map(|value| value.to_str().unwrap().to_owned());
        let status = response.status().as_u16();
        let text = response.text().await.unwrap();
        Some((status, content_type.unwrap_or_default(), serde_json::from_str(&text).unwrap_or(Json::String(text))))
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
    for place in PLACES {
        let stored = Stored::start(place).await;
        let written = stored.stage.parts.written.notified();
        assert_eq!(stored.put("a").await.unwrap().0, 200);
        written.await;
        assert!(stored.is_there("a").await);
        let (status, answer) = stored.call("GetItem", &json!({ "TableName": "Nothing" })).await.unwrap();
        assert_eq!(status, 400, "the store's own refusals too: {answer}");
        assert_eq!(stored.stage.parts.calls.of("function"), 3, "{place:?}");
    }
}

/// Calls with what comes of them: each operation succeeds somewhere, and some are refused.
fn exchanges() -> Vec<(&'static str, Json, u16)> {
    let key = |key: &str| json!({ "TableName": "Things", "Key": { "key": { "S": key } } });
    let put = |key: &str| json!({ "TableName": "Things", "Item": { "key": { "S": key }, "n": { "N": "1.50" } } });
    let with = |mut request: Json, more: Json| {
        request.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        request
    };
    let if_new = |key: &str| {
        let condition = json!({ "ConditionExpression": "attribute_not_exists(n)",
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD" });
        with(put(key), condition)
    };
    let both = |one: Json, other: Json| json!({ "TransactItems": [{ "Put": one }, { "Put": other }] });
    let values = json!({ ":k": { "S": "a" } });
    let query = json!({ "TableName": "Things", "KeyConditionExpression": "#k = :k",
        "ExpressionAttributeNames": { "#k": "key" }, "ExpressionAttributeValues": values });
    let update = json!({ "UpdateExpression": "SET n = n + :one", "ExpressionAttributeValues": { ":one": { "N": "1" } },
        "ReturnValues": "ALL_NEW" });
    vec![
        ("PutItem", put("a"), 200),
        ("PutItem", if_new("a"), 400),
        ("TransactWriteItems", both(put("b"), if_new("c")), 200),
        ("TransactWriteItems", both(put("d"), if_new("c")), 400),
        ("TransactWriteItems", json!({ "TransactItems": [] }), 400),
        ("GetItem", key("c"), 200),
        ("GetItem", key("d"), 200),
        ("GetItem", json!({ "TableName": "Things", "Key": { "key": { "N": "1" } } }), 400),
        ("BatchGetItem", json!({ "RequestItems": { "Things": { "Keys": [{ "key": { "S": "b" } }] } } }), 200),
        ("Query", query, 200),
        ("UpdateItem", with(key("a"), update), 200),
        ("DeleteItem", with(key("a"), json!({ "ReturnValues": "ALL_OLD" })), 200),
        ("PutItem", json!({ "TableName": "Things", "Item": 7 }), 400),
        ("NoOperation", json!({}), 400),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_in_the_process_answers_as_over_its_own_protocol() {
    let near = Stored::start(Place::InTheProcess).await;
    let far = Stored::start(Place::AtItsAddress).await;
    for (operation, request, status) in exchanges() {
        let (answer, expected) = (near.answer(operation, &request).await, far.answer(operation, &request).await);
        assert_eq!(answer, expected, "{operation} {request}");
        assert_eq!(answer.unwrap().0, status, "{operation} {request}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_in_the_process_does_nothing_for_a_call_that_breaks_the_protocol() {
    let (near, far) = (Stored::start(Place::InTheProcess).await, Stored::start(Place::AtItsAddress).await);
    let put = json!({ "TableName": "Things", "Item": { "key": { "S": "a" } } });
    for place in 0..4 {
        let mut broken = headers("PutItem").to_vec();
        let (left_out, _) = broken.remove(place);
        let answered = near.send(&broken, &put).await;
        assert_eq!(answered, far.send(&broken, &put).await, "without {left_out}");
        assert_ne!(answered.unwrap().0, 200, "without {left_out}");
    }
    let mut of_another = headers("PutItem");
    of_another[0].1 = "OtherService.PutItem".to_owned();
    assert_eq!(near.send(&of_another, &put).await, far.send(&of_another, &put).await);
    assert!(!near.is_there("a").await);
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_of_a_store_in_the_process_that_succeed_need_no_network() {
    let stored = Stored::start(Place::OnlyInTheProcess).await;
    for (operation, request, status) in exchanges() {
        let answered = stored.call(operation, &request).await.map(|(status, _)| status);
        assert_eq!(answered, (status == 200).then_some(200), "{operation} {request}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn faults_of_the_store_refuse_or_carry_out() {
    for place in PLACES {
        let stored = Stored::start(place).await;
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
}
