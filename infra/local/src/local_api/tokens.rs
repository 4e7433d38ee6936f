//! `POST /_local/tokens`: a token for anybody in any role, or for a member by e-mail address, whose roles are then looked
//! up as the user pool's trigger does.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

use super::{Body, FieldError, fields, problem};
use crate::tokens::Issuer;
use crate::user_pool::UserPool;

/// What tokens are made with.
#[derive(Clone)]
pub(super) struct Desk {
    pub(super) issuer: Issuer,
    pub(super) pool: UserPool,
}

pub(super) async fn post(State(Desk { issuer, pool }): State<Desk>, body: Body) -> Response {
    let wanted = match fields(body, Wanted::read) {
        Ok(wanted) => wanted,
        Err(refused) => return refused,
    };
    let memberships = match wanted.memberships {
        Some(memberships) => memberships,
        None => match pool.memberships(&wanted.sub, &wanted.email).await {
            Some(memberships) => memberships,
            None => {
                let detail = "the function identity gave no answer";
                return problem(StatusCode::SERVICE_UNAVAILABLE, "unavailable", detail, &[]);
            }
        },
    };
    match issuer.token(&wanted.sub, &wanted.email, &memberships) {
        Ok(token) => Json(json!({ "token": token })).into_response(),
        Err(_) => problem(StatusCode::INTERNAL_SERVER_ERROR, "internal", "the token could not be signed", &[]),
    }
}

/// Whom a token is asked for.
#[derive(Debug, PartialEq, Eq)]
struct Wanted {
    sub: String,
    email: String,
    /// The claim; `None` where the trigger is to write it.
    memberships: Option<String>,
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
        let email = text("email");
        // A member is known by the address; whoever is made up needs a name as well.
        let is_member = !fields.contains_key("memberships");
        let sub = if is_member && !fields.contains_key("sub") { email.to_lowercase() } else { text("sub") };
        let claim = fields.get("memberships").map(memberships);
        if claim == Some(None) {
            fail("memberships", "must be a string of account_id:role entries separated by spaces, or a list of them");
        }
        let memberships = claim.flatten();
        if errors.is_empty() { Ok(Wanted { sub, email, memberships }) } else { Err(errors) }
    }
}

/// The claim, given as it is or as a list of its entries.
fn memberships(value: &Value) -> Option<String> {
    match value {
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
            assert_eq!(wanted.memberships.as_deref(), Some("acc_1:admin acc_2:viewer"));
        }
        let none = read(&json!({ "sub": "u", "email": "e", "memberships": [] })).unwrap();
        assert_eq!(none.memberships.as_deref(), Some(""));
    }

    #[test]
    fn a_member_needs_an_address_only() {
        let wanted = read(&json!({ "email": "Kim@partner.example" })).unwrap();
        assert_eq!((wanted.sub.as_str(), wanted.memberships), ("kim@partner.example", None));
    }

    #[test]
    fn every_unusable_field_is_named() {
        let errors = read(&json!({ "sub": "", "memberships": [1], "role": "x" })).unwrap_err();
        let fields: Vec<_> = errors.iter().map(|error| &*error.field).collect();
        assert_eq!(fields, ["role", "email", "sub", "memberships"]);
    }
}
