//! End to end: over real HTTP, against the binaries that deploy. Each test is a rule of the design and has a program of
//! its own.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::arithmetic_side_effects,
    reason = "test code: what goes wrong here has to end the test, with a message"
)]

mod bad_input;
mod currencies;
mod idempotency;
mod if_match;
mod local_stack;
mod onboarding;
mod paging;
mod preview;
mod races;
mod rights;
mod round_trips;
mod story;
