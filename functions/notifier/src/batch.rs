//! One batch of the queue: every message by itself, so that none holds up another.

use events::{Message, Received};
use futures_util::{StreamExt, stream};

use crate::delivery::{Again, Delivery, Notifier};
use crate::time::Clock;
use crate::{alert, feedback, invitation};

/// How many messages are dealt with side by side.
const MESSAGES_AT_ONCE: usize = 5;

impl Notifier {
    /// Deals with a batch; answers the ids of the messages that have to come again.
    pub(crate) async fn take(&self, messages: Vec<Message>, request_id: &str, clock: Clock) -> Vec<String> {
        let clock = &clock;
        stream::iter(messages)
            .map(async |message| {
                let delivery = Delivery { holder: format!("{request_id}/{}", message.id), clock };
                self.deliver(&message, &delivery).await.err().map(|again| {
                    let message_id = message.id;
                    let cause: &dyn std::error::Error = &again;
                    tracing::error!(service = "notifier", message_id, cause, "message comes again");
                    message_id
                })
            })
            .buffer_unordered(MESSAGES_AT_ONCE)
            .filter_map(async |failed| failed)
            .collect()
            .await
    }

    async fn deliver(&self, message: &Message, delivery: &Delivery<'_>) -> Result<(), Again> {
        let event = Received::parse(&message.body).map_err(|_| Again::NotUnderstood("its envelope"))?;
        match event.source.as_str() {
            events::SOURCE if event.detail_type == invitation::EVENT.name() => {
                invitation::invite(self, &event, delivery).await
            }
            events::SOURCE => alert::tell(self, &event, delivery).await,
            feedback::SOURCE => feedback::take(&self.ledger, &event).await,
            _ => Err(Again::NotUnderstood("its source")),
        }
    }
}
