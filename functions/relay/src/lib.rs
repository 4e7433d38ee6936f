//! From the table's stream to the event bus, and into the roll-ups: the only publisher of events.
//!
//! What was committed is in the stream, so it is told, whatever became of whoever wrote it; what was not, is not. An event
//! may be told twice, under the same id.

mod batch;
mod event_id;
mod invitation;
mod notice;
mod publish;
mod record;
mod rollup;
mod trouble;

use connection::Connection;
use edge::StartError;
use events::{Bus, DeadLetters, Failures};
use lambda_runtime::{LambdaEvent, service_fn};
use ledger::{Ledger, StoreConfig};

pub use crate::batch::Relay;
pub use crate::record::StreamEvent;

/// Serves this function's events until the environment ends.
///
/// # Errors
/// When the environment lacks something, or the runtime gives up.
pub fn run() -> Result<(), StartError> {
    edge::run_events(async || {
        let connection = Connection::from_environment()?;
        let relay = Relay {
            bus: Bus::from_environment(&connection)?,
            dead_letters: DeadLetters::from_environment(&connection)?,
            ledger: Ledger::new(StoreConfig::from_environment()?),
        };
        relay.ledger.warm_up().await;
        let relay = &relay;
        lambda_runtime::run(service_fn(async move |event| Ok::<_, StartError>(handle(relay, event).await))).await
    })
}

/// Deals with one batch of the stream; answers which records have to come again.
pub async fn handle(relay: &Relay, event: LambdaEvent<StreamEvent>) -> Failures {
    let outcome = relay.take(event.payload.records).await;
    tracing::info!(
        service = "relay",
        function_request_id = event.context.request_id,
        records = outcome.records,
        events = outcome.published,
        parked = outcome.parked,
        failed = outcome.failed.len(),
        "stream"
    );
    Failures::of(outcome.failed)
}
