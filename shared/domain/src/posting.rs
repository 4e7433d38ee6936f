//! Postings that were made or shown: entries, effects and what else they leave behind.

use crate::By;
use crate::account::Lineage;
use crate::hold::Hold;
use crate::payment::{PaymentReference, Settlement};
use crate::purchase::Purchase;
use crate::{AccountId, Amount, Currency, EntryId, Figures, IdempotencyKey, Kind, PostingId, Profile, Timestamp};

/// Whether a command is to take effect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Only show what it would do.
    Preview,
    /// Do it, once for this key.
    Commit(IdempotencyKey),
}

/// Who does something, when, and the id of the posting that may come of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Occasion {
    /// The posting's id, should it happen.
    pub posting_id: PostingId,
    /// When the request was made.
    pub now: Timestamp,
    /// Who makes it.
    pub by: By,
}

/// The circumstances of a request to post: the occasion, and whether it is to take effect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Commit {
    /// Who and when.
    pub occasion: Occasion,
    /// The `seq` of the account it is about that the caller saw, where it insists on it.
    pub expected_seq: Option<u64>,
    /// Preview or commit.
    pub mode: Mode,
}

/// One line of an account's ledger. It is never changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its id; also the id of the event that tells of it.
    pub id: EntryId,
    /// The account.
    pub account_id: AccountId,
    /// Its number in the account's ledger, from 1 without gaps.
    pub seq: u64,
    /// The posting that it belongs to.
    pub posting_id: PostingId,
    /// The kind of posting.
    pub kind: Kind,
    /// The program's currency.
    pub currency: Currency,
    /// The size of the posting for this account.
    pub amount: Amount,
    /// What changed.
    pub deltas: Figures,
    /// The position after.
    pub after: Figures,
    /// Who did it.
    pub by: By,
    /// The caller's reference.
    pub reference: Option<String>,
    /// A note or a reason.
    pub note: Option<String>,
    /// When; never before the entry before it.
    pub created_at: Timestamp,
}

impl Entry {
    /// What the account came to owe its own parent for a child with it: what a payment of the child or its closure moved
    /// there, below zero where a payment was reversed. What it consumed by itself is not part of it.
    #[must_use]
    pub fn owed_for_child(&self) -> Option<Amount> {
        match self.kind {
            Kind::Settlement | Kind::Reversal => self.is_twin_of_childs().then_some(self.deltas.used),
            Kind::Closure => Some(self.deltas.used),
            Kind::Capacity
            | Kind::Allocation
            | Kind::Adjustment
            | Kind::Rebalance
            | Kind::Purchase
            | Kind::Charge
            | Kind::Hold
            | Kind::Capture
            | Kind::Release
            | Kind::Expiry
            | Kind::Refund => None,
        }
        .filter(|owed| !owed.is_zero())
    }

    /// Whether this is the parent's half of a posting that is about a child: it says nothing that the child's entry does
    /// not say. A child's quota and payments change its own `granted` and `paid`, its parent's `allocated` and
    /// `collected`; a closure only carries over what the child owed upstream.
    #[must_use]
    pub fn is_twin_of_childs(&self) -> bool {
        match self.kind {
            Kind::Allocation | Kind::Adjustment | Kind::Rebalance => self.deltas.granted.is_zero(),
            Kind::Settlement | Kind::Reversal => self.deltas.paid.is_zero(),
            Kind::Closure
            | Kind::Capacity
            | Kind::Purchase
            | Kind::Charge
            | Kind::Hold
            | Kind::Capture
            | Kind::Release
            | Kind::Expiry
            | Kind::Refund => false,
        }
    }
}

/// What a posting did, or would do, to one account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Effect {
    /// Where the account stands.
    pub lineage: Lineage,
    /// The position before.
    pub before: Figures,
    /// The position after.
    pub after: Figures,
    /// The number of the entry.
    pub seq: u64,
    /// The time of the entry.
    pub at: Timestamp,
}

/// What a kind of posting makes or changes besides positions and entries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Record {
    /// A purchase.
    Purchase(Purchase),
    /// A hold.
    Hold(Hold),
    /// A settlement.
    Settlement(Settlement),
    /// The reference of a payment, which is used once between two accounts.
    PaymentReference(PaymentReference),
    /// A line of a bill; kept with the record by which it is known.
    Usage(UsageLine),
    /// The company behind the account, when the account is closed for good.
    Profile(Profile),
}

/// One line of a bill: metered usage of a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UsageLine {
    /// At list price; may be zero or negative.
    pub list_amount: Amount,
    /// The line's own id; it counts once for ever.
    pub source_id: String,
    /// What was used.
    pub service: String,
    /// From when.
    pub period_start: Timestamp,
    /// Until when.
    pub period_end: Timestamp,
}

/// How an answer came about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Nothing was written.
    Previewed,
    /// It was just posted.
    Posted,
    /// It was posted before under the same key.
    Replayed,
}

/// The outcome of a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Posted {
    /// The posting.
    pub posting_id: PostingId,
    /// Its kind.
    pub kind: Kind,
    /// Its size for the account that it is about.
    pub amount: Amount,
    /// Where that account stands.
    pub target: Lineage,
    /// One an account, the one that it is about first.
    pub effects: Vec<Effect>,
    /// What else was made or changed, as far as it is told.
    pub records: Vec<Record>,
    /// When.
    pub created_at: Timestamp,
    /// Previewed, posted or replayed.
    pub origin: Origin,
}
