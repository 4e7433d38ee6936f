//! The DynamoDB table: keys, items, the posting engine's second half, queries.
//!
//! The crate owns *how everything is stored and changed*: the one table, its keys, the conversion between items and the
//! domain's types, and the single conditional transaction by which a plan is posted. It must not know HTTP, nor decide
//! what is allowed: plans and decisions come from `domain`.
//!
//! Architecture invariant: a position that exists is written in one place, `transaction::Write::replace_account`, always
//! under the version that was read; entries are only ever put where nothing stands. AWS SDK types do not leave this crate.

mod account_item;
mod alerts;
mod application_item;
mod client;
mod counter;
mod endpoint;
mod entry_item;
mod error;
mod hold_item;
mod idempotency;
mod item;
mod keys;
mod list;
mod members;
mod onboarding;
mod posting;
mod program_item;
mod purchase_item;
mod query;
mod range;
mod read;
mod record;
mod replay;
mod rollup;
mod settlement_item;
mod standing;
mod stream;
mod transaction;

pub use alerts::{Audience, Claimed, MAX_UNREAD_COUNTED, MailClaim, MailKey, MailKind, MailOutcome};
pub use client::{Ledger, StoreConfig};
pub use error::{Corrupt, Error};
pub use list::Page;
pub use members::{Invited, Memberships};
pub use onboarding::{Approval, CheckAudit, NameOwner, NewProgram, Parents, Start, UniqueName};
pub use posting::{Accounts, Bill, BilledLine, Command, Counted, Draft, MAX_BILL_LINES, Needs, Words};
pub use query::{DueHold, EntryFilter};
pub use record::RecordKey;
pub use replay::Replayed;
pub use rollup::Summary;
pub use standing::StatusChange;
pub use stream::Change;
