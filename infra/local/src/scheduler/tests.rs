//! Schedules over a pool with processes that do nothing: the tests ask and answer in their place.

use std::fs;

use serde_json::Value;

use super::*;
use crate::functions::fixture::{Fixture, sleeping};
use crate::functions::{Invocation, InvokeError};

const MINUTE: Duration = Duration::from_secs(60);

struct Stage {
    fixture: Fixture,
    clock: Clock,
    scheduler: Scheduler,
}

/// A function with one schedule; its first instance is about to start.
fn stage(period: Duration) -> Stage {
    let (fixture, clock) = (sleeping(MINUTE), Clock::default());
    drop(fixture.pool.launch());
    let schedule = Schedule { rule: "Rule".to_owned(), function: fixture.pool.name().to_owned(), period };
    let functions = Functions::new([Arc::clone(&fixture.pool)]);
    let log = Arc::new(Log::open(fixture.folder.path().join("schedules.log")).unwrap());
    let scheduler = Scheduler::new(&[schedule], &functions, &clock, &log);
    Stage { fixture, clock, scheduler }
}

impl Stage {
    async fn next(&self) -> Invocation {
        tokio::time::timeout(MINUTE, self.fixture.pool.next(1)).await.expect("an event").expect("an instance")
    }

    fn answer(&self, invocation: &Invocation, answer: Result<Bytes, InvokeError>) {
        assert!(self.fixture.pool.answer(1, &invocation.event.request_id, answer));
    }

    fn catch_up(&self) -> tokio::task::JoinHandle<()> {
        let scheduler = self.scheduler.clone();
        tokio::spawn(async move { scheduler.catch_up().await })
    }

    fn log(&self) -> String {
        fs::read_to_string(self.fixture.folder.path().join("schedules.log")).unwrap()
    }
}

#[test]
fn ticks_that_were_passed_over_count_as_one() {
    let mut ticks = Ticks::new(1_500, Duration::from_secs(60));
    for (now_ms, is_due, next_ms) in [
        (1_500, false, 61_500),
        (61_499, false, 61_500),
        (61_500, true, 121_500),
        (61_500, false, 121_500),
        (121_499, false, 121_500),
        (400_000, true, 421_500),
        (421_499, false, 421_500),
        (421_500, true, 481_500),
    ] {
        assert_eq!(ticks.take_due(now_ms), is_due, "at {now_ms}");
        assert_eq!(ticks.next_ms(), next_ms, "at {now_ms}");
    }
}

#[test]
fn a_clock_that_is_set_back_repeats_no_tick() {
    let mut ticks = Ticks::new(0, Duration::from_secs(60));
    assert!(ticks.take_due(60_000));
    assert!(!ticks.take_due(-60_000));
    assert!(!ticks.take_due(60_000));
    assert!(ticks.take_due(120_000));
}

#[test]
fn the_event_is_as_eventbridge_sends_it() {
    let now = OffsetDateTime::from_unix_timestamp_nanos(1_700_000_000_999_000_000).unwrap();
    let mut event: Value = serde_json::from_slice(&payload("SweeperFunctionEveryMinute", now)).unwrap();
    assert_eq!(event["id"].take().as_str().unwrap().len(), 36);
    let expected = json!({
        "version": "0",
        "id": null,
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": "000000000000",
        "time": "2023-11-14T22:13:20Z",
        "region": "us-east-1",
        "resources": ["arn:aws:events:us-east-1:000000000000:rule/SweeperFunctionEveryMinute"],
        "detail": {},
    });
    assert_eq!(event, expected);
}

#[tokio::test]
async fn what_has_become_due_runs_once_and_is_waited_for() {
    let stage = stage(MINUTE);
    stage.scheduler.catch_up().await;
    stage.clock.advance(600).unwrap();
    let caught_up = stage.catch_up();
    let invocation = stage.next().await;
    let event: Value = serde_json::from_slice(&invocation.event.payload).unwrap();
    let now = stage.clock.now();
    assert!(event["time"].as_str().unwrap().starts_with(&now.date().to_string()), "the local time");
    assert!(!caught_up.is_finished());
    stage.answer(&invocation, Ok(Bytes::new()));
    caught_up.await.unwrap();
    stage.scheduler.catch_up().await;
    assert_eq!(stage.log(), "");
}

#[tokio::test]
async fn a_function_has_one_scheduled_invocation_at_a_time() {
    let stage = stage(MINUTE);
    stage.clock.advance(60).unwrap();
    let first_caught_up = stage.catch_up();
    let first = stage.next().await;
    stage.clock.advance(60).unwrap();
    let second_caught_up = stage.catch_up();
    tokio::time::sleep(Duration::from_millis(20)).await;
    assert!(!first_caught_up.is_finished() && !second_caught_up.is_finished());
    stage.answer(&first, Ok(Bytes::new()));
    let second = stage.next().await;
    assert!(!second_caught_up.is_finished());
    stage.answer(&second, Ok(Bytes::new()));
    first_caught_up.await.unwrap();
    second_caught_up.await.unwrap();
}

#[tokio::test]
async fn what_fails_is_logged_and_tried_again_at_the_next_tick() {
    let stage = stage(MINUTE);
    for _ in 0..2 {
        stage.clock.advance(60).unwrap();
        let caught_up = stage.catch_up();
        let invocation = stage.next().await;
        stage.answer(&invocation, Err(InvokeError::Failed));
        caught_up.await.unwrap();
        stage.scheduler.catch_up().await;
    }
    let log = stage.log();
    assert_eq!(log.lines().filter(|line| line.starts_with("function: Rule, request ")).count(), 2, "{log}");
}

#[tokio::test]
async fn a_timetable_is_kept_by_the_clock_and_when_it_is_moved_on() {
    let stage = stage(Duration::from_secs(1));
    let stop = watch::Sender::new(false);
    let timetable = stage.scheduler.timetables().next().unwrap();
    let keeping = tokio::spawn(timetable.keep(stop.subscribe()));
    let by_itself = stage.next().await;
    stage.answer(&by_itself, Ok(Bytes::new()));
    stage.clock.advance(3_600).unwrap();
    let moved_on = stage.next().await;
    stop.send_replace(true);
    assert!(!keeping.is_finished(), "what runs is let end");
    stage.answer(&moved_on, Ok(Bytes::new()));
    keeping.await.unwrap();
}
