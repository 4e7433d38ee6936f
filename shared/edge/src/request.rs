//! A request on its way to a handler.

use std::fmt::Write as _;

use domain::By;
use domain::account::Lineage;
use domain::{
    ApplicationId, Commit, HoldId, IdempotencyKey, Mode, NotificationId, Occasion, PostingId, PurchaseId, SettlementId,
    Timestamp, Viewer,
};
use lambda_http::http::HeaderMap;
use serde_json::Value;

use crate::access::{Acting, granted};
use crate::cursor::Paging;
use crate::digest::digest;
use crate::fields::Fields;
use crate::identity::Identity;
use crate::json::{canonical, strict_json};
use crate::operation::Operation;
use crate::problem::Problem;

/// The largest body of JSON.
const MAX_JSON_BYTES: usize = 64 * 1024;

/// The largest table: 500 applications with every field at its longest. The gateway takes 10 MB, a function 6 MB, in which
/// a body in base64 takes a third more.
const MAX_CSV_BYTES: usize = 2 * 1024 * 1024;

/// By which spreadsheets know that what follows is UTF-8.
const BYTE_ORDER_MARK: char = '\u{feff}';

/// The longest idempotency key.
const MAX_KEY_LENGTH: usize = 255;

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

/// A request as it came in, before anything about it was decided.
#[derive(Debug)]
pub(crate) struct Call {
    pub method: String,
    pub path: String,
    pub path_parameters: Vec<(String, String)>,
    pub query: Vec<(String, String)>,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
    pub form: Form,
    pub now: Timestamp,
}

impl Call {
    pub fn path_parameter(&self, name: &str) -> Option<&str> {
        self.path_parameters.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    fn header(&self, name: &str) -> Result<Option<&str>, Problem> {
        match self.headers.get(name) {
            None => Ok(None),
            Some(value) => {
                let text = value.to_str().map_err(|_| Problem::invalid_parameter(name, "must be visible ASCII"))?;
                Ok(Some(text))
            }
        }
    }
}

/// A request whose caller may carry out the operation of its route. Handlers see no other.
#[derive(Debug)]
pub struct Authorised {
    pub(crate) call: Call,
    /// The caller.
    pub identity: Identity,
    /// Every way in which the caller may do this, the nearest account first.
    pub(crate) ways: Vec<Acting>,
    /// The account that the operation is about: `{id}`, or the provider of `{program_id}`.
    pub(crate) target: Option<Lineage>,
}

impl Authorised {
    /// How the caller acts: through the nearest account that allows it.
    ///
    /// # Errors
    /// 500 if there is none, which the module `serve` excludes.
    pub fn acting(&self) -> Result<&Acting, Problem> {
        self.ways.first().ok_or_else(|| Problem::internal("an authorised request without an acting account"))
    }

    /// Every way in which the caller may do this, the nearest account first.
    #[must_use]
    pub fn ways(&self) -> &[Acting] {
        &self.ways
    }

    /// How the caller may do something more than the route itself asks for, through the nearest account that allows it.
    ///
    /// # Errors
    /// 403 when none does.
    pub fn require(&self, operation: Operation) -> Result<Acting, Problem> {
        let ways = granted(&self.identity, operation, self.target()?);
        ways.into_iter().next().ok_or_else(Problem::forbidden)
    }

    /// How the caller acts through one certain account, if that is among those that allow it.
    #[must_use]
    pub fn acting_through(&self, account: domain::AccountId) -> Option<&Acting> {
        self.ways.iter().find(|acting| acting.account_id == Some(account))
    }

    /// The account that the operation is about.
    ///
    /// # Errors
    /// 500 when the route has none.
    pub fn target(&self) -> Result<&Lineage, Problem> {
        self.target.as_ref().ok_or_else(|| Problem::internal("a route without an account"))
    }

    /// What may be shown to the acting account.
    ///
    /// # Errors
    /// As [`Authorised::acting`].
    pub fn viewer(&self) -> Result<Viewer, Problem> {
        Ok(self.acting()?.viewer())
    }

    /// Who acts, as it is written down.
    ///
    /// # Errors
    /// As [`Authorised::acting`].
    pub fn by(&self) -> Result<By, Problem> {
        Ok(self.acting()?.by())
    }

    /// When the gateway took the request.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.call.now
    }

    /// Random bits for a new id.
    #[must_use]
    pub fn random(&self) -> u128 {
        rand::random()
    }

    /// The purchase in the path; another text is 404, as an unknown purchase is.
    ///
    /// # Errors
    /// 404.
    pub fn purchase_id(&self) -> Result<PurchaseId, Problem> {
        self.in_path("purchase_id", |text| PurchaseId::parse(text).ok())
    }

    /// The application in the path; another text is 404, as an unknown application is.
    ///
    /// # Errors
    /// 404.
    pub fn application_id(&self) -> Result<ApplicationId, Problem> {
        self.in_path("application_id", |text| ApplicationId::parse(text).ok())
    }

    /// The hold in the path; another text is 404, as an unknown hold is.
    ///
    /// # Errors
    /// 404.
    pub fn hold_id(&self) -> Result<HoldId, Problem> {
        self.in_path("hold_id", |text| HoldId::parse(text).ok())
    }

    /// The settlement in the path; another text is 404, as an unknown settlement is.
    ///
    /// # Errors
    /// 404.
    pub fn settlement_id(&self) -> Result<SettlementId, Problem> {
        self.in_path("settlement_id", |text| SettlementId::parse(text).ok())
    }

    /// The notification in the path; another text is 404, as an unknown notification is.
    ///
    /// # Errors
    /// 404.
    pub fn notification_id(&self) -> Result<NotificationId, Problem> {
        self.in_path("notification_id", |text| NotificationId::parse(text).ok())
    }

    fn in_path<T>(&self, name: &str, parse: impl Fn(&str) -> Option<T>) -> Result<T, Problem> {
        self.call.path_parameter(name).and_then(parse).ok_or_else(Problem::not_found)
    }

    /// The values of a header that the route negotiates by, such as `Accept`.
    #[must_use]
    pub fn accepts(&self, media_type: &str) -> bool {
        let accept = self.call.header("accept").ok().flatten().unwrap_or_default();
        accept
            .split(',')
            .any(|range| range.split(';').next().is_some_and(|essence| essence.trim().eq_ignore_ascii_case(media_type)))
    }

    /// Whether the caller says that it knows this state of what it asks for (`If-None-Match`).
    #[must_use]
    pub fn has_seen(&self, state: u64) -> bool {
        let known = self.call.header("if-none-match").ok().flatten().unwrap_or_default();
        let tag = format!("\"{state}\"");
        known.split(',').map(str::trim).any(|known| known == "*" || known.strip_prefix("W/").unwrap_or(known) == tag)
    }

    /// The path and the query of the next page of this list.
    #[must_use]
    pub fn next_page(&self, cursor: &str) -> String {
        let kept = self.call.query.iter().filter(|(name, _)| name != "cursor");
        let pairs = kept.map(|(name, value)| (name.as_str(), value.as_str())).chain([("cursor", cursor)]);
        let query: Vec<String> = pairs.map(|(name, value)| format!("{name}={}", encoded(value))).collect();
        format!("{}?{}", self.call.path, query.join("&"))
    }

    /// A query parameter.
    #[must_use]
    pub fn query(&self, name: &str) -> Option<&str> {
        self.call.query.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// A query parameter that means something.
    ///
    /// # Errors
    /// 400 `invalid_parameter` with `message`, the rest of a sentence.
    pub fn query_parsed<T>(
        &self,
        name: &str,
        parse: impl Fn(&str) -> Option<T>,
        message: &str,
    ) -> Result<Option<T>, Problem> {
        let parsed = |text| parse(text).ok_or_else(|| Problem::invalid_parameter(name, message));
        self.query(name).map(parsed).transpose()
    }

    /// The wanted page of the list at this path; its cursors hold for these filters only, and name a place of the form
    /// that `is_place` knows.
    ///
    /// # Errors
    /// 400 `invalid_parameter` or `invalid_cursor`.
    pub fn paging(&self, is_place: impl Fn(&str) -> bool) -> Result<Paging, Problem> {
        let mut filters: Vec<&(String, String)> =
            self.call.query.iter().filter(|(name, _)| name != "limit" && name != "cursor").collect();
        filters.sort();
        let mut list = self.call.path.clone();
        for (name, value) in filters {
            // Writing to a string does not fail.
            let _ = write!(list, "\n{name}={value}");
        }
        let paging = Paging::read(self.query("limit"), self.query("cursor"), list)?;
        let is_wrong = paging.after.as_deref().is_some_and(|place| !is_place(place));
        if is_wrong { Err(Problem::invalid_cursor()) } else { Ok(paging) }
    }

    /// The fields of the body, read after everything about it as a whole was checked.
    ///
    /// # Errors
    /// 413, 415, 400 `invalid_json`.
    pub fn fields(&self) -> Result<Fields, Problem> {
        Ok(Fields::of(self.json()?))
    }

    /// The fields of a body that may be left out altogether.
    ///
    /// # Errors
    /// As [`Authorised::fields`].
    pub fn optional_fields(&self) -> Result<Fields, Problem> {
        if self.call.body.is_empty() { Ok(Fields::of(Value::Object(serde_json::Map::new()))) } else { self.fields() }
    }

    /// The text of a body that is a table, without the mark by which spreadsheets know UTF-8.
    ///
    /// # Errors
    /// 413, 415, 400 `invalid_csv`.
    pub fn csv(&self) -> Result<&str, Problem> {
        self.check_body()?;
        let text = std::str::from_utf8(&self.call.body).map_err(|_| Problem::invalid_csv())?;
        Ok(text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text))
    }

    /// The circumstances of a ledger POST: its query, its headers, its key.
    ///
    /// # Errors
    /// 400 `invalid_parameter`, `idempotency_key_required`, `invalid_json`.
    pub fn commit(&self) -> Result<Commit, Problem> {
        let (is_preview, expected_seq) = (self.is_preview()?, self.expected_seq()?);
        let mode = match (is_preview, self.idempotency_key()?) {
            (true, _) => Mode::Preview,
            (false, Some(key)) => Mode::Commit(key),
            (false, None) => return Err(Problem::idempotency_key_required()),
        };
        Ok(Commit { occasion: self.occasion()?, expected_seq, mode })
    }

    /// The circumstances of a posting that is kept under a name of its own rather than a header's.
    ///
    /// # Errors
    /// 400 `invalid_parameter`.
    pub fn commit_under(&self, key: IdempotencyKey) -> Result<Commit, Problem> {
        let mode = if self.is_preview()? { Mode::Preview } else { Mode::Commit(key) };
        Ok(Commit { occasion: self.occasion()?, expected_seq: self.expected_seq()?, mode })
    }

    /// Checks what a ledger POST says in its query and headers, before its body is judged.
    ///
    /// # Errors
    /// 400 `invalid_parameter`.
    pub fn check_commit(&self) -> Result<(), Problem> {
        self.is_preview()?;
        self.expected_seq().map(drop)
    }

    /// Who acts and when, with the id of a posting that may come of it.
    ///
    /// # Errors
    /// As [`Authorised::acting`].
    pub fn occasion(&self) -> Result<Occasion, Problem> {
        Ok(Occasion { posting_id: PostingId::new(self.now(), self.random()), now: self.now(), by: self.by()? })
    }

    /// Whether the caller only wants to see what it would do.
    ///
    /// # Errors
    /// 400 `invalid_parameter`.
    pub fn is_preview(&self) -> Result<bool, Problem> {
        let preview = self.query_parsed("preview", |text| text.parse::<bool>().ok(), "must be true or false")?;
        Ok(preview.unwrap_or(false))
    }

    /// The caller's idempotency key, if it sent one.
    ///
    /// # Errors
    /// 400 `invalid_parameter` when it is no key; 413, 415 and `invalid_json` of the body that it belongs to.
    pub fn idempotency_key(&self) -> Result<Option<IdempotencyKey>, Problem> {
        self.check_body()?;
        let Some(key) = self.key_header()? else { return Ok(None) };
        // A body that may be left out says the same as an empty object.
        let body = if self.call.body.is_empty() { Value::Object(serde_json::Map::new()) } else { self.json()? };
        Ok(Some(IdempotencyKey {
            record: digest(&[&self.identity.sub, key]),
            fingerprint: digest(&[&self.call.method, &self.call.path, &canonical(&body)]),
        }))
    }

    /// The idempotency key of one row of a body that is a table, if the caller sent a key: rows are kept apart by their
    /// number, and `row` is what this one says.
    ///
    /// # Errors
    /// 400 `invalid_parameter` when it is no key.
    pub fn idempotency_key_of_row(&self, number: usize, row: &Value) -> Result<Option<IdempotencyKey>, Problem> {
        let Some(key) = self.key_header()? else { return Ok(None) };
        Ok(Some(IdempotencyKey {
            record: digest(&[&self.identity.sub, key, "row", &number.to_string()]),
            fingerprint: digest(&[&self.call.method, &self.call.path, &canonical(row)]),
        }))
    }

    fn key_header(&self) -> Result<Option<&str>, Problem> {
        let Some(key) = self.call.header("idempotency-key")? else { return Ok(None) };
        let is_visible = key.bytes().all(|byte| byte.is_ascii_graphic());
        if key.is_empty() || key.len() > MAX_KEY_LENGTH || !is_visible {
            let message = "must have 1 to 255 visible ASCII characters";
            return Err(Problem::invalid_parameter("Idempotency-Key", message));
        }
        Ok(Some(key))
    }

    /// Size and type of the body, and the names in the query.
    pub(crate) fn check_form(&self, query: &[&str]) -> Result<(), Problem> {
        if self.call.method != "GET" {
            self.check_body()?;
        }
        self.check_query(query)
    }

    /// A misspelt query parameter would lose an intent, `preview` above all; one that stands twice is ambiguous.
    fn check_query(&self, known: &[&str]) -> Result<(), Problem> {
        for (index, (name, _)) in self.call.query.iter().enumerate() {
            if !known.contains(&name.as_str()) {
                return Err(Problem::invalid_parameter(name, "is not a parameter of this request"));
            }
            if self.call.query.iter().skip(index.saturating_add(1)).any(|(other, _)| other == name) {
                return Err(Problem::invalid_parameter(name, "stands twice"));
            }
        }
        Ok(())
    }

    fn expected_seq(&self) -> Result<Option<u64>, Problem> {
        let Some(text) = self.call.header("if-match")? else { return Ok(None) };
        let digits = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
        let seq = digits
            .filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))
            .and_then(|digits| digits.parse().ok());
        let wrong = || Problem::invalid_parameter("If-Match", "must be a seq in double quotes, such as \"3\"");
        seq.map(Some).ok_or_else(wrong)
    }

    fn json(&self) -> Result<Value, Problem> {
        self.check_body()?;
        strict_json(&self.call.body)
    }

    /// 413 before 415; an empty body needs no type.
    fn check_body(&self) -> Result<(), Problem> {
        let form = self.call.form;
        if self.call.body.len() > form.max_bytes() {
            return Err(Problem::payload_too_large(form.max_bytes()));
        }
        let content_type = self.call.header("content-type").ok().flatten().unwrap_or_default();
        if self.call.body.is_empty() || is_of_type(content_type, form.media_type()) {
            Ok(())
        } else {
            Err(Problem::unsupported_media_type(form.media_type()))
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

/// A value of a query, percent-encoded but for what RFC 3986 leaves alone everywhere.
fn encoded(value: &str) -> String {
    value.bytes().fold(String::new(), |mut text, byte| {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => text.push(char::from(byte)),
            // Writing to a string does not fail.
            _ => drop(write!(text, "%{byte:02X}")),
        }
        text
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
