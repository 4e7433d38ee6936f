//! The user pool's part in a sign-in: the trigger that writes the memberships into the token.

use std::sync::Arc;

use axum::body::Bytes;
use serde_json::{Value, json};

use crate::aws;
use crate::clock::Clock;
use crate::functions::{Event, Functions, Pool};

/// The function that the template makes the pool's trigger before a token is given.
const TRIGGER: &str = "identity";

/// Where the trigger says what goes into the access token.
const CLAIM: &str = "/response/claimsAndScopeOverrideDetails/accessTokenGeneration/claimsToAddOrOverride/memberships";

/// A user pool whose users have all confirmed their addresses.
#[derive(Clone)]
pub(crate) struct UserPool {
    trigger: Option<Arc<Pool>>,
    clock: Clock,
}

impl UserPool {
    pub(crate) fn new(functions: &Functions, clock: Clock) -> UserPool {
        UserPool { trigger: functions.get(TRIGGER).cloned(), clock }
    }

    /// What the trigger writes into the claim `memberships` of somebody who has just signed in; `None` when it fails, and
    /// nobody gets a token.
    pub(crate) async fn memberships(&self, sub: &str, email: &str) -> Option<String> {
        let payload = Bytes::from(sign_in(sub, email).to_string());
        let answer = self.trigger.as_ref()?.invoke(Event::new(payload, &self.clock)).await.ok()?;
        let answer: Value = serde_json::from_slice(&answer).ok()?;
        Some(answer.pointer(CLAIM).and_then(Value::as_str).unwrap_or_default().to_owned())
    }
}

/// The event of version 2 that the pool sends before it makes tokens.
fn sign_in(sub: &str, email: &str) -> Value {
    json!({
        "version": "2",
        "triggerSource": "TokenGeneration_HostedAuth",
        "region": aws::REGION,
        "userPoolId": "local",
        "userName": sub,
        "callerContext": { "awsSdkVersion": "local", "clientId": "partner-quota-local" },
        "request": {
            "userAttributes": { "sub": sub, "email": email, "email_verified": "true" },
            "groupConfiguration": { "groupsToOverride": [], "iamRolesToOverride": [], "preferredRole": null },
            "scopes": ["openid", "email"],
        },
        "response": { "claimsAndScopeOverrideDetails": null },
    })
}
