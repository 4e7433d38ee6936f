//! SQS: `SendMessage`.

use std::collections::BTreeMap;

use axum::body::Bytes;
use hyper::{Request, Response, StatusCode};
use serde::Deserialize;
use serde_json::json;

use super::Services;
use super::answer::{self, Body, HungUp};
use crate::queues::{Attribute, Queues};

const CONTENT: &str = "application/x-amz-json-1.0";
/// Of the body with all attributes.
const MAX_BYTES: usize = 1024 * 1024;
const MAX_ATTRIBUTES: usize = 10;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct SendMessage {
    queue_url: String,
    message_body: String,
    #[serde(default)]
    message_attributes: BTreeMap<String, Attribute>,
}

impl Services {
    /// A call to SQS.
    pub(super) async fn sqs(&self, request: Request<Bytes>) -> Result<Response<Body>, HungUp> {
        let is_known = request.headers().get("x-amz-target").is_some_and(|target| target == "AmazonSQS.SendMessage");
        let body = request.into_body();
        Ok(if is_known { send(&body, &self.shared.parts.queues) } else { answer::unknown_operation() })
    }
}

fn send(body: &[u8], queues: &Queues) -> Response<Body> {
    let bad = |kind, message: &str| answer::error(StatusCode::BAD_REQUEST, CONTENT, kind, message);
    let wanted: SendMessage = match serde_json::from_slice(body) {
        Ok(wanted) => wanted,
        Err(error) => return bad("com.amazonaws.sqs#InvalidParameterValue", &error.to_string()),
    };
    if wanted.message_body.is_empty() {
        return bad("com.amazonaws.sqs#MissingParameter", "The request must contain the parameter MessageBody.");
    }
    if wanted.size() > MAX_BYTES || wanted.message_attributes.len() > MAX_ATTRIBUTES {
        let message = "One or more parameters are invalid. Reason: Message must be shorter than 1048576 bytes.";
        return bad("com.amazonaws.sqs#InvalidParameterValue", message);
    }
    let name = wanted.queue_url.rsplit('/').next().unwrap_or_default().to_owned();
    match queues.send(&name, wanted.message_body, wanted.message_attributes) {
        Some(id) => answer::json(StatusCode::OK, CONTENT, &json!({ "MessageId": id })),
        None => bad("com.amazonaws.sqs#QueueDoesNotExist", "The specified queue does not exist."),
    }
}

impl SendMessage {
    fn size(&self) -> usize {
        let attributes = self.message_attributes.iter().flat_map(|(name, attribute)| {
            let Attribute { data_type, string_value, binary_value } = attribute;
            [Some(name), Some(data_type), string_value.as_ref(), binary_value.as_ref()]
        });
        attributes.flatten().map(String::len).fold(self.message_body.len(), usize::saturating_add)
    }
}
