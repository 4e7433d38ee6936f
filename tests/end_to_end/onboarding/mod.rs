//! Companies become accounts: checks, verification, decisions.

mod checks;
mod decisions;
mod lists;
mod prices;
mod turns;
mod verification;
