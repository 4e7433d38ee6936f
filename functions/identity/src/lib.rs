//! Writes into every token for whom its bearer may act: the trigger of the user pool before it makes tokens.
//!
//! Rights come from the members that admins put on record and from groups of the pool, never from an attribute: users
//! can write those.

mod claim;
mod trigger;

use edge::StartError;
use lambda_runtime::{LambdaEvent, service_fn};
use ledger::{Ledger, StoreConfig};
use serde_json::Value;

use crate::trigger::Trigger;

/// Serves this function's events until the environment ends.
///
/// # Errors
/// When the environment lacks something, or the runtime gives up.
pub fn run() -> Result<(), StartError> {
    edge::run_events(async || {
        let ledger = Ledger::new(StoreConfig::from_environment()?);
        ledger.warm_up().await;
        let ledger = &ledger;
        lambda_runtime::run(service_fn(async move |event| handle(ledger, event).await)).await
    })
}

/// Answers with the event and the claim in its response. When the store does not answer it fails: no token is better than
/// one without the rights that its bearer has.
///
/// # Errors
/// When the event is not the user pool's, or the store does not answer.
pub async fn handle(ledger: &Ledger, event: LambdaEvent<Value>) -> Result<Value, StartError> {
    let trigger = Trigger::read(event.payload)?;
    let memberships = match trigger.verified_email() {
        Some(email) => Some(ledger.memberships(email, claim::MAX_ENTRIES).await?),
        None => None,
    };
    let claim = claim::claim(trigger.is_operator(), memberships.as_ref());
    tracing::info!(
        service = "identity",
        function_request_id = event.context.request_id,
        sub = trigger.sub(),
        is_email_verified = memberships.is_some(),
        accounts = memberships.map_or(0, |all| all.oldest.len()),
        left_out = claim.left_out,
        "token"
    );
    Ok(trigger.answered(&claim.text))
}
