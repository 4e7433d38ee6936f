//! Long random histories of every operation, over HTTP, against a model of the rules that is written apart from them.
//!
//! | variable | meaning |
//! |---|---|
//! | `PARTNER_QUOTA_MODEL_SEED` | play the history of this seed only |
//! | `PARTNER_QUOTA_MODEL_STEPS` | how many steps all histories of a run have together |

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "test code: what goes wrong here has to end the test, with a message"
)]

mod command;
mod compare;
mod concurrent;
mod decimal;
mod explain;
mod finish;
mod generate;
mod histories;
mod play;
mod resolve;
mod rules;
mod session;
mod shrink;
mod step;
mod world;
