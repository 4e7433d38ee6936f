//! What many do at the same time to one account, on a store with DynamoDB's latency and conflict rules, in virtual time.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::float_arithmetic,
    reason = "test code: what goes wrong here has to end the test, with a message"
)]

mod line;
mod rules;

use std::future::Future;

/// Runs in virtual time.
fn in_virtual_time<T>(history: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build();
    runtime.expect("a runtime").block_on(history)
}
