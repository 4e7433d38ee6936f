//! Speaking to a store in its own protocol, on the stack's own behalf.

use std::time::Duration;

use axum::http::StatusCode;
use serde_json::Value as Json;
use time::macros::format_description;

use crate::aws;
use crate::clock::Clock;
use crate::error::cause;

const CALL_LIMIT: Duration = Duration::from_secs(10);

/// A client of the store, of its tables as well as of their streams.
#[derive(Clone)]
pub(crate) struct StoreClient {
    endpoint: String,
    http: reqwest::Client,
    clock: Clock,
}

impl StoreClient {
    pub(crate) fn new(endpoint: &str, clock: &Clock) -> StoreClient {
        StoreClient { endpoint: endpoint.to_owned(), http: reqwest::Client::new(), clock: clock.clone() }
    }

    /// Calls an operation by its full name, such as `DynamoDB_20120810.CreateTable`; answers with whatever the store
    /// says, or with why it does not say anything.
    pub(crate) async fn call(&self, target: &str, body: &Json) -> Result<(StatusCode, Json), String> {
        let failed = |error: reqwest::Error| format!("{} did not answer: {}", self.endpoint, cause(&error));
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
            .http
            .post(&self.endpoint)
            .timeout(CALL_LIMIT)
            .header("content-type", "application/x-amz-json-1.0")
            .header("x-amz-target", target)
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
