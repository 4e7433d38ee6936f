//! The gateway: an API Gateway HTTP API, payload format 2.0, with the template's routes.

mod body;
mod cors;
mod event;
mod jwt;
mod response;
mod routes;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::request::Parts;
use axum::http::uri::Authority;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;

use crate::clock::Clock;
use crate::functions::{Event, Functions, InvokeError};
use crate::template::Template;
use crate::tokens::VerifyingKey;
use body::Unreadable;
use event::{Authorized, Received};
use response::refusal;
use routes::Routes;

const REQUEST_ID: &str = "apigw-requestid";

/// What the gateway decides by.
struct Gateway {
    routes: Routes,
    cors: Option<cors::Policy>,
    authorizers: BTreeMap<String, jwt::Authorizer>,
    functions: Functions,
    clock: Clock,
}

/// Everything that the template routes, and 404 for everything else.
pub(crate) fn router(template: Template, functions: Functions, key: &VerifyingKey, clock: Clock) -> Router {
    let authorizers = template
        .authorizers
        .into_iter()
        .map(|(name, authorizer)| (name, jwt::Authorizer::new(authorizer, key.clone(), clock.clone())))
        .collect();
    let gateway = Gateway {
        routes: Routes::new(&template.routes),
        cors: template.cors.map(cors::Policy::new),
        authorizers,
        functions,
        clock,
    };
    Router::new().fallback(handle).with_state(Arc::new(gateway))
}

async fn handle(
    State(gateway): State<Arc<Gateway>>,
    ConnectInfo(client): ConnectInfo<SocketAddr>,
    request: Request,
) -> Response {
    let request_id = format!("{:016x}", fastrand::u64(..));
    let (parts, body) = request.into_parts();
    let mut response = match gateway.cors.as_ref().and_then(|cors| cors.preflight(&parts)) {
        Some(preflight) => preflight,
        None => {
            let origin = parts.headers.get(header::ORIGIN).cloned();
            let mut response = match body::read(body).await {
                Ok(body) => gateway.answer(parts, body, client, &request_id).await,
                Err(Unreadable::TooLarge) => refusal(StatusCode::PAYLOAD_TOO_LARGE, "Request Entity Too Large"),
                Err(Unreadable::CutOff) => refusal(StatusCode::BAD_REQUEST, "Bad Request"),
            };
            if let Some(cors) = &gateway.cors {
                cors.apply(origin.as_ref(), response.headers_mut());
            }
            response
        }
    };
    if let Ok(id) = HeaderValue::from_str(&request_id) {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    response
}

impl Gateway {
    async fn answer(&self, parts: Parts, body: Bytes, client: SocketAddr, request_id: &str) -> Response {
        if !has_plausible_host(&parts) {
            return refusal(StatusCode::BAD_REQUEST, "Bad Request");
        }
        let matched = match self.routes.find(parts.method.as_str(), parts.uri.path()) {
            Ok(Some(matched)) => matched,
            Ok(None) => return refusal(StatusCode::NOT_FOUND, "Not Found"),
            Err(_) => return refusal(StatusCode::BAD_REQUEST, "Bad Request"),
        };
        let authorized = match self.authorize(matched.route.authorizer.as_deref(), &parts) {
            Ok(authorized) => authorized,
            Err(refused) => return response::unauthorized(refused.description()),
        };
        let function = matched.route.function.clone();
        let received = Received { parts: &parts, body: &body, client, request_id, now: self.clock.now() };
        let payload = event::build(&received, matched, authorized);
        self.invoke(&function, Bytes::from(payload)).await
    }

    fn authorize(&self, authorizer: Option<&str>, parts: &Parts) -> Result<Option<Authorized>, jwt::Refusal> {
        let Some(name) = authorizer else { return Ok(None) };
        // Reading the template made sure that every route's authorizer exists; should that fail, nobody is let in.
        let authorizer = self.authorizers.get(name).ok_or(jwt::Refusal::Missing)?;
        authorizer.check(&parts.headers).map(Some)
    }

    async fn invoke(&self, function: &str, payload: Bytes) -> Response {
        let Some(pool) = self.functions.get(function).cloned() else {
            return refusal(StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error");
        };
        let event = Event::new(payload, &self.clock);
        // A caller that hangs up does not stop the function, here or in AWS: the event is worked on to its end, and its
        // time limit holds.
        let outcome = tokio::spawn(async move { pool.invoke(event).await }).await;
        match outcome {
            Ok(Ok(answer)) => response::from_function(&answer)
                .unwrap_or_else(|| refusal(StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error")),
            Ok(Err(InvokeError::Busy | InvokeError::TimedOut)) => {
                refusal(StatusCode::SERVICE_UNAVAILABLE, "Service Unavailable")
            }
            Ok(Err(InvokeError::Failed)) | Err(_) => {
                refusal(StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error")
            }
        }
    }
}

/// API Gateway answers for its own host names only; here any is taken that a URL can be made of, which functions do.
fn has_plausible_host(parts: &Parts) -> bool {
    let Some(host) = parts.headers.get(header::HOST) else { return true };
    host.to_str().is_ok_and(|host| host.parse::<Authority>().is_ok_and(|authority| !authority.as_str().contains('@')))
}
