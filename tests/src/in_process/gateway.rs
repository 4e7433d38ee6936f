//! The gateway between a client and a function: requests become events of it, responses what a client is told.

use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use edge::{Handler, Service, StartError};
use lambda_http::{Body, Request, RequestExt, Response};
use lambda_runtime::Context;
use serde_json::{Value, json};

use super::declared::route;

type Answered = Pin<Box<dyn Future<Output = Result<Response<Body>, StartError>> + Send>>;

/// An instance of a function.
pub type Http = Box<dyn Fn(Request) -> Answered + Send + Sync>;

/// A request of the API.
#[derive(Clone, Debug, PartialEq)]
pub struct Asked {
    /// The method.
    pub method: &'static str,
    /// The path, with the query.
    pub path: String,
    /// The body, if there is one.
    pub body: Option<Value>,
    /// The idempotency key.
    pub key: Option<String>,
    /// Who asks.
    pub sub: String,
    /// The roles of the one who asks.
    pub memberships: String,
}

/// An answer of the API.
#[derive(Clone, Debug, PartialEq)]
pub struct Told {
    /// The status.
    pub status: u16,
    /// Whether it says that it is the answer to an earlier request.
    pub is_replayed: bool,
    /// The body.
    pub body: Value,
}

/// An instance that a service answers for.
pub fn http(service: impl Service + 'static) -> Http {
    let handler = Arc::new(Handler::new(service));
    Box::new(move |request| {
        let handler = Arc::clone(&handler);
        Box::pin(async move { handler.respond(request).await })
    })
}

/// The function that a request leads to.
#[must_use]
pub fn function_of(asked: &Asked) -> String {
    route(asked.method, path_and_query(asked).0).route.function.clone()
}

/// A request as a function is handed it.
///
/// # Panics
/// When the template has no route for it.
#[must_use]
pub fn request(asked: &Asked, now_ms: i64, context: Context) -> Request {
    let event = event(asked, now_ms);
    let request = lambda_http::request::from_str(&event.to_string()).expect("an event of the gateway");
    request.with_lambda_context(context)
}

fn path_and_query(asked: &Asked) -> (&str, &str) {
    asked.path.split_once('?').unwrap_or((&asked.path, ""))
}

fn event(asked: &Asked, now_ms: i64) -> Value {
    let (path, query) = path_and_query(asked);
    let found = route(asked.method, path);
    let route_key = format!("{} {}", asked.method, found.route.path);
    let mut headers = json!({ "content-type": "application/json", "host": "api.example" });
    if let Some(key) = &asked.key {
        headers["idempotency-key"] = json!(key);
    }
    let claims = json!({ "sub": asked.sub, "memberships": asked.memberships });
    let mut event = json!({
        "version": "2.0", "routeKey": route_key, "rawPath": path, "rawQueryString": query, "headers": headers,
        "isBase64Encoded": false,
        "pathParameters": found.parameters.into_iter().collect::<HashMap<String, String>>(),
        "requestContext": {
            "accountId": "123456789012", "apiId": "api", "stage": "$default", "requestId": "request",
            "routeKey": route_key, "timeEpoch": now_ms,
            "http": { "method": asked.method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1",
                "userAgent": "simulation" },
            "authorizer": { "jwt": { "claims": claims, "scopes": null } },
        },
    });
    if !query.is_empty() {
        let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        event["queryStringParameters"] = json!(pairs.collect::<HashMap<_, _>>());
    }
    if let Some(body) = &asked.body {
        event["body"] = json!(body.to_string());
    }
    event
}

/// What a client is told by a response.
///
/// # Panics
/// When the body is neither text nor empty.
#[must_use]
pub fn told(response: &Response<Body>) -> Told {
    let body = match response.body() {
        Body::Text(text) => serde_json::from_str(text).expect("JSON"),
        Body::Empty => Value::Null,
        other => panic!("a body of another kind: {other:?}"),
    };
    let is_replayed = response.headers().get("idempotent-replayed").is_some();
    Told { status: response.status().as_u16(), is_replayed, body }
}
