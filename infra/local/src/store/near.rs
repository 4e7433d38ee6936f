//! Calling the built-in store without a network in between.

use axum::body::Bytes;
use dynoxide::Database;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// The built-in store, for whoever is in its process.
#[derive(Clone)]
pub(crate) struct Near {
    database: Database,
}

impl Near {
    pub(super) fn new(database: Database) -> Near {
        Near { database }
    }

    /// The body of the answer to a call that succeeds.
    ///
    /// `None`, with nothing changed, for one that is refused and for operations that no function calls: over its own
    /// protocol the store says why, in DynamoDB's words.
    pub(crate) fn answer(&self, operation: &str, request: &[u8]) -> Option<Bytes> {
        let database = &self.database;
        match operation {
            "GetItem" => answered(request, |request| database.get_item(request)),
            "BatchGetItem" => answered(request, |request| database.batch_get_item(request)),
            "Query" => answered(request, |request| database.query(request)),
            "PutItem" => answered(request, |request| database.put_item(request)),
            "UpdateItem" => answered(request, |request| database.update_item(request)),
            "DeleteItem" => answered(request, |request| database.delete_item(request)),
            "TransactWriteItems" => answered(request, |request| database.transact_write_items(request)),
            _ => None,
        }
    }
}

fn answered<Q: DeserializeOwned, A: Serialize>(
    request: &[u8],
    call: impl FnOnce(Q) -> dynoxide::Result<A>,
) -> Option<Bytes> {
    let answer = call(serde_json::from_slice(request).ok()?).ok()?;
    // What the store answers with is always JSON.
    serde_json::to_vec(&answer).ok().map(Bytes::from)
}
