//! Queues over a pool with processes that do nothing: the tests receive and answer in their place.

use std::time::Duration;

use axum::body::Bytes;
use serde_json::{Value as Json, json};
use tokio::sync::watch;

use super::*;
use crate::aws;
use crate::faults::{Fault, Faults, Kind, Target};
use crate::functions::fixture::{Fixture, sleeping};
use crate::functions::{InvokeError, Log};
use crate::pattern::Pattern;
use crate::template::{Mapping, QueueMapping, Redrive};

const MINUTE: Duration = Duration::from_secs(60);

/// A queue `work` that gives up after two deliveries, its dead letters, and a function that gets two messages a batch.
struct Stage {
    fixture: Fixture,
    queues: Queues,
    faults: Faults,
    clock: Clock,
    _stop: watch::Sender<bool>,
}

fn declared(id: &str, redrive: Option<Redrive>) -> template::Queue {
    let name = id.to_lowercase();
    template::Queue { id: id.to_owned(), arn: aws::arn("sqs", &name), name, redrive }
}

fn queues(clock: &Clock, journal: Journal) -> Queues {
    let redrive = Redrive { queue: "dead".to_owned(), max_receive_count: 2 };
    // What fails comes again at once: there is no time to wait for it.
    Queues::with_pause(&[declared("Work", Some(redrive)), declared("Dead", None)], journal, clock.clone(), |_| {
        Duration::ZERO
    })
}

fn stage_with(filters: Vec<Pattern>) -> Stage {
    let (fixture, clock, faults) = (sleeping(MINUTE), Clock::default(), Faults::default());
    drop(fixture.pool.launch());
    let queues = queues(&clock, Journal::default());
    let log = Arc::new(Log::open(fixture.folder.path().join("queues.log")).unwrap());
    let mapping = Mapping {
        id: "FunctionWork".to_owned(),
        function: "function".to_owned(),
        source: aws::arn("sqs", "work"),
        batch_size: 2,
        reports_items: true,
        filters,
    };
    let mapping = QueueMapping { mapping, concurrency: 1 };
    let consumer = Consumer::new(mapping, &queues, &fixture.pool, (&clock, &faults, &log)).unwrap();
    let stop = watch::Sender::new(false);
    tokio::spawn(consumer.run(stop.subscribe()));
    Stage { fixture, queues, faults, clock, _stop: stop }
}

fn stage() -> Stage {
    stage_with(Vec::new())
}

/// A batch in the hands of the function.
struct Batch {
    request_id: String,
    records: Vec<Json>,
}

impl Batch {
    fn bodies(&self) -> Vec<&str> {
        self.records.iter().map(|record| record["body"].as_str().unwrap()).collect()
    }

    fn counts(&self) -> Vec<String> {
        let count = |record: &'_ Json| record["attributes"]["ApproximateReceiveCount"].as_str().map(str::to_owned);
        self.records.iter().map(|record| count(record).unwrap()).collect()
    }
}

impl Stage {
    fn send(&self, body: &str) {
        self.queues.send("work", body.to_owned(), BTreeMap::new()).unwrap();
    }

    async fn next(&self) -> Batch {
        let invocation = self.fixture.pool.next(1).await.expect("an instance");
        let mut event: Json = serde_json::from_slice(&invocation.event.payload).unwrap();
        let Json::Array(records) = event["Records"].take() else { panic!("{event}") };
        Batch { request_id: invocation.event.request_id, records }
    }

    fn answer(&self, batch: &Batch, answer: Result<Json, InvokeError>) {
        let answer = answer.map(|answer| Bytes::from(answer.to_string()));
        assert!(self.fixture.pool.answer(1, &batch.request_id, answer));
    }

    /// Says that the messages at these places failed.
    fn fail(&self, batch: &Batch, places: &[usize]) {
        let failures = places.iter().map(|place| json!({ "itemIdentifier": batch.records[*place]["messageId"] }));
        self.answer(batch, Ok(json!({ "batchItemFailures": failures.collect::<Vec<_>>() })));
    }

    async fn dead(&self) -> Json {
        loop {
            if let [letter] = self.queues.dead_letters().as_slice() {
                return letter.clone();
            }
            tokio::task::yield_now().await;
        }
    }
}

#[tokio::test]
async fn messages_come_in_batches_as_lambda_sees_them() {
    let stage = stage();
    stage.clock.advance(86_400).unwrap();
    let attribute = Attribute { data_type: "String".into(), string_value: Some("late".into()), binary_value: None };
    let id = stage.queues.send("work", "one".to_owned(), BTreeMap::from([("reason".to_owned(), attribute)])).unwrap();
    let mut batch = stage.next().await;
    stage.send("two");
    stage.send("three");
    stage.send("four");
    let record = &mut batch.records[0];
    for name in ["SentTimestamp", "ApproximateFirstReceiveTimestamp"] {
        let time: i64 = record["attributes"][name].take().as_str().unwrap().parse().unwrap();
        assert!((0..60_000).contains(&stage.clock.epoch_ms().saturating_sub(time)), "{name}: the stack's time");
    }
    let expected = json!({
        "messageId": id,
        "receiptHandle": format!("{id}-1"),
        "body": "one",
        "attributes": {
            "ApproximateReceiveCount": "1",
            "SentTimestamp": null,
            "SenderId": "000000000000",
            "ApproximateFirstReceiveTimestamp": null,
        },
        "messageAttributes": {
            "reason": { "dataType": "String", "stringValue": "late", "stringListValues": [], "binaryListValues": [] },
        },
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:us-east-1:000000000000:work",
        "awsRegion": "us-east-1",
    });
    assert_eq!(*record, expected);
    stage.answer(&batch, Ok(json!({})));
    let second = stage.next().await;
    assert_eq!(second.bodies(), ["two", "three"]);
    stage.answer(&second, Ok(json!(null)));
    assert_eq!(stage.next().await.bodies(), ["four"]);
}

#[tokio::test]
async fn what_failed_comes_again_alone() {
    let stage = stage();
    stage.send("first");
    let first = stage.next().await;
    stage.send("good");
    stage.send("bad");
    stage.answer(&first, Ok(json!({})));
    let second = stage.next().await;
    assert_eq!(second.bodies(), ["good", "bad"]);
    stage.fail(&second, &[1]);
    let third = stage.next().await;
    assert_eq!((third.bodies(), third.counts()), (vec!["bad"], vec!["2".to_owned()]));
    stage.answer(&third, Ok(json!({ "batchItemFailures": [] })));
    stage.send("next");
    assert_eq!(stage.next().await.bodies(), ["next"]);
    assert!(stage.queues.dead_letters().is_empty());
}

#[test]
fn what_failed_waits_before_it_comes_again() {
    let queues = Queues::new(&[declared("Work", None)], Journal::default(), Clock::default());
    let work = queues.get("work").unwrap();
    for (received, seconds) in [(5, 5), (3, 4), (2, 2), (1, 1)] {
        let mut message = Message::new("again".to_owned(), BTreeMap::new(), 0);
        message.received = received;
        let (before, pause) = (tokio::time::Instant::now(), Duration::from_secs(seconds));
        queues.failed(work, message);
        let due = work.next_due().unwrap();
        assert!((before + pause..=tokio::time::Instant::now() + pause).contains(&due), "{seconds} s");
        assert!(work.receive(1, 0).is_empty());
    }
}

#[tokio::test]
async fn what_fails_too_often_becomes_a_dead_letter() {
    let stage = stage();
    let body = json!({ "source": "finance" });
    stage.send(&body.to_string());
    let first = stage.next().await;
    stage.answer(&first, Err(InvokeError::Failed));
    let second = stage.next().await;
    stage.answer(&second, Ok(json!("nonsense")));
    let expected = json!({ "queue": "Dead", "body": body, "attributes": {}, "received": 2 });
    assert_eq!(stage.dead().await, expected);
}

#[tokio::test]
async fn deliveries_during_a_fault_do_not_count() {
    let stage = stage();
    stage.faults.inject(Fault { target: Target::Ses, kind: Kind::Error, rate: 1.0, seed: 1, delay_ms: 0 });
    stage.send("patient");
    for _ in 0..5 {
        let batch = stage.next().await;
        stage.fail(&batch, &[0]);
    }
    let sixth = stage.next().await;
    stage.faults.clear();
    stage.fail(&sixth, &[0]);
    let seventh = stage.next().await;
    assert_eq!(seventh.counts(), ["7"]);
    stage.fail(&seventh, &[0]);
    let eighth = stage.next().await;
    assert!(stage.queues.dead_letters().is_empty());
    stage.fail(&eighth, &[0]);
    assert_eq!(stage.dead().await["received"], 8);
}

#[tokio::test]
async fn a_filter_takes_away_what_the_function_does_not_want() {
    let pattern = Pattern::parse(&json!({ "body": { "kind": ["wanted"] } })).unwrap();
    let stage = stage_with(vec![pattern]);
    stage.send(r#"{"kind": "unwanted"}"#);
    stage.send("no JSON");
    let wanted = r#"{"kind": "wanted"}"#;
    stage.send(wanted);
    assert_eq!(stage.next().await.bodies(), [wanted]);
}

#[tokio::test]
async fn messages_outlive_a_restart_until_they_are_done() {
    let folder = tempfile::tempdir().unwrap();
    let log = Arc::new(Log::open(folder.path().join("log")).unwrap());
    let journal = || Journal::open(&folder.path().join("deliveries.db"), &log).unwrap();
    let clock = Clock::default();
    let first = queues(&clock, journal());
    for body in ["done", "in flight", "waiting", "dead"] {
        first.send("work", body.to_owned(), BTreeMap::new()).unwrap();
    }
    let work = first.get("work").unwrap();
    let mut received = work.receive(4, 0);
    let mut dead = received.pop().unwrap();
    dead.counted = 2;
    first.failed(work, dead);
    first.done(received.iter().take(1));
    drop(first);
    let second = queues(&clock, journal());
    let work = second.get("work").unwrap();
    work.consume();
    let again = work.receive(10, 0);
    assert_eq!(again.iter().map(|message| &*message.body).collect::<Vec<_>>(), ["in flight", "waiting"]);
    let [letter] = second.dead_letters().try_into().unwrap();
    assert_eq!((&letter["queue"], &letter["body"]), (&json!("Dead"), &json!("dead")));
}

#[test]
fn a_message_for_no_queue_is_refused() {
    assert_eq!(queues(&Clock::default(), Journal::default()).send("none", String::new(), BTreeMap::new()), None);
}
