//! How a queue hands messages to a function, and what it is told back.

use domain::Timestamp;
use serde::{Deserialize, Serialize};

/// A batch of messages: at most as many as the template says.
#[derive(Debug, Deserialize)]
pub struct Batch {
    /// The messages, in no particular order.
    #[serde(rename = "Records")]
    pub messages: Vec<Message>,
}

/// A delivery of a message.
#[derive(Debug, Deserialize)]
pub struct Message {
    /// The queue's id of it, the same at every delivery.
    #[serde(rename = "messageId")]
    pub id: String,
    /// An event as a rule of the bus hands it on.
    pub body: String,
    /// What the queue knows of it.
    #[serde(default)]
    attributes: Attributes,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Attributes {
    sent_timestamp: String,
    approximate_receive_count: String,
}

impl Message {
    /// When the queue took it; `None` where the queue does not say.
    #[must_use]
    pub fn sent_at(&self) -> Option<Timestamp> {
        Timestamp::from_unix_ms(self.attributes.sent_timestamp.parse().ok()?).ok()
    }

    /// Which delivery of it this is, from 1 on.
    #[must_use]
    pub fn delivery(&self) -> u64 {
        self.attributes.approximate_receive_count.parse().unwrap_or(1)
    }
}

/// The messages, or the records of a stream, that have to come again, one by one; the others are done with.
#[derive(Debug, Default, Serialize)]
pub struct Failures {
    #[serde(rename = "batchItemFailures")]
    failures: Vec<Failure>,
}

#[derive(Debug, Serialize)]
struct Failure {
    #[serde(rename = "itemIdentifier")]
    id: String,
}

impl Failures {
    /// Of messages by their ids, or of records by their sequence numbers.
    #[must_use]
    pub fn of(ids: Vec<String>) -> Failures {
        Failures { failures: ids.into_iter().map(|id| Failure { id }).collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_queue_is_understood_and_understands() {
        let text = r#"{"Records": [{"messageId": "m-1", "receiptHandle": "r", "body": "{}", "attributes":
            {"ApproximateReceiveCount": "3", "SentTimestamp": "1790000000000", "SenderId": "events"}}]}"#;
        let batch: Batch = serde_json::from_str(text).unwrap();
        assert_eq!((batch.messages[0].id.as_str(), batch.messages[0].body.as_str()), ("m-1", "{}"));
        assert_eq!(
            (batch.messages[0].delivery(), batch.messages[0].sent_at().unwrap().unix_ms()),
            (3, 1_790_000_000_000)
        );
        let answer = |ids: &[&str]| serde_json::to_value(Failures::of(ids.iter().map(ToString::to_string).collect()));
        assert_eq!(answer(&[]).unwrap(), json!({"batchItemFailures": []}));
        assert_eq!(answer(&["m-1"]).unwrap(), json!({"batchItemFailures": [{"itemIdentifier": "m-1"}]}));
    }
}
