//! Why a command has no effect.

use std::error::Error;

use crate::account::Status;
use crate::amount::OutOfRange;
use crate::figures::BrokenInvariant;
use crate::{AccountId, Amount};

/// One field of a request that cannot be accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldError {
    /// Path in the body, with dots and brackets: `contact.email`, `lines[0].increase`.
    pub field: String,
    /// A stable word for programs.
    pub code: &'static str,
    /// A sentence for people; it never repeats what was sent.
    pub message: String,
}

impl FieldError {
    /// Puts the three parts together.
    pub fn new(field: impl Into<String>, code: &'static str, message: impl Into<String>) -> FieldError {
        FieldError { field: field.into(), code, message: message.into() }
    }
}

/// A command that the rules refuse. Nothing has changed, and its idempotency key is still free.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// More quota was asked for than is available.
    #[error("the available quota does not cover the amount")]
    InsufficientQuota {
        /// Whose quota falls short.
        account_id: AccountId,
        /// What could be had.
        available: Amount,
        /// What was asked for.
        requested: Amount,
    },
    /// More than what is outstanding: than `used`, than the unrefunded rest.
    #[error("the amount exceeds what is outstanding")]
    ExceedsOutstanding {
        /// What is outstanding.
        available: Amount,
        /// What was asked for.
        requested: Amount,
    },
    /// An account that has to be active is not, or one that must not be closed is.
    #[error("the account is not active")]
    AccountNotActive {
        /// The account in question: the target, its parent or an ancestor.
        account_id: AccountId,
        /// What it is instead.
        status: Status,
    },
    /// The thing is in a state in which this cannot be done.
    #[error("{0}")]
    InvalidState(&'static str),
    /// A unique name belongs to another account of the program.
    #[error("the company is registered already")]
    AlreadyRegistered,
    /// The payment reference was used between these two accounts before.
    #[error("the payment reference was used before")]
    DuplicatePayment,
    /// The position or the price is another than the caller expected.
    #[error("{0}")]
    PositionChanged(&'static str),
    /// The account cannot be closed yet.
    #[error("the account is not empty")]
    NotEmpty(Vec<&'static str>),
    /// A balance would be beyond 10^15.
    #[error("a balance would be beyond 10^15")]
    OutOfRange,
    /// A field is wrong in the light of the present state.
    #[error("a field cannot be accepted")]
    Invalid(FieldError),
    /// A plan that would break an invariant: a fault of ours, found before anything was written.
    #[error(transparent)]
    Broken(#[from] BrokenInvariant),
    /// Lines of a rebalance, by their index, each with its own refusal.
    #[error("lines of the rebalance are refused")]
    Lines(Vec<(usize, Refusal)>),
    /// There is no such thing.
    #[error("there is no such thing")]
    NotFound,
    /// The idempotency key belongs to another request.
    #[error("the idempotency key was used for another request")]
    KeyReused,
    /// Too many checks in the present minute.
    #[error("too many requests")]
    RateLimited {
        /// Whole seconds until the next one is accepted.
        retry_after_seconds: u64,
    },
    /// Others changed the same accounts at the same time, again and again.
    #[error("others were changing the same accounts")]
    Contention,
}

impl From<OutOfRange> for Refusal {
    fn from(_: OutOfRange) -> Refusal {
        Refusal::OutOfRange
    }
}

/// What a boundary of the system (the store, the account directory) can fail with, seen from the edge: either a rule
/// refused, or something broke.
pub trait Failure: Error + Send + Sync + 'static {
    /// The refusal, when a rule said no.
    fn refusal(&self) -> Option<&Refusal>;

    /// Whether the same request may succeed when it is sent again unchanged.
    fn is_retryable(&self) -> bool;
}

impl Failure for Refusal {
    fn refusal(&self) -> Option<&Refusal> {
        Some(self)
    }

    fn is_retryable(&self) -> bool {
        false
    }
}
