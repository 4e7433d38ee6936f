//! What becomes of an event.

use crate::parking::Refused;
use crate::reason::Reason;

/// What an event leads to, and what of it does not.
#[derive(Debug, PartialEq, Eq)]
pub struct Taken {
    /// How many lines or payments were posted.
    pub posted: usize,
    /// How many had been posted before.
    pub repeated: usize,
    /// What cannot be accepted.
    pub refused: Refused,
}

impl Taken {
    /// Nothing of it can be accepted.
    pub fn refused(reason: Reason) -> Taken {
        Taken { posted: 0, repeated: 0, refused: Refused::Event(reason) }
    }
}
