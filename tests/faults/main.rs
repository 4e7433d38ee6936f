//! What becomes of alerts, postings and roll-ups when services fail, processes die or the whole stack does: over real
//! HTTP, against the binaries that deploy.
//!
//! Faults and crashes are those of a whole stack, so every test has a stack of its own.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "test code: what goes wrong here has to end the test, with a message"
)]

mod bus;
mod crash;
mod inject;
mod kill;
mod linearizability;
mod mail;
mod rollups;
mod store;
mod storm;
mod traffic;
mod world;
