//! The way from one function instance to the store.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;
use connection::Connection;
use ledger::{Ledger, StoreConfig};
use serde_json::Value;

use super::{Answer, Contended};
use crate::in_process::declared::table;

/// What decides whether a call comes through at all.
type Gate = Arc<dyn Fn(&str, &Value) -> Passage + Send + Sync>;

/// What becomes of a call on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Passage {
    /// It is carried out and answered.
    Through,
    /// It is not carried out, and nobody says so: whoever sent it is dead.
    Never,
    /// It is carried out, and the answer is lost with whoever waits for it.
    NoAnswer,
}

/// The connection of one caller.
#[derive(Clone)]
pub struct Line {
    world: Arc<Contended>,
    caller: u64,
    calls: Arc<AtomicU64>,
    gate: Gate,
}

impl fmt::Debug for Line {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "caller {}", self.caller)
    }
}

impl Line {
    /// Of a caller with that number.
    #[must_use]
    pub fn new(world: &Arc<Contended>, caller: u64) -> Line {
        Line::gated(world, caller, |_, _| Passage::Through)
    }

    /// The same, where something may become of calls.
    pub fn gated(
        world: &Arc<Contended>,
        caller: u64,
        gate: impl Fn(&str, &Value) -> Passage + Send + Sync + 'static,
    ) -> Line {
        Line { world: Arc::clone(world), caller, calls: Arc::default(), gate: Arc::new(gate) }
    }

    /// A ledger of an instance of its own.
    #[must_use]
    pub fn ledger(&self) -> Ledger {
        let connection = Connection::through(self.clone());
        Ledger::new(StoreConfig { table: table().to_owned(), endpoint: None, connection })
    }

    /// A call by hand.
    pub async fn call(&self, operation: &str, body: &Value) -> Answer {
        self.carry(operation.to_owned(), body.to_string().into_bytes()).await
    }

    /// The store goes on with a call when nobody waits for its answer any more.
    async fn carry(&self, operation: String, body: Vec<u8>) -> Answer {
        let mut random = self.world.random(self.caller, self.calls.fetch_add(1, Ordering::Relaxed));
        let request: Value = serde_json::from_slice(&body).expect("JSON");
        let (passage, world) = ((self.gate)(&operation, &request), Arc::clone(&self.world));
        if passage == Passage::Never {
            return std::future::pending().await;
        }
        let answer = tokio::spawn(async move { world.call(&operation, &body, &mut random).await }).await;
        if passage == Passage::NoAnswer {
            return std::future::pending().await;
        }
        answer.expect("the store does not panic")
    }
}

impl HttpClient for Line {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Line {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let target = request.headers().get("x-amz-target").expect("an operation of the store").to_owned();
        let operation = target.rsplit('.').next().unwrap_or_default().to_owned();
        let body = request.body().bytes().expect("a body in memory").to_vec();
        let line = self.clone();
        HttpConnectorFuture::new(async move { response(line.carry(operation, body).await) })
    }
}

fn response(answer: Answer) -> Result<HttpResponse, ConnectorError> {
    let (status, body) = match answer {
        Ok(body) => (200, body),
        Err(refused) => refused,
    };
    let status = StatusCode::try_from(status).expect("a status");
    let mut response = HttpResponse::new(status, SdkBody::from(body));
    response.headers_mut().insert("content-type", "application/x-amz-json-1.0");
    Ok(response)
}
