//! What goes over the wire to the store: a proxy between a stack and a store, that counts, and holds back.

use std::collections::HashSet;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::header::{CONTENT_LENGTH, HOST, TRANSFER_ENCODING};
use axum::http::{HeaderMap, Response};
use local::Options;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// One round trip to the store.
#[derive(Clone, PartialEq, Eq)]
pub struct StoreCall {
    /// The operation, such as `TransactWriteItems`.
    pub operation: String,
    /// The write units that the store counted; reads cost none.
    pub write_units: u64,
    /// What was asked, in JSON.
    pub request: Bytes,
    /// What was answered, in JSON.
    pub answer: Bytes,
}

/// Without the bodies, which are long.
impl fmt::Debug for StoreCall {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} ({} write units)", self.operation, self.write_units)
    }
}

/// A proxy that notes every call. It ends when this is dropped.
#[derive(Debug)]
pub struct Wire {
    /// The endpoint to hand to a stack.
    pub url: String,
    proxy: Arc<Proxy>,
    server: JoinHandle<()>,
}

#[derive(Debug)]
struct Proxy {
    store: String,
    http: reqwest::Client,
    calls: Mutex<Vec<StoreCall>>,
    meeting: Mutex<Option<Meeting>>,
}

/// Transactions that wait for one another.
#[derive(Debug)]
struct Meeting {
    /// How many are to come.
    count: usize,
    /// The tokens of those that are there. The SDK sends a transaction again with the same one.
    tokens: HashSet<String>,
    /// Whether all are there.
    is_over: watch::Sender<bool>,
}

impl Wire {
    /// Puts a proxy before the store at `store`.
    ///
    /// # Panics
    /// When no port is free.
    pub async fn before(store: &str) -> Wire {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let proxy = Arc::new(Proxy {
            store: store.to_owned(),
            http: reqwest::Client::new(),
            calls: Mutex::default(),
            meeting: Mutex::default(),
        });
        let router = Router::new().fallback(forward).with_state(Arc::clone(&proxy));
        let server = tokio::spawn(async { axum::serve(listener, router).await.expect("the proxy") });
        Wire { url, proxy, server }
    }

    /// Options of a stack behind this, on the store of another stack, which delivers the changes and keeps the schedules:
    /// what goes over the wire is what was asked for.
    #[must_use]
    pub fn options(&self) -> Options {
        let dynamodb_endpoint = Some(self.url.clone());
        Options { dynamodb_endpoint, streams: false, schedules: false, ..Options::default() }
    }

    /// The calls since this was last asked, in their order.
    #[must_use]
    pub fn take(&self) -> Vec<StoreCall> {
        std::mem::take(&mut self.proxy.calls.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Holds back the next `count` transactions until all of them are there: each was decided on before any is carried out.
    pub fn have_meet(&self, count: usize) {
        let meeting = Meeting { count, tokens: HashSet::new(), is_over: watch::Sender::new(false) };
        *self.proxy.meeting.lock().unwrap_or_else(PoisonError::into_inner) = Some(meeting);
    }

    /// Whether all came that [`Wire::have_meet`] waits for.
    #[must_use]
    pub fn have_met(&self) -> bool {
        let meeting = self.proxy.meeting.lock().unwrap_or_else(PoisonError::into_inner);
        meeting.as_ref().is_some_and(|meeting| *meeting.is_over.borrow())
    }
}

impl Proxy {
    /// Has a transaction come to the meeting, if there is one. Answers with what then becomes true once it is over.
    fn join_meeting(&self, transaction: &[u8]) -> Option<watch::Receiver<bool>> {
        let mut meeting = self.meeting.lock().unwrap_or_else(PoisonError::into_inner);
        let meeting = meeting.as_mut().filter(|meeting| !*meeting.is_over.borrow())?;
        let transaction: Value = serde_json::from_slice(transaction).expect("a transaction");
        meeting.tokens.insert(transaction["ClientRequestToken"].as_str().expect("its token").to_owned());
        meeting.is_over.send_replace(meeting.tokens.len() == meeting.count);
        Some(meeting.is_over.subscribe())
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn forward(State(proxy): State<Arc<Proxy>>, mut headers: HeaderMap, body: Bytes) -> Response<Body> {
    let target = headers.get("x-amz-target").and_then(|target| target.to_str().ok()).unwrap_or_default();
    let operation = target.rsplit('.').next().unwrap_or_default().to_owned();
    let is_transaction = operation == "TransactWriteItems";
    let body = if is_transaction { asking_for_units(&body) } else { body };
    if is_transaction && let Some(mut is_over) = proxy.join_meeting(&body) {
        // It fails where another meeting has been called in the place of this one.
        let _ = is_over.wait_for(|is_over| *is_over).await;
    }
    headers.remove(HOST);
    headers.remove(CONTENT_LENGTH);
    let answer = proxy.http.post(&proxy.store).headers(headers).body(body.clone()).send().await.expect("the store");
    let mut response = Response::builder().status(answer.status());
    for (name, value) in answer.headers() {
        if name != CONTENT_LENGTH && name != TRANSFER_ENCODING {
            response = response.header(name, value);
        }
    }
    let request = body;
    let body = answer.bytes().await.expect("the store's answer");
    let call = StoreCall { operation, write_units: units(&body), request, answer: body.clone() };
    if !is_warm_up(&call) {
        proxy.calls.lock().unwrap_or_else(PoisonError::into_inner).push(call);
    }
    response.body(Body::from(body)).expect("an answer")
}

/// An instance that starts opens its connection by reading the program without an id; when one starts is chance.
fn is_warm_up(call: &StoreCall) -> bool {
    let request: Value = serde_json::from_slice(&call.request).unwrap_or_default();
    call.operation == "GetItem" && request["Key"]["partition_key"]["S"] == "PROGRAM#"
}

/// The same transaction, whose answer will say what it cost.
fn asking_for_units(body: &[u8]) -> Bytes {
    let mut request: Value = serde_json::from_slice(body).expect("a transaction");
    request["ReturnConsumedCapacity"] = json!("TOTAL");
    Bytes::from(request.to_string())
}

fn units(body: &[u8]) -> u64 {
    let answer: Value = serde_json::from_slice(body).unwrap_or_default();
    let tables = answer["ConsumedCapacity"].as_array().into_iter().flatten();
    // The store writes whole units as fractions.
    tables.filter_map(|table| table["CapacityUnits"].as_f64()).map(|units| units.ceil() as u64).sum()
}
