//! Who may do what, and what the others are told.

mod seen;
mod table;
mod unverified;
mod world;
