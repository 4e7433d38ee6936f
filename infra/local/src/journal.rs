//! What deliveries must not forget over a restart: the messages in queues, and how far streams have been delivered.
//!
//! With a temporary folder there is no restart, and nothing is written.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::{Connection, OptionalExtension, params};

use crate::error::StartError;
use crate::functions::Log;
use crate::queues::Message;

/// The journal is written ahead of what it says, so it survives the stack's end however that comes.
const SCHEMA: &str = "PRAGMA journal_mode = WAL;
    PRAGMA synchronous = NORMAL;
    CREATE TABLE IF NOT EXISTS messages (id TEXT PRIMARY KEY, queue TEXT NOT NULL, content TEXT NOT NULL);
    CREATE TABLE IF NOT EXISTS positions (shard TEXT PRIMARY KEY, position TEXT NOT NULL);";

/// A file, or nothing.
#[derive(Clone, Default)]
pub(crate) struct Journal {
    file: Option<Arc<Kept>>,
}

struct Kept {
    connection: Mutex<Connection>,
    log: Arc<Log>,
}

impl Journal {
    /// Opens the journal in `file`, making it if needed.
    pub(crate) fn open(file: &Path, log: &Arc<Log>) -> Result<Journal, StartError> {
        let failed = |error: rusqlite::Error| StartError::Journal { file: file.to_owned(), source: error.into() };
        let connection = Connection::open(file).map_err(failed)?;
        connection.execute_batch(SCHEMA).map_err(failed)?;
        Ok(Journal { file: Some(Arc::new(Kept { connection: Mutex::new(connection), log: Arc::clone(log) })) })
    }

    /// Runs something on the file, if there is one. Should it fail, the delivery goes on all the same: what it says is
    /// lost at the next restart only.
    fn with<T: Default>(&self, what: impl FnOnce(&mut Connection) -> rusqlite::Result<T>) -> T {
        let Some(kept) = &self.file else { return T::default() };
        let mut connection = kept.connection.lock().unwrap_or_else(PoisonError::into_inner);
        what(&mut connection).unwrap_or_else(|error| {
            kept.log.line(format!("local stack: the journal of deliveries: {error}").as_bytes());
            T::default()
        })
    }

    /// All messages with the names of their queues, oldest first.
    pub(crate) fn messages(&self) -> Vec<(String, Message)> {
        self.with(|connection| {
            let mut statement = connection.prepare("SELECT queue, content FROM messages ORDER BY rowid")?;
            let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get::<_, String>(1)?)))?;
            let rows: Vec<(String, String)> = rows.collect::<Result<_, _>>()?;
            let message = |(queue, content): (String, String)| Some((queue, serde_json::from_str(&content).ok()?));
            Ok(rows.into_iter().filter_map(message).collect())
        })
    }

    /// Notes that a message is in a queue, behind all others; it is in no other any more.
    pub(crate) fn put(&self, queue: &str, message: &Message) {
        self.with(|connection| {
            let content = serde_json::to_string(message).unwrap_or_default();
            let insert = "INSERT OR REPLACE INTO messages (id, queue, content) VALUES (?1, ?2, ?3)";
            connection.execute(insert, params![message.id, queue, content])
        });
    }

    /// Forgets messages that are done.
    pub(crate) fn remove<'a>(&self, ids: impl Iterator<Item = &'a str>) {
        self.with(|connection| {
            let transaction = connection.transaction()?;
            for id in ids {
                transaction.execute("DELETE FROM messages WHERE id = ?1", [id])?;
            }
            transaction.commit()
        });
    }

    /// How far a shard has been delivered.
    pub(crate) fn position(&self, shard: &str) -> Option<String> {
        self.with(|connection| {
            let select = "SELECT position FROM positions WHERE shard = ?1";
            connection.query_row(select, [shard], |row| row.get(0)).optional()
        })
    }

    /// Notes how far a shard has been delivered.
    pub(crate) fn set_position(&self, shard: &str, position: &str) {
        self.with(|connection| {
            let insert = "INSERT OR REPLACE INTO positions (shard, position) VALUES (?1, ?2)";
            connection.execute(insert, [shard, position])
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_noted_is_there_after_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let log = Arc::new(Log::open(folder.path().join("log")).unwrap());
        let file = folder.path().join("deliveries.db");
        let journal = Journal::open(&file, &log).unwrap();
        let messages: Vec<Message> =
            ["a", "b", "c"].map(|body| Message::new(body.to_owned(), Default::default(), 5)).into();
        for message in &messages {
            journal.put("queue", message);
        }
        journal.remove([&*messages[1].id].into_iter());
        journal.put("dead", &messages[0]);
        journal.set_position("shard", "17");
        journal.set_position("shard", "18");
        drop(journal);
        let journal = Journal::open(&file, &log).unwrap();
        let expected = [("queue".to_owned(), messages[2].clone()), ("dead".to_owned(), messages[0].clone())];
        assert_eq!(journal.messages(), expected);
        assert_eq!((journal.position("shard").as_deref(), journal.position("other")), (Some("18"), None));
        assert_eq!(std::fs::read_to_string(log.path()).unwrap(), "");
    }

    #[test]
    fn without_a_file_nothing_is_kept() {
        let journal = Journal::default();
        journal.put("queue", &Message::new(String::new(), Default::default(), 5));
        journal.set_position("shard", "17");
        assert!(journal.messages().is_empty() && journal.position("shard").is_none());
    }
}
