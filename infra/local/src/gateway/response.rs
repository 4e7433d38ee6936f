//! Answers: the gateway's own, and what functions return in payload format 2.0.

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::Response;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::{Map, Value as Json, json};

/// Headers that belong to the connection, which is the gateway's.
const DROPPED: [HeaderName; 3] = [header::CONNECTION, header::CONTENT_LENGTH, header::TRANSFER_ENCODING];

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Returned {
    status_code: u16,
    #[serde(default)]
    headers: Option<Map<String, Json>>,
    #[serde(default)]
    multi_value_headers: Option<Map<String, Json>>,
    #[serde(default)]
    cookies: Option<Vec<String>>,
    #[serde(default)]
    body: Option<String>,
    #[serde(default)]
    is_base64_encoded: Option<bool>,
}

/// An answer of the gateway itself, in API Gateway's form.
pub(super) fn refusal(status: StatusCode, message: &str) -> Response {
    let mut response = Response::new(Body::from(json!({ "message": message }).to_string()));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// 401, with what is wrong with the token if there was one.
pub(super) fn unauthorized(problem: Option<&str>) -> Response {
    let mut response = refusal(StatusCode::UNAUTHORIZED, "Unauthorized");
    let challenge = problem
        .map(|problem| format!("Bearer scope=\"\" error=\"invalid_token\" error_description=\"{problem}\""))
        .and_then(|challenge| HeaderValue::from_str(&challenge).ok())
        .unwrap_or(HeaderValue::from_static("Bearer"));
    response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
    response
}

/// What a function returned, as a response; `None` if API Gateway could not make one of it.
pub(super) fn from_function(payload: &[u8]) -> Option<Response> {
    let returned: Json = serde_json::from_slice(payload).ok()?;
    if returned.get("statusCode").is_none() {
        return Some(inferred(&returned));
    }
    let returned: Returned = serde_json::from_value(returned).ok()?;
    let status = StatusCode::from_u16(returned.status_code).ok().filter(|status| !status.is_informational())?;
    let body = returned.body.unwrap_or_default();
    let body = match returned.is_base64_encoded {
        Some(true) => Bytes::from(STANDARD.decode(body).ok()?),
        Some(false) | None => Bytes::from(body),
    };
    let mut headers = HeaderMap::new();
    add_headers(&mut headers, returned.headers.unwrap_or_default())?;
    add_headers(&mut headers, returned.multi_value_headers.unwrap_or_default())?;
    for cookie in returned.cookies.unwrap_or_default() {
        headers.append(header::SET_COOKIE, HeaderValue::from_str(&cookie).ok()?);
    }
    for name in DROPPED {
        headers.remove(name);
    }
    if !body.is_empty() && !headers.contains_key(header::CONTENT_TYPE) {
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain;charset=UTF-8"));
    }
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    Some(response)
}

/// A return value without a status is taken as the body of a success.
fn inferred(returned: &Json) -> Response {
    let body = match returned {
        Json::String(text) => text.clone(),
        other => other.to_string(),
    };
    let mut response = Response::new(Body::from(body));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

fn add_headers(headers: &mut HeaderMap, returned: Map<String, Json>) -> Option<()> {
    for (name, value) in returned {
        let name = HeaderName::from_bytes(name.as_bytes()).ok()?;
        let values = match value {
            Json::Array(values) => values,
            value => vec![value],
        };
        // A header may come in both maps; the second is the complete one.
        headers.remove(&name);
        for value in values {
            let text = match value {
                Json::String(text) => text,
                Json::Number(number) => number.to_string(),
                Json::Bool(flag) => flag.to_string(),
                _ => return None,
            };
            headers.append(&name, HeaderValue::from_str(&text).ok()?);
        }
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn response(returned: Json) -> Option<Response> {
        from_function(returned.to_string().as_bytes())
    }

    async fn text(response: Response) -> String {
        let bytes = axum::body::to_bytes(response.into_body(), 1_000).await.unwrap();
        String::from_utf8(bytes.to_vec()).unwrap()
    }

    #[tokio::test]
    async fn status_headers_cookies_and_body_are_handed_on() {
        let returned = json!({
            "statusCode": 201,
            "headers": {"Content-Type": "application/json", "content-length": "999", "x-n": 1},
            "multiValueHeaders": {"x-m": ["a", "b"]},
            "cookies": ["a=1", "b=2"],
            "body": "aGk=",
            "isBase64Encoded": true,
        });
        let response = response(returned).unwrap();
        assert_eq!(response.status(), StatusCode::CREATED);
        let all = |name: &str| -> Vec<_> { response.headers().get_all(name).iter().cloned().collect() };
        assert_eq!(all("content-type"), ["application/json"]);
        assert_eq!(all("x-n"), ["1"]);
        assert_eq!(all("x-m"), ["a", "b"]);
        assert_eq!(all("set-cookie"), ["a=1", "b=2"]);
        assert!(all("content-length").is_empty());
        assert_eq!(text(response).await, "hi");
    }

    #[tokio::test]
    async fn without_a_status_the_value_is_the_body() {
        let response = response(json!({ "a": 1 })).unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(text(response).await, "{\"a\":1}");
    }

    #[test]
    fn what_cannot_be_a_response_is_none() {
        assert!(from_function(b"not json").is_none());
        assert!(response(json!({ "statusCode": 99 })).is_none());
        assert!(response(json!({ "statusCode": "200" })).is_none());
        assert!(response(json!({ "statusCode": 200, "headers": {"a\n": "b"} })).is_none());
        assert!(response(json!({ "statusCode": 200, "body": "*", "isBase64Encoded": true })).is_none());
    }

    #[test]
    fn refused_tokens_are_challenged() {
        assert_eq!(unauthorized(None).headers()["www-authenticate"], "Bearer");
        let told = unauthorized(Some("the token has expired"));
        assert!(told.headers()["www-authenticate"].to_str().unwrap().starts_with("Bearer "));
    }
}
