//! The demo as a client of the public API.

use std::time::Duration;

use reqwest::{Method, StatusCode};
use serde_json::Value as Json;

use crate::error::cause;
use crate::tokens::{Issuer, TokenError};

const CALL_LIMIT: Duration = Duration::from_secs(30);

/// Why the demo could not be loaded.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// The stack answered otherwise than the demo expects.
    #[error("{method} {path} answered {status}: {body}")]
    Refused {
        /// The method of the request.
        method: Method,
        /// Its path.
        path: String,
        /// The status of the answer.
        status: StatusCode,
        /// Its body.
        body: String,
    },
    /// The stack did not answer.
    #[error("{path} did not answer: {}", cause(source))]
    Silent {
        /// The path of the request.
        path: String,
        /// What went wrong.
        source: reqwest::Error,
    },
    /// An answer lacks a field that the demo goes on with.
    #[error("the answer of {path} has no text in {field}: {body}")]
    Lacking {
        /// The path of the request.
        path: String,
        /// The field.
        field: &'static str,
        /// The body of the answer.
        body: Json,
    },
    /// A token could not be signed.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// What was loaded could not be noted.
    #[error("cannot write {path}: {source}")]
    Record {
        /// The file.
        path: String,
        /// The operating system's answer.
        source: std::io::Error,
    },
    /// A part of the demo ended early.
    #[error("a part of the demo ended early")]
    Ended,
}

/// Calls the stack's public API.
#[derive(Clone)]
pub(super) struct Client {
    http: reqwest::Client,
    url: String,
    issuer: Issuer,
}

/// Somebody with a token.
#[derive(Clone)]
pub(super) struct Caller {
    client: Client,
    token: String,
}

/// An answer and where it came from.
pub(super) struct Answer {
    path: String,
    body: Json,
}

impl Client {
    pub(super) fn new(url: &str, issuer: &Issuer) -> Client {
        Client { http: reqwest::Client::new(), url: url.to_owned(), issuer: issuer.clone() }
    }

    pub(super) fn caller(&self, sub: &str, email: &str, memberships: &str) -> Result<Caller, TokenError> {
        Ok(Caller { client: self.clone(), token: self.issuer.token(sub, email, memberships)? })
    }
}

impl Caller {
    pub(super) async fn get(&self, path: String) -> Result<Answer, DemoError> {
        self.call(Method::GET, path, None, None).await
    }

    /// Posts under a key that is the same every time: what was done before is answered again, not done again.
    pub(super) async fn post(&self, path: String, key: &str, body: &Json) -> Result<Answer, DemoError> {
        self.call(Method::POST, path, Some(key), Some(body)).await
    }

    async fn call(
        &self,
        method: Method,
        path: String,
        key: Option<&str>,
        body: Option<&Json>,
    ) -> Result<Answer, DemoError> {
        let silent = |source| DemoError::Silent { path: path.clone(), source };
        let mut request = self
            .client
            .http
            .request(method.clone(), format!("{}{path}", self.client.url))
            .bearer_auth(&self.token)
            .timeout(CALL_LIMIT);
        if let Some(key) = key {
            request = request.header("idempotency-key", key);
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        let response = request.send().await.map_err(silent)?;
        let status = response.status();
        let body = response.text().await.map_err(silent)?;
        match serde_json::from_str(&body) {
            Ok(json) if status.is_success() => Ok(Answer { path, body: json }),
            _ => Err(DemoError::Refused { method, path, status, body }),
        }
    }
}

impl Answer {
    /// A field that holds text.
    pub(super) fn text(&self, field: &'static str) -> Result<String, DemoError> {
        let lacking = || DemoError::Lacking { path: self.path.clone(), field, body: self.body.clone() };
        self.body.get(field).and_then(Json::as_str).map(str::to_owned).ok_or_else(lacking)
    }
}
