//! One batch of the queue: every message by itself, so that none holds up another.

use events::{Message, Received};
use futures_util::{StreamExt, stream};
use ledger::Ledger;

use crate::post::Post;
use crate::time::Clock;
use crate::{alert, feedback, invitation};

/// How many messages are dealt with side by side.
const MESSAGES_AT_ONCE: usize = 5;

/// What a notifier needs.
pub struct Notifier {
    /// Where contacts, policies and inboxes are, and what became of every mail.
    pub ledger: Ledger,
    /// How mail is sent.
    pub post: Post,
    /// The portal's base address, without a slash at its end.
    pub portal_url: String,
}

/// One delivery of a message.
pub struct Delivery<'a> {
    /// Names it apart from every other delivery, also of the same message.
    pub holder: String,
    /// Its time.
    pub clock: &'a Clock,
}

/// Why a message has to come again.
#[derive(Debug, thiserror::Error)]
pub enum Again {
    /// It is not an event that this function knows what to do with: a fault of ours, for people to look at.
    #[error("the event is not understood: {0}")]
    NotUnderstood(&'static str),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] ledger::Error),
    /// Some of its mails are still to be sent, or nothing is known of them.
    #[error("{unsent} of its mails are not known to be sent")]
    Mails {
        /// How many.
        unsent: usize,
    },
}

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
