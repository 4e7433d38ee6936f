//! Functions in the process of the test: called with what their gateway would send, against a store without a network.

pub mod clock;
pub mod declared;
pub mod gateway;
pub mod store;
