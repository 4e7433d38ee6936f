//! One message of the queue: read, handed to those whom it concerns, and what was wrong with it parked.

use std::sync::Arc;

use events::{DeadLetters, Message, Received};
use futures_util::{StreamExt, TryStreamExt, stream};
use ledger::Ledger;

use crate::deadline::{Again, Deadline};
use crate::parking::{Letter, letters};
use crate::reason::Reason;
use crate::taken::Taken;
use crate::{payment, usage};

/// How many lines and payments went which way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Posted now.
    pub posted: usize,
    /// Posted before.
    pub repeated: usize,
    /// In the dead-letter queue.
    pub parked: usize,
}

impl Tally {
    /// Adds those of another message.
    pub fn add(&mut self, other: &Tally) {
        self.posted = self.posted.saturating_add(other.posted);
        self.repeated = self.repeated.saturating_add(other.repeated);
        self.parked = self.parked.saturating_add(other.parked);
    }
}

/// How many letters are parked side by side.
const LETTERS_AT_ONCE: usize = 10;

/// What messages are taken in with.
pub struct Intake {
    /// Where what is good goes.
    pub ledger: Arc<Ledger>,
    /// Where what is bad goes.
    pub dead_letters: DeadLetters,
}

impl Intake {
    /// Posts what can be posted of a message and parks the rest.
    ///
    /// Nothing is parked before all that can be posted is posted: a message that has to come again leaves nothing in the
    /// dead-letter queue, and what is bad about it is found bad again. Only when the queue takes one letter of a message
    /// and not the next, or the function ends between a letter and its answer, does the message come again with a letter
    /// parked: then that letter is there twice. Sending both of them back does no harm, for what they hold counts once.
    ///
    /// # Errors
    /// When the message has to come again.
    pub(crate) async fn take(&self, message: &Message, deadline: &Deadline) -> Result<Tally, Again> {
        deadline.check()?;
        let Message { id: message_id, body, .. } = message;
        let taken = match read(body) {
            Ok(event) => self.hand_over(&in_time(event, message), message.delivery(), deadline).await?,
            Err(reason) => Taken::refused(reason),
        };
        let parked = stream::iter(letters(body, taken.refused))
            .map(async |letter| self.park(message_id, &letter, deadline).await)
            .buffered(LETTERS_AT_ONCE)
            .try_fold(0_usize, async |sum, count| Ok(sum.saturating_add(count)))
            .await?;
        Ok(Tally { posted: taken.posted, repeated: taken.repeated, parked })
    }

    async fn park(&self, message_id: &str, letter: &Letter, deadline: &Deadline) -> Result<usize, Again> {
        deadline.check()?;
        self.dead_letters.park(&letter.body, letter.reason.as_str()).await.map_err(|error| {
            tracing::error!(service = "intake", message_id, cause = edge::chain(&error), "not parked");
            Again::NotParked
        })?;
        tracing::warn!(service = "intake", message_id, count = letter.count, code = letter.reason.code(), "parked");
        Ok(letter.count)
    }

    async fn hand_over(&self, event: &Received, delivery: u64, deadline: &Deadline) -> Result<Taken, Again> {
        match (event.source.as_str(), event.detail_type.as_str()) {
            ("cloud-console", "UsageRecorded") => usage::take(&self.ledger, event, deadline).await,
            ("finance", "PaymentReceived") => payment::take(&self.ledger, event, delivery).await,
            _ => Ok(Taken::refused(Reason::invalid("detail-type", "with this source is not taken in here"))),
        }
    }
}

/// An event says itself when it happened. No clock that runs ahead may date an entry after the moment at which the queue
/// had the event: all later entries of the account would bear that date.
fn in_time(event: Received, message: &Message) -> Received {
    let time = message.sent_at().map_or(event.time, |sent_at| event.time.min(sent_at));
    Received { time, ..event }
}

/// Reads the envelope. An event in which a name stands twice says two things, as a request would.
fn read(body: &str) -> Result<Received, Reason> {
    edge::strict_json(body.as_bytes())?;
    Received::parse(body).map_err(|_| Reason::new("validation_failed", "This is not an event of a bus."))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_what_is_an_event_is_read() {
        let event = json!({
            "version": "0", "id": "1", "source": "finance", "detail-type": "PaymentReceived",
            "time": "2026-11-21T10:00:00Z", "detail": {"a": 1},
        });
        assert_eq!(read(&event.to_string()).unwrap().time.to_string(), "2026-11-21T10:00:00.000Z");
        for (body, reason) in [
            ("{", "invalid_json: The body is not JSON."),
            ("{}", "validation_failed: This is not an event of a bus."),
            ("[1]", "validation_failed: This is not an event of a bus."),
        ] {
            assert_eq!(read(body).unwrap_err().as_str(), reason);
        }
        let twice = event.to_string().replace("\"a\":1", "\"a\":1,\"a\":2");
        assert!(read(&twice).unwrap_err().as_str().starts_with("validation_failed: detail has a name twice"));
    }

    #[test]
    fn no_event_is_later_than_its_message() {
        let message: Message = serde_json::from_value(json!({
            "messageId": "m-1", "body": "", "attributes": {"SentTimestamp": "1790000000000"},
        }))
        .unwrap();
        let at = |text: &str| {
            let event = json!({"id": "1", "source": "s", "detail-type": "t", "time": text, "detail": {}}).to_string();
            in_time(Received::parse(&event).unwrap(), &message).time.to_string()
        };
        assert_eq!(at("2099-01-01T00:00:00Z"), "2026-09-21T14:13:20.000Z");
        assert_eq!(at("2026-09-21T10:00:00Z"), "2026-09-21T10:00:00.000Z");
    }
}
