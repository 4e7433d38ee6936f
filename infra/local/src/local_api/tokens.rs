//! `POST /_local/tokens`: a token for anybody in any role.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

use super::{Body, FieldError, fields, problem};
use crate::tokens::Issuer;

pub(super) async fn post(State(issuer): State<Issuer>, body: Body) -> Response {
    let wanted = match fields(body, Wanted::read) {
        Ok(wanted) => wanted,
        Err(refused) => return refused,
    };
    match issuer.token(&wanted.sub, &wanted.email, &wanted.memberships) {
        Ok(token) => Json(json!({ "token": token })).into_response(),
        Err(_) => problem(StatusCode::INTERNAL_SERVER_ERROR, "internal", "the token could not be signed", &[]),
    }
}

/// Whom a token is asked for.
#[derive(Debug, PartialEq, Eq)]
struct Wanted {
    sub: String,
    email: String,
    memberships: String,
}

impl Wanted {
    fn read(fields: &Map<String, Value>) -> Result<Wanted, Vec<FieldError>> {
        let mut errors = Vec::new();
        let mut fail = |field: &str, message| errors.push(FieldError { field: field.to_owned(), message });
        for name in fields.keys().filter(|name| !matches!(&***name, "sub" | "email" | "memberships")) {
            fail(name, "is not a field of this request");
        }
        let mut text = |name: &str| match fields.get(name).and_then(Value::as_str) {
            Some(text) if !text.is_empty() => text.to_owned(),
            Some(_) | None => {
                fail(name, "must be a string that is not empty");
                String::new()
            }
        };
        let (sub, email) = (text("sub"), text("email"));
        let memberships = memberships(fields.get("memberships")).unwrap_or_else(|| {
            fail("memberships", "must be a string of account_id:role entries separated by spaces, or a list of them");
            String::new()
        });
        if errors.is_empty() { Ok(Wanted { sub, email, memberships }) } else { Err(errors) }
    }
}

/// The claim, given as it is or as a list of its entries.
fn memberships(value: Option<&Value>) -> Option<String> {
    match value? {
        Value::String(claim) => Some(claim.clone()),
        Value::Array(entries) => {
            let entries: Option<Vec<&str>> = entries.iter().map(Value::as_str).collect();
            entries.map(|entries| entries.join(" "))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &Value) -> Result<Wanted, Vec<FieldError>> {
        Wanted::read(body.as_object().unwrap())
    }

    #[test]
    fn memberships_are_a_claim_or_a_list_of_its_entries() {
        for memberships in [json!("acc_1:admin acc_2:viewer"), json!(["acc_1:admin", "acc_2:viewer"])] {
            let wanted = read(&json!({ "sub": "u", "email": "e", "memberships": memberships })).unwrap();
            assert_eq!(wanted.memberships, "acc_1:admin acc_2:viewer");
        }
        let none = read(&json!({ "sub": "u", "email": "e", "memberships": [] })).unwrap();
        assert_eq!(none.memberships, "");
    }

    #[test]
    fn every_unusable_field_is_named() {
        let errors = read(&json!({ "sub": "", "memberships": [1], "role": "x" })).unwrap_err();
        let fields: Vec<_> = errors.iter().map(|error| &*error.field).collect();
        assert_eq!(fields, ["role", "sub", "email", "memberships"]);
    }
}
