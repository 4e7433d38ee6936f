//! What messages are dealt with by, and how that may end.

use ledger::Ledger;

use crate::post::Post;
use crate::time::Clock;

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
