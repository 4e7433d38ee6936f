//! The Lambda Runtime API, by which function processes ask for events and answer them.
//!
//! Each instance has a path of its own below the server, so that the stack knows who is asking.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::json;

use super::Functions;
use super::pool::{InstanceId, InvokeError, Pool};
use crate::aws;

/// Lambda takes no larger answer.
const MAX_RESPONSE_BYTES: usize = 6 * 1024 * 1024;

/// The Runtime API for all instances of `functions`, at `/{function}/{instance}/2018-06-01/runtime/…`.
pub(crate) fn router(functions: Functions) -> Router {
    let api = Router::new()
        .route("/invocation/next", get(next))
        .route("/invocation/{request_id}/response", post(response))
        .route("/invocation/{request_id}/error", post(error))
        .route("/init/error", post(init_error));
    Router::new().nest("/{function}/{instance}/2018-06-01/runtime", api).with_state(functions)
}

async fn next(State(functions): State<Functions>, Path((function, instance)): Path<(String, InstanceId)>) -> Response {
    let Some(pool) = functions.get(&function) else { return unknown_instance() };
    // Without an invocation the instance has been given up, and its process is about to be ended.
    let Some(invocation) = pool.next(instance).await else { return unknown_instance() };
    let headers = [
        ("lambda-runtime-aws-request-id", invocation.event.request_id),
        ("lambda-runtime-deadline-ms", invocation.deadline_ms.to_string()),
        ("lambda-runtime-invoked-function-arn", aws::function_arn(&function)),
        ("lambda-runtime-trace-id", invocation.event.trace_id),
        ("content-type", "application/json".to_owned()),
    ];
    (headers, invocation.event.payload).into_response()
}

async fn response(
    State(functions): State<Functions>,
    Path((function, instance, request_id)): Path<(String, InstanceId, String)>,
    request: Request,
) -> Response {
    let Some(pool) = functions.get(&function) else { return unknown_instance() };
    let (status, answer) = match read(request.into_body()).await {
        Some(body) => (StatusCode::ACCEPTED, Ok(body)),
        None => (StatusCode::PAYLOAD_TOO_LARGE, Err(InvokeError::Failed)),
    };
    settle(pool, instance, &request_id, answer, status)
}

async fn error(
    State(functions): State<Functions>,
    Path((function, instance, request_id)): Path<(String, InstanceId, String)>,
    request: Request,
) -> Response {
    let Some(pool) = functions.get(&function) else { return unknown_instance() };
    // What went wrong is in the function's own log; a caller is told that it did, no more.
    let _ = read(request.into_body()).await;
    settle(pool, instance, &request_id, Err(InvokeError::Failed), StatusCode::ACCEPTED)
}

/// A function that cannot start says so, then ends. Its standard error says the same, and the end is what counts.
async fn init_error(Path(_): Path<BTreeMap<String, String>>) -> StatusCode {
    StatusCode::ACCEPTED
}

fn settle(
    pool: &Arc<Pool>,
    instance: InstanceId,
    request_id: &str,
    answer: Result<Bytes, InvokeError>,
    status: StatusCode,
) -> Response {
    if pool.answer(instance, request_id, answer) {
        (status, Json(json!({ "status": "OK" }))).into_response()
    } else {
        let body = json!({ "errorMessage": "not the request under way", "errorType": "InvalidRequestID" });
        (StatusCode::BAD_REQUEST, Json(body)).into_response()
    }
}

async fn read(body: Body) -> Option<Bytes> {
    axum::body::to_bytes(body, MAX_RESPONSE_BYTES).await.ok()
}

fn unknown_instance() -> Response {
    let body = json!({ "errorMessage": "no such instance", "errorType": "Forbidden" });
    (StatusCode::FORBIDDEN, Json(body)).into_response()
}
