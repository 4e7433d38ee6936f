//! A request on its way to a handler.

use std::fmt::Write as _;

use domain::By;
use domain::account::Lineage;
use domain::{ApplicationId, HoldId, NotificationId, PurchaseId, SettlementId, Timestamp, Viewer};
use lambda_http::http::HeaderMap;

use crate::access::{Acting, granted};
use crate::body::Form;
use crate::cursor::Paging;
use crate::identity::Identity;
use crate::operation::Operation;
use crate::problem::Problem;

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

    pub fn header(&self, name: &str) -> Result<Option<&str>, Problem> {
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

    /// Size and type of the body, and the names in the query.
    pub(crate) fn check_form(&self, query: &[&str]) -> Result<(), Problem> {
        if self.call.method != "GET" {
            self.call.check_body()?;
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
