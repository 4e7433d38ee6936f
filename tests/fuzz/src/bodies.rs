//! Bodies of requests before any field of them is looked at.

use std::fmt;

use edge::{Fields, MAX_ERRORS, Problem, strict_json};
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

/// More than the longest name of a field that is repeated, and the words around it.
const MAX_REASON: usize = 512;

/// What is accepted is JSON and says one thing; what is refused is told apart: not JSON, or JSON that cannot be held.
pub fn target(input: &[u8]) {
    let is_json = serde_json::from_slice::<IgnoredAny>(input).is_ok() && std::str::from_utf8(input).is_ok();
    match strict_json(input) {
        Ok(value) => {
            assert!(is_json);
            accepted(&value, input);
        }
        Err(problem) if problem.code() == "invalid_json" => assert!(!is_json),
        Err(problem) => {
            assert!(is_json && problem.code() == "validation_failed" && problem.errors().len() == 1);
            is_short(&problem);
        }
    }
}

fn accepted(value: &Value, input: &[u8]) {
    let Names(written) = serde_json::from_slice(input).expect("JSON");
    assert_eq!(written, names(value), "a name stands twice in one object");
    assert_eq!(
        serde_json::from_slice::<Value>(input).ok().as_ref(),
        Some(value),
        "another parser reads something else"
    );
    let written = value.to_string();
    let again = strict_json(written.as_bytes()).unwrap_or_else(|problem| panic!("{}: {written}", problem.reason()));
    assert!(again == *value || has_fraction(value), "{written}");
    unknown(value);
}

/// Fractions are read only to be refused, and not to the last digit.
fn has_fraction(value: &Value) -> bool {
    match value {
        Value::Array(elements) => elements.iter().any(has_fraction),
        Value::Object(map) => map.values().any(has_fraction),
        value => value.is_f64(),
    }
}

/// Of a body in which no field is known, every field is refused by name; nothing else of it is repeated.
fn unknown(value: &Value) {
    let Err(problem) = Fields::of(value.clone()).finish(None::<()>) else { panic!("nothing is accepted") };
    assert_eq!(problem.code(), "validation_failed");
    let fields = value.as_object().map_or(1, serde_json::Map::len);
    assert_eq!(problem.errors().len(), fields.min(MAX_ERRORS));
    is_short(&problem);
}

fn is_short(problem: &Problem) {
    for error in problem.errors() {
        let length = error.field.len() + error.message.len();
        assert!(length <= MAX_REASON, "an answer repeats {length} bytes of the request");
    }
}

/// How many names a text holds in all its objects.
struct Names(usize);

impl<'de> Deserialize<'de> for Names {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Names, D::Error> {
        deserializer.deserialize_any(NamesVisitor).map(Names)
    }
}

struct NamesVisitor;

impl<'de> Visitor<'de> for NamesVisitor {
    type Value = usize;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<usize, E> {
        Ok(0)
    }

    fn visit_bool<E>(self, _: bool) -> Result<usize, E> {
        Ok(0)
    }

    fn visit_u64<E>(self, _: u64) -> Result<usize, E> {
        Ok(0)
    }

    fn visit_i64<E>(self, _: i64) -> Result<usize, E> {
        Ok(0)
    }

    fn visit_f64<E>(self, _: f64) -> Result<usize, E> {
        Ok(0)
    }

    fn visit_str<E>(self, _: &str) -> Result<usize, E> {
        Ok(0)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<usize, A::Error> {
        let mut sum = 0;
        while let Some(Names(names)) = elements.next_element()? {
            sum += names;
        }
        Ok(sum)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<usize, A::Error> {
        let mut sum = 0;
        while let Some((_, Names(names))) = entries.next_entry::<IgnoredAny, Names>()? {
            sum += names + 1;
        }
        Ok(sum)
    }
}

/// How many names a value holds in all its objects.
fn names(value: &Value) -> usize {
    match value {
        Value::Array(elements) => elements.iter().map(names).sum(),
        Value::Object(map) => map.values().map(|value| names(value) + 1).sum(),
        _ => 0,
    }
}
