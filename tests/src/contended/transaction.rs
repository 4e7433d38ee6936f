//! Transactions in their phases.

use serde_json::{Value, json};
use std::time::Duration;

use fastrand::Rng;
use tokio::time::{Instant, sleep_until};

use super::latency::transaction;
use super::{Answer, Contended, ERRORS, Place, State, place, refused, units};

/// One write of a transaction, without the name of its kind.
fn writes(request: &Value) -> Vec<&Value> {
    let items = request["TransactItems"].as_array().expect("writes");
    items.iter().map(|item| item.as_object().and_then(|item| item.values().next()).expect("a write")).collect()
}

fn place_of(write: &Value) -> Place {
    place(if write["Item"].is_null() { &write["Key"] } else { &write["Item"] })
}

/// When each item is prepared, the first one first, with its number: after the third part of the time, in which the
/// transaction is written down, each a little later as it happens. What is decided arrives at the items after five sixths.
fn moments(count: usize, time: Duration, random: &mut Rng) -> Vec<(Duration, usize)> {
    let mut moments: Vec<(Duration, usize)> =
        (0..count).map(|number| (time.mul_f64(1.0 / 3.0 + random.f64() / 6.0), number)).collect();
    moments.sort();
    moments
}

impl Contended {
    pub(super) async fn transact(&self, request: &Value, body: &[u8], random: &mut Rng) -> Answer {
        let token = request["ClientRequestToken"].as_str().unwrap_or_default().to_owned();
        if !token.is_empty() && !self.state().tokens.insert(token.clone()) {
            return refused("TransactionInProgressException");
        }
        let writes = writes(request);
        let (begun, time) = (Instant::now(), transaction(writes.len()).draw(random));
        let number = self.next_transaction();
        let mut reasons = vec![json!({ "Code": "None" }); writes.len()];
        for (at, place) in moments(writes.len(), time, random) {
            sleep_until(begun + at).await;
            if let Err(reason) = self.prepare(number, writes[place]) {
                reasons[place] = reason;
            }
        }
        sleep_until(begun + time * 5 / 6).await;
        let answer = self.end(number, &writes, reasons, body);
        self.state().tokens.remove(&token);
        sleep_until(begun + time).await;
        answer
    }

    fn next_transaction(&self) -> u64 {
        let mut state = self.state();
        state.transactions += 1;
        state.transactions
    }

    /// Has an item accept a transaction, or says why it does not.
    fn prepare(&self, number: u64, write: &Value) -> Result<(), Value> {
        let (place, units) = (place_of(write), units(write));
        let mut state = self.state();
        if state.accepted.contains_key(&place) {
            return Err(json!({ "Code": "TransactionConflict", "Message": "Transaction is ongoing for the item" }));
        }
        if !state.writes.take(&place.0, units) {
            return Err(json!({ "Code": "ThrottlingError", "Message": "Throughput exceeds the current capacity" }));
        }
        state.counts.write_units += units;
        if let Some(reason) = self.failed_condition(write) {
            return Err(reason);
        }
        state.accepted.insert(place, number);
        Ok(())
    }

    /// Asks the store alone for this item.
    fn failed_condition(&self, write: &Value) -> Option<Value> {
        write["ConditionExpression"].as_str()?;
        let mut check = write.clone();
        let (partition, sort) = place_of(write);
        check["Key"] = json!({ "partition_key": { "S": partition }, "sort_key": { "S": sort } });
        check.as_object_mut().expect("a write").remove("Item");
        let request = json!({ "TransactItems": [{ "ConditionCheck": check }] });
        let (_, cancelled) = self.store.call("TransactWriteItems", request.to_string().as_bytes()).err()?;
        let mut cancelled: Value = serde_json::from_str(&cancelled).expect("JSON");
        Some(cancelled["CancellationReasons"][0].take())
    }

    /// Carries it out when every item has accepted it, and lets the items go.
    fn end(&self, number: u64, writes: &[&Value], reasons: Vec<Value>, body: &[u8]) -> Answer {
        let mut state = self.state();
        let answer = if reasons.iter().all(|reason| reason["Code"] == "None") {
            for write in writes {
                let units = units(write);
                state.writes.take(&place_of(write).0, units);
                state.counts.write_units += units;
            }
            self.store.call("TransactWriteItems", body)
        } else {
            count(&mut state, &reasons);
            let kind = format!("{ERRORS}#TransactionCanceledException");
            let body = json!({ "__type": kind, "Message": "Transaction cancelled", "CancellationReasons": reasons });
            Err((400, body.to_string()))
        };
        state.accepted.retain(|_, holder| *holder != number);
        answer
    }
}

fn count(state: &mut State, reasons: &[Value]) {
    let has = |code: &str| usize::from(reasons.iter().any(|reason| reason["Code"] == *code));
    state.counts.conflicts += has("TransactionConflict");
    state.counts.throttles += has("ThrottlingError");
}
