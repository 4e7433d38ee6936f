//! Where events go that cannot be dealt with: a queue that people look into.

use std::time::Duration;

use aws_sdk_sqs::Client;
use aws_sdk_sqs::config::BehaviorVersion;
use aws_sdk_sqs::types::MessageAttributeValue;
use connection::{Connection, MissingVariable, Patience};

use crate::error::{Error, failed};

/// How patient a call is: what was not taken comes again.
const PATIENCE: Patience = Patience { attempt: Duration::from_secs(3), call: Duration::from_secs(8) };

/// The message attribute that says why.
const REASON: &str = "reason";

/// A dead-letter queue.
pub struct DeadLetters {
    client: Client,
    queue_url: String,
}

impl DeadLetters {
    /// Makes a client for the queue that `DEAD_LETTER_QUEUE_URL` names; no call yet.
    ///
    /// # Errors
    /// Names the variable that is missing.
    pub fn from_environment(connection: &Connection) -> Result<DeadLetters, MissingVariable> {
        let queue_url = connection::required("DEAD_LETTER_QUEUE_URL")?;
        Ok(DeadLetters::new(connection, connection::optional("AWS_ENDPOINT_URL_SQS"), queue_url))
    }

    /// Makes a client for the queue at that URL; no call yet. `endpoint` is another than the region's own.
    #[must_use]
    pub fn new(connection: &Connection, endpoint: Option<String>, queue_url: String) -> DeadLetters {
        let shared = connection.sdk_config(endpoint, PATIENCE);
        let config = aws_sdk_sqs::config::Builder::from(&shared).behavior_version(BehaviorVersion::latest()).build();
        DeadLetters { client: Client::from_conf(config), queue_url }
    }

    /// Puts something there, with the reason in the message attribute `reason`. The body is what would have to be sent
    /// again once the cause is mended.
    ///
    /// # Errors
    /// When the queue did not take it; then it is nowhere yet.
    pub async fn park(&self, body: &str, reason: &str) -> Result<(), Error> {
        let reason = MessageAttributeValue::builder().data_type("String").string_value(reason).build();
        let reason = reason.map_err(|error| Error::Rejected(Box::new(error)))?;
        let message = self.client.send_message().queue_url(&self.queue_url).message_body(body);
        message.message_attributes(REASON, reason).send().await.map(drop).map_err(failed)
    }
}
