//! Making the template's tables in a store, over its own protocol.

use std::time::Duration;

use serde_json::{Value as Json, json};

use super::StoreClient;
use crate::error::StartError;
use crate::template::Table;

/// How often a store that makes tables in the background is asked whether one is there.
const ACTIVE_POLL: Duration = Duration::from_millis(100);
const ACTIVE_LIMIT: Duration = Duration::from_secs(30);

/// Makes every table that does not exist yet and waits until all can be used.
pub(crate) async fn create_all(store: &StoreClient, tables: &[Table]) -> Result<(), StartError> {
    for table in tables {
        create(store, table).await?;
        tokio::time::timeout(ACTIVE_LIMIT, until_active(store, &table.name)).await.map_err(|_| {
            StartError::Store(format!("the table {} was not active within {} s", table.name, ACTIVE_LIMIT.as_secs()))
        })??;
    }
    Ok(())
}

async fn create(store: &StoreClient, table: &Table) -> Result<(), StartError> {
    let called = store.call("DynamoDB_20120810.CreateTable", &table.definition).await;
    let (status, answer) = called.map_err(StartError::Store)?;
    let exists = error_type(&answer).ends_with("ResourceInUseException");
    if status.is_success() || exists {
        return Ok(());
    }
    Err(StartError::Store(format!("it refused the table {} with {status}: {answer}", table.name)))
}

async fn until_active(store: &StoreClient, name: &str) -> Result<(), StartError> {
    loop {
        let called = store.call("DynamoDB_20120810.DescribeTable", &json!({ "TableName": name })).await;
        let (status, answer) = called.map_err(StartError::Store)?;
        if !status.is_success() {
            return Err(StartError::Store(format!("it did not describe the table {name}: {status}: {answer}")));
        }
        if answer.pointer("/Table/TableStatus").and_then(Json::as_str) == Some("ACTIVE") {
            return Ok(());
        }
        tokio::time::sleep(ACTIVE_POLL).await;
    }
}

fn error_type(answer: &Json) -> &str {
    answer.get("__type").and_then(Json::as_str).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Clock;
    use crate::store::Embedded;

    #[tokio::test(flavor = "multi_thread")]
    async fn a_table_is_made_once() {
        let folder = tempfile::tempdir().unwrap();
        let store = Embedded::start(&folder.path().join("store.db")).await.unwrap();
        let definition = json!({
            "TableName": "Things",
            "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [{"AttributeName": "key", "AttributeType": "S"}],
            "KeySchema": [{"AttributeName": "key", "KeyType": "HASH"}],
            "StreamSpecification": {"StreamViewType": "NEW_AND_OLD_IMAGES", "StreamEnabled": true},
        });
        let tables = [Table { name: "Things".to_owned(), definition }];
        let client = StoreClient::new(store.url(), &Clock::default());
        create_all(&client, &tables).await.unwrap();
        create_all(&client, &tables).await.unwrap();
        let bad = [Table { name: "Bad".to_owned(), definition: json!({ "TableName": "Bad" }) }];
        let refused = create_all(&client, &bad).await.unwrap_err();
        assert!(refused.to_string().contains("refused the table Bad"), "{refused}");
        drop(client);
        store.stop().await;
    }
}
