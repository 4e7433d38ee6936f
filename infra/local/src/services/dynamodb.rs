//! The store: calls are handed on, unless a fault strikes them.

use axum::body::Bytes;
use http_body_util::{BodyExt, Either, Full};
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HOST};
use hyper::{Request, Response, StatusCode, Uri};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::{Value as Json, json};

use super::Services;
use super::answer::{self, Body, HungUp};
use crate::faults::{Kind, Target};
use crate::store::Near;

const CONTENT: &str = "application/x-amz-json-1.0";
const TARGET: &str = "DynamoDB_20120810.";
const TRANSACTION: &str = "TransactWriteItems";
const SINGLE_WRITES: [&str; 3] = ["PutItem", "UpdateItem", "DeleteItem"];

/// Where the store is, and open connections to it.
pub(super) struct Store {
    /// The store itself, where it is in this process: a call that succeeds needs no network then.
    near: Option<Near>,
    url: String,
    client: Client<HttpConnector, Full<Bytes>>,
}

impl Store {
    pub(super) fn new(url: &str, near: Option<Near>) -> Store {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        let client = Client::builder(TokioExecutor::new()).build(connector);
        Store { near, url: url.trim_end_matches('/').to_owned(), client }
    }

    async fn call(&self, path: &str, request: Request<Bytes>) -> Result<Response<Body>, HungUp> {
        let near = self.near.as_ref().filter(|_| is_well_formed(path, &request));
        match near.and_then(|near| near.answer(operation(&request), request.body())) {
            Some(answer) => Ok(answer::of_json(CONTENT, answer)),
            None => self.forward(path, request).await,
        }
    }

    async fn forward(&self, path: &str, request: Request<Bytes>) -> Result<Response<Body>, HungUp> {
        let (mut parts, body) = request.into_parts();
        parts.uri = format!("{}{path}", self.url).parse::<Uri>().map_err(|_| HungUp)?;
        parts.headers.remove(HOST);
        // A store that does not answer is one that hangs up.
        let answer = self.client.request(Request::from_parts(parts, Full::new(body))).await.map_err(|_| HungUp)?;
        Ok(answer.map(Either::Right))
    }
}

impl Services {
    /// A call to the store.
    pub(super) async fn dynamodb(&self, path: &str, request: Request<Bytes>) -> Result<Response<Body>, HungUp> {
        let operation = operation(&request).to_owned();
        let store = &self.shared.store;
        let answer = match self.shared.parts.faults.draw(Target::Dynamodb) {
            None => store.call(path, request).await?,
            Some((Kind::Delay, pause)) => {
                tokio::time::sleep(pause).await;
                store.call(path, request).await?
            }
            Some((Kind::LostResponse, _)) => {
                let answer = store.call(path, request).await?;
                // It has been carried out when its answer has ended.
                let _ = answer.into_body().collect().await;
                self.tell_of(&operation);
                return Err(HungUp);
            }
            Some((kind, _)) => match refusal(kind, &operation, request.body()) {
                Some(refused) => refused,
                None => store.call(path, request).await?,
            },
        };
        self.tell_of(&operation);
        Ok(answer)
    }

    /// Whoever reads the streams need not wait for the next time to look.
    fn tell_of(&self, operation: &str) {
        if operation == TRANSACTION || SINGLE_WRITES.contains(&operation) {
            self.shared.parts.written.notify_waiters();
        }
    }
}

/// The operation that a request of AWS's JSON protocol names; empty if it names none.
pub(super) fn operation(request: &Request<Bytes>) -> &str {
    let target = request.headers().get("x-amz-target").and_then(|target| target.to_str().ok());
    target.and_then(|target| target.rsplit('.').next()).unwrap_or_default()
}

/// Whether the protocol is kept to, as far as the store looks at it before it looks at the request itself.
fn is_well_formed(path: &str, request: &Request<Bytes>) -> bool {
    let text = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok());
    let is_of_store =
        text("x-amz-target").is_some_and(|target| target.strip_prefix(TARGET) == Some(operation(request)));
    let is_signed = [AUTHORIZATION.as_str(), "x-amz-date"].into_iter().all(|name| text(name).is_some());
    path == "/" && is_of_store && is_signed && text(CONTENT_TYPE.as_str()) == Some(CONTENT)
}

/// How the store refuses a call; `None` for what this fault does not concern.
fn refusal(kind: Kind, operation: &str, body: &[u8]) -> Option<Response<Body>> {
    match kind {
        Kind::Throttle => Some(error(
            StatusCode::BAD_REQUEST,
            "com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException",
            "The level of configured provisioned throughput for the table was exceeded.",
        )),
        Kind::Error => Some(error(
            StatusCode::INTERNAL_SERVER_ERROR,
            "com.amazonaws.dynamodb.v20120810#InternalServerError",
            "The request could not be processed because of an internal error.",
        )),
        Kind::Conflict if operation == TRANSACTION => Some(cancelled(body)),
        Kind::Conflict if SINGLE_WRITES.contains(&operation) => Some(error(
            StatusCode::BAD_REQUEST,
            "com.amazonaws.dynamodb.v20120810#TransactionConflictException",
            "Transaction is ongoing for the item",
        )),
        Kind::Conflict | Kind::LostResponse | Kind::Delay => None,
    }
}

fn error(status: StatusCode, kind: &'static str, message: &str) -> Response<Body> {
    answer::error(status, CONTENT, kind, message)
}

/// A transaction that lost against another one over its first item.
fn cancelled(body: &[u8]) -> Response<Body> {
    let request: Json = serde_json::from_slice(body).unwrap_or_default();
    let items = request.get("TransactItems").and_then(Json::as_array).map_or(0, Vec::len);
    let reasons: Vec<Json> = (0..items)
        .map(|position| match position {
            0 => json!({ "Code": "TransactionConflict", "Message": "Transaction is ongoing for the item" }),
            _ => json!({ "Code": "None" }),
        })
        .collect();
    let body = json!({
        "__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
        "Message": "Transaction cancelled, please refer cancellation reasons for specific reasons",
        "CancellationReasons": reasons,
    });
    answer::json(StatusCode::BAD_REQUEST, CONTENT, &body)
}
