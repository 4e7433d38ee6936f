//! What has to be true after a history, whatever went wrong in it.

mod alerts;
mod intake;
mod keys;
mod ledger;
mod line;
mod mails;
mod payments;
mod prices;
mod reports;
mod rollups;
mod table;
mod told;

pub use table::{Table, text};

use crate::world::World;

/// What is wrong, if anything.
pub type Checked = Result<(), String>;

/// Everything.
pub async fn all(world: &mut World) -> Checked {
    let table = Table::read(&world.cloud.store.items());
    ledger::check(&table)?;
    payments::check(&table)?;
    keys::check(world, &table)?;
    line::check(world, &table)?;
    prices::check(world, &table)?;
    intake::check(world, &table)?;
    told::check(world, &table)?;
    let raised = alerts::check(world, &table)?;
    mails::check(world, &table, &raised)?;
    rollups::check(&table)?;
    reports::check(world, &table).await?;
    reports::replays(world).await?;
    let after = Table::read(&world.cloud.store.items());
    same("entries before and after everything was asked again", &after.entries.len(), &table.entries.len())
}

/// That two things are the same.
pub fn same<T: PartialEq + std::fmt::Debug>(what: &str, found: &T, expected: &T) -> Checked {
    if found == expected { Ok(()) } else { Err(format!("{what}: {found:?} instead of {expected:?}")) }
}

/// That something is so.
pub fn ensure(is_so: bool, otherwise: impl FnOnce() -> String) -> Checked {
    if is_so { Ok(()) } else { Err(otherwise()) }
}
