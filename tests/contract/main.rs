//! The API's description is true: it names the routes that there are and the codes that are answered, its examples do what
//! they show, and its limits are those of the functions. What is deployed is as closed as it can be. That every other answer is as described, all end-to-end tests
//! check on their way.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "test code: what goes wrong here has to end the test, with a message"
)]

mod deployment;
mod document;
mod examples;
mod limits;
mod names;
mod probe;
mod routes;
mod stage;
