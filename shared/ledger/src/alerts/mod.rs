//! Alerts: who wants to hear of what, the inbox, and what became of every mail.

mod inbox;
mod mails;
mod policy;

pub use inbox::MAX_UNREAD_COUNTED;
pub use mails::{Claimed, MailClaim, MailKey, MailKind, MailOutcome};
pub use policy::Audience;
