//! What goes wrong with the records of a batch.

use std::collections::HashSet;

/// Records by their index in the batch: those that have to come again, and those that never can be dealt with.
#[derive(Default)]
pub struct Trouble {
    /// They come again.
    pub failed: HashSet<usize>,
    /// They never can be dealt with, for these reasons.
    pub poison: Vec<(usize, String)>,
}
