//! Publishing on the bus.

use std::time::Duration;

use aws_sdk_eventbridge::Client;
use aws_sdk_eventbridge::config::BehaviorVersion;
use aws_sdk_eventbridge::primitives::DateTime;
use aws_sdk_eventbridge::types::{PutEventsRequestEntry, PutEventsResultEntry};
use connection::{Connection, MissingVariable, Patience};

use crate::envelope::{Event, SOURCE};
use crate::error::{Error, failed, is_fault_of_entry};

/// How patient a call is: the stream delivers again what was not taken.
const PATIENCE: Patience = Patience { attempt: Duration::from_secs(3), call: Duration::from_secs(8) };

/// The bus, as its publisher.
pub struct Bus {
    client: Client,
    name: String,
}

/// What became of one event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The bus has it.
    Taken,
    /// Not this time; it may be offered again. Carries the bus's code.
    Failed(String),
    /// Never: something is wrong with it. Carries the bus's code.
    Rejected(String),
}

impl Bus {
    /// The most events that the bus takes at once.
    pub const MAX_EVENTS: usize = 10;

    /// Makes a client for the bus that `EVENT_BUS_NAME` names; no call yet.
    ///
    /// # Errors
    /// Names the variable that is missing.
    pub fn from_environment(connection: &Connection) -> Result<Bus, MissingVariable> {
        let name = connection::required("EVENT_BUS_NAME")?;
        Ok(Bus::new(connection, connection::optional("AWS_ENDPOINT_URL_EVENTBRIDGE"), name))
    }

    /// Makes a client for the bus of that name; no call yet. `endpoint` is another than the region's own.
    #[must_use]
    pub fn new(connection: &Connection, endpoint: Option<String>, name: String) -> Bus {
        let shared = connection.sdk_config(endpoint, PATIENCE);
        let config =
            aws_sdk_eventbridge::config::Builder::from(&shared).behavior_version(BehaviorVersion::latest()).build();
        Bus { client: Client::from_conf(config), name }
    }

    /// Publishes up to [`Bus::MAX_EVENTS`] events and says what became of each, in their order.
    ///
    /// # Errors
    /// When the whole call failed: nothing is known of any of them then, and all may be offered again.
    pub async fn publish(&self, events: &[&Event]) -> Result<Vec<Outcome>, Error> {
        let entries = events.iter().map(|event| self.entry(event)).collect();
        let answer = self.client.put_events().set_entries(Some(entries)).send().await.map_err(failed)?;
        let mut outcomes: Vec<Outcome> = answer.entries().iter().map(outcome).collect();
        // An answer that tells less than it was asked leaves the rest to be offered again.
        outcomes.resize(events.len(), Outcome::Failed("Unanswered".to_owned()));
        Ok(outcomes)
    }

    fn entry(&self, event: &Event) -> PutEventsRequestEntry {
        PutEventsRequestEntry::builder()
            .event_bus_name(&self.name)
            .source(SOURCE)
            .detail_type(event.event_type.name())
            .time(DateTime::from_millis(event.occurred_at.unix_ms()))
            .detail(event.detail().to_string())
            .build()
    }
}

fn outcome(entry: &PutEventsResultEntry) -> Outcome {
    match entry.error_code() {
        None => Outcome::Taken,
        Some(code) if is_fault_of_entry(code) => Outcome::Rejected(code.to_owned()),
        Some(code) => Outcome::Failed(code.to_owned()),
    }
}
