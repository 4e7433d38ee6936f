//! What the calls of a history cost.

use std::collections::BTreeMap;

/// What was called and what it took.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Calls by operation.
    pub calls: BTreeMap<String, usize>,
    /// Write units, of what was refused too where the store counts that.
    pub write_units: usize,
    /// Read units.
    pub read_units: usize,
    /// Transactions that did not happen because another one was at an item.
    pub conflicts: usize,
    /// Calls that were too much for an item.
    pub throttles: usize,
}

impl Counts {
    /// All calls.
    #[must_use]
    pub fn all_calls(&self) -> usize {
        self.calls.values().sum()
    }
}
