//! Streams of a real store, handed to a pool with processes that do nothing: the tests receive and answer in their
//! place.

use axum::body::Bytes;
use serde_json::json;

use super::shard::Step;
use super::*;
use crate::aws;
use crate::functions::InvokeError;
use crate::functions::fixture::{Fixture, sleeping};
use crate::pattern::Pattern;
use crate::store::{Embedded, StoreClient, create_all};
use crate::template::{Mapping, Table};

/// A table whose changes go to the function, at most three a batch.
struct Stage {
    fixture: Fixture,
    folder: tempfile::TempDir,
    store: Embedded,
    client: StoreClient,
    clock: Clock,
    filters: Vec<Pattern>,
}

/// A batch in the hands of the function.
struct Batch {
    request_id: String,
    records: Vec<Json>,
}

impl Batch {
    fn keys(&self) -> Vec<String> {
        self.records.iter().map(|record| record["dynamodb"]["Keys"]["key"]["S"].as_str().unwrap().to_owned()).collect()
    }
}

async fn stage_with(filters: &[Json]) -> Stage {
    let (fixture, clock) = (sleeping(Duration::from_secs(60)), Clock::default());
    drop(fixture.pool.launch());
    let folder = tempfile::tempdir().unwrap();
    let store = Embedded::start(&folder.path().join("store.db")).await.unwrap();
    let definition = json!({
        "TableName": "Things",
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{ "AttributeName": "key", "AttributeType": "S" }],
        "KeySchema": [{ "AttributeName": "key", "KeyType": "HASH" }],
        "StreamSpecification": { "StreamViewType": "NEW_AND_OLD_IMAGES", "StreamEnabled": true },
    });
    let client = StoreClient::new(store.url(), &clock);
    create_all(&client, &[Table { name: "Things".to_owned(), definition }]).await.unwrap();
    let filters = filters.iter().map(|filter| Pattern::parse(filter).unwrap()).collect();
    Stage { fixture, folder, store, client, clock, filters }
}

impl Stage {
    fn journal(&self) -> Journal {
        Journal::open(&self.folder.path().join("deliveries.db"), &self.log()).unwrap()
    }

    fn log(&self) -> Arc<Log> {
        Arc::new(Log::open(self.folder.path().join("log")).unwrap())
    }

    fn feeder(&self) -> Arc<Feeder> {
        let mapping = Mapping {
            id: "FunctionChanges".to_owned(),
            function: "function".to_owned(),
            source: aws::stream_arn("Things"),
            batch_size: 3,
            reports_items: true,
            filters: self.filters.clone(),
        };
        let mapping = StreamMapping { mapping, from_the_oldest: true };
        let told = (&self.log(), &Arc::new(Notify::new()));
        Feeder::new(mapping, &self.fixture.pool, &self.clock, &self.journal(), told)
    }

    fn source(&self) -> Source {
        let file = Some(self.store.file().to_owned());
        Source { store: self.client.clone(), table: "Things".to_owned(), file }
    }

    /// The stream's only shard, as a stack would take it up.
    async fn shard(&self) -> Shard {
        let source = self.source();
        let [listed] = source.shards().await.unwrap().try_into().unwrap();
        Shard::new(self.feeder(), source, listed, Start::Oldest)
    }

    async fn write(&self, keys: &[&str]) {
        for key in keys {
            let item = json!({ "TableName": "Things", "Item": { "key": { "S": key }, "kind": { "S": "entry" } } });
            let (status, answer) = self.client.call("DynamoDB_20120810.PutItem", &item).await.unwrap();
            assert!(status.is_success(), "{answer}");
        }
    }

    async fn next(&self) -> Batch {
        let invocation = self.fixture.pool.next(1).await.expect("an instance");
        let mut event: Json = serde_json::from_slice(&invocation.event.payload).unwrap();
        let Json::Array(records) = event["Records"].take() else { panic!("{event}") };
        Batch { request_id: invocation.event.request_id, records }
    }

    /// Has the shard deliver a batch and the function answer with the failure of these places.
    async fn deliver(&self, shard: &mut Shard, failed: &[usize]) -> (Vec<String>, Step) {
        self.deliver_and(shard, |batch| {
            let number = |place: &usize| batch.records[*place]["dynamodb"]["SequenceNumber"].clone();
            let failures: Vec<Json> = failed.iter().map(|place| json!({ "itemIdentifier": number(place) })).collect();
            Ok(json!({ "batchItemFailures": failures }))
        })
        .await
    }

    async fn deliver_and(
        &self,
        shard: &mut Shard,
        answer: impl FnOnce(&Batch) -> Result<Json, InvokeError>,
    ) -> (Vec<String>, Step) {
        let function = async {
            let batch = self.next().await;
            let answer = answer(&batch).map(|answer| Bytes::from(answer.to_string()));
            assert!(self.fixture.pool.answer(1, &batch.request_id, answer));
            batch.keys()
        };
        let (step, keys) = tokio::join!(shard.step(), function);
        (keys, step)
    }
}

const SECOND: Duration = Duration::from_secs(1);

#[tokio::test(flavor = "multi_thread")]
async fn changes_come_in_their_order_and_in_batches() {
    let stage = stage_with(&[]).await;
    stage.clock.advance(86_400).unwrap();
    let mut shard = stage.shard().await;
    assert_eq!(shard.step().await, Step::Idle);
    stage.write(&["a", "b", "a", "c"]).await;
    assert_eq!(shard.step().await, Step::More, "it reads");
    let mut seen = Json::Null;
    let (keys, step) = stage
        .deliver_and(&mut shard, |batch| {
            seen = batch.records[2].clone();
            Ok(json!({}))
        })
        .await;
    assert_eq!((keys.as_slice(), step), (["a", "b", "a"].map(str::to_owned).as_slice(), Step::More));
    assert_eq!([&seen["eventName"], &seen["eventSource"], &seen["awsRegion"]], ["MODIFY", "aws:dynamodb", "us-east-1"]);
    assert_eq!(seen["eventSourceARN"], aws::stream_arn("Things"));
    let created = seen["dynamodb"]["ApproximateCreationDateTime"].as_i64().unwrap();
    assert!((0..60).contains(&stage.clock.epoch_seconds().saturating_sub(created)), "the stack's time");
    let (keys, step) = stage.deliver(&mut shard, &[]).await;
    assert_eq!((keys.as_slice(), step), (["c".to_owned()].as_slice(), Step::More));
    assert_eq!(shard.step().await, Step::Idle);
    stage.store.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_failed_and_all_after_it_comes_again() {
    let stage = stage_with(&[]).await;
    stage.write(&["a", "b", "c", "d"]).await;
    let mut shard = stage.shard().await;
    shard.step().await;
    let (keys, step) = stage.deliver(&mut shard, &[2, 1]).await;
    assert_eq!((keys.concat().as_str(), step), ("abc", Step::Wait(SECOND)));
    let mut pauses = Vec::new();
    for _ in 0..4 {
        let (keys, step) = stage.deliver_and(&mut shard, |_| Err(InvokeError::Failed)).await;
        assert_eq!(keys.concat(), "bcd");
        pauses.push(step);
    }
    assert_eq!(pauses, [2, 4, 5, 5].map(|seconds| Step::Wait(Duration::from_secs(seconds))));
    let (keys, step) = stage.deliver_and(&mut shard, |_| Ok(json!("nonsense"))).await;
    assert_eq!((keys.concat().as_str(), step), ("bcd", Step::Wait(Duration::from_secs(5))));
    let (keys, step) = stage.deliver(&mut shard, &[1]).await;
    assert_eq!((keys.concat().as_str(), step), ("bcd", Step::Wait(SECOND)), "there was progress");
    let (keys, _) = stage.deliver(&mut shard, &[]).await;
    assert_eq!(keys.concat(), "cd");
    assert_eq!(shard.step().await, Step::Idle);
    stage.store.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_filter_keeps_away_what_the_function_does_not_want() {
    let wanted = json!({ "dynamodb": { "NewImage": { "key": { "S": ["b", "d"] }, "kind": { "S": ["entry"] } } } });
    let stage = stage_with(&[wanted]).await;
    let mut shard = stage.shard().await;
    stage.write(&["a", "b", "c", "d", "e"]).await;
    shard.step().await;
    assert_eq!(stage.deliver(&mut shard, &[]).await.0.concat(), "bd");
    stage.write(&["f", "g"]).await;
    assert_eq!(shard.step().await, Step::More, "it reads and has nothing to deliver");
    assert_eq!(shard.step().await, Step::Idle);
    stage.store.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_restart_deliveries_go_on_where_they_ended() {
    let wanted = json!({ "dynamodb": { "Keys": { "key": { "S": [{ "anything-but": "x" }] } } } });
    let stage = stage_with(&[wanted]).await;
    stage.write(&["a", "b", "c"]).await;
    let mut shard = stage.shard().await;
    shard.step().await;
    assert_eq!(stage.deliver(&mut shard, &[1]).await.0.concat(), "abc");
    let mut shard = stage.shard().await;
    shard.step().await;
    assert_eq!(stage.deliver(&mut shard, &[]).await.0.concat(), "bc");
    stage.write(&["x"]).await;
    shard.step().await;
    let mut shard = stage.shard().await;
    assert_eq!(shard.step().await, Step::Idle, "nothing is left, the unwanted included");
    stage.write(&["d"]).await;
    shard.step().await;
    assert_eq!(stage.deliver(&mut shard, &[]).await.0.concat(), "d");
    stage.store.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_is_fed_until_told_to_stop() {
    let stage = stage_with(&[]).await;
    let stop = watch::Sender::new(false);
    let running = tokio::spawn(stage.feeder().run(stage.source(), stop.subscribe()));
    stage.write(&["a"]).await;
    let batch = stage.next().await;
    assert_eq!(batch.keys(), ["a"]);
    stop.send_replace(true);
    assert!(!running.is_finished(), "what is under way is let end");
    assert!(stage.fixture.pool.answer(1, &batch.request_id, Ok(Bytes::new())));
    running.await.unwrap();
    assert_eq!(stage.journal_length(), 1);
    stage.store.stop().await;
}

impl Stage {
    /// How many shards the journal knows a position of.
    fn journal_length(&self) -> usize {
        let journal = rusqlite::Connection::open(self.folder.path().join("deliveries.db")).unwrap();
        journal.query_row("SELECT COUNT(*) FROM positions", [], |row| row.get::<_, i64>(0)).unwrap() as usize
    }
}

#[tokio::test]
async fn a_store_that_does_not_answer_is_complained_of_once() {
    let stage = stage_with(&[]).await;
    let feeder = stage.feeder();
    let error = ReadError::Failed("it did not answer".to_owned());
    feeder.complain(&error);
    feeder.complain(&error);
    let log = std::fs::read_to_string(stage.folder.path().join("log")).unwrap();
    assert_eq!(log.lines().collect::<Vec<_>>(), ["local stack: FunctionChanges: the stream: it did not answer"]);
}

#[test]
fn children_wait_for_their_parents() {
    let listed = |shard: &str, parent: Option<&str>| Listed {
        stream: "s".to_owned(),
        shard: shard.to_owned(),
        parent: parent.map(str::to_owned),
    };
    let all = vec![listed("1", Some("0")), listed("2", Some("1")), listed("3", Some("2")), listed("4", None)];
    let set = |ids: &[&str]| -> BTreeSet<String> { ids.iter().map(|id| (*id).to_owned()).collect() };
    let readable = |known: &[&str], open: &[&str]| -> String {
        newly_readable(all.clone(), &set(known), &set(open)).into_iter().map(|listed| listed.shard).collect()
    };
    assert_eq!(readable(&[], &[]), "14");
    assert_eq!(readable(&["1", "4"], &["1", "4"]), "");
    assert_eq!(readable(&["1", "4"], &["4"]), "2");
    assert_eq!(readable(&["1", "2", "4"], &[]), "3");
}
