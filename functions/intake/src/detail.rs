//! What an event says beside its envelope, whatever it is about.

use domain::account::Lineage;
use events::VERSION;
use serde_json::{Map, Value};

use crate::reason::Reason;

/// What the publisher says in the event, whatever else the envelope holds.
///
/// # Errors
/// When there is nothing, or its form is not known here.
pub fn data(detail: &Value) -> Result<&Map<String, Value>, Reason> {
    let version = detail.get("version").filter(|version| !version.is_null());
    if version.is_some_and(|version| version != VERSION) {
        return Err(Reason::invalid("version", &format!("must be \"{VERSION}\"")));
    }
    let data = detail.get("data").and_then(Value::as_object);
    data.ok_or_else(|| Reason::invalid("data", "must be a JSON object"))
}

/// Whether an account belongs to the program that the event names, if it names one.
pub fn is_of_program(account: &Lineage, detail: &Value) -> bool {
    let named = detail.get("program_id").filter(|program| !program.is_null());
    named.is_none_or(|program| *program == account.program_id.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn of_the_detail_only_the_data_is_needed() {
        for detail in [json!({"data": {}}), json!({"version": "1", "data": {}}), json!({"version": null, "data": {}})] {
            assert_eq!(data(&detail), Ok(&Map::new()));
        }
        for (detail, reason) in [
            (json!({"version": "2", "data": {}}), "validation_failed: version must be \"1\"."),
            (json!({"version": 1, "data": {}}), "validation_failed: version must be \"1\"."),
            (json!({}), "validation_failed: data must be a JSON object."),
            (json!({"data": []}), "validation_failed: data must be a JSON object."),
            (json!("text"), "validation_failed: data must be a JSON object."),
        ] {
            assert_eq!(data(&detail).unwrap_err().as_str(), reason);
        }
    }
}
