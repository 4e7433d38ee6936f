//! Every operation on quota by its rules, over real HTTP, against the binaries that deploy.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "test code: what goes wrong here has to end the test, with a message"
)]

mod adjustment;
mod as_of;
mod bill;
mod bounds;
mod charges;
mod closure;
mod expiry;
mod export;
mod first_screen;
mod holds;
mod if_match;
mod intake;
mod members;
mod preview;
mod provider_only;
mod rebalance;
mod refunds;
mod settlement;
mod suspension;

use tests::desk;
