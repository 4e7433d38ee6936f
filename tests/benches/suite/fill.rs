//! Filling a store without asking anybody: copies of what the product itself wrote, put straight into the store's file.
//!
//! A million entries through the API would take an hour. The table and its columns are the built-in store's internal
//! matter, whose version is pinned.

use std::path::Path;

use rusqlite::{Connection, params};

/// Digits of the number that sets a copy's id apart.
const DIGITS: usize = 6;

/// Everything whose key names an account, also that by which its parent knows it.
const TAKE: &str = "CREATE TEMP TABLE one AS SELECT * FROM QuotaTable WHERE instr(pk, ?1) > 0 OR instr(sk, ?1) > 0";

const COPY: &str = "INSERT INTO QuotaTable (pk, sk, item_json, item_size, cached_at, hash_prefix) \
     SELECT replace(pk, ?1, ?2), replace(sk, ?1, ?2), replace(item_json, ?1, ?2), item_size, cached_at, hash_prefix FROM one";

/// The last entry of an account, so many times over.
const REPEAT: &str = "WITH RECURSIVE number (n) AS (SELECT ?2 + 1 UNION ALL SELECT n + 1 FROM number WHERE n < ?3) \
     INSERT INTO QuotaTable (pk, sk, item_json, item_size, cached_at, hash_prefix) \
     SELECT pk, printf('S:%015d', n), replace(replace(item_json, \
     '\"seq\":{\"N\":\"' || ?2 || '\"}', '\"seq\":{\"N\":\"' || n || '\"}'), printf('%015d', ?2), printf('%015d', n)), \
     item_size, cached_at, hash_prefix FROM QuotaTable, number WHERE pk = 'S:ENTRIES#' || ?1 AND sk = printf('S:%015d', ?2)";

const COUNT_ON: &str = "UPDATE QuotaTable SET item_json = replace(item_json, '\"seq\":{\"N\":\"' || ?2 || '\"}', \
     '\"seq\":{\"N\":\"' || ?3 || '\"}') WHERE pk = 'S:ACCOUNT#' || ?1 AND sk = 'S:POSITION'";

/// A store's file that no stack has open.
pub struct Filling {
    connection: Connection,
}

impl Filling {
    /// Opens the file of a store.
    ///
    /// # Panics
    /// When it is none.
    #[must_use]
    pub fn of(store: &Path) -> Filling {
        let connection = Connection::open(store).expect("the store's file");
        // It is a copy, and made again when the machine fails meanwhile.
        connection.execute_batch("PRAGMA synchronous = OFF").expect("a setting");
        Filling { connection }
    }

    /// Copies an account so many times; answers with the ids of the copies. In its parent's figures it counts once.
    ///
    /// # Panics
    /// When an item cannot be written.
    pub fn copies(&mut self, account: &str, count: usize) -> Vec<String> {
        let (stem, _) = account.split_at(account.len() - DIGITS);
        let ids: Vec<String> = (0..count).map(|number| format!("{stem}{number:0DIGITS$}")).collect();
        let transaction = self.connection.transaction().expect("a transaction");
        transaction.execute(TAKE, params![account]).expect("an account's items");
        for id in &ids {
            let items = transaction.execute(COPY, params![account, id]).expect("copies of an account's items");
            assert!(items > 0, "nothing names {account}");
        }
        transaction.execute_batch("DROP TABLE one").expect("an end");
        transaction.commit().expect("a commit");
        ids
    }

    /// Repeats the last entry of an account until it has `entries`; `last` is its number.
    ///
    /// # Panics
    /// When an item cannot be written.
    pub fn entries(&mut self, account: &str, last: u64, entries: u64) {
        let transaction = self.connection.transaction().expect("a transaction");
        let written = transaction.execute(REPEAT, params![account, last, entries]).expect("entries");
        assert_eq!(written as u64, entries - last, "entries of {account}");
        let changed = transaction.execute(COUNT_ON, params![account, last, entries]).expect("a position");
        assert_eq!(changed, 1, "the position of {account}");
        transaction.commit().expect("a commit");
    }
}
