//! Ids of events.

use domain::{EventId, Timestamp};
use events::stable_random;

/// An id that is the same whenever the same change is told again.
pub fn event_id(at: Timestamp, parts: &[&str]) -> String {
    EventId::new(at, stable_random(parts)).to_string()
}
