//! What follows a posting some moments later: events, alerts, mails, the inbox and the roll-ups, over real HTTP, against
//! the binaries that deploy.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "test code: what goes wrong here has to end the test, with a message"
)]

mod inbox;
mod listener;
mod mails;
mod policy;
mod postings;
mod rollups;
mod statuses;
mod thresholds;
