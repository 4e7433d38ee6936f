//! Reading the fields of a body, so that everything that is wrong with them is said at once.

use std::ops::RangeInclusive;

use domain::FieldError;
use serde_json::{Map, Value};

use crate::problem::{Problem, shown_name};
use crate::read::Wrong;

/// The fields of a JSON object that are still to be read, and what was wrong with those that were.
///
/// Reading a field takes it out. What is left at the end is unknown, and refused with its name: a misspelt optional field
/// would otherwise lose an intent.
#[derive(Debug)]
pub struct Fields {
    left: Map<String, Value>,
    path: String,
    errors: Vec<FieldError>,
}

impl Fields {
    /// The fields of a JSON object; another value is refused at the end.
    #[must_use]
    pub fn of(body: Value) -> Fields {
        let mut fields = Fields { left: Map::new(), path: String::new(), errors: Vec::new() };
        match body {
            Value::Object(map) => fields.left = map,
            _ => fields.errors.push(FieldError::new("", "not_an_object", "must be a JSON object")),
        }
        fields
    }

    /// A field that has to be there. `null` counts as absent.
    pub fn required<T>(&mut self, name: &str, read: impl Fn(&Value) -> Result<T, Wrong>) -> Option<T> {
        match self.take(name) {
            Some(value) => self.read(name, &value, read),
            None => {
                self.wrong(name, Wrong::new("required", "is required"));
                None
            }
        }
    }

    /// A field that may be left out. `null` counts as absent.
    ///
    /// The outer option is empty when the field is there and wrong.
    pub fn optional<T>(&mut self, name: &str, read: impl Fn(&Value) -> Result<T, Wrong>) -> Option<Option<T>> {
        match self.take(name) {
            Some(value) => self.read(name, &value, read).map(Some),
            None => Some(None),
        }
    }

    /// A field that holds an object; its own fields are read by `inner`.
    pub fn object<T>(&mut self, name: &str, inner: impl FnOnce(&mut Fields) -> Option<T>) -> Option<T> {
        match self.take(name) {
            Some(value) => self.object_in(name, value, inner),
            None => {
                self.wrong(name, Wrong::new("required", "is required"));
                None
            }
        }
    }

    fn object_in<T>(&mut self, name: &str, value: Value, inner: impl FnOnce(&mut Fields) -> Option<T>) -> Option<T> {
        let Value::Object(map) = value else {
            self.wrong(name, Wrong::new("not_an_object", "must be a JSON object"));
            return None;
        };
        let mut fields = Fields { left: map, path: format!("{}{name}.", self.path), errors: Vec::new() };
        let result = inner(&mut fields);
        fields.refuse_unknown();
        self.errors.append(&mut fields.errors);
        result
    }

    /// A field that holds a list of 1 to `most` objects, each read by `inner`.
    pub fn objects<T>(&mut self, name: &str, most: usize, inner: impl Fn(&mut Fields) -> Option<T>) -> Option<Vec<T>> {
        match self.take(name) {
            Some(value) => self.objects_in(name, value, 1..=most, inner),
            None => {
                self.wrong(name, Wrong::new("required", "is required"));
                None
            }
        }
    }

    /// A field that may be left out, or hold a list of up to `most` objects, each read by `inner`.
    pub fn optional_objects<T>(
        &mut self,
        name: &str,
        most: usize,
        inner: impl Fn(&mut Fields) -> Option<T>,
    ) -> Option<Option<Vec<T>>> {
        match self.take(name) {
            Some(value) => self.objects_in(name, value, 0..=most, inner).map(Some),
            None => Some(None),
        }
    }

    fn objects_in<T>(
        &mut self,
        name: &str,
        value: Value,
        length: RangeInclusive<usize>,
        inner: impl Fn(&mut Fields) -> Option<T>,
    ) -> Option<Vec<T>> {
        let elements = match value {
            Value::Array(elements) if length.contains(&elements.len()) => elements,
            _ => {
                let message = format!("must be a list of {} to {} objects", length.start(), length.end());
                self.wrong(name, Wrong::new("wrong_length", message));
                return None;
            }
        };
        let mut read = Vec::with_capacity(elements.len());
        for (index, element) in elements.into_iter().enumerate() {
            // Every element is read, so that all that is wrong is said at once.
            read.push(self.object_in(&format!("{name}[{index}]"), element, &inner));
        }
        read.into_iter().collect()
    }

    /// Whether the field is there, without reading it.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.left.get(name).is_some_and(|value| !value.is_null())
    }

    /// Notes that a field cannot be accepted, for a reason that no reader of one field can see.
    pub fn wrong(&mut self, name: &str, wrong: Wrong) {
        self.errors.push(FieldError::new(format!("{}{name}", self.path), wrong.code, wrong.message));
    }

    /// The request that was read, if nothing was wrong.
    ///
    /// # Errors
    /// 422 `validation_failed` with every field that is wrong, and every unknown one.
    pub fn finish<T>(mut self, request: Option<T>) -> Result<T, Problem> {
        self.refuse_unknown();
        match request {
            Some(request) if self.errors.is_empty() => Ok(request),
            _ => Err(Problem::validation_failed(self.errors)),
        }
    }

    fn read<T>(&mut self, name: &str, value: &Value, read: impl Fn(&Value) -> Result<T, Wrong>) -> Option<T> {
        match read(value) {
            Ok(value) => Some(value),
            Err(wrong) => {
                self.wrong(name, wrong);
                None
            }
        }
    }

    fn take(&mut self, name: &str) -> Option<Value> {
        self.left.remove(name).filter(|value| !value.is_null())
    }

    fn refuse_unknown(&mut self) {
        for name in std::mem::take(&mut self.left).into_iter().map(|(name, _)| name) {
            self.wrong(&shown_name(&name), Wrong::new("unknown_field", "is not a field of this request"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::read;
    use serde_json::json;

    #[test]
    fn everything_that_is_wrong_is_said_at_once() {
        let body = json!({"amount": 1, "contact": {"email": 3, "fax": "1"}, "typo": true, "note": null});
        let mut fields = Fields::of(body);
        let amount = fields.required("amount", read::positive(2));
        let name = fields.required("name", read::text(10));
        let note = fields.optional("note", read::text(10));
        let email = fields.object("contact", |contact| contact.required("email", read::text(10)));
        assert_eq!(note, Some(None));
        let request = amount.zip(name).zip(email);
        let Err(problem) = fields.finish(request) else { panic!("must be refused") };
        let body = problem.body("r", None);
        let named: Vec<&str> =
            body["errors"].as_array().unwrap().iter().map(|error| error["field"].as_str().unwrap()).collect();
        assert_eq!(named, ["amount", "name", "contact.email", "contact.fax", "typo"]);
    }

    #[test]
    fn an_answer_repeats_little_of_what_is_unknown() {
        let fields: Map<String, Value> = (0..1_000).map(|number| ("x".repeat(1_000 + number), json!(1))).collect();
        let Err(problem) = Fields::of(Value::Object(fields)).finish(Some(())) else { panic!("must be refused") };
        assert_eq!(problem.errors().len(), crate::problem::MAX_ERRORS);
        assert!(problem.errors().iter().all(|error| error.field == "x".repeat(64)));
    }

    #[test]
    fn a_field_that_is_named_like_an_element_is_unknown() {
        let mut fields = Fields::of(json!({"lines": [{"amount": "1"}], "lines[0]": {"amount": "2"}}));
        let lines = fields.objects("lines", 3, |line| line.required("amount", read::positive(2)));
        let Err(problem) = fields.finish(lines) else { panic!("must be refused") };
        let body = problem.body("r", None);
        assert_eq!(body["errors"][0]["field"], "lines[0]");
        assert_eq!(body["errors"][0]["code"], "unknown_field");
    }
}
