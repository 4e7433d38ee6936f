//! Events out and in: the envelope, publishing on the bus, batches of queues, and where events go that cannot be dealt
//! with.
//!
//! The crate owns *how an event looks on the bus and how it gets there*. It must not know how anything is stored, nor
//! which change makes which event. AWS SDK types do not leave this crate.

mod alert;
mod bus;
mod dead_letters;
mod envelope;
mod error;
mod member;
mod queue;

pub use alert::AlertData;
pub use bus::{Bus, Outcome};
pub use dead_letters::DeadLetters;
pub use envelope::{Event, Malformed, Received, SOURCE, VERSION, stable_random};
pub use error::Error;
pub use member::MemberData;
pub use queue::{Batch, Failures, Message};
