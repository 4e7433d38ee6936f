//! A store with the latency and the conflict rules of DynamoDB, in virtual time and from a seed: the embedded store answers
//! at once and one call after the other, so nothing ever gets in anything's way there.
//!
//! The rules are those of DynamoDB's documentation and of "Distributed Transactions at Scale in Amazon DynamoDB" (USENIX ATC
//! 2023). A transaction is written down, then prepared at each of its items, then carried out. An item that has accepted a
//! transaction refuses every other writer at once until that one has ended; nobody queues. Conditions are judged when an
//! item is prepared. Single reads and queries are never refused. An item takes a thousand write units a second, of which a
//! transaction needs one a kilobyte to prepare and one to carry out, a failed condition included. What a conflict costs is
//! not documented: nothing here, in favour of whoever runs into many.
//!
//! Left out: retries of the store itself, splitting of hot partitions, and throttling of the table as a whole.
#![allow(clippy::float_arithmetic, reason = "quantiles and rates")]

mod counts;
pub mod latency;
pub mod market;
pub mod naive;
mod throughput;
mod transaction;
pub mod wire;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard};

use fastrand::Rng;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep_until};

pub use counts::Counts;
pub use wire::Line;

use crate::in_process::clock::Clock;
use crate::in_process::store::{Refused, Store};
use latency::{Quantiles, READ, WRITE};
use throughput::{Buckets, READS, WRITES, read_units, size, write_units};

/// When every world begins.
const BEGINNING_MS: i64 = 1_795_255_200_000;

/// What begins the name of each of the store's errors.
const ERRORS: &str = "com.amazonaws.dynamodb.v20120810";

/// A primary key.
type Place = (String, String);

/// An answer, or a refusal with its status.
pub type Answer = Result<String, Refused>;

/// The store.
pub struct Contended {
    store: Store,
    seed: u64,
    /// What time it is.
    pub clock: Clock,
    state: Mutex<State>,
}

struct State {
    /// Which transaction an item has accepted.
    accepted: HashMap<Place, u64>,
    transactions: u64,
    /// Client tokens of transactions that are under way.
    tokens: HashSet<String>,
    writes: Buckets,
    reads: Buckets,
    counts: Counts,
}

impl Contended {
    /// An empty one. Only within a runtime whose time is paused are its times virtual.
    #[must_use]
    pub fn new(seed: u64) -> Arc<Contended> {
        let state = State {
            accepted: HashMap::new(),
            transactions: 0,
            tokens: HashSet::new(),
            writes: Buckets::new(WRITES),
            reads: Buckets::new(READS),
            counts: Counts::default(),
        };
        let (store, clock) = (Store::without_stream(), Clock::from(BEGINNING_MS));
        Arc::new(Contended { store, seed, clock, state: Mutex::new(state) })
    }

    /// All items, as plain JSON.
    #[must_use]
    pub fn items(&self) -> Vec<Value> {
        self.store.items()
    }

    /// What was called since this was asked the last time.
    ///
    /// # Panics
    /// When another thread panicked.
    pub fn take_counts(&self) -> Counts {
        std::mem::take(&mut self.state().counts)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("nobody panics while holding it")
    }

    /// Randomness that depends on the seed and on who asks, not on the order in which others do.
    #[must_use]
    pub fn random(&self, caller: u64, call: u64) -> Rng {
        let mut mixed = Rng::with_seed(self.seed ^ caller.rotate_left(40) ^ call.rotate_left(16));
        Rng::with_seed(mixed.u64(..))
    }

    /// Carries out a call and answers when the store would.
    pub async fn call(&self, operation: &str, body: &[u8], random: &mut Rng) -> Answer {
        *self.state().counts.calls.entry(operation.to_owned()).or_default() += 1;
        let request: Value = serde_json::from_slice(body).expect("JSON");
        match operation {
            "TransactWriteItems" => self.transact(&request, body, random).await,
            "PutItem" | "DeleteItem" | "UpdateItem" => {
                self.between(WRITE, random, || self.write(operation, &request, body)).await
            }
            _ => self.between(READ, random, || self.read(operation, &request, body)).await,
        }
    }

    /// The call has its effect half way through.
    async fn between(&self, time: Quantiles, random: &mut Rng, effect: impl FnOnce() -> Answer) -> Answer {
        let (begun, time) = (Instant::now(), time.draw(random));
        sleep_until(begun + time / 2).await;
        let answer = effect();
        sleep_until(begun + time).await;
        answer
    }

    fn read(&self, operation: &str, request: &Value, body: &[u8]) -> Answer {
        let answer = self.store.call(operation, body)?;
        let found: Value = serde_json::from_str(&answer).expect("JSON");
        let mut state = self.state();
        for (partition, units) in units_read(operation, request, &found) {
            if !state.reads.take(&partition, units) {
                state.counts.throttles += 1;
                return refused("ProvisionedThroughputExceededException");
            }
            state.counts.read_units += units;
        }
        Ok(answer)
    }

    /// A single write: refused while a transaction is at the item.
    fn write(&self, operation: &str, request: &Value, body: &[u8]) -> Answer {
        let item = if request["Item"].is_null() { &request["Key"] } else { &request["Item"] };
        let (place, units) = (place(item), units(request));
        let mut state = self.state();
        if state.accepted.contains_key(&place) {
            state.counts.conflicts += 1;
            return refused("TransactionConflictException");
        }
        if !state.writes.take(&place.0, units) {
            state.counts.throttles += 1;
            return refused("ProvisionedThroughputExceededException");
        }
        state.counts.write_units += units;
        drop(state);
        self.store.call(operation, body)
    }
}

/// The units of a write. No item here is of another size before than after, and what is deleted is small.
fn units(write: &Value) -> usize {
    write_units(size(&write["Item"]))
}

fn refused(kind: &str) -> Answer {
    Err((400, json!({ "__type": format!("{ERRORS}#{kind}"), "message": "not now" }).to_string()))
}

fn text(value: &Value) -> String {
    value["S"].as_str().expect("a text").to_owned()
}

fn place(item: &Value) -> Place {
    (text(&item["partition_key"]), text(&item["sort_key"]))
}

/// What a consistent read takes of each partition that it reads.
fn units_read(operation: &str, request: &Value, found: &Value) -> BTreeMap<String, usize> {
    let of_items = |items: &Value| items.as_array().into_iter().flatten().map(size).sum::<usize>();
    let mut units = BTreeMap::new();
    match operation {
        "GetItem" => {
            units.insert(place(&request["Key"]).0, read_units(size(&found["Item"])));
        }
        "Query" => {
            units.insert(
                text(&request["ExpressionAttributeValues"][":partition"]),
                read_units(of_items(&found["Items"])),
            );
        }
        _ => {
            let wanted = request["RequestItems"].as_object().into_iter().flatten();
            for key in wanted.flat_map(|(_, wanted)| wanted["Keys"].as_array().into_iter().flatten()) {
                // No item that is read by its key is larger than a unit.
                *units.entry(place(key).0).or_default() += 1;
            }
        }
    }
    units
}
