//! What is tried with inputs that nobody thought of: every parser that meets bytes from outside.
//!
//! A target is a plain function of an input. It hands the input to the entry point that meets it in production and asserts
//! what has to hold whatever the input is: that what is accepted obeys the limits and reads the same when it is written
//! again, that what is refused is refused with a reason, and that nothing is worse than refused. The test `corpus` gives
//! every target the inputs that are kept; `run` looks for further ones.
//!
//! Nothing here reaches a network, and nothing is remembered from one input to the next, so that an input alone shows what
//! it shows.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "test code: what goes wrong here has to end the run, with a message"
)]

mod amounts;
mod answer;
mod bodies;
mod call;
mod claims;
mod companies;
mod event;
mod gateway;
mod identifiers;
mod lines;
mod memberships;
mod parameters;
mod probe;
mod program;
mod records;
mod reports;
mod requests;
mod services;
mod store;
mod tables;
mod times;
mod usage;

pub use call::{ROUTES, Route};
pub use requests::reached;

/// A target: it panics when something does not hold.
pub type Target = fn(&[u8]);

/// All of them, by the names of their folders in `corpus`.
pub const TARGETS: &[(&str, Target)] = &[
    ("amounts", amounts::target),
    ("bodies", bodies::target),
    ("claims", claims::target),
    ("companies", companies::target),
    ("gateway", gateway::target),
    ("identifiers", identifiers::target),
    ("lines", lines::target),
    ("memberships", memberships::target),
    ("parameters", parameters::target),
    ("records", records::target),
    ("reports", reports::target),
    ("requests", requests::target),
    ("tables", tables::target),
    ("times", times::target),
    ("usage", usage::target),
];

/// Gives an input to a target.
///
/// # Panics
/// When there is no such target, or something does not hold.
pub fn try_input(name: &str, input: &[u8]) {
    let (_, target) = TARGETS.iter().find(|(known, _)| *known == name).expect("the name of a target");
    target(input);
}

/// An input that is text; others are of no use to a parser of texts.
fn text(input: &[u8]) -> Option<&str> {
    std::str::from_utf8(input).ok()
}
