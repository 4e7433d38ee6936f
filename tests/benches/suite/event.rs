//! Events as the gateway makes them, for functions that are asked without one.

use serde_json::{Value, json};
use tests::program::new_key;

use super::binaries;

/// One that asks for the preview of a purchase.
const EVENT: &str = "infra/test-events/purchasing/preview.json";

/// A purchase by an account's admin.
///
/// # Panics
/// When there is no event to make it from.
#[must_use]
pub fn purchase(account: &str) -> String {
    let text = std::fs::read_to_string(binaries::workspace().join(EVENT)).expect("an event");
    let text = text.replace("acc_00000000000000000000000000", account);
    let mut event: Value = serde_json::from_str(&text).expect("JSON");
    event["rawQueryString"] = json!("");
    event.as_object_mut().expect("an event").remove("queryStringParameters");
    let order = json!({ "list_amount": "1.00", "product": "Virtual machine, 1 month", "reference": "PO-2026-000123" });
    event["body"] = json!(order.to_string());
    with_new_key(&event.to_string())
}

/// The same request under another key.
///
/// # Panics
/// When it is no event.
#[must_use]
pub fn with_new_key(event: &str) -> String {
    let mut event: Value = serde_json::from_str(event).expect("JSON");
    event["headers"]["idempotency-key"] = json!(new_key());
    event.to_string()
}

/// Sees to it that a function's answer is 201.
///
/// # Panics
/// When it is another.
pub fn expect_created(answer: &[u8]) {
    let answer: Value = serde_json::from_slice(answer).expect("JSON");
    assert_eq!(answer["statusCode"], 201, "{answer}");
}
