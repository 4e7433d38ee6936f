//! Histories under faults, in one process: the handlers that deploy against the embedded store, through a layer in which
//! calls are throttled, refused, late, lost or never answered, and processes die before and after each of them. Time is
//! virtual, so nothing waits; everything that is random comes from a seed, but for ids and the product's own pauses.
//!
//! After each history everything has to be true that the product promises: the positions and entries, what orders cost and
//! payments move, one effect a key, nothing of what was refused, each event under one id, each alert once in its inboxes
//! and by mail, the roll-ups, and every accepted request answered once more as before.
//!
//! | variable | meaning |
//! |---|---|
//! | `PARTNER_QUOTA_SIMULATION_SEED` | play the history of this seed only, several times |
//! | `PARTNER_QUOTA_SIMULATION_SEEDS` | how many histories to play, for a longer soak |

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::float_arithmetic,
    reason = "test code: what goes wrong here has to end the test, with a message"
)]

mod check;
mod client;
mod cloud;
mod delivery;
mod faults;
mod machine;
mod mailing;
mod number;
mod operation;
mod prepared;
mod seeds;
mod wire;
mod wisher;
mod world;

#[test]
fn no_fault_breaks_a_promise() {
    seeds::run();
}
