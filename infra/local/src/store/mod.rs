//! The DynamoDB-compatible store behind the functions.

mod embedded;
mod table;

pub(crate) use embedded::Embedded;
pub(crate) use table::create_all;
