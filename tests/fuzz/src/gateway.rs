//! Events of the gateway as JSON: claims, headers, queries and bodies of every form that a function could be handed.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::call::ROUTES;
use crate::{answer, event, program, text};

/// Longer than any that the gateway makes up.
const MAX_REQUEST_ID: usize = 64;

/// Whatever the event is, the answer has the form of one; nobody who is not known by name is let in.
pub fn target(input: &[u8]) {
    let Some(text) = text(input) else { return };
    program::with(|program| {
        let text =
            program.names.iter().fold(text.to_owned(), |text, (name, id)| text.replace(&format!("{{{name}}}"), id));
        let Ok(mut event) = serde_json::from_str::<Value>(&text) else { return };
        if !settle(&mut event) {
            return;
        }
        let Some(request) = event::request(&event) else { return };
        let key = event["requestContext"]["routeKey"].as_str().unwrap_or_default().to_owned();
        let Some(route) = ROUTES.iter().find(|route| route.key == key) else { return };
        let response = program.services.respond_to(route.function, request);
        drop(program.services.store.take());
        // A request without the gateway's time has no place in the ledger: that is a fault of the deployment.
        if response.status() == 500 {
            let time = event["requestContext"]["timeEpoch"].as_i64().unwrap_or_default();
            assert!(domain::Timestamp::from_unix_ms(time).is_err(), "{event}");
            return;
        }
        let answer = answer::check(&response);
        let sub = event.pointer("/requestContext/authorizer/jwt/claims/sub").and_then(Value::as_str);
        let is_for_everybody = key.ends_with(".json") || key.ends_with("/docs");
        assert!(sub.is_some_and(|sub| !sub.is_empty()) || is_for_everybody || answer.status == 403, "{answer:?}");
    });
}

/// Sets what the gateway itself decides: from where the request came, and that what it hands on is what a web server
/// takes. Whether there is such an event at all.
fn settle(event: &mut Value) -> bool {
    let Some(headers) = event.get_mut("headers").and_then(Value::as_object_mut) else { return false };
    headers.retain(|name, _| !["host", "x-forwarded-proto"].contains(&name.to_ascii_lowercase().as_str()));
    headers.insert("host".to_owned(), json!("api.example"));
    let is_of_url = |byte: u8| byte.is_ascii_graphic() && !b"\"#<>\\^`{|}".contains(&byte);
    let query = event["rawQueryString"].as_str().unwrap_or_default();
    let path = event["rawPath"].as_str().unwrap_or_default();
    let is_url = query.bytes().all(is_of_url) && path.starts_with('/') && path.bytes().all(is_of_url);
    let body = event["body"].as_str().unwrap_or_default();
    let id = event.pointer("/requestContext/requestId").and_then(Value::as_str).unwrap_or_default();
    if id.is_empty() || id.len() > MAX_REQUEST_ID {
        return false;
    }
    let is_whole = event["isBase64Encoded"] != true || STANDARD.decode(body).is_ok();
    is_url && is_whole && event["requestContext"]["stage"] == "$default"
}
