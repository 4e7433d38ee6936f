//! What the end-to-end tests stand on: a running stack, callers with tokens, programs of their own.
//!
//! Everything is done as a client would do it, over HTTP, against the binaries that deploy. Nothing here knows what the
//! functions do inside. `in_process` and `contended` are apart from that: there the handlers are called in the test's own
//! process, so that time can be virtual.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "test code: what goes wrong here has to end the test, with a message"
)]

pub mod client;
pub mod company;
pub mod contended;
pub mod contract;
pub mod desk;
pub mod in_process;
pub mod moment;
pub mod process;
pub mod program;
pub mod stack;
pub mod store;
pub mod template;
pub mod watch;
pub mod wire;

pub use client::{Answer, Caller, Client};
pub use desk::Desk;
pub use program::{Line, Program};
