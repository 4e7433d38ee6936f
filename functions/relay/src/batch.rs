//! One batch of the stream: told, rolled up, and what cannot be dealt with parked.

use std::collections::HashSet;
use std::time::Duration;

use domain::AccountId;
use events::{Bus, DeadLetters};
use ledger::{Error, Ledger};
use serde_json::Value;
use tokio::time::Instant;

use crate::notice::{Policies, events_of, watched};
use crate::publish::{Told, publish};
use crate::record::Record;
use crate::rollup::roll_up;
use crate::trouble::Trouble;

/// How long events are offered; what is left then comes again. Well below the function's timeout of 60 s, as the last
/// offer, the roll-ups and the parking may take some seconds more.
const BUDGET: Duration = Duration::from_secs(30);

/// What a relay needs.
pub struct Relay {
    /// Where policies are read and roll-ups kept.
    pub ledger: Ledger,
    /// Where events go.
    pub bus: Bus,
    /// Where records go that cannot be dealt with.
    pub dead_letters: DeadLetters,
}

/// What became of a batch.
#[derive(Default)]
pub struct Outcome {
    /// How many records there were.
    pub records: usize,
    /// How many events the bus took.
    pub published: usize,
    /// How many records were parked.
    pub parked: usize,
    /// The places of the records that have to come again, in their order.
    pub failed: Vec<String>,
}

impl Relay {
    /// Deals with a batch. The order within an account is kept; a record that fails holds up no other account's events,
    /// but the stream delivers everything after it again.
    pub(crate) async fn take(&self, records: Vec<Value>) -> Outcome {
        let begun = Instant::now();
        let records: Vec<Record> = records.into_iter().filter_map(Record::read).collect();
        let mut trouble = Trouble::default();
        let told = self.tell(&records, &mut trouble).await;
        // Alerts come first; the roll-ups need not wait for the bus.
        let (published, unrolled) =
            tokio::join!(publish(&self.bus, told, until(begun)), roll_up(&self.ledger, &records, until(begun)));
        trouble.failed.extend(published.failed);
        trouble.failed.extend(unrolled.failed);
        trouble.poison.extend(published.rejected);
        trouble.poison.extend(unrolled.poison);
        let parked = self.park(&records, &mut trouble).await;
        let failed =
            |(index, record): (usize, &Record)| trouble.failed.contains(&index).then(|| record.sequence_number.clone());
        Outcome {
            records: records.len(),
            published: published.taken,
            parked,
            failed: records.iter().enumerate().filter_map(failed).collect(),
        }
    }

    /// The events of all records; none when the policies are not known, so that all records come again.
    async fn tell(&self, records: &[Record], trouble: &mut Trouble) -> Vec<Told> {
        let accounts: HashSet<AccountId> = records.iter().filter_map(Record::told).filter_map(watched).collect();
        let Ok(policies) = self.policies(&accounts.into_iter().collect::<Vec<_>>()).await else {
            trouble.failed.extend(0..records.len());
            return Vec::new();
        };
        let mut told = Vec::new();
        for (index, record) in records.iter().enumerate() {
            match &record.change {
                Err(corrupt) => trouble.poison.push((index, format!("unreadable: {corrupt}"))),
                Ok(None) => {}
                Ok(Some(change)) => match events_of(change, &policies, record.time()) {
                    Ok(events) => told.extend(events.into_iter().map(|event| Told { record: index, event })),
                    Err(_) => trouble.poison.push((index, "a threshold's level is out of range".to_owned())),
                },
            }
        }
        told
    }

    /// The policies of the watched accounts. One that cannot be read is told of by the default one, rather than not at all.
    async fn policies(&self, accounts: &[AccountId]) -> Result<Policies, Error> {
        let mut policies = Policies::new();
        for (account, policy) in self.ledger.alert_policies(accounts).await? {
            match policy {
                Ok(policy) => {
                    policies.insert(account, policy);
                }
                Err(corrupt) => {
                    tracing::error!(service = "relay", account_id = %account, cause = %corrupt, "alert policy not read");
                }
            }
        }
        Ok(policies)
    }

    /// Parks a record whole, so that it can be handed to this function again; or where the queue does not take it so, what
    /// it can be found by.
    async fn letter(&self, record: &Record, reason: &str) -> Result<(), events::Error> {
        match self.dead_letters.park(&record.raw.to_string(), reason).await {
            Err(events::Error::Rejected(_)) => self.dead_letters.park(&record.stub().to_string(), reason).await,
            outcome => outcome,
        }
    }

    /// Parks what can never be dealt with, so that the stream goes on. A record that comes again is parked then.
    async fn park(&self, records: &[Record], trouble: &mut Trouble) -> usize {
        let mut parked = 0_usize;
        for (index, reason) in std::mem::take(&mut trouble.poison) {
            let Some(record) = records.get(index).filter(|_| !trouble.failed.contains(&index)) else { continue };
            match self.letter(record, &reason).await {
                Ok(()) => {
                    parked = parked.saturating_add(1);
                    let sequence_number = record.sequence_number.as_str();
                    tracing::error!(service = "relay", sequence_number, reason, "record parked");
                }
                Err(_) => {
                    trouble.failed.insert(index);
                }
            }
        }
        parked
    }
}

fn until(begun: Instant) -> Instant {
    begun.checked_add(BUDGET).unwrap_or(begun)
}
