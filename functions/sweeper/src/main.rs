//! By the clock: holds whose time has come are given back.

mod expiry;

use domain::Timestamp;
use edge::StartError;
use lambda_runtime::{LambdaEvent, service_fn};
use ledger::{Ledger, StoreConfig};
use serde::{Deserialize, Serialize};

fn main() -> Result<(), StartError> {
    edge::run_events(async || {
        let ledger = Ledger::new(StoreConfig::from_environment()?);
        ledger.warm_up().await;
        let ledger = &ledger;
        lambda_runtime::run(service_fn(async move |event| sweep(ledger, event).await)).await
    })
}

/// What the schedule sends: the time at which it is due.
#[derive(Deserialize)]
struct Schedule {
    time: String,
}

/// What a sweep did; shown by a test event in the console.
#[derive(Debug, Default, Serialize)]
struct Swept {
    expired: u64,
    skipped: u64,
}

async fn sweep(ledger: &Ledger, event: LambdaEvent<Schedule>) -> Result<Swept, StartError> {
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
