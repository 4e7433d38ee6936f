//! What a request carries: its size and type, and what can be read from it.

use serde_json::{Map, Value};

use crate::fields::Fields;
use crate::json::strict_json;
use crate::problem::Problem;
use crate::request::{Authorised, Call};

/// The largest body of JSON.
const MAX_JSON_BYTES: usize = 64 * 1024;

/// The largest table: 500 applications with every field at its longest. The gateway takes 10 MB, a function 6 MB, in which
/// a body in base64 takes a third more.
const MAX_CSV_BYTES: usize = 2 * 1024 * 1024;

/// By which spreadsheets know that what follows is UTF-8.
const BYTE_ORDER_MARK: char = '\u{feff}';

/// In which form a route takes its body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// `application/json`.
    Json,
    /// `text/csv`.
    Csv,
}

impl Form {
    fn max_bytes(self) -> usize {
        match self {
            Form::Json => MAX_JSON_BYTES,
            Form::Csv => MAX_CSV_BYTES,
        }
    }

    fn media_type(self) -> &'static str {
        match self {
            Form::Json => "application/json",
            Form::Csv => "text/csv",
        }
    }
}

impl Authorised {
    /// The fields of the body, read after everything about it as a whole was checked.
    ///
    /// # Errors
    /// 413, 415, 400 `invalid_json`.
    pub fn fields(&self) -> Result<Fields, Problem> {
        Ok(Fields::of(self.call.json()?))
    }

    /// The fields of a body that may be left out altogether.
    ///
    /// # Errors
    /// As [`Authorised::fields`].
    pub fn optional_fields(&self) -> Result<Fields, Problem> {
        Ok(Fields::of(self.call.optional_json()?))
    }

    /// The text of a body that is a table, without the mark by which spreadsheets know UTF-8.
    ///
    /// # Errors
    /// 413, 415, 400 `invalid_csv`.
    pub fn csv(&self) -> Result<&str, Problem> {
        self.call.check_body()?;
        let text = std::str::from_utf8(&self.call.body).map_err(|_| Problem::invalid_csv())?;
        Ok(text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text))
    }
}

impl Call {
    /// What a body says that may be left out altogether: none says the same as an empty object.
    pub fn optional_json(&self) -> Result<Value, Problem> {
        if self.body.is_empty() { Ok(Value::Object(Map::new())) } else { self.json() }
    }

    fn json(&self) -> Result<Value, Problem> {
        self.check_body()?;
        strict_json(&self.body)
    }

    /// 413 before 415; an empty body needs no type.
    pub fn check_body(&self) -> Result<(), Problem> {
        if self.body.len() > self.form.max_bytes() {
            return Err(Problem::payload_too_large(self.form.max_bytes()));
        }
        let content_type = self.header("content-type").ok().flatten().unwrap_or_default();
        if self.body.is_empty() || is_of_type(content_type, self.form.media_type()) {
            Ok(())
        } else {
            Err(Problem::unsupported_media_type(self.form.media_type()))
        }
    }
}

/// Of this media type, with no other character set than UTF-8.
fn is_of_type(content_type: &str, media_type: &str) -> bool {
    let mut parts = content_type.split(';').map(str::trim);
    let is_of_type = parts.next().is_some_and(|essence| essence.eq_ignore_ascii_case(media_type));
    is_of_type
        && parts.all(|parameter| match parameter.split_once('=') {
            Some((name, value)) if name.eq_ignore_ascii_case("charset") => {
                value.trim_matches('"').eq_ignore_ascii_case("utf-8")
            }
            _ => true,
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_told_by_its_type() {
        for fit in ["application/json", "Application/JSON; charset=UTF-8", "application/json;charset=\"utf-8\""] {
            assert!(is_of_type(fit, "application/json"), "{fit}");
        }
        for unfit in ["", "text/plain", "application/jsonp", "application/json; charset=latin1", "application/xml"] {
            assert!(!is_of_type(unfit, "application/json"), "{unfit}");
        }
    }
}
