//! One batch of the stream: told, rolled up, and what cannot be dealt with parked.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use domain::{Account, AccountId, Failure, Timestamp};
use events::{Bus, DeadLetters};
use ledger::{Change, Error, Ledger};
use serde_json::Value;

use crate::notice::{Policies, events_of, watched};
use crate::publish::{Told, publish};
use crate::record::Record;

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

/// Records by their index in the batch: those that have to come again, and those that never can be dealt with.
#[derive(Default)]
struct Trouble {
    failed: HashSet<usize>,
    poison: Vec<(usize, String)>,
}

impl Relay {
    /// Deals with a batch. The order within an account is kept; a record that fails holds up no other account's events,
    /// but the stream delivers everything after it again.
    pub async fn take(&self, records: Vec<Value>) -> Outcome {
        let begun = Instant::now();
        let records: Vec<Record> = records.into_iter().filter_map(Record::read).collect();
        let mut trouble = Trouble::default();
        let told = self.tell(&records, &mut trouble).await;
        // Alerts come first; the roll-ups need not wait for the bus.
        let (published, unrolled) = tokio::join!(publish(&self.bus, told, until(begun)), self.roll_up(&records));
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

    /// The events of all records. What comes after a record of the same account that has to come again waits with it.
    async fn tell(&self, records: &[Record], trouble: &mut Trouble) -> Vec<Told> {
        let accounts: HashSet<AccountId> = records.iter().filter_map(change).filter_map(watched).collect();
        let policies = self.ledger.alert_policies(&accounts.into_iter().collect::<Vec<_>>()).await;
        let (mut told, mut waiting) = (Vec::new(), HashSet::new());
        for (index, record) in records.iter().enumerate() {
            match &record.change {
                Err(corrupt) => trouble.poison.push((index, format!("unreadable: {corrupt}"))),
                Ok(None) => {}
                Ok(Some(change)) => match events(change, &policies, record) {
                    Ok(events) if events.iter().any(|event| waiting.contains(&event.account_id)) => {
                        trouble.failed.insert(index);
                    }
                    Ok(events) => told.extend(events.into_iter().map(|event| Told { record: index, event })),
                    Err(Unknown::ComesAgain) => {
                        trouble.failed.insert(index);
                        waiting.insert(watched(change));
                    }
                    Err(Unknown::Never(reason)) => trouble.poison.push((index, reason)),
                },
            }
        }
        told
    }

    async fn roll_up(&self, records: &[Record]) -> Trouble {
        let mut trouble = Trouble::default();
        let accounts: Vec<(usize, &Record, &Account)> = records
            .iter()
            .enumerate()
            .filter_map(|(index, record)| match change(record)? {
                Change::Account { after, .. } => Some((index, record, after.as_ref())),
                Change::Entry { .. } | Change::Application { .. } | Change::Status { .. } => None,
            })
            .collect();
        let latest = accounts.iter().filter_map(|(_, record, _)| record.at).max();
        let all: Vec<Account> = accounts.iter().map(|(.., account)| (*account).clone()).collect();
        match self.ledger.roll_up(&all, latest.unwrap_or(Timestamp::EPOCH)).await {
            Ok(()) => {}
            Err(error) if comes_again(&error) => trouble.failed.extend(accounts.iter().map(|(index, ..)| index)),
            // One of them cannot be taken in: alone, it is known which.
            Err(_) => {
                for (index, record, account) in accounts {
                    let at = record.at.unwrap_or(Timestamp::EPOCH);
                    match self.ledger.roll_up(std::slice::from_ref(account), at).await {
                        Ok(()) => {}
                        Err(error) if comes_again(&error) => {
                            trouble.failed.insert(index);
                        }
                        Err(error) => trouble.poison.push((index, format!("not rolled up: {error}"))),
                    }
                }
            }
        }
        trouble
    }

    /// Parks what can never be dealt with, so that the stream goes on. A record that comes again is parked then.
    async fn park(&self, records: &[Record], trouble: &mut Trouble) -> usize {
        let mut parked = 0_usize;
        for (index, reason) in std::mem::take(&mut trouble.poison) {
            let Some(record) = records.get(index).filter(|_| !trouble.failed.contains(&index)) else { continue };
            match self.dead_letters.park(&record.raw.to_string(), &reason).await {
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

/// Why a record's events are not known.
enum Unknown {
    /// It has to come again.
    ComesAgain,
    /// They never will be.
    Never(String),
}

fn events(change: &Change, policies: &Result<Policies, Error>, record: &Record) -> Result<Vec<events::Event>, Unknown> {
    let none = Policies::new();
    let policies = match (watched(change), policies) {
        (None, _) => &none,
        (Some(_), Ok(policies)) => policies,
        (Some(_), Err(error)) if comes_again(error) => return Err(Unknown::ComesAgain),
        // An account whose policy cannot be read is told of by the default one, rather than not at all.
        (Some(account), Err(error)) => {
            tracing::error!(service = "relay", account_id = %account, cause = %error, "alert policy not read");
            &none
        }
    };
    let at = record.at.unwrap_or(Timestamp::EPOCH);
    events_of(change, policies, at).map_err(|_| Unknown::Never("a threshold's level is out of range".to_owned()))
}

fn change(record: &Record) -> Option<&Change> {
    record.change.as_ref().ok()?.as_ref()
}

fn comes_again(error: &Error) -> bool {
    error.is_retryable() || matches!(error.refusal(), Some(domain::Refusal::Contention))
}

fn until(begun: Instant) -> Instant {
    begun.checked_add(BUDGET).unwrap_or(begun)
}
