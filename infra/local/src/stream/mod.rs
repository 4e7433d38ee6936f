//! Handing a table's changes to a function, as Lambda's event source mapping does.
//!
//! What fails is tried again until it succeeds: nothing is ever left out, whatever the template says of giving up.

mod record;
mod shard;
mod source;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde_json::Value as Json;
use tokio::sync::{Notify, watch};
use tokio::task::JoinSet;

use shard::Shard;
pub(crate) use source::Source;
use source::{Listed, ReadError, Start};

use crate::clock::Clock;
use crate::functions::{Log, Pool};
use crate::journal::Journal;
use crate::template::StreamMapping;

/// How often a stream without a shard to read is asked for one.
const DISCOVERY_PAUSE: Duration = Duration::from_secs(1);

/// Delivers from one stream to one function.
pub(crate) struct Feeder {
    mapping: StreamMapping,
    pool: Arc<Pool>,
    clock: Clock,
    journal: Journal,
    log: Arc<Log>,
    /// Told when there is something new to read.
    written: Arc<Notify>,
    /// The trouble that was last told of, so that it is told once.
    trouble: Mutex<Option<ReadError>>,
}

impl Feeder {
    pub(crate) fn new(
        mapping: StreamMapping,
        pool: &Arc<Pool>,
        clock: &Clock,
        journal: &Journal,
        (log, written): (&Arc<Log>, &Arc<Notify>),
    ) -> Arc<Feeder> {
        Arc::new(Feeder {
            mapping,
            pool: Arc::clone(pool),
            clock: clock.clone(),
            journal: journal.clone(),
            log: Arc::clone(log),
            written: Arc::clone(written),
            trouble: Mutex::default(),
        })
    }

    /// Delivers what there is in `source` until told to stop; what is under way then is let end.
    pub(crate) async fn run(self: Arc<Feeder>, source: Source, mut stop: watch::Receiver<bool>) {
        let mut start = if self.mapping.from_the_oldest { Start::Oldest } else { Start::Newest };
        let (mut known, mut open) = (BTreeSet::new(), BTreeSet::new());
        let mut shards = JoinSet::new();
        loop {
            match source.shards().await {
                Ok(listed) => {
                    for listed in newly_readable(listed, &known, &open) {
                        let shard = Shard::new(Arc::clone(&self), source.clone(), listed, start.clone());
                        known.insert(shard.id().to_owned());
                        open.insert(shard.id().to_owned());
                        shards.spawn(shard.feed(stop.clone()));
                    }
                    // Shards that come up later began while this was running.
                    start = Start::Oldest;
                }
                Err(error) => self.complain(&error),
            }
            tokio::select! {
                biased;
                // The sender going away means the same as the word to stop.
                _ = stop.wait_for(|stop| *stop) => break,
                Some(ended) = shards.join_next() => {
                    open.retain(|id| ended.as_ref().is_ok_and(|ended| ended != id));
                }
                () = tokio::time::sleep(DISCOVERY_PAUSE), if open.is_empty() => {}
            }
        }
        while shards.join_next().await.is_some() {}
    }

    fn is_wanted(&self, event: &Json) -> bool {
        let filters = &self.mapping.mapping.filters;
        filters.is_empty() || filters.iter().any(|filter| filter.matches(event))
    }

    fn complain(&self, error: &ReadError) {
        let mut trouble = self.trouble.lock().unwrap_or_else(PoisonError::into_inner);
        if trouble.as_ref() != Some(error) {
            let (ReadError::Refused(text) | ReadError::Failed(text)) = error;
            self.log.line(format!("local stack: {}: the stream: {text}", self.mapping.mapping.id).as_bytes());
            *trouble = Some(error.clone());
        }
    }
}

/// The shards that are new, without those whose parent is still being read: its records come first.
fn newly_readable(listed: Vec<Listed>, known: &BTreeSet<String>, open: &BTreeSet<String>) -> Vec<Listed> {
    let listed_ids: BTreeSet<String> = listed.iter().map(|listed| listed.shard.clone()).collect();
    let is_readable = |listed: &Listed| match &listed.parent {
        Some(parent) => !open.contains(parent) && (known.contains(parent) || !listed_ids.contains(parent)),
        None => true,
    };
    listed.into_iter().filter(|listed| !known.contains(&listed.shard) && is_readable(listed)).collect()
}
