//! What every answer keeps to, whatever was asked.

use domain::Amount;
use domain::amount::MAX_FRACTION_DIGITS;
use edge::MAX_ERRORS;
use lambda_http::{Body, Response};
use rust_decimal::Decimal;
use serde_json::Value;

/// Every status that a function may answer with while the services behind it do.
const STATUSES: [u16; 12] = [200, 201, 204, 304, 400, 403, 404, 409, 413, 415, 422, 429];

/// The most bytes of an answer that repeat what was sent, each time.
const MAX_REPEATED: usize = 512;

/// The most bytes of an answer, of the six millions that a function may give.
const MAX_BODY: usize = 1024 * 1024;

/// What came back.
#[derive(Debug)]
pub struct Answer {
    /// Its status.
    pub status: u16,
    /// Its body, when that is JSON.
    pub body: Value,
}

/// Checks the form of a response.
pub fn check(response: &Response<Body>) -> Answer {
    let status = response.status().as_u16();
    let header = |name: &str| response.headers().get(name).map(|value| value.to_str().expect("visible ASCII"));
    let bytes: &[u8] = response.body().as_ref();
    assert!(bytes.len() <= MAX_BODY, "an answer of {} bytes", bytes.len());
    assert!(STATUSES.contains(&status), "{status}: {}", String::from_utf8_lossy(bytes));
    assert!(header("cache-control").is_some(), "anything on the way may keep it");
    let is_json =
        header("content-type").is_some_and(|kind| kind.ends_with("json")) && header("content-encoding").is_none();
    let body: Value = if is_json { serde_json::from_slice(bytes).expect("JSON") } else { Value::Null };
    if status >= 400 {
        assert_eq!(header("content-type"), Some("application/problem+json"));
        problem(status, &body);
    } else {
        balances(&body);
    }
    Answer { status, body }
}

fn problem(status: u16, body: &Value) {
    assert_eq!(body["status"], status);
    for name in ["type", "title", "detail", "code", "request_id"] {
        let text = body[name].as_str().unwrap_or_else(|| panic!("no {name}: {body}"));
        assert!(!text.is_empty() && text.len() <= MAX_REPEATED, "{name}: {body}");
    }
    let errors = body["errors"].as_array().map(Vec::as_slice).unwrap_or_default();
    assert!(errors.len() <= MAX_ERRORS, "{} faults are listed", errors.len());
    assert!(body["code"] != "validation_failed" || !errors.is_empty(), "nothing is said to be wrong: {body}");
    for error in errors {
        fault(error);
    }
}

/// A fault names its field, or is about the body as a whole; it repeats nothing else of the request.
pub fn fault(error: &Value) {
    let text = |name: &str| error[name].as_str().unwrap_or_else(|| panic!("no {name}: {error}"));
    assert!(!text("code").is_empty() && !text("message").is_empty(), "{error}");
    assert!(text("field").len() + text("message").len() <= MAX_REPEATED, "an answer repeats what was sent: {error}");
}

/// Every position anywhere in an answer adds up.
fn balances(body: &Value) {
    match body {
        Value::Array(elements) => elements.iter().for_each(balances),
        Value::Object(map) => {
            map.values().for_each(balances);
            let figure = |name: &str| map.get(name).and_then(Value::as_str).map(decimal);
            let parts: Option<Decimal> = ["available", "allocated", "held", "used"].into_iter().map(figure).sum();
            if let (Some(granted), Some(parts), true) = (figure("granted"), parts, map.contains_key("seq")) {
                assert_eq!(granted, parts, "{body}");
            }
        }
        _ => {}
    }
}

fn decimal(text: &str) -> Decimal {
    Amount::parse(text, MAX_FRACTION_DIGITS).unwrap_or_else(|error| panic!("{text:?} {error}")).to_decimal()
}
