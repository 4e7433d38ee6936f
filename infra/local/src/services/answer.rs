//! Answers in the protocols of AWS services.

use axum::body::Bytes;
use http_body_util::{BodyExt, Either, Full, Limited};
use hyper::body::Incoming;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::{Response, StatusCode};
use serde_json::{Value as Json, json};

/// More than any of these services takes.
const MAX_REQUEST_BYTES: usize = 16 * 1024 * 1024;

/// Made here, or handed through from the store.
pub(super) type Body = Either<Full<Bytes>, Incoming>;

/// The connection is to be closed without an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the call gets no answer")]
pub(super) struct HungUp;

/// A whole request body.
pub(super) async fn read(body: Incoming) -> Result<Bytes, HungUp> {
    // A caller that sends more, or goes away while it sends, is not worth an answer.
    let collected = Limited::new(body, MAX_REQUEST_BYTES).collect().await.map_err(|_| HungUp)?;
    Ok(collected.to_bytes())
}

/// An answer with a body that is JSON already: 200, unless its status is set.
pub(super) fn of_json(content_type: &'static str, body: Bytes) -> Response<Body> {
    let mut response = Response::new(Either::Left(Full::new(body)));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}

/// An answer with a JSON body, in the version of AWS's JSON protocol that the service speaks.
pub(super) fn json(status: StatusCode, content_type: &'static str, body: &Json) -> Response<Body> {
    let mut response = of_json(content_type, Bytes::from(body.to_string()));
    *response.status_mut() = status;
    response
}

/// An error of a kind that the SDKs know by its name.
pub(super) fn error(
    status: StatusCode,
    content_type: &'static str,
    kind: &'static str,
    message: &str,
) -> Response<Body> {
    let mut response = json(status, content_type, &json!({ "__type": kind, "message": message }));
    // REST services say it here; the others in the body.
    response.headers_mut().insert("x-amzn-errortype", HeaderValue::from_static(kind));
    response
}

/// What a role does not allow.
pub(super) fn access_denied(message: &str) -> Response<Body> {
    let kind = "com.amazon.coral.service#AccessDeniedException";
    error(StatusCode::BAD_REQUEST, "application/x-amz-json-1.0", kind, message)
}

/// What is not served here.
pub(super) fn unknown_operation() -> Response<Body> {
    let message = "the local stack does not serve this operation";
    error(StatusCode::BAD_REQUEST, "application/x-amz-json-1.0", "UnknownOperationException", message)
}
