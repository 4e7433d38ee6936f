//! Offering events to the bus so that the order of each account is kept.

use std::collections::{HashMap, HashSet, VecDeque};
use std::time::Duration;

use domain::AccountId;
use events::{Bus, Error, Event, Outcome};
use tokio::time::Instant;

/// How often an event is offered before its record is left to come again.
const MAX_OFFERS: u32 = 4;

/// The pause before the second offer; each further one is twice as long.
const PAUSE: Duration = Duration::from_millis(50);

/// An event and the record that it comes from.
pub struct Told {
    /// The record's place in the batch.
    pub record: usize,
    /// The event.
    pub event: Event,
}

/// What became of the events of a batch.
#[derive(Default)]
pub struct Published {
    /// How many the bus took.
    pub taken: usize,
    /// Records with events that the bus did not take: they have to come again.
    pub failed: HashSet<usize>,
    /// Records with events that the bus will never take, with its reason.
    pub rejected: Vec<(usize, String)>,
}

/// Offers all events. One call holds at most one event of an account, and the account's next one is offered only after it
/// was taken; so whatever fails on the way, nobody hears of a later change of an account before an earlier one.
pub async fn publish(bus: &Bus, told: Vec<Told>, until: Instant) -> Published {
    let mut published = Published::default();
    let mut lines = Lines::of(told);
    loop {
        let wave = lines.heads(Bus::MAX_EVENTS);
        if wave.is_empty() {
            return published;
        }
        if Instant::now() >= until {
            lines.fail_all(&mut published);
            return published;
        }
        for (told, outcome) in wave.iter().zip(offer(bus, &wave, until).await) {
            match outcome {
                Outcome::Taken => published.taken = published.taken.saturating_add(1),
                Outcome::Rejected(reason) => published.rejected.push((told.record, reason)),
                Outcome::Failed(_) => {
                    published.failed.insert(told.record);
                    lines.fail(told, &mut published);
                }
            }
        }
    }
}

/// Offers events until each was taken or has been offered often enough.
async fn offer(bus: &Bus, wave: &[Told], until: Instant) -> Vec<Outcome> {
    let mut outcomes = vec![Outcome::Failed(String::new()); wave.len()];
    let mut pause = PAUSE;
    for round in 0..MAX_OFFERS {
        let open: Vec<usize> = (0..wave.len()).filter(|index| is_failed(outcomes.get(*index))).collect();
        let events: Vec<&Event> = open.iter().filter_map(|index| wave.get(*index)).map(|told| &told.event).collect();
        if events.is_empty() || Instant::now() >= until {
            break;
        }
        if round > 0 {
            tokio::time::sleep(pause).await;
            pause = pause.saturating_mul(2);
        }
        let answer = match bus.publish(&events).await {
            Ok(answer) => answer,
            // The whole call was refused for what is in it; alone, the culprit is known.
            Err(Error::Rejected(source)) if events.len() == 1 => vec![Outcome::Rejected(source.to_string())],
            Err(Error::Rejected(_)) => one_by_one(bus, &events).await,
            // The client has tried several times by now.
            Err(Error::Unavailable(_)) => break,
        };
        for (index, outcome) in open.into_iter().zip(answer) {
            if let Some(known) = outcomes.get_mut(index) {
                *known = outcome;
            }
        }
    }
    outcomes
}

async fn one_by_one(bus: &Bus, events: &[&Event]) -> Vec<Outcome> {
    let mut outcomes = Vec::with_capacity(events.len());
    for event in events {
        outcomes.push(match bus.publish(&[*event]).await {
            Ok(answer) => answer.into_iter().next().unwrap_or(Outcome::Failed(String::new())),
            Err(Error::Rejected(source)) => Outcome::Rejected(source.to_string()),
            Err(Error::Unavailable(_)) => break,
        });
    }
    // What was not offered is left as failed.
    outcomes.resize(events.len(), Outcome::Failed(String::new()));
    outcomes
}

fn is_failed(outcome: Option<&Outcome>) -> bool {
    matches!(outcome, Some(Outcome::Failed(_)))
}

/// Events that wait for others of the same account.
struct Lines {
    /// Keys in the order in which they were first met.
    order: VecDeque<String>,
    waiting: HashMap<String, VecDeque<Told>>,
    /// The accounts that applications became within this batch: their earlier steps go before, in the same line.
    became: HashMap<String, AccountId>,
}

impl Lines {
    fn of(told: Vec<Told>) -> Lines {
        let became = told
            .iter()
            .filter_map(|told| Some((application_id(&told.event)?.to_owned(), told.event.account_id?)))
            .collect();
        let mut lines = Lines { order: VecDeque::new(), waiting: HashMap::new(), became };
        for told in told {
            let key = lines.key(&told.event);
            let line = lines.waiting.entry(key.clone()).or_default();
            if line.is_empty() {
                lines.order.push_back(key);
            }
            line.push_back(told);
        }
        lines
    }

    /// Takes the first event of up to `most` accounts.
    fn heads(&mut self, most: usize) -> Vec<Told> {
        let mut heads = Vec::new();
        for _ in 0..self.order.len() {
            if heads.len() == most {
                break;
            }
            let Some(key) = self.order.pop_front() else { break };
            if let Some(told) = self.waiting.get_mut(&key).and_then(VecDeque::pop_front) {
                heads.push(told);
                self.order.push_back(key);
            }
        }
        heads
    }

    /// Gives up on everything that comes after an event of the same account.
    fn fail(&mut self, told: &Told, published: &mut Published) {
        let rest = self.waiting.remove(&self.key(&told.event)).unwrap_or_default();
        published.failed.extend(rest.iter().map(|told| told.record));
    }

    /// What an event's order is kept within: its account, also the one that an application becomes, or the account below
    /// which an applicant would stand.
    fn key(&self, event: &Event) -> String {
        let became = || application_id(event).and_then(|id| self.became.get(id)).copied();
        let account = event.account_id.or_else(became).or(event.parent_id);
        account.map_or_else(|| event.program_id.to_string(), |id| id.to_string())
    }

    fn fail_all(&mut self, published: &mut Published) {
        let rest = std::mem::take(&mut self.waiting);
        published.failed.extend(rest.values().flatten().map(|told| told.record));
    }
}

/// The application that an event tells a step of.
fn application_id(event: &Event) -> Option<&str> {
    event.data.get("application_id")?.as_str()
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{EventType, ProgramId, Timestamp};
    use serde_json::Value;

    fn told(record: usize, account: u128) -> Told {
        let event = Event {
            id: record.to_string(),
            event_type: EventType::PurchaseRecorded,
            occurred_at: Timestamp::EPOCH,
            program_id: ProgramId::new(Timestamp::EPOCH, 0),
            account_id: Some(AccountId::new(Timestamp::EPOCH, account)),
            parent_id: None,
            data: Value::Null,
        };
        Told { record, event }
    }

    fn records(wave: &[Told]) -> Vec<usize> {
        wave.iter().map(|told| told.record).collect()
    }

    #[test]
    fn a_wave_holds_one_event_of_an_account() {
        let mut lines = Lines::of(vec![told(0, 1), told(1, 1), told(2, 2), told(3, 1), told(4, 3)]);
        assert_eq!(records(&lines.heads(10)), [0, 2, 4]);
        assert_eq!(records(&lines.heads(10)), [1]);
        assert_eq!(records(&lines.heads(10)), [3]);
        assert!(lines.heads(10).is_empty());
    }

    #[test]
    fn a_wave_is_no_larger_than_a_call() {
        let mut lines = Lines::of((0..25).map(|record| told(record, record as u128)).collect());
        assert_eq!([10, 10, 5, 0].map(|_| lines.heads(10).len()), [10, 10, 5, 0]);
    }

    #[test]
    fn what_comes_after_a_failure_waits_with_it() {
        let mut lines = Lines::of(vec![told(0, 1), told(1, 1), told(2, 2), told(3, 2)]);
        let wave = lines.heads(10);
        let mut published = Published::default();
        lines.fail(&wave[0], &mut published);
        assert_eq!(published.failed, HashSet::from([1]));
        assert_eq!(records(&lines.heads(10)), [3]);
    }
}
