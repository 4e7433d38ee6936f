//! The envelope of events: ours, and that of everything that comes from a bus.

use domain::{AccountId, EventType, ProgramId, Timestamp};
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// The source of all events that this system publishes.
pub const SOURCE: &str = "partner-quota";

/// The version of the envelope's detail. Fields may be added under the same version, none changed or removed.
pub const VERSION: &str = "1";

/// An event that is to be published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// The same however often it is published, so that consumers can drop repeats.
    pub id: String,
    /// What it tells of.
    pub event_type: EventType,
    /// When that happened.
    pub occurred_at: Timestamp,
    /// In which program.
    pub program_id: ProgramId,
    /// To which account; `None` for an application that has not become one.
    pub account_id: Option<AccountId>,
    /// That account's parent, or the account below which the applicant would stand; a provider has none.
    pub parent_id: Option<AccountId>,
    /// Everything else.
    pub data: Value,
}

impl Event {
    /// The event's detail as it stands on the bus.
    #[must_use]
    pub fn detail(&self) -> Value {
        json!({
            "version": VERSION,
            "id": self.id,
            "occurred_at": self.occurred_at.to_string(),
            "program_id": self.program_id.to_string(),
            "account_id": self.account_id.map(|id| id.to_string()),
            "parent_id": self.parent_id.map(|id| id.to_string()),
            "data": self.data,
        })
    }
}

/// The random part of an id that is the same whenever it is made of the same parts.
#[must_use]
pub fn stable_random(parts: &[&str]) -> u128 {
    let digest = Sha256::digest(parts.join("#"));
    digest.iter().take(size_of::<u128>()).fold(0, |number, byte| number << 8 | u128::from(*byte))
}

/// An event as a rule hands it on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Received {
    /// The bus's id of this delivery.
    pub id: String,
    /// Who published it.
    pub source: String,
    /// What it is.
    pub detail_type: String,
    /// When the publisher says that it happened, or else when the bus took it.
    pub time: Timestamp,
    /// What its publisher said.
    pub detail: Value,
}

/// A text that is not an event.
#[derive(Debug, thiserror::Error)]
#[error("is not an event of a bus")]
pub struct Malformed(#[source] Option<serde_json::Error>);

#[derive(Deserialize)]
struct Envelope {
    id: String,
    source: String,
    #[serde(rename = "detail-type")]
    detail_type: String,
    time: String,
    detail: Value,
}

impl Received {
    /// Reads the envelope; what is in `detail` is for the caller to judge.
    ///
    /// # Errors
    /// [`Malformed`] when it is not JSON or lacks a member of the envelope.
    pub fn parse(text: &str) -> Result<Received, Malformed> {
        let envelope: Envelope = serde_json::from_str(text).map_err(|error| Malformed(Some(error)))?;
        let time = Timestamp::parse(&envelope.time).map_err(|_| Malformed(None))?;
        Ok(Received {
            id: envelope.id,
            source: envelope.source,
            detail_type: envelope.detail_type,
            time,
            detail: envelope.detail,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_detail_has_every_member_of_the_envelope() {
        let at = Timestamp::parse("2026-11-21T10:00:00Z").unwrap();
        let event = Event {
            id: "evt_1".into(),
            event_type: EventType::AccountClosed,
            occurred_at: at,
            program_id: ProgramId::new(at, 1),
            account_id: Some(AccountId::new(at, 2)),
            parent_id: None,
            data: json!({"reason": "moved"}),
        };
        let detail = event.detail();
        assert_eq!(detail["version"], "1");
        assert_eq!(detail["id"], "evt_1");
        assert_eq!(detail["occurred_at"], "2026-11-21T10:00:00.000Z");
        assert_eq!(detail["parent_id"], Value::Null);
        assert_eq!(detail["data"]["reason"], "moved");
    }

    #[test]
    fn envelopes_of_the_bus_are_read() {
        let text = r#"{"version": "0", "id": "1", "source": "finance", "detail-type": "PaymentReceived",
            "account": "1", "time": "2026-11-21T10:00:00Z", "region": "eu-west-1", "resources": [], "detail": {"a": 1}}"#;
        let received = Received::parse(text).unwrap();
        assert_eq!((received.source.as_str(), received.detail_type.as_str()), ("finance", "PaymentReceived"));
        assert_eq!(received.detail["a"], 1);
        for bad in ["", "{}", "[]", r#"{"id":"1","source":"s","detail-type":"t","time":"yesterday","detail":{}}"#] {
            assert!(Received::parse(bad).is_err(), "{bad}");
        }
    }
}
