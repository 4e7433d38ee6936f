//! The DynamoDB-compatible store behind the functions.

mod changes;
mod client;
mod embedded;
mod near;
mod table;

pub(crate) use changes::Changes;
pub(crate) use client::StoreClient;
pub(crate) use embedded::Embedded;
pub(crate) use near::Near;
pub(crate) use table::create_all;
