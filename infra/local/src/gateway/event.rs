//! Requests as functions see them: API Gateway's event, payload format 2.0.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use axum::body::Bytes;
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value as Json, json};
use time::OffsetDateTime;
use time::macros::format_description;

use super::routes::{self, Match};
use crate::aws;

const API_ID: &str = "local";
const DOMAIN_NAME: &str = "local.execute-api.us-east-1.amazonaws.com";

/// A request and the circumstances of its arrival.
pub(super) struct Received<'a> {
    pub(super) parts: &'a Parts,
    pub(super) body: &'a Bytes,
    pub(super) client: SocketAddr,
    pub(super) request_id: &'a str,
    pub(super) now: OffsetDateTime,
}

/// What a JWT authorizer hands on: the token's claims, each as text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Authorized {
    pub(super) claims: BTreeMap<String, String>,
}

/// The event, as JSON.
pub(super) fn build(received: &Received<'_>, matched: Match<'_>, authorized: Option<Authorized>) -> Vec<u8> {
    let Received { parts, body, .. } = received;
    let route_key = format!("{} {}", matched.route.method, matched.route.path);
    let query = parts.uri.query().unwrap_or_default();
    let mut event = json!({
        "version": "2.0",
        "routeKey": route_key,
        "rawPath": raw_path(parts),
        "rawQueryString": query,
        "headers": headers(received),
        "requestContext": context(received, &route_key, authorized),
        "isBase64Encoded": false,
    });
    let mut set = |name: &str, value: Json| {
        if let Some(event) = event.as_object_mut() {
            event.insert(name.to_owned(), value);
        }
    };
    // What there is none of is left out, not empty.
    let cookies = cookies(&parts.headers);
    if !cookies.is_empty() {
        set("cookies", json!(cookies));
    }
    let parameters = query_parameters(query);
    if !parameters.is_empty() {
        set("queryStringParameters", Json::Object(parameters));
    }
    if !matched.parameters.is_empty() {
        set(
            "pathParameters",
            matched.parameters.into_iter().map(|(name, value)| (name, Json::String(value))).collect(),
        );
    }
    if !body.is_empty() {
        let (text, is_base64) = body_text(&parts.headers, body);
        set("body", Json::String(text));
        set("isBase64Encoded", Json::Bool(is_base64));
    }
    event.to_string().into_bytes()
}

/// Despite its name API Gateway's HTTP APIs hand it on decoded.
fn raw_path(parts: &Parts) -> String {
    let path = parts.uri.path();
    routes::decode(path).unwrap_or_else(|_| path.to_owned())
}

fn context(received: &Received<'_>, route_key: &str, authorized: Option<Authorized>) -> Json {
    let Received { parts, client, request_id, now, .. } = received;
    let time = now
        .format(format_description!("[day]/[month repr:short]/[year]:[hour]:[minute]:[second] +0000"))
        .unwrap_or_default();
    let mut context = json!({
        "accountId": aws::ACCOUNT_ID,
        "apiId": API_ID,
        "domainName": DOMAIN_NAME,
        "domainPrefix": API_ID,
        "http": {
            "method": parts.method.as_str(),
            "path": raw_path(parts),
            "protocol": format!("{:?}", parts.version),
            "sourceIp": client.ip().to_string(),
            "userAgent": text_of(&parts.headers, header::USER_AGENT.as_str()).unwrap_or_default(),
        },
        "requestId": request_id,
        "routeKey": route_key,
        "stage": "$default",
        "time": time,
        "timeEpoch": i64::try_from(now.unix_timestamp_nanos().div_euclid(1_000_000)).unwrap_or(i64::MAX),
    });
    if let Some(authorized) = authorized
        && let Some(context) = context.as_object_mut()
    {
        let jwt = json!({ "claims": authorized.claims, "scopes": null });
        context.insert("authorizer".to_owned(), json!({ "jwt": jwt }));
    }
    context
}

/// Names in lower case, repeated headers joined by commas; cookies are apart.
fn headers(received: &Received<'_>) -> Map<String, Json> {
    let mut headers = Map::new();
    for name in received.parts.headers.keys().filter(|name| **name != header::COOKIE) {
        if let Some(value) = text_of(&received.parts.headers, name.as_str()) {
            headers.insert(name.as_str().to_owned(), Json::String(value));
        }
    }
    headers.insert("x-forwarded-for".to_owned(), json!(received.client.ip().to_string()));
    headers.insert("x-forwarded-proto".to_owned(), json!("http"));
    headers
}

/// All values of a header, joined by commas.
fn text_of(headers: &HeaderMap, name: &str) -> Option<String> {
    let values: Vec<_> = headers.get_all(name).iter().map(|value| String::from_utf8_lossy(value.as_bytes())).collect();
    (!values.is_empty()).then(|| values.join(","))
}

fn cookies(headers: &HeaderMap) -> Vec<String> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .map(|value| String::from_utf8_lossy(value.as_bytes()))
        .flat_map(|line| line.split(';').map(|cookie| cookie.trim().to_owned()).collect::<Vec<_>>())
        .filter(|cookie| !cookie.is_empty())
        .collect()
}

/// Decoded, repeated parameters joined by commas.
fn query_parameters(query: &str) -> Map<String, Json> {
    let mut parameters: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        parameters.entry(decode_query(name)).or_default().push(decode_query(value));
    }
    parameters.into_iter().map(|(name, values)| (name, Json::String(values.join(",")))).collect()
}

fn decode_query(text: &str) -> String {
    let spaced = text.replace('+', " ");
    percent_encoding::percent_decode_str(&spaced).decode_utf8_lossy().into_owned()
}

/// Text as it is, anything else in base64, and whether it is that.
fn body_text(headers: &HeaderMap, body: &Bytes) -> (String, bool) {
    match std::str::from_utf8(body) {
        Ok(text) if is_textual(headers) => (text.to_owned(), false),
        _ => (STANDARD.encode(body), true),
    }
}

fn is_textual(headers: &HeaderMap) -> bool {
    let Some(value) = text_of(headers, header::CONTENT_TYPE.as_str()) else { return false };
    let media_type = value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    media_type.starts_with("text/")
        || matches!(&*media_type, "application/json" | "application/javascript" | "application/xml")
        || media_type.ends_with("+json")
        || media_type.ends_with("+xml")
}

#[cfg(test)]
mod tests {
    use axum::http::Request;

    use super::*;
    use crate::template::Route;

    fn event(request: Request<&str>, authorized: Option<Authorized>) -> Json {
        let (parts, body) = request.into_parts();
        let route = Route {
            method: "POST".to_owned(),
            path: "/v1/things/{id}".to_owned(),
            function: "f".to_owned(),
            authorizer: None,
        };
        let matched = Match { route: &route, parameters: vec![("id".to_owned(), "a b".to_owned())] };
        let received = Received {
            parts: &parts,
            body: &Bytes::from(body.to_owned()),
            client: SocketAddr::from(([127, 0, 0, 1], 5000)),
            request_id: "r1",
            now: OffsetDateTime::from_unix_timestamp_nanos(1_700_000_000_123_456_789).unwrap(),
        };
        serde_json::from_slice(&build(&received, matched, authorized)).unwrap()
    }

    #[test]
    fn a_request_becomes_an_event() {
        let request = Request::post("/v1/things/a%20b?x=1&x=2&y=a%20b+c&z")
            .header("Content-Type", "application/json; charset=utf-8")
            .header("X-Twice", "one")
            .header("X-Twice", "two")
            .header("Cookie", "a=1; b=2")
            .header("User-Agent", "test")
            .body("{\"n\":1}")
            .unwrap();
        let claims = BTreeMap::from([("sub".to_owned(), "u".to_owned())]);
        let event = event(request, Some(Authorized { claims }));
        let expected = json!({
            "version": "2.0",
            "routeKey": "POST /v1/things/{id}",
            "rawPath": "/v1/things/a b",
            "rawQueryString": "x=1&x=2&y=a%20b+c&z",
            "cookies": ["a=1", "b=2"],
            "headers": {
                "content-type": "application/json; charset=utf-8",
                "x-twice": "one,two",
                "user-agent": "test",
                "x-forwarded-for": "127.0.0.1",
                "x-forwarded-proto": "http",
            },
            "queryStringParameters": {"x": "1,2", "y": "a b c", "z": ""},
            "pathParameters": {"id": "a b"},
            "requestContext": {
                "accountId": "000000000000",
                "apiId": "local",
                "authorizer": {"jwt": {"claims": {"sub": "u"}, "scopes": null}},
                "domainName": "local.execute-api.us-east-1.amazonaws.com",
                "domainPrefix": "local",
                "http": {
                    "method": "POST",
                    "path": "/v1/things/a b",
                    "protocol": "HTTP/1.1",
                    "sourceIp": "127.0.0.1",
                    "userAgent": "test",
                },
                "requestId": "r1",
                "routeKey": "POST /v1/things/{id}",
                "stage": "$default",
                "time": "14/Nov/2023:22:13:20 +0000",
                "timeEpoch": 1_700_000_000_123_i64,
            },
            "body": "{\"n\":1}",
            "isBase64Encoded": false,
        });
        assert_eq!(event, expected);
    }

    #[test]
    fn what_is_not_text_is_base64() {
        for content_type in [Some("application/octet-stream"), Some("application/x-www-form-urlencoded"), None] {
            let mut request = Request::post("/v1/things/a");
            if let Some(content_type) = content_type {
                request = request.header("content-type", content_type);
            }
            let event = event(request.body("a=b").unwrap(), None);
            assert_eq!(event["body"], "YT1i", "{content_type:?}");
            assert_eq!(event["isBase64Encoded"], true);
        }
        let mut headers = HeaderMap::new();
        headers.insert("content-type", "application/json".parse().unwrap());
        assert_eq!(body_text(&headers, &Bytes::from_static(b"\xff")), ("/w==".to_owned(), true));
    }

    #[test]
    fn what_there_is_none_of_is_left_out() {
        let event = event(Request::post("/v1/things/a").body("").unwrap(), None);
        for name in ["body", "cookies", "queryStringParameters"] {
            assert!(event.get(name).is_none(), "{name}");
        }
        assert!(event["requestContext"].get("authorizer").is_none());
    }
}
