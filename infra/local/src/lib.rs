//! The local stack: all of Partner Quota on one machine, with no AWS account.
//!
//! It runs the binaries that deploy, behind a gateway that takes its routes, functions and table from the SAM template,
//! over an embedded DynamoDB-compatible store. What it adds of its own is below `/_local`.
//!
//! It must not know what the functions do: it hands events and answers through, unread. Only [`demo`] speaks the public
//! API, as any client would.

mod aws;
mod batch;
mod binaries;
mod bus;
mod calls;
mod clock;
mod declared;
mod deliveries;
pub mod demo;
mod directory;
mod docs;
mod error;
mod faults;
mod folder;
mod functions;
mod gateway;
mod journal;
mod local_api;
mod mail;
mod options;
mod parts;
mod pattern;
mod queues;
mod rights;
mod scheduler;
mod serve;
mod servers;
mod services;
mod stack;
mod store;
mod stream;
mod template;
mod tokens;
mod user_pool;

pub use calls::Moment;
pub use declared::{Declared, Delivery};
pub use error::StartError;
pub use options::Options;
pub use stack::Stack;
pub use template::TemplateError;
pub use tokens::TokenError;
