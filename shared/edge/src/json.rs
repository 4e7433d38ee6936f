//! Strict JSON: what the parser lets through silently is an error here.

use std::fmt;

use domain::FieldError;
use serde::de::{Deserialize, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use crate::problem::{Problem, shown_name};

/// Why a body is refused before any field of it is looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Unreadable {
    /// Not JSON.
    NotJson,
    /// JSON, but a name stands twice in one object, or the nesting is too deep, or a number too large to hold. Names the
    /// field of the body in which that is, or nothing.
    Unacceptable(String),
}

/// A value in which no object has a name twice.
struct Strict(Value);

impl<'de> Deserialize<'de> for Strict {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Strict, D::Error> {
        deserializer.deserialize_any(StrictVisitor).map(Strict)
    }
}

struct StrictVisitor;

impl<'de> Visitor<'de> for StrictVisitor {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    /// No field of any request is a fraction: amounts are texts. The number is kept only so that its field can be named.
    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(Strict(value)) = elements.next_element()? {
            list.push(value);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        while let Some((name, Strict(value))) = entries.next_entry::<String, Strict>()? {
            if map.insert(name, value).is_some() {
                return Err(A::Error::custom("a name stands twice in one object"));
            }
        }
        Ok(Value::Object(map))
    }
}

/// Reads a body as JSON that says one thing only: no name stands twice in one object.
///
/// # Errors
/// 400 `invalid_json`, or 422 `validation_failed` for JSON that cannot be held as it stands.
pub fn strict_json(body: &[u8]) -> Result<Value, Problem> {
    parse(body).map_err(|unreadable| match unreadable {
        Unreadable::NotJson => Problem::invalid_json(),
        Unreadable::Unacceptable(field) => Problem::validation_failed(vec![FieldError::new(
            field,
            "unacceptable_json",
            "has a name twice in one object, is nested too deeply, or holds a number that is too large",
        )]),
    })
}

fn parse(body: &[u8]) -> Result<Value, Unreadable> {
    match serde_json::from_slice::<Strict>(body) {
        Ok(Strict(value)) => Ok(value),
        Err(_) if serde_json::from_slice::<IgnoredAny>(body).is_ok() && std::str::from_utf8(body).is_ok() => {
            Err(Unreadable::Unacceptable(culprit(body)))
        }
        Err(_) => Err(Unreadable::NotJson),
    }
}

/// The names of an object with the texts of their values.
struct Unparsed<'de>(Vec<(String, &'de RawValue)>);

impl<'de> Deserialize<'de> for Unparsed<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Unparsed<'de>, D::Error> {
        deserializer.deserialize_map(UnparsedVisitor)
    }
}

struct UnparsedVisitor;

impl<'de> Visitor<'de> for UnparsedVisitor {
    type Value = Unparsed<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Unparsed<'de>, A::Error> {
        let mut list = Vec::new();
        while let Some(entry) = entries.next_entry()? {
            list.push(entry);
        }
        Ok(Unparsed(list))
    }
}

/// The field of the body that stands twice or has a value that cannot be held; empty when it is the body as a whole.
fn culprit(body: &[u8]) -> String {
    let Ok(Unparsed(entries)) = serde_json::from_slice::<Unparsed<'_>>(body) else { return String::new() };
    let is_wrong = |index: usize, name: &String, value: &RawValue| {
        let is_repeated = entries.iter().take(index).any(|(other, _)| other == name);
        is_repeated || serde_json::from_str::<Strict>(value.get()).is_err()
    };
    let wrong = entries.iter().enumerate().find(|(index, (name, value))| is_wrong(*index, name, value));
    wrong.map(|(_, (name, _))| shown_name(name)).unwrap_or_default()
}

/// One spelling for all texts of the same value: names sorted, no white space, absent and `null` the same. It is part of
/// what idempotency records remember for ever, so it must not change.
pub(crate) fn canonical(value: &Value) -> String {
    match value {
        Value::Array(elements) => {
            let elements: Vec<String> = elements.iter().map(canonical).collect();
            format!("[{}]", elements.join(","))
        }
        Value::Object(map) => {
            let mut entries: Vec<(&String, &Value)> = map.iter().filter(|(_, value)| !value.is_null()).collect();
            entries.sort_by_key(|(name, _)| *name);
            let entries: Vec<String> = entries
                .into_iter()
                .map(|(name, value)| format!("{}:{}", Value::from(name.as_str()), canonical(value)))
                .collect();
            format!("{{{}}}", entries.join(","))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_twice_is_refused_at_any_depth() {
        assert!(parse(br#"{"a": {"b": 1}, "c": [1.5, null, true]}"#).is_ok());
        let unacceptable = |field: &str| Err(Unreadable::Unacceptable(field.to_owned()));
        assert_eq!(parse(br#"{"b": 1, "a": 1, "a": 1}"#), unacceptable("a"));
        assert_eq!(parse(br#"{"b": 1, "a": [{"b": 1, "b": 2}]}"#), unacceptable("a"));
        let long = format!("\"{}\": 1", "x".repeat(1_000));
        assert_eq!(parse(format!("{{{long}, {long}}}").as_bytes()), unacceptable(&"x".repeat(64)));
    }

    #[test]
    fn what_is_not_json_is_told_from_what_cannot_be_held() {
        for text in ["", "{", "{\"a\":}", "nul", "{'a': 1}", "{\"a\": 01}", "{} {}", "\u{feff}{}"] {
            assert_eq!(parse(text.as_bytes()), Err(Unreadable::NotJson), "{text}");
        }
        assert_eq!(parse(b"{\"a\": \"\xff\"}"), Err(Unreadable::NotJson));
        let deep = format!("{}{}", "[".repeat(5_000), "]".repeat(5_000));
        assert_eq!(parse(deep.as_bytes()), Err(Unreadable::Unacceptable(String::new())));
        assert_eq!(parse(b"{\"b\": 1, \"a\": 1e999}"), Err(Unreadable::Unacceptable("a".to_owned())));
    }

    #[test]
    fn the_canonical_form_is_fixed() {
        let one = parse(br#"{ "b": [1, {"y": null, "x": "\u00e9"}], "a": "1.00" }"#).unwrap();
        let other = parse("{\"a\":\"1.00\",\"b\":[1,{\"x\":\"é\"}],\"c\":null}".as_bytes()).unwrap();
        assert_eq!(canonical(&one), r#"{"a":"1.00","b":[1,{"x":"é"}]}"#);
        assert_eq!(canonical(&one), canonical(&other));
    }
}
