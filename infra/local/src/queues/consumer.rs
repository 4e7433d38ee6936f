//! Handing the messages of a queue to a function, as Lambda's event source mapping does.

use std::sync::Arc;

use axum::body::Bytes;
use serde_json::{Value as Json, json};
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::{Message, Queue, Queues};
use crate::batch::{Failed, failed};
use crate::clock::Clock;
use crate::faults::Faults;
use crate::functions::{Event, InvokeError, Log, Pool};
use crate::template::QueueMapping;

/// Delivers from one queue to one function.
pub(crate) struct Consumer {
    mapping: QueueMapping,
    queue: Arc<Queue>,
    queues: Queues,
    pool: Arc<Pool>,
    clock: Clock,
    faults: Faults,
    log: Arc<Log>,
}

impl Consumer {
    /// `None` if there is no such queue.
    pub(crate) fn new(
        mapping: QueueMapping,
        queues: &Queues,
        pool: &Arc<Pool>,
        (clock, faults, log): (&Clock, &Faults, &Arc<Log>),
    ) -> Option<Arc<Consumer>> {
        let queue = Arc::clone(queues.by_arn(&mapping.mapping.source)?);
        queue.consume();
        Some(Arc::new(Consumer {
            mapping,
            queue,
            queues: queues.clone(),
            pool: Arc::clone(pool),
            clock: clock.clone(),
            faults: faults.clone(),
            log: Arc::clone(log),
        }))
    }

    /// Delivers until told to stop; what is under way then is let end.
    pub(crate) async fn run(self: Arc<Consumer>, stop: watch::Receiver<bool>) {
        let mut receivers = JoinSet::new();
        for _ in 0..self.mapping.concurrency {
            receivers.spawn(Arc::clone(&self).receive(stop.clone()));
        }
        while receivers.join_next().await.is_some() {}
    }

    async fn receive(self: Arc<Consumer>, mut stop: watch::Receiver<bool>) {
        loop {
            let batch = self.queue.receive(self.mapping.mapping.batch_size, self.clock.epoch_ms());
            if batch.is_empty() {
                tokio::select! {
                    biased;
                    // The sender going away means the same as the word to stop.
                    _ = stop.wait_for(|stop| *stop) => return,
                    () = self.queue.changed() => {}
                }
            } else {
                self.deliver(batch).await;
                if *stop.borrow() {
                    return;
                }
            }
        }
    }

    async fn deliver(&self, batch: Vec<Message>) {
        let (batch, unwanted): (Vec<_>, Vec<_>) = batch.into_iter().partition(|message| self.is_wanted(message));
        self.queues.done(unwanted.iter());
        if batch.is_empty() {
            return;
        }
        let before = self.faults.watch();
        let outcome = self.invoke(&batch).await;
        // A function that is not even called has not received anything.
        let counts = self.faults.was_calm_since(before) && outcome != Err(InvokeError::Busy);
        let failed = outcome.unwrap_or(Failed::All);
        let (failed, done): (Vec<_>, Vec<_>) = batch.into_iter().partition(|message| match &failed {
            Failed::None => false,
            Failed::All => true,
            Failed::Items(ids) => ids.contains(&message.id),
        });
        self.queues.done(done.iter());
        for mut message in failed {
            message.counted = message.counted.saturating_add(u32::from(counts));
            self.queues.failed(&self.queue, message);
        }
    }

    async fn invoke(&self, batch: &[Message]) -> Result<Failed, InvokeError> {
        let records: Vec<Json> = batch.iter().map(|message| message.record(&self.queue.declared.arn)).collect();
        let event = Event::new(Bytes::from(json!({ "Records": records }).to_string()), &self.clock);
        let request_id = event.request_id.clone();
        let answer = self.pool.invoke(event).await.inspect_err(|error| {
            let line = format!("{}: {}, request {request_id}: {error}", self.pool.name(), self.mapping.mapping.id);
            self.log.line(line.as_bytes());
        })?;
        let ids: Vec<&str> = batch.iter().map(|message| &*message.id).collect();
        Ok(failed(&answer, self.mapping.mapping.reports_items, &ids))
    }

    /// Filters see a body that is JSON as such.
    fn is_wanted(&self, message: &Message) -> bool {
        let filters = &self.mapping.mapping.filters;
        if filters.is_empty() {
            return true;
        }
        let mut seen = message.record(&self.queue.declared.arn);
        if let (Ok(body), Some(seen)) = (serde_json::from_str(&message.body), seen.as_object_mut()) {
            seen.insert("body".to_owned(), body);
        }
        filters.iter().any(|filter| filter.matches(&seen))
    }
}
