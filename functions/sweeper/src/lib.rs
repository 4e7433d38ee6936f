//! By the clock: holds whose time has come are given back.

mod expiry;

use domain::Timestamp;
use edge::StartError;
use lambda_runtime::{LambdaEvent, service_fn};
use ledger::{Ledger, StoreConfig};
use serde::{Deserialize, Serialize};

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

/// What the schedule sends.
#[derive(Deserialize)]
pub struct Schedule {
    /// When it is due.
    time: String,
}

/// What a sweep did; shown by a test event in the console.
#[derive(Debug, Default, Serialize)]
pub struct Swept {
    expired: u64,
    skipped: u64,
}

/// Gives back every hold whose time had come when the schedule was due.
///
/// # Errors
/// When the event bears no time, or the store does not answer.
pub async fn handle(ledger: &Ledger, event: LambdaEvent<Schedule>) -> Result<Swept, StartError> {
    let now = Timestamp::parse(&event.payload.time)?;
    let swept = expiry::sweep(ledger, now).await?;
    tracing::info!(
        service = "sweeper",
        function_request_id = event.context.request_id,
        expired = swept.expired,
        skipped = swept.skipped,
        "sweep"
    );
    Ok(swept)
}
