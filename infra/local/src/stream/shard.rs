//! Handing the records of one shard to a function, in their order and without leaving any out.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::body::Bytes;
use serde_json::{Value as Json, json};
use tokio::sync::watch;

use super::Feeder;
use super::record::Record;
use super::source::{Listed, ReadError, Source, Start};
use crate::batch::{Failed, failed, pause_after};
use crate::functions::Event;
use crate::store::Changes;

/// How often an idle shard is looked at. What functions write is known at once; this is for what comes past them.
const IDLE_PAUSE: Duration = Duration::from_millis(20);
/// How long after a reading that found something the next one waits, so that busy writers' changes come in batches. Lambda
/// looks at a shard four times a second, whether there is something or not.
const READ_PAUSE: Duration = Duration::from_millis(50);
/// How long a store is left alone that could not be read.
const TROUBLE_PAUSE: Duration = Duration::from_secs(1);

/// One shard and how far it has been read and delivered.
pub(super) struct Shard {
    feeder: Arc<Feeder>,
    source: Source,
    /// Tells whether reading is worth the while; without it, it always is.
    changes: Option<Changes>,
    listed: Listed,
    start: Start,
    iterator: Option<String>,
    /// What has been read and not been delivered.
    pending: VecDeque<Record>,
    /// The number of the last record that has been read, delivered or not.
    read: Option<String>,
    /// When something was last read.
    read_at: Option<Instant>,
    /// How often the first pending record failed.
    failures: u32,
    /// Whether the last reading found nothing more.
    is_exhausted: bool,
    has_ended: bool,
}

impl Shard {
    /// A shard from where its deliveries ended before this start, or from `start` on.
    pub(super) fn new(feeder: Arc<Feeder>, source: Source, listed: Listed, start: Start) -> Shard {
        let kept = feeder.journal.position(&key(&feeder, &listed));
        let start = kept.map_or(start, Start::After);
        Shard {
            feeder,
            changes: source.changes(),
            source,
            listed,
            start,
            iterator: None,
            pending: VecDeque::new(),
            read: None,
            read_at: None,
            failures: 0,
            is_exhausted: false,
            has_ended: false,
        }
    }

    /// The shard's id.
    pub(super) fn id(&self) -> &str {
        &self.listed.shard
    }

    /// Delivers until the shard has ended or until told to stop; answers with the shard's id.
    pub(super) async fn feed(mut self, mut stop: watch::Receiver<bool>) -> String {
        let written = Arc::clone(&self.feeder.written);
        loop {
            // Made before reading, so that nothing written meanwhile is missed.
            let more = written.notified();
            let pause = match self.step().await {
                Step::More if *stop.borrow() => return self.listed.shard,
                Step::More => match self.rest() {
                    Duration::ZERO => continue,
                    rest => rest,
                },
                Step::Ended => return self.listed.shard,
                Step::Idle => IDLE_PAUSE,
                Step::Wait(pause) => pause,
            };
            tokio::select! {
                biased;
                // The sender going away means the same as the word to stop.
                _ = stop.wait_for(|stop| *stop) => return self.listed.shard,
                // What failed is not tried earlier for that.
                () = more, if pause == IDLE_PAUSE => {}
                () = tokio::time::sleep(pause) => {}
            }
        }
    }

    /// How long the next reading has to wait still.
    fn rest(&self) -> Duration {
        let is_delivering = !self.pending.is_empty();
        let waited = self.read_at.filter(|_| !is_delivering).map_or(READ_PAUSE, |at| at.elapsed());
        READ_PAUSE.saturating_sub(waited)
    }

    /// Reads if there is nothing to deliver, else delivers a batch.
    pub(super) async fn step(&mut self) -> Step {
        if self.pending.is_empty() {
            return self.read_on().await;
        }
        match self.deliver().await {
            None => Step::More,
            Some(pause) => Step::Wait(pause),
        }
    }

    async fn read_on(&mut self) -> Step {
        if self.has_ended {
            return Step::Ended;
        }
        // Asked before reading: what is written meanwhile is found next time.
        let changes_have_come = self.changes.as_mut().is_none_or(Changes::have_come);
        if self.is_exhausted && !changes_have_come {
            return Step::Idle;
        }
        match self.read().await {
            Ok(0) if !self.has_ended => Step::Idle,
            Ok(_) => Step::More,
            Err(error) => {
                self.iterator = None;
                self.is_exhausted = false;
                if let (ReadError::Refused(_), Start::After(_)) = (&error, &self.start) {
                    // What was there is gone; what is left is delivered from its beginning.
                    self.start = Start::Oldest;
                }
                self.feeder.complain(&error);
                Step::Wait(TROUBLE_PAUSE)
            }
        }
    }

    /// Reads once; answers with how many records there were, wanted or not.
    async fn read(&mut self) -> Result<usize, ReadError> {
        let iterator = match self.iterator.take() {
            Some(iterator) => iterator,
            None => self.source.iterator(&self.listed, &self.start).await?,
        };
        let page = self.source.read(&iterator).await?;
        let count = page.records.len();
        self.is_exhausted = count == 0;
        self.read_at = (count > 0).then(Instant::now);
        let ahead_seconds = self.feeder.clock.ahead_seconds();
        let stream_arn = &self.feeder.mapping.mapping.source;
        let read = |record| Record::read(record, stream_arn, ahead_seconds);
        let records: Option<Vec<Record>> = page.records.into_iter().map(read).collect();
        let records = records.ok_or_else(|| ReadError::Failed("it has a record without a number".to_owned()))?;
        self.has_ended = page.next.is_none();
        self.iterator = page.next;
        if let Some(last) = records.last() {
            self.read = Some(last.sequence.clone());
            self.start = Start::After(last.sequence.clone());
        }
        self.pending.extend(records.into_iter().filter(|record| self.feeder.is_wanted(&record.event)));
        if count > 0 && self.pending.is_empty() {
            self.keep_position();
        }
        Ok(count)
    }

    /// Delivers one batch; answers with how long to wait before the next try, if one is needed.
    async fn deliver(&mut self) -> Option<Duration> {
        let size = self.pending.len().min(self.feeder.mapping.mapping.batch_size);
        let done = match self.invoke(size).await {
            Failed::None => size,
            Failed::All => 0,
            Failed::Items(numbers) => {
                let is_failed = |record: &Record| numbers.contains(&record.sequence);
                self.pending.iter().take(size).position(is_failed).unwrap_or(0)
            }
        };
        if done > 0 {
            self.failures = 0;
            let last = self.pending.drain(..done).next_back().map(|record| record.sequence);
            if !self.pending.is_empty() {
                self.feeder.keep(&self.listed, last.as_deref());
            } else {
                self.keep_position();
            }
        }
        if done == size {
            return None;
        }
        self.failures = self.failures.saturating_add(1);
        Some(pause_after(self.failures))
    }

    async fn invoke(&self, size: usize) -> Failed {
        let Feeder { mapping, pool, clock, log, .. } = &*self.feeder;
        let batch: Vec<&Record> = self.pending.iter().take(size).collect();
        let events: Vec<&Json> = batch.iter().map(|record| &record.event).collect();
        let event = Event::new(Bytes::from(json!({ "Records": events }).to_string()), clock);
        let request_id = event.request_id.clone();
        match pool.invoke(event).await {
            Ok(answer) => {
                let numbers: Vec<&str> = batch.iter().map(|record| &*record.sequence).collect();
                failed(&answer, mapping.mapping.reports_items, &numbers)
            }
            Err(error) => {
                let line = format!("{}: {}, request {request_id}: {error}", pool.name(), mapping.mapping.id);
                log.line(line.as_bytes());
                Failed::All
            }
        }
    }

    /// Everything that was read has been delivered, or need not be.
    fn keep_position(&self) {
        self.feeder.keep(&self.listed, self.read.as_deref());
    }
}

/// What a step was about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// There may be more to do at once.
    More,
    Idle,
    /// Something went wrong; it is to be tried again after a while.
    Wait(Duration),
    /// Everything has been delivered, and there will be no more.
    Ended,
}

/// What the journal knows a shard's position by.
fn key(feeder: &Feeder, listed: &Listed) -> String {
    format!("{} {} {}", feeder.mapping.mapping.id, listed.stream, listed.shard)
}

impl Feeder {
    fn keep(&self, listed: &Listed, number: Option<&str>) {
        if let Some(number) = number {
            self.journal.set_position(&key(self, listed), number);
        }
    }
}
