//! What administrators work with. The test events for the AWS console in `infra/test-events`: every function has some,
//! they can be sent as they are, and with the ids of a real program they show what there is; each is handed to the binary
//! that deploys. And the log, which leads from a request to its posting; and alarms.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "test code: what goes wrong here has to end the test, with a message"
)]

mod alarms;
mod edited;
mod file;
mod form;
mod log;
mod outage;
mod unedited;
