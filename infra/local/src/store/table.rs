//! Making the template's tables in a store, over its own protocol.

use std::time::Duration;

use axum::http::StatusCode;
use serde_json::{Value as Json, json};
use time::macros::format_description;

use crate::aws;
use crate::clock::Clock;
use crate::error::{StartError, cause};
use crate::template::Table;

const CALL_LIMIT: Duration = Duration::from_secs(10);
/// How often a store that makes tables in the background is asked whether one is there.
const ACTIVE_POLL: Duration = Duration::from_millis(100);
const ACTIVE_LIMIT: Duration = Duration::from_secs(30);

/// Makes every table that does not exist yet and waits until all can be used.
pub(crate) async fn create_all(endpoint: &str, tables: &[Table], clock: &Clock) -> Result<(), StartError> {
    let store = Store { endpoint, client: reqwest::Client::new(), clock };
    for table in tables {
        store.create(table).await?;
        tokio::time::timeout(ACTIVE_LIMIT, store.until_active(&table.name)).await.map_err(|_| {
            StartError::Store(format!("the table {} was not active within {} s", table.name, ACTIVE_LIMIT.as_secs()))
        })??;
    }
    Ok(())
}

struct Store<'a> {
    endpoint: &'a str,
    client: reqwest::Client,
    clock: &'a Clock,
}

impl Store<'_> {
    async fn create(&self, table: &Table) -> Result<(), StartError> {
        let (status, answer) = self.call("CreateTable", &table.definition).await?;
        let exists = error_type(&answer).ends_with("ResourceInUseException");
        if status.is_success() || exists {
            return Ok(());
        }
        Err(StartError::Store(format!("it refused the table {} with {status}: {answer}", table.name)))
    }

    async fn until_active(&self, name: &str) -> Result<(), StartError> {
        loop {
            let (status, answer) = self.call("DescribeTable", &json!({ "TableName": name })).await?;
            if !status.is_success() {
                return Err(StartError::Store(format!("it did not describe the table {name}: {status}: {answer}")));
            }
            if answer.pointer("/Table/TableStatus").and_then(Json::as_str) == Some("ACTIVE") {
                return Ok(());
            }
            tokio::time::sleep(ACTIVE_POLL).await;
        }
    }

    async fn call(&self, operation: &str, body: &Json) -> Result<(StatusCode, Json), StartError> {
        let failed =
            |error: reqwest::Error| StartError::Store(format!("{} did not answer: {}", self.endpoint, cause(&error)));
        let now = self.clock.now();
        let day = now.format(format_description!("[year][month][day]")).unwrap_or_default();
        let time = now.format(format_description!("[year][month][day]T[hour][minute][second]Z")).unwrap_or_default();
        // Local stores look at the form of a signature, and some at the key id and region to tell databases apart.
        // None checks it, so there is none to compute.
        let authorization = format!(
            "AWS4-HMAC-SHA256 Credential={}/{day}/{}/dynamodb/aws4_request, SignedHeaders=host;x-amz-date;x-amz-target, \
             Signature={:064}",
            aws::ACCESS_KEY_ID,
            aws::REGION,
            0
        );
        let response = self
            .client
            .post(self.endpoint)
            .timeout(CALL_LIMIT)
            .header("content-type", "application/x-amz-json-1.0")
            .header("x-amz-target", format!("DynamoDB_20120810.{operation}"))
            .header("x-amz-date", time)
            .header("authorization", authorization)
            .body(body.to_string())
            .send()
            .await
            .map_err(failed)?;
        let status = response.status();
        let text = response.text().await.map_err(failed)?;
        Ok((status, serde_json::from_str(&text).unwrap_or(Json::String(text))))
    }
}

fn error_type(answer: &Json) -> &str {
    answer.get("__type").and_then(Json::as_str).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
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
        create_all(store.url(), &tables, &Clock::default()).await.unwrap();
        create_all(store.url(), &tables, &Clock::default()).await.unwrap();
        let bad = [Table { name: "Bad".to_owned(), definition: json!({ "TableName": "Bad" }) }];
        let refused = create_all(store.url(), &bad, &Clock::default()).await.unwrap_err();
        assert!(refused.to_string().contains("refused the table Bad"), "{refused}");
        store.stop().await;
    }
}
