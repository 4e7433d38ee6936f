//! How long an invocation may go on, and what has to come again when it may not.

use std::time::Duration;

use domain::{Failure, Refusal};
use tokio::time::Instant;

use crate::reason::Reason;

/// New work is begun within this. What is under way then, a posting or a letter, gives up within 15 s, and so before the
/// function's timeout of 60 s.
const BUDGET: Duration = Duration::from_secs(40);

/// When an invocation begins nothing new any more.
#[derive(Clone, Copy, Debug)]
pub struct Deadline {
    begun: Instant,
}

impl Deadline {
    /// From now on.
    pub fn new() -> Deadline {
        Deadline { begun: Instant::now() }
    }

    /// Whether there is time to begin something.
    ///
    /// # Errors
    /// [`Again::OutOfTime`] when there is not: better to be late than to be cut off in the middle.
    pub fn check(&self) -> Result<(), Again> {
        if self.begun.elapsed() > BUDGET { Err(Again::OutOfTime) } else { Ok(()) }
    }
}

/// Why a message has to come again. What was posted of it is a repeat then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Again {
    /// The store did not answer.
    StoreUnavailable,
    /// Others were changing the same accounts.
    Contention,
    /// The dead-letter queue did not take a letter.
    NotParked,
    /// The payment is more than is owed so far.
    TooEarly,
    /// The invocation's time is up.
    OutOfTime,
    /// A part of the work ended without an outcome: a fault of ours.
    Lost,
}

impl Again {
    /// For the log.
    pub fn cause(self) -> &'static str {
        match self {
            Again::StoreUnavailable => "store unavailable",
            Again::Contention => "contention",
            Again::NotParked => "not parked",
            Again::TooEarly => "too early",
            Again::OutOfTime => "out of time",
            Again::Lost => "lost",
        }
    }

    /// Tells what would succeed when it is sent again from what never will.
    ///
    /// # Errors
    /// When the message has to come again; else the reason for which its part is parked.
    pub fn or_reason(error: ledger::Error) -> Result<Reason, Again> {
        match error.refusal() {
            Some(Refusal::Contention) => Err(Again::Contention),
            Some(refusal) => Ok(Reason::from(refusal.clone())),
            None if error.is_retryable() => Err(Again::StoreUnavailable),
            // A missing right, say: mended by somebody, and then all of it can be posted.
            None if matches!(error, ledger::Error::Rejected(_)) => {
                tracing::error!(service = "intake", cause = edge::chain(&error), "the store refused a request");
                Err(Again::StoreUnavailable)
            }
            None => {
                tracing::error!(service = "intake", cause = edge::chain(&error), "a fault of ours");
                Ok(Reason::internal())
            }
        }
    }
}
