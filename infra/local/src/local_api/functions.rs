//! `POST /_local/functions/{name}/invocations`: hands a function an event of whoever asks, as the test tab of the AWS
//! console does and Lambda's own `Invoke` does.

use axum::Json;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, post};
use serde::de::IgnoredAny;
use serde_json::json;

use super::{not_found, refused};
use crate::clock::Clock;
use crate::functions::{Event, Functions, InvokeError};

/// Lambda takes no larger event.
const MAX_EVENT_BYTES: usize = 6 * 1024 * 1024;

/// By which Lambda says that the function failed: its own answer is 200 then too.
const FUNCTION_ERROR: &str = "x-amz-function-error";

/// The functions, and the time by which their invocations are named.
#[derive(Clone)]
pub(super) struct Console {
    pub(super) functions: Functions,
    pub(super) clock: Clock,
}

pub(super) fn route(console: Console) -> MethodRouter {
    post(invoke).layer(DefaultBodyLimit::max(MAX_EVENT_BYTES)).with_state(console)
}

async fn invoke(State(console): State<Console>, Path(name): Path<String>, event: Bytes) -> Response {
    let Some(pool) = console.functions.get(&name).cloned() else { return not_found().await };
    if serde_json::from_slice::<IgnoredAny>(&event).is_err() {
        return refused("the body is not JSON");
    }
    let event = Event::new(event, &console.clock);
    // A caller that hangs up does not stop the function.
    match tokio::spawn(async move { pool.invoke(event).await }).await {
        Ok(Ok(answer)) => ([(header::CONTENT_TYPE, "application/json")], answer).into_response(),
        Ok(Err(InvokeError::Busy)) => {
            let body = json!({ "message": InvokeError::Busy.to_string() });
            (StatusCode::TOO_MANY_REQUESTS, Json(body)).into_response()
        }
        Ok(Err(error @ (InvokeError::TimedOut | InvokeError::Failed))) => failed(&error.to_string()),
        Err(_) => failed("the local stack failed"),
    }
}

/// What the function said about it is in its log.
fn failed(message: &str) -> Response {
    let body = json!({ "errorType": "Unhandled", "errorMessage": message });
    ([(FUNCTION_ERROR, "Unhandled")], Json(body)).into_response()
}
