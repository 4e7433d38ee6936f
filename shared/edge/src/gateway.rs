//! Between Lambda's runtime and HTTP: what the gateway hands over, and what it is handed back.
//!
//! The library that makes a request of an event panics when scheme, host and query together are no URI, and a panic ends
//! the environment. Nobody here reads scheme or host, so they are not taken from the caller; of a query, what may not stand
//! in a URI is encoded, which changes nothing of what it says.

use std::fmt::Write as _;

use lambda_http::aws_lambda_events::apigw::{ApiGatewayV2httpRequest, ApiGatewayV2httpResponse};
use lambda_http::http::{HeaderName, Response, header};
use lambda_http::request::LambdaRequest;
use lambda_http::{Body, Context, Request, RequestExt};

const FORWARDED_PROTOCOL: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// The request of an event.
pub(crate) fn request(mut event: ApiGatewayV2httpRequest, context: Context) -> Request {
    event.headers.remove(header::HOST);
    event.headers.remove(FORWARDED_PROTOCOL);
    event.request_context.domain_name = None;
    event.raw_query_string = event.raw_query_string.map(|query| encoded(&query));
    let request: Request = LambdaRequest::ApiGatewayV2(event).into();
    request.with_lambda_context(context)
}

/// A query in which nothing stands but what RFC 3986, 3.4 allows there.
fn encoded(query: &str) -> String {
    query.bytes().fold(String::with_capacity(query.len()), |mut encoded, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@/?%".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            // Writing to a string does not fail.
            let _ = write!(encoded, "%{byte:02X}");
        }
        encoded
    })
}

/// The answer to an event. The body stays as it stands: left to itself, the library would decode a text once more, and take
/// away the mark by which spreadsheets know UTF-8.
pub(crate) fn answer(response: Response<Body>) -> ApiGatewayV2httpResponse {
    let (head, body) = response.into_parts();
    let mut answer = ApiGatewayV2httpResponse::default();
    answer.status_code = i64::from(head.status.as_u16());
    answer.headers = head.headers;
    answer.is_base64_encoded = matches!(body, Body::Binary(_));
    answer.body = Some(body);
    answer
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(change: impl FnOnce(&mut serde_json::Value)) -> Request {
        let mut event = json!({
            "version": "2.0", "routeKey": "GET /v1/me", "rawPath": "/v1/me", "rawQueryString": "",
            "headers": { "host": "api.example" }, "isBase64Encoded": false,
            "requestContext": { "stage": "$default", "domainName": "api.example", "timeEpoch": 0,
                "http": { "method": "GET", "path": "/v1/me" } },
        });
        change(&mut event);
        request(serde_json::from_value(event).unwrap(), Context::default())
    }

    #[test]
    fn nothing_that_a_caller_sends_beside_the_path_stops_the_reading() {
        for odd in ["", " ", "a b", "https", "ht tp", "::", "[", "x:99999999", "%", "\"", "<>", "{}", "\u{e9}"] {
            for name in ["host", "x-forwarded-proto"] {
                assert_eq!(read(|event| event["headers"][name] = json!(odd)).uri().path(), "/v1/me", "{name}: {odd}");
            }
            let request = read(|event| event["rawQueryString"] = json!(format!("kind={odd}&limit=2")));
            assert_eq!(request.query_string_parameters().first("limit"), Some("2"), "{odd}");
        }
        let request = read(|event| event["requestContext"]["domainName"] = json!("a b"));
        assert_eq!(request.uri().path(), "/v1/me");
    }

    #[test]
    fn a_query_says_what_it_said() {
        for (query, value) in [("kind=<a b>", "<a b>"), ("kind=%3Ca+b%3E", "<a b>"), ("kind=\u{e9}#", "\u{e9}#")] {
            let request = read(|event| event["rawQueryString"] = json!(query));
            assert_eq!(request.query_string_parameters().first("kind"), Some(value), "{query}");
        }
    }

    #[test]
    fn an_answer_is_handed_back_as_it_stands() {
        let text = Response::builder().status(409).header("etag", "\"3\"").body(Body::from("\u{feff}a")).unwrap();
        let told = serde_json::to_value(answer(text)).unwrap();
        assert_eq!(told["statusCode"], 409);
        assert_eq!(told["headers"]["etag"], "\"3\"");
        assert_eq!((&told["body"], &told["isBase64Encoded"]), (&json!("\u{feff}a"), &json!(false)));
        let binary = serde_json::to_value(answer(Response::new(Body::Binary(vec![1, 2, 3])))).unwrap();
        assert_eq!((&binary["body"], &binary["isBase64Encoded"]), (&json!("AQID"), &json!(true)));
    }
}
