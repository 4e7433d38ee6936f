//! What exists on the local stack only, below `/_local`.

mod clock;
mod events;
mod faults;
mod functions;
#[cfg(test)]
mod tests;
mod tokens;

use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post, put};
use axum::{Json, Router};
use serde_json::{Map, Value, json};

use crate::clock::Clock;
use crate::functions::Functions;
use crate::mail::Mails;
use crate::queues::Queues;
use crate::scheduler::Scheduler;
use crate::services::Parts;
use crate::tokens::Issuer;
use crate::user_pool::UserPool;

/// A request's body, which may turn out not to be JSON.
type Body = Result<Json<Value>, JsonRejection>;

/// Everything below `/_local`.
pub(crate) fn router(
    issuer: Issuer,
    functions: Functions,
    clock: Clock,
    scheduler: Scheduler,
    services: &Parts,
) -> Router {
    let Parts { faults, buses, mails, queues, .. } = services.clone();
    let pool = UserPool::new(&functions, clock.clone());
    let console = functions::Console { functions, clock: clock.clone() };
    let api = Router::new()
        .route("/health", get(health))
        .route("/tokens", post(tokens::post).with_state(tokens::Desk { issuer, pool }))
        .route("/functions/{name}/invocations", functions::route(console))
        .route("/clock", post(clock::post).with_state((clock, scheduler)))
        .route("/mails", get(all_mails).with_state(mails))
        .route("/events", get(events::get).post(events::post).with_state(buses))
        .route("/dead-letters", get(dead_letters).with_state(queues))
        .route("/faults", put(faults::put).delete(faults::delete).with_state(faults))
        .method_not_allowed_fallback(not_found)
        .fallback(not_found);
    Router::new().nest("/_local", api)
}

/// The gateway serves only once everything behind it is ready, so an answer is the news.
async fn health() -> Json<Value> {
    Json(json!({ "status": "ready" }))
}

/// `GET /_local/mails`: what SES was handed.
async fn all_mails(State(mails): State<Mails>) -> Response {
    plain(mails.history())
}

/// `GET /_local/dead-letters`: what lies in queues that no function gets messages from.
async fn dead_letters(State(queues): State<Queues>) -> Json<Vec<Value>> {
    Json(queues.dead_letters())
}

/// An answer that is JSON already.
fn plain(json: String) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], json).into_response()
}

/// 400, in the form of the services.
fn refused(message: &str) -> Response {
    (StatusCode::BAD_REQUEST, Json(json!({ "message": message }))).into_response()
}

async fn not_found() -> Response {
    (StatusCode::NOT_FOUND, Json(json!({ "message": "Not Found" }))).into_response()
}

#[derive(Debug, PartialEq, Eq)]
struct FieldError {
    field: String,
    message: &'static str,
}

/// What `read` makes of the body's fields, or the answer that refuses them.
fn fields<T>(body: Body, read: impl Fn(&Map<String, Value>) -> Result<T, Vec<FieldError>>) -> Result<T, Response> {
    let Ok(Json(body)) = body else {
        let detail = "the body is not JSON of type application/json";
        return Err(problem(StatusCode::BAD_REQUEST, "invalid_json", detail, &[]));
    };
    let read = match body.as_object() {
        Some(fields) => read(fields),
        None => Err(vec![FieldError { field: String::new(), message: "must be an object" }]),
    };
    read.map_err(|errors| problem(StatusCode::BAD_REQUEST, "validation_failed", "some fields are not usable", &errors))
}

fn problem(status: StatusCode, code: &str, detail: &str, errors: &[FieldError]) -> Response {
    let mut body = json!({
        "type": "about:blank",
        "title": status.canonical_reason(),
        "status": status.as_u16(),
        "code": code,
        "detail": detail,
    });
    if !errors.is_empty()
        && let Some(body) = body.as_object_mut()
    {
        let errors =
            errors.iter().map(|error| json!({ "field": error.field, "code": "invalid", "message": error.message }));
        body.insert("errors".to_owned(), errors.collect());
    }
    (status, [(header::CONTENT_TYPE, "application/problem+json")], body.to_string()).into_response()
}
