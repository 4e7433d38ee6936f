//! Problems: every answer that is not a success, as RFC 9457 `application/problem+json`.

use std::error::Error;

use domain::amount::show_decimal;
use domain::{AccountId, Amount, Currency, Failure, FieldError, Refusal};
use rust_decimal::Decimal;
use serde_json::{Map, Value, json};

/// Seconds after which it makes sense to ask again when the store did not answer.
const RETRY_AFTER_SECONDS: u64 = 1;

/// The most faults that an answer lists: as many as a rebalance of 40 lines can have, and some. Without a bound, a table that
/// is nothing but unknown columns would be answered with more than a function may answer.
pub const MAX_ERRORS: usize = 250;

/// The longest name of something unknown that an answer repeats, in characters.
const MAX_SHOWN_NAME: usize = 64;

/// The name of something unknown as an answer repeats it: its beginning.
#[must_use]
pub fn shown_name(name: &str) -> String {
    name.chars().take(MAX_SHOWN_NAME).collect()
}

/// An answer that is not a success.
///
/// What goes out is written here; where it came from goes to the log only.
pub struct Problem {
    pub(crate) status: u16,
    pub(crate) code: &'static str,
    detail: String,
    errors: Vec<FieldError>,
    account_id: Option<AccountId>,
    /// `available`, `requested` and, where they make sense, `shortfall`.
    quota: Option<(Amount, Amount, bool)>,
    pub(crate) retry_after_seconds: Option<u64>,
    pub(crate) source: Option<Box<dyn Error + Send + Sync>>,
}

impl Problem {
    fn new(status: u16, code: &'static str, detail: impl Into<String>) -> Problem {
        Problem {
            status,
            code,
            detail: detail.into(),
            errors: Vec::new(),
            account_id: None,
            quota: None,
            retry_after_seconds: None,
            source: None,
        }
    }

    /// 400 `invalid_json`.
    #[must_use]
    pub fn invalid_json() -> Problem {
        Problem::new(400, "invalid_json", "The body is not JSON.")
    }

    /// 400 `invalid_csv`.
    #[must_use]
    pub fn invalid_csv() -> Problem {
        Problem::new(400, "invalid_csv", "The body is not a table of comma-separated values in UTF-8.")
    }

    /// 400 `invalid_cursor`.
    #[must_use]
    pub fn invalid_cursor() -> Problem {
        Problem::new(400, "invalid_cursor", "The cursor was not issued for this list.")
    }

    /// 400 `idempotency_key_required`.
    #[must_use]
    pub fn idempotency_key_required() -> Problem {
        Problem::new(400, "idempotency_key_required", "This request needs an Idempotency-Key header.")
    }

    /// 400 `invalid_parameter`; `name` is the query parameter or header.
    #[must_use]
    pub fn invalid_parameter(name: &str, message: &str) -> Problem {
        let name = shown_name(name);
        let mut problem = Problem::new(400, "invalid_parameter", format!("The parameter {name} {message}."));
        problem.errors.push(FieldError::new(name, "invalid_parameter", message));
        problem
    }

    /// 403 `forbidden`.
    #[must_use]
    pub fn forbidden() -> Problem {
        Problem::new(403, "forbidden", "None of your memberships allows this here.")
    }

    /// 404 `not_found`.
    #[must_use]
    pub fn not_found() -> Problem {
        Problem::new(404, "not_found", "There is no such thing, or you may not see it.")
    }

    /// Whether it says that the request itself is at fault, and not what it is about.
    pub(crate) fn is_fault_of_request(&self) -> bool {
        matches!(self.status, 400 | 413 | 415 | 422)
    }

    /// 413 `payload_too_large`.
    #[must_use]
    pub fn payload_too_large(most_bytes: usize) -> Problem {
        let detail = format!("The body is larger than {} KiB.", most_bytes.div_euclid(1024));
        Problem::new(413, "payload_too_large", detail)
    }

    /// 415 `unsupported_media_type`.
    #[must_use]
    pub fn unsupported_media_type(wanted: &str) -> Problem {
        Problem::new(415, "unsupported_media_type", format!("Send the body as {wanted} in UTF-8."))
    }

    /// 422 `validation_failed` with everything that is wrong, or the first [`MAX_ERRORS`] of it.
    #[must_use]
    pub fn validation_failed(mut errors: Vec<FieldError>) -> Problem {
        errors.truncate(MAX_ERRORS);
        let mut problem = Problem::new(422, "validation_failed", "The request has fields that cannot be accepted.");
        problem.errors = errors;
        problem
    }

    /// 500 `internal`.
    #[must_use]
    pub fn internal(source: impl Into<Box<dyn Error + Send + Sync>>) -> Problem {
        let mut problem = Problem::new(500, "internal", "Something went wrong on our side.");
        problem.source = Some(source.into());
        problem
    }

    /// 503 `unavailable`.
    #[must_use]
    pub fn unavailable(source: impl Into<Box<dyn Error + Send + Sync>>) -> Problem {
        let detail = "A service that is needed did not answer. Send the same request again, with the same key.";
        let mut problem = Problem::new(503, "unavailable", detail);
        problem.retry_after_seconds = Some(RETRY_AFTER_SECONDS);
        problem.source = Some(source.into());
        problem
    }

    /// Its stable word for programs.
    #[must_use]
    pub fn code(&self) -> &'static str {
        self.code
    }

    /// The fields that are wrong.
    #[must_use]
    pub fn errors(&self) -> &[FieldError] {
        &self.errors
    }

    /// Where it came from, for the log alone; empty for what the caller has to answer for.
    #[must_use]
    pub fn cause(&self) -> String {
        self.source.as_deref().map(|source| crate::serve::chain(source)).unwrap_or_default()
    }

    /// Whether the same may succeed when it is sent again unchanged.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        self.status >= 500 || self.code == "contention"
    }

    /// Code and sentence in one line, for those who are answered by no response: with every field that is wrong.
    #[must_use]
    pub fn reason(&self) -> String {
        if self.errors.is_empty() {
            return format!("{}: {}", self.code, self.detail);
        }
        let sentence = |error: &FieldError| format!("{} {}", error.field, error.message).trim().to_owned();
        let sentences: Vec<String> = self.errors.iter().map(sentence).collect();
        format!("{}: {}.", self.code, sentences.join("; "))
    }

    /// The body. Amounts are shown in the currency of the account that the request was about.
    pub(crate) fn body(&self, request_id: &str, currency: Option<Currency>) -> Value {
        let show =
            |value: Decimal| currency.map_or_else(|| value.to_string(), |currency| show_decimal(value, currency));
        let mut body = Map::new();
        let mut put = |name: &str, value: Value| body.insert(name.to_owned(), value);
        put("type", json!(format!("urn:partner-quota:problem:{}", self.code)));
        put("title", json!(title(self.code)));
        put("status", json!(self.status));
        put("detail", json!(self.detail));
        put("code", json!(self.code));
        put("request_id", json!(request_id));
        if !self.errors.is_empty() {
            let error =
                |error: &FieldError| json!({"field": error.field, "code": error.code, "message": error.message});
            put("errors", self.errors.iter().map(error).collect());
        }
        if let Some(account_id) = self.account_id {
            put("account_id", json!(account_id.to_string()));
        }
        if let Some((available, requested, has_shortfall)) = self.quota {
            put("available", json!(show(available.to_decimal())));
            put("requested", json!(show(requested.to_decimal())));
            // It may be beyond what an amount can be.
            let shortfall = Amount::exact_sum([requested, available.negated()]);
            if let Some(shortfall) = shortfall.filter(|_| has_shortfall) {
                put("shortfall", json!(show(shortfall)));
            }
        }
        Value::Object(body)
    }
}

/// The code in words.
fn title(code: &str) -> String {
    let words = code.replace('_', " ");
    let mut characters = words.chars();
    characters.next().map(|first| first.to_uppercase().chain(characters).collect()).unwrap_or_default()
}

impl Problem {
    /// The one place where a refusal becomes an answer.
    fn refused(refusal: Refusal) -> Problem {
        let detail = sentence(&refusal.to_string());
        let conflict = |code| Problem::new(409, code, detail.clone());
        match refusal {
            Refusal::InsufficientQuota { account_id, available, requested } => {
                let mut problem = conflict("insufficient_quota");
                problem.account_id = Some(account_id);
                problem.quota = Some((available, requested, true));
                problem
            }
            Refusal::ExceedsOutstanding { available, requested } => {
                let mut problem = conflict("exceeds_outstanding");
                problem.quota = Some((available, requested, false));
                problem
            }
            // Which state it is in is not for those below to know.
            Refusal::AccountNotActive { account_id, .. } => {
                let mut problem = conflict("account_not_active");
                problem.account_id = Some(account_id);
                problem
            }
            Refusal::Broken(invariant) => Problem::internal(invariant),
            Refusal::NotFound => Problem::not_found(),
            Refusal::InvalidState(_) => conflict("invalid_state"),
            Refusal::AlreadyRegistered => conflict("already_registered"),
            Refusal::DuplicatePayment => conflict("duplicate_payment"),
            Refusal::PositionChanged(_) => conflict("position_changed"),
            Refusal::OutOfRange => conflict("out_of_range"),
            Refusal::Contention => conflict("contention"),
            Refusal::NotEmpty(in_the_way) => {
                let mut problem = conflict("not_empty");
                problem.detail = format!("The account cannot be closed yet: {}.", in_the_way.join(", "));
                problem.errors =
                    in_the_way.iter().map(|what| FieldError::new(*what, "not_empty", "is in the way")).collect();
                problem
            }
            Refusal::Invalid(error) => Problem::validation_failed(vec![error]),
            Refusal::KeyReused => Problem::new(422, "idempotency_key_reused", detail),
            Refusal::RateLimited { retry_after_seconds } => {
                let mut problem = Problem::new(429, "rate_limited", detail);
                problem.retry_after_seconds = Some(retry_after_seconds);
                problem
            }
            Refusal::Lines(lines) => of_lines(lines),
        }
    }
}

/// A rebalance answers as its first failing line does, and lists them all.
fn of_lines(lines: Vec<(usize, Refusal)>) -> Problem {
    let mut first: Option<Problem> = None;
    let mut errors = Vec::with_capacity(lines.len());
    for (index, refusal) in lines {
        let field = match &refusal {
            Refusal::Invalid(error) => format!("lines[{index}].{}", error.field),
            _ => format!("lines[{index}]"),
        };
        let problem = Problem::refused(refusal);
        let code = problem.errors.first().map_or(problem.code, |error| error.code);
        let message = problem.errors.first().map_or(problem.detail.clone(), |error| error.message.clone());
        errors.push(FieldError::new(field, code, message));
        first.get_or_insert(problem);
    }
    let mut problem = first.unwrap_or_else(|| Problem::validation_failed(Vec::new()));
    problem.errors = errors;
    problem
}

fn sentence(words: &str) -> String {
    let mut characters = words.chars();
    let start: String = characters.next().map(|first| first.to_uppercase().collect()).unwrap_or_default();
    format!("{start}{}.", characters.as_str())
}

impl<F: Failure> From<F> for Problem {
    fn from(failure: F) -> Problem {
        match failure.refusal() {
            Some(refusal) => Problem::refused(refusal.clone()),
            None if failure.is_retryable() => Problem::unavailable(failure),
            None => Problem::internal(failure),
        }
    }
}
