//! Invoking functions by the clock, as EventBridge does for the template's schedules.
//!
//! A schedule ticks once a period, the first time one period after the stack's start, by the stack's own clock. When
//! that clock is moved on, a schedule that has become due runs once, however many ticks were passed over. What fails is
//! not tried again before the next tick. A function has one scheduled invocation at a time.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use serde_json::json;
use time::OffsetDateTime;
use time::macros::format_description;
use tokio::sync::{Mutex, watch};

use crate::aws;
use crate::clock::Clock;
use crate::functions::{Event, Functions, Log, Pool, random_uuid};
use crate::template::Schedule;

/// All schedules.
#[derive(Clone, Default)]
pub(crate) struct Scheduler {
    timetables: Arc<[Arc<Timetable>]>,
}

impl Scheduler {
    /// A scheduler whose periods begin now.
    pub(crate) fn new(schedules: &[Schedule], functions: &Functions, clock: &Clock, log: &Arc<Log>) -> Scheduler {
        let mut by_function: BTreeMap<&str, Vec<Rule>> = BTreeMap::new();
        for schedule in schedules {
            let ticks = Ticks::new(clock.epoch_ms(), schedule.period);
            by_function.entry(&schedule.function).or_default().push(Rule { name: schedule.rule.clone(), ticks });
        }
        let timetable = |(function, rules): (&str, Vec<Rule>)| {
            let pool = Arc::clone(functions.get(function)?);
            let (clock, log) = (clock.clone(), Arc::clone(log));
            Some(Arc::new(Timetable { pool, clock, log, rules: Mutex::new(rules) }))
        };
        Scheduler { timetables: by_function.into_iter().filter_map(timetable).collect() }
    }

    /// One timetable a function, each to be kept with [`Timetable::keep`].
    pub(crate) fn timetables(&self) -> impl Iterator<Item = Arc<Timetable>> {
        self.timetables.iter().cloned()
    }

    /// Runs what is due and waits until it, and what ran already, has ended.
    pub(crate) async fn catch_up(&self) {
        let run = |timetable: &Arc<Timetable>| {
            let timetable = Arc::clone(timetable);
            // A caller that hangs up does not stop it: else the next run could begin beside one that goes on.
            tokio::spawn(async move { timetable.run_due().await })
        };
        let runs: Vec<_> = self.timetables.iter().map(run).collect();
        for run in runs {
            // It ends without a value; that it panicked would be printed by then.
            let _ = run.await;
        }
    }
}

/// The schedules of one function.
pub(crate) struct Timetable {
    pool: Arc<Pool>,
    clock: Clock,
    log: Arc<Log>,
    /// Locked while one of them runs.
    rules: Mutex<Vec<Rule>>,
}

struct Rule {
    name: String,
    ticks: Ticks,
}

impl Timetable {
    /// Runs what is due whenever it is, until told to stop; what runs then is let end.
    pub(crate) async fn keep(self: Arc<Timetable>, mut stop: watch::Receiver<bool>) {
        let mut advances = self.clock.advances();
        loop {
            let pause = self.until_next_tick().await;
            tokio::select! {
                biased;
                // The sender going away means the same as the word to stop.
                _ = stop.wait_for(|stop| *stop) => return,
                () = tokio::time::sleep(pause) => {}
                // The pause was reckoned by a clock that has been moved on since. Its sender cannot go away.
                _ = advances.changed() => {}
            }
            self.run_due().await;
        }
    }

    async fn until_next_tick(&self) -> Duration {
        let rules = self.rules.lock().await;
        let next_ms = rules.iter().map(|rule| rule.ticks.next_ms()).min().unwrap_or(i64::MAX);
        Duration::from_millis(u64::try_from(next_ms.saturating_sub(self.clock.epoch_ms())).unwrap_or(0))
    }

    async fn run_due(&self) {
        for rule in self.rules.lock().await.iter_mut() {
            if rule.ticks.take_due(self.clock.epoch_ms()) {
                self.run(&rule.name).await;
            }
        }
    }

    async fn run(&self, rule: &str) {
        let event = Event::new(payload(rule, self.clock.now()), &self.clock);
        let request_id = event.request_id.clone();
        if let Err(error) = self.pool.invoke(event).await {
            let line = format!("{}: {rule}, request {request_id}: {error}", self.pool.name());
            self.log.line(line.as_bytes());
        }
    }
}

/// What EventBridge sends for a schedule.
fn payload(rule: &str, now: OffsetDateTime) -> Bytes {
    let time = now.format(format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]Z")).unwrap_or_default();
    let event = json!({
        "version": "0",
        "id": random_uuid(),
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": aws::ACCOUNT_ID,
        "time": time,
        "region": aws::REGION,
        "resources": [aws::arn("events", &format!("rule/{rule}"))],
        "detail": {},
    });
    Bytes::from(event.to_string())
}

/// When a schedule is due. All times in milliseconds since 1970.
#[derive(Debug)]
struct Ticks {
    start_ms: i64,
    period_ms: i64,
    /// How many ticks from the start on have been taken or passed over.
    taken: i64,
}

impl Ticks {
    fn new(start_ms: i64, period: Duration) -> Ticks {
        Ticks { start_ms, period_ms: i64::try_from(period.as_millis()).unwrap_or(i64::MAX), taken: 0 }
    }

    /// Whether there was a tick since the last call; several count as one.
    fn take_due(&mut self, now_ms: i64) -> bool {
        let passed = now_ms.saturating_sub(self.start_ms).checked_div_euclid(self.period_ms).unwrap_or(0);
        let is_due = passed > self.taken;
        self.taken = self.taken.max(passed);
        is_due
    }

    fn next_ms(&self) -> i64 {
        self.start_ms.saturating_add(self.taken.saturating_add(1).saturating_mul(self.period_ms))
    }
}

#[cfg(test)]
mod tests;
