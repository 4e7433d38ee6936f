//! What the user pool asks before it makes tokens, and how it is answered.

use serde_json::{Value, json};

/// The only form of the event whose answer reaches access tokens too.
const VERSION: &str = "2";

/// The group of the pool whose members operate the deployment.
const OPERATORS: &str = "operators";

/// An event that this function does not answer.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unanswerable {
    /// Another version than the template sets: its answer would not reach the tokens that the API checks.
    #[error("the user pool's trigger is not of version V2_0")]
    Version,
    /// It says nothing of a user.
    #[error("the event has no attributes of a user")]
    Shape,
}

/// The event, as it goes back.
#[derive(Debug)]
pub struct Trigger(Value);

impl Trigger {
    /// Looks whether it is an event that can be answered.
    ///
    /// # Errors
    /// [`Unanswerable`]: see there.
    pub fn read(event: Value) -> Result<Trigger, Unanswerable> {
        if event.get("version").and_then(Value::as_str) != Some(VERSION) {
            return Err(Unanswerable::Version);
        }
        let trigger = Trigger(event);
        if trigger.attribute("sub").is_none() {
            return Err(Unanswerable::Shape);
        }
        Ok(trigger)
    }

    /// The pool's name of the user.
    pub fn sub(&self) -> &str {
        self.attribute("sub").and_then(Value::as_str).unwrap_or_default()
    }

    /// The address that the user has shown to be theirs. Anybody can claim another.
    pub fn verified_email(&self) -> Option<&str> {
        let is_verified = match self.attribute("email_verified")? {
            Value::Bool(is_verified) => *is_verified,
            value => value.as_str().is_some_and(|text| text.eq_ignore_ascii_case("true")),
        };
        self.attribute("email")?.as_str().filter(|email| is_verified && !email.is_empty())
    }

    /// Whether the user is in the group of operators, which only administrators of the pool can put people into.
    pub fn is_operator(&self) -> bool {
        let groups = self.0.pointer("/request/groupConfiguration/groupsToOverride").and_then(Value::as_array);
        groups.is_some_and(|groups| groups.iter().any(|group| group == OPERATORS))
    }

    /// The event with the claim for both tokens. It is there even when it is empty, so that nothing else can stand in
    /// its place.
    pub fn answered(mut self, memberships: &str) -> Value {
        let claims = json!({ "claimsToAddOrOverride": { "memberships": memberships } });
        let details = json!({ "idTokenGeneration": claims, "accessTokenGeneration": claims });
        if let Value::Object(event) = &mut self.0 {
            event.insert("response".to_owned(), json!({ "claimsAndScopeOverrideDetails": details }));
        }
        self.0
    }

    fn attribute(&self, name: &str) -> Option<&Value> {
        self.0.pointer("/request/userAttributes")?.get(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(attributes: Value, groups: Value) -> Value {
        json!({
            "version": "2", "triggerSource": "TokenGeneration_HostedAuth", "region": "eu-west-1",
            "userPoolId": "eu-west-1_pool", "userName": "u-1",
            "callerContext": {"awsSdkVersion": "aws-sdk", "clientId": "client"},
            "request": {
                "userAttributes": attributes,
                "groupConfiguration": {"groupsToOverride": groups, "iamRolesToOverride": [], "preferredRole": null},
                "scopes": ["openid", "email"],
            },
            "response": {"claimsAndScopeOverrideDetails": null},
        })
    }

    fn trigger(attributes: Value, groups: Value) -> Trigger {
        Trigger::read(event(attributes, groups)).unwrap()
    }

    #[test]
    fn only_a_verified_address_counts() {
        for (verified, expected) in [
            (json!("true"), Some("kim@partner.example")),
            (json!("True"), Some("kim@partner.example")),
            (json!(true), Some("kim@partner.example")),
            (json!("false"), None),
            (json!(false), None),
            (json!("yes"), None),
            (json!(1), None),
            (json!(null), None),
        ] {
            let attributes = json!({"sub": "u-1", "email": "kim@partner.example", "email_verified": verified});
            assert_eq!(trigger(attributes, json!([])).verified_email(), expected, "{verified}");
        }
        assert_eq!(trigger(json!({"sub": "u-1", "email": "kim@partner.example"}), json!([])).verified_email(), None);
        assert_eq!(trigger(json!({"sub": "u-1", "email_verified": "true"}), json!([])).verified_email(), None);
    }

    #[test]
    fn operators_are_those_in_the_group() {
        let user = || json!({"sub": "u-1"});
        assert!(trigger(user(), json!(["portal", "operators"])).is_operator());
        for groups in [json!([]), json!(null), json!(["operators2"]), json!("operators")] {
            assert!(!trigger(user(), groups.clone()).is_operator(), "{groups}");
        }
        let attribute = json!({"sub": "u-1", "groups": ["operators"], "custom:memberships": "platform:operator"});
        assert!(!trigger(attribute, json!([])).is_operator());
    }

    #[test]
    fn the_claim_goes_into_both_tokens_and_the_event_goes_back() {
        let asked = event(json!({"sub": "u-1"}), json!([]));
        let answered = Trigger::read(asked.clone()).unwrap().answered("acc_1:admin");
        for token in ["idTokenGeneration", "accessTokenGeneration"] {
            let path = format!("/response/claimsAndScopeOverrideDetails/{token}/claimsToAddOrOverride/memberships");
            assert_eq!(answered.pointer(&path), Some(&json!("acc_1:admin")));
        }
        for member in ["version", "triggerSource", "region", "userPoolId", "userName", "callerContext", "request"] {
            assert_eq!(answered[member], asked[member], "{member}");
        }
    }

    #[test]
    fn another_event_is_not_answered() {
        let mut first = event(json!({"sub": "u-1"}), json!([]));
        first["version"] = json!("1");
        assert_eq!(Trigger::read(first).unwrap_err(), Unanswerable::Version);
        assert_eq!(Trigger::read(event(json!({}), json!([]))).unwrap_err(), Unanswerable::Shape);
        assert_eq!(Trigger::read(json!([])).unwrap_err(), Unanswerable::Version);
    }
}
