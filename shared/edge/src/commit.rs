//! The circumstances of a change: who makes it and when, under which key, from which state, or only to see it.

use domain::{Commit, IdempotencyKey, Mode, Occasion, PostingId};
use serde_json::Value;

use crate::digest::digest;
use crate::json::canonical;
use crate::problem::Problem;
use crate::request::Authorised;

/// The longest idempotency key.
const MAX_KEY_LENGTH: usize = 255;

impl Authorised {
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
        self.call.check_body()?;
        let Some(key) = self.key_header()? else { return Ok(None) };
        let body = self.call.optional_json()?;
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

    fn expected_seq(&self) -> Result<Option<u64>, Problem> {
        let Some(text) = self.call.header("if-match")? else { return Ok(None) };
        let digits = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
        let seq = digits
            .filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))
            .and_then(|digits| digits.parse().ok());
        let wrong = || Problem::invalid_parameter("If-Match", "must be a seq in double quotes, such as \"3\"");
        seq.map(Some).ok_or_else(wrong)
    }
}
