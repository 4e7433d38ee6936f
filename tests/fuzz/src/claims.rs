//! What the user pool asks before it makes a token.

use serde_json::Value;

use crate::{program, text};

/// How the claim names the operator of the deployment.
const OPERATOR: &str = "platform:operator";

/// Somebody is what the table and the pool's groups say, and the claim is always there, so that nothing else can stand in
/// its place.
pub fn target(input: &[u8]) {
    let Some(event) = text(input).and_then(|text| serde_json::from_str::<Value>(text).ok()) else { return };
    program::with(|program| {
        let answered = program.services.trigger(event.clone());
        assert!(program.services.store.take().writes.is_empty());
        let Ok(answer) = answered else { return };
        let claim = |token: &str| {
            let path = format!("/response/claimsAndScopeOverrideDetails/{token}/claimsToAddOrOverride/memberships");
            answer.pointer(&path).and_then(Value::as_str).unwrap_or_else(|| panic!("no claim: {answer}")).to_owned()
        };
        let memberships = claim("idTokenGeneration");
        assert_eq!(memberships, claim("accessTokenGeneration"));
        let groups = event.pointer("/request/groupConfiguration/groupsToOverride").and_then(Value::as_array);
        let is_operator = groups.is_some_and(|groups| groups.iter().any(|group| group == "operators"));
        let of_provider = format!("{}:admin", program.id("provider"));
        for entry in memberships.split_ascii_whitespace() {
            match entry {
                OPERATOR => assert!(is_operator, "{event}"),
                // The only member of anything here whose address can be known.
                entry => assert!(entry == of_provider || entry.ends_with(":admin"), "{entry}"),
            }
        }
        let attribute = |name: &str| event.pointer(&format!("/request/userAttributes/{name}"));
        let is_verified = attribute("email_verified").is_some_and(|value| match value {
            Value::Bool(is_verified) => *is_verified,
            value => value.as_str().is_some_and(|text| text.eq_ignore_ascii_case("true")),
        });
        assert!(is_verified || memberships.is_empty() || memberships == OPERATOR, "{event}");
        for member in event.as_object().expect("an object").keys().filter(|name| *name != "response") {
            assert_eq!(answer[member], event[member], "the event goes back");
        }
    });
}
