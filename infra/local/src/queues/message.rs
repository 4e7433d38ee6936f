//! A message, and what a function sees of it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use crate::aws;
use crate::functions::random_uuid;

/// A message in a queue. Times are milliseconds since 1970 by the stack's clock.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Message {
    pub(crate) id: String,
    pub(crate) body: String,
    pub(crate) attributes: BTreeMap<String, Attribute>,
    pub(crate) sent_ms: i64,
    /// When it came into the queue that it is in.
    pub(crate) arrived_ms: i64,
    pub(crate) first_received_ms: Option<i64>,
    /// How often it was delivered.
    pub(crate) received: u32,
    /// How many of these deliveries count towards the dead-letter limit.
    pub(crate) counted: u32,
}

/// A message attribute, in SQS's words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Attribute {
    pub(crate) data_type: String,
    pub(crate) string_value: Option<String>,
    /// In base64.
    pub(crate) binary_value: Option<String>,
}

impl Attribute {
    /// What it holds, as text.
    pub(super) fn text(&self) -> Option<&str> {
        self.string_value.as_deref().or(self.binary_value.as_deref())
    }
}

impl Message {
    pub(crate) fn new(body: String, attributes: BTreeMap<String, Attribute>, now_ms: i64) -> Message {
        Message {
            id: random_uuid(),
            body,
            attributes,
            sent_ms: now_ms,
            arrived_ms: now_ms,
            first_received_ms: None,
            received: 0,
            counted: 0,
        }
    }

    /// The record of an SQS event for Lambda.
    pub(super) fn record(&self, queue_arn: &str) -> Json {
        let attributes: BTreeMap<&String, Json> = self
            .attributes
            .iter()
            .map(|(name, attribute)| {
                let Attribute { data_type, string_value, binary_value } = attribute;
                let mut seen = json!({ "dataType": data_type, "stringListValues": [], "binaryListValues": [] });
                for (name, value) in [("stringValue", string_value), ("binaryValue", binary_value)] {
                    if let (Some(value), Some(seen)) = (value, seen.as_object_mut()) {
                        seen.insert(name.to_owned(), json!(value));
                    }
                }
                (name, seen)
            })
            .collect();
        json!({
            "messageId": self.id,
            "receiptHandle": format!("{}-{}", self.id, self.received),
            "body": self.body,
            "attributes": {
                "ApproximateReceiveCount": self.received.to_string(),
                "SentTimestamp": self.sent_ms.to_string(),
                "SenderId": aws::ACCOUNT_ID,
                "ApproximateFirstReceiveTimestamp": self.first_received_ms.unwrap_or(self.sent_ms).to_string(),
            },
            "messageAttributes": attributes,
            "eventSource": "aws:sqs",
            "eventSourceARN": queue_arn,
            "awsRegion": aws::REGION,
        })
    }
}
