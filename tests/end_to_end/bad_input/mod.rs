//! Whatever is sent, the answer is a problem that says what is wrong: never a failure, never a dropped connection.

mod amounts;
mod bodies;
mod extremes;
mod nasty;
mod order;
mod parameters;
