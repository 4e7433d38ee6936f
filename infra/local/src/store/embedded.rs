//! The built-in store: dynoxide, in this process, over a file.

use std::path::{Path, PathBuf};

use dynoxide::Database;
use rusqlite::Connection;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::Near;
use crate::error::StartError;
use crate::serve::bind;

/// Each stream record that the store writes looks for the highest number so far. Without this index that reads all
/// records of the table, and writes become slower the longer the store runs. The name and columns of the table are the
/// store's internal matter, which is why its version is pinned and a test looks at the query plan.
const STREAM_INDEX: &str = "CREATE INDEX IF NOT EXISTS stream_records_by_number \
     ON _stream_records (table_name, CAST(sequence_number AS INTEGER))";

/// The built-in store, serving on loopback.
pub(crate) struct Embedded {
    url: String,
    file: PathBuf,
    near: Near,
    stop: oneshot::Sender<()>,
    server: JoinHandle<()>,
}

impl Embedded {
    /// Opens the database `file`, making it if needed, and serves it on a free port.
    pub(crate) async fn start(file: &Path) -> Result<Embedded, StartError> {
        let database = open(file)?;
        let near = Near::new(database.clone());
        let (listener, address) = bind(0).await.map_err(StartError::io("listen for the store"))?;
        let (stop, stopped) = oneshot::channel();
        let server = tokio::spawn(async move {
            let stopped = async {
                // A dropped sender means the same as a sent one: the stack is going down.
                let _ = stopped.await;
            };
            // The server reports nothing: its answer is always `Ok`.
            let _ = dynoxide::server::serve_with_shutdown(listener, database, stopped).await;
        });
        Ok(Embedded { url: format!("http://{address}"), file: file.to_owned(), near, stop, server })
    }

    /// The endpoint that DynamoDB clients are to use.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// The file that holds everything.
    pub(crate) fn file(&self) -> &Path {
        &self.file
    }

    /// The same store for whoever is in this process.
    pub(crate) fn near(&self) -> &Near {
        &self.near
    }

    /// Answers what is under way, then closes the database.
    pub(crate) async fn stop(self) {
        // The server may have ended by itself; then there is nobody to tell.
        let _ = self.stop.send(());
        let _ = self.server.await;
    }
}

fn open(file: &Path) -> Result<Database, StartError> {
    let path = file.to_str().ok_or_else(|| StartError::Store(format!("{} is not valid UTF-8", file.display())))?;
    let database = Database::new(path).map_err(|error| StartError::Store(format!("cannot open {path}: {error:?}")))?;
    Connection::open(file)
        .and_then(|connection| connection.execute_batch(STREAM_INDEX))
        .map_err(|error| StartError::Store(format!("cannot index the stream records in {path}: {error}")))?;
    Ok(database)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How SQLite goes about a query of the store's.
    fn plan(query: &str) -> String {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("store.db");
        let _database = open(&file).unwrap();
        let connection = Connection::open(&file).unwrap();
        let mut statement = connection.prepare(&format!("EXPLAIN QUERY PLAN {query}")).unwrap();
        let steps = statement.query_map([], |row| row.get("detail")).unwrap();
        steps.collect::<Result<Vec<String>, _>>().unwrap().join("; ")
    }

    #[test]
    fn the_highest_stream_number_is_found_by_index() {
        let plan = plan(
            "SELECT COALESCE(MAX(CAST(sequence_number AS INTEGER)), 0) + 1 FROM _stream_records WHERE table_name = 't'",
        );
        assert!(plan.contains("stream_records_by_number"), "{plan}");
    }

    #[test]
    fn an_idle_stream_is_read_without_looking_at_what_was_read() {
        let plan = plan(
            "SELECT keys_json FROM _stream_records \
             WHERE table_name = 't' AND shard_id = 's' AND CAST(sequence_number AS INTEGER) > 7 \
             ORDER BY CAST(sequence_number AS INTEGER) ASC LIMIT 5",
        );
        assert!(plan.contains("stream_records_by_number") && !plan.contains("TEMP B-TREE"), "{plan}");
    }

    #[test]
    fn a_database_can_be_opened_again() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("store.db");
        drop(open(&file).unwrap());
        open(&file).unwrap();
    }
}
