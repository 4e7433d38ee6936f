//! Whether anything was written to the built-in store, without asking the store.

use std::path::Path;
use std::sync::{Mutex, PoisonError};

use rusqlite::Connection;

/// Looks at the store's file. That costs a hundredth of a call, and streams are looked at many times a second.
pub(crate) struct Changes {
    /// Never waited for: the lock only lets references to this cross threads.
    connection: Mutex<Connection>,
    seen: Option<i64>,
}

impl Changes {
    /// `None` if the file cannot be opened.
    pub(crate) fn of(file: &Path) -> Option<Changes> {
        Some(Changes { connection: Mutex::new(Connection::open(file).ok()?), seen: None })
    }

    /// Whether anything may have been written since the last time that this was asked.
    pub(crate) fn have_come(&mut self) -> bool {
        let connection = self.connection.get_mut().unwrap_or_else(PoisonError::into_inner);
        // The number changes with everything that another connection commits. What cannot be read proves nothing.
        let now: Option<i64> = connection.query_row("PRAGMA data_version", [], |row| row.get(0)).ok();
        let have_come = now.is_none() || now != self.seen;
        self.seen = now;
        have_come
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_write_is_noticed_once() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("store.db");
        let writer = Connection::open(&file).unwrap();
        writer.execute_batch("PRAGMA journal_mode = WAL; CREATE TABLE t (a)").unwrap();
        let mut changes = Changes::of(&file).unwrap();
        assert!(changes.have_come(), "there is no last time");
        assert!(!changes.have_come());
        for _ in 0..3 {
            writer.execute("INSERT INTO t VALUES (1)", []).unwrap();
            assert!(changes.have_come());
            assert!(!changes.have_come());
        }
    }
}
