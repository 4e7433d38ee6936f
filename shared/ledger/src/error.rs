//! How the store fails.

use domain::{Failure, Refusal};

/// An item that does not have the shape that this crate writes.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("attribute {attribute} of a stored item {problem}")]
pub struct Corrupt {
    /// The attribute.
    pub attribute: &'static str,
    /// What is wrong with it.
    pub problem: &'static str,
}

/// Why an operation on the ledger gave no result.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A rule says no; nothing was written.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The store did not answer, or throttled us until our retries were used up.
    #[error("the store did not answer")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The store refused a request of ours: a fault in this crate or in the deployment's permissions.
    #[error("the store refused the request")]
    Rejected(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The store holds what this crate cannot read.
    #[error(transparent)]
    Corrupt(#[from] Corrupt),
}

impl Failure for Error {
    fn refusal(&self) -> Option<&Refusal> {
        match self {
            Error::Refused(refusal) => Some(refusal),
            Error::Unavailable(_) | Error::Rejected(_) | Error::Corrupt(_) => None,
        }
    }

    fn is_retryable(&self) -> bool {
        match self {
            Error::Unavailable(_) => true,
            Error::Refused(_) | Error::Rejected(_) | Error::Corrupt(_) => false,
        }
    }
}
