//! HTTP in and out: identity, authorisation, idempotency, parsing, paging, problems, answers.
//!
//! The crate owns *how a request becomes something that a handler may act on, and how every outcome becomes a response*.
//! It must not know how anything is stored, nor hold a rule about quota. What comes in by request or by event, lines of
//! bills and payments, is read here for both.
//!
//! Architecture invariant: a handler is called with an [`Authorised`] request only, and only the module `serve` makes
//! those, after the [`Operation`] of the route was granted. There is no other way to a body, a query or an acting account,
//! so a handler cannot forget authorisation. What is for everybody is a [`Document`], for which no handler is called.

mod access;
mod body;
mod commit;
mod compress;
mod cursor;
mod digest;
mod fields;
mod gateway;
mod identity;
mod json;
mod operation;
mod payment;
mod problem;
mod read;
mod request;
mod serve;
mod service;
mod usage;
pub mod view;

pub use access::Acting;
pub use cursor::{Paging, next_cursor};
pub use digest::fingerprint;
pub use domain::Role;
pub use fields::Fields;
pub use identity::Identity;
pub use json::strict_json;
pub use operation::Operation;
pub use payment::payment;
pub use problem::{MAX_ERRORS, Problem, shown_name};
pub use read::{
    Wrong, account_id, discount, email, list, locale, nonzero, not_negative, note, one_of, percent, positive,
    positive_integer, signed, text, text_that, time,
};
pub use request::Authorised;
pub use serve::{Handler, StartError, chain, run, run_events};
pub use service::{Document, PAGING, PREVIEW, Reply, Route, Service, Tree};
pub use usage::{usage_key, usage_line};
