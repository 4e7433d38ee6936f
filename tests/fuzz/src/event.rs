//! What the gateway makes of a request: the event of an HTTP API, payload version 2.0.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use lambda_http::{Request, RequestExt};
use serde_json::{Map, Value, json};

use crate::call::Call;

/// When every request arrives: in September 2026.
pub const NOW_MS: i64 = 1_790_000_000_000;

/// The event of a request by somebody with these claims.
pub fn event(call: &Call, key: &str, parameters: &[(String, String)], claims: &Value) -> Value {
    let decoded = percent_encoding::percent_decode_str(&call.path).decode_utf8_lossy().into_owned();
    let mut headers: Map<String, Value> = Map::from_iter([("host".to_owned(), json!("api.example"))]);
    for (name, _) in &call.headers {
        headers.insert(name.clone(), json!(call.header(name)));
    }
    let (body, is_base64) = match std::str::from_utf8(&call.body) {
        Ok(text) => (text.to_owned(), false),
        Err(_) => (STANDARD.encode(&call.body), true),
    };
    json!({
        "version": "2.0", "routeKey": key, "rawPath": decoded, "rawQueryString": call.query, "headers": headers,
        "pathParameters": parameters.iter().cloned().collect::<std::collections::HashMap<_, _>>(),
        "requestContext": {
            "accountId": "123456789012", "apiId": "api", "domainName": "api.example", "domainPrefix": "api",
            "authorizer": {"jwt": {"claims": claims, "scopes": null}},
            "http": {
                "method": call.method, "path": decoded, "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1", "userAgent": "fuzz",
            },
            "requestId": "r-1", "routeKey": key, "stage": "$default", "time": "21/Sep/2026:14:13:20 +0000",
            "timeEpoch": NOW_MS,
        },
        "body": body, "isBase64Encoded": is_base64,
    })
}

/// The event as a function is handed it; `None` when it is not one.
pub fn request(event: &Value) -> Option<Request> {
    let request = lambda_http::request::from_str(&event.to_string()).ok()?;
    Some(request.with_lambda_context(lambda_http::Context::default()))
}
