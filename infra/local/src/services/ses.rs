//! SES, version 2: `SendEmail` with simple content.

use std::collections::BTreeMap;

use axum::body::Bytes;
use hyper::{Method, Request, Response, StatusCode};
use serde::Deserialize;
use serde_json::json;

use super::Services;
use super::answer::{self, Body, HungUp};
use crate::faults::{Kind, Target};
use crate::mail::{Mail, Mails, bare};

const CONTENT: &str = "application/json";
const MAX_RECIPIENTS: usize = 50;
/// Addresses of this domain are refused for good.
const REFUSED_DOMAIN: &str = "invalid.example";

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct SendEmail {
    from_email_address: Option<String>,
    #[serde(default)]
    destination: Destination,
    content: Content,
    configuration_set_name: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Destination {
    to_addresses: Vec<String>,
    cc_addresses: Vec<String>,
    bcc_addresses: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Content {
    simple: Option<Simple>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Simple {
    subject: Text,
    body: Parts,
    #[serde(default)]
    headers: Vec<Header>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Text {
    data: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Parts {
    text: Option<Text>,
    html: Option<Text>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Header {
    name: String,
    value: String,
}

impl Services {
    /// A call to SES.
    pub(super) async fn ses(&self, path: &str, request: Request<Bytes>) -> Result<Response<Body>, HungUp> {
        let is_known = request.method() == Method::POST && path == "/v2/email/outbound-emails";
        let body = request.into_body();
        if !is_known {
            return Ok(answer::unknown_operation());
        }
        self.disturbed(Target::Ses, refusal, || send(&body, &self.shared.parts.mails)).await
    }
}

fn refusal(kind: Kind) -> Response<Body> {
    let (status, name, message) = match kind {
        Kind::Throttle => (StatusCode::TOO_MANY_REQUESTS, "TooManyRequestsException", "Too many requests"),
        Kind::Conflict => (StatusCode::CONFLICT, "ConflictException", "The resource is being modified"),
        Kind::Error | Kind::LostResponse | Kind::Delay => {
            (StatusCode::INTERNAL_SERVER_ERROR, "InternalServiceErrorException", "The request failed unexpectedly")
        }
    };
    answer::error(status, CONTENT, name, message)
}

fn send(body: &Bytes, mails: &Mails) -> Response<Body> {
    match accepted(body, mails) {
        Ok((mail, configuration)) => {
            let id = mails.send(mail, configuration.as_deref());
            answer::json(StatusCode::OK, CONTENT, &json!({ "MessageId": id }))
        }
        Err(refused) => refused,
    }
}

/// The mail that is asked for and its configuration set, or the answer that refuses it.
fn accepted(body: &[u8], mails: &Mails) -> Result<(Mail, Option<String>), Response<Body>> {
    let bad = |message: &str| answer::error(StatusCode::BAD_REQUEST, CONTENT, "BadRequestException", message);
    let wanted: SendEmail = serde_json::from_slice(body).map_err(|error| bad(&error.to_string()))?;
    let from =
        wanted.from_email_address.filter(|from| from.contains('@')).ok_or_else(|| bad("Missing From address"))?;
    let Destination { to_addresses: mut to, cc_addresses, bcc_addresses } = wanted.destination;
    to.extend(cc_addresses);
    to.extend(bcc_addresses);
    if to.is_empty() || to.len() > MAX_RECIPIENTS {
        return Err(bad("A mail has from 1 to 50 recipients"));
    }
    if let Some(refused) = to.iter().find(|address| !is_deliverable(address)) {
        return Err(bad(&format!("Invalid address: {refused}")));
    }
    let simple = wanted.content.simple.ok_or_else(|| bad("The local stack sends simple content only"))?;
    if simple.body.text.is_none() && simple.body.html.is_none() {
        return Err(bad("The body has neither a text nor an HTML part"));
    }
    if let Some(unknown) = wanted.configuration_set_name.as_deref().filter(|name| !mails.has_configuration(name)) {
        let message = format!("Configuration set <{unknown}> does not exist.");
        return Err(answer::error(StatusCode::NOT_FOUND, CONTENT, "NotFoundException", &message));
    }
    let mail = Mail {
        to,
        from,
        subject: simple.subject.data,
        text: simple.body.text.map(|text| text.data),
        html: simple.body.html.map(|html| html.data),
        headers: simple.headers.into_iter().map(|Header { name, value }| (name, value)).collect::<BTreeMap<_, _>>(),
    };
    Ok((mail, wanted.configuration_set_name))
}

fn is_deliverable(address: &str) -> bool {
    let is_refused = |domain: &str| domain.eq_ignore_ascii_case(REFUSED_DOMAIN);
    bare(address)
        .rsplit_once('@')
        .is_some_and(|(name, domain)| !name.is_empty() && !domain.is_empty() && !is_refused(domain))
}
