//! Events in: usage becomes charges, payments become settlements.

mod deadline;
mod detail;
mod lines;
mod message;
mod parking;
mod payment;
mod reason;
mod taken;
mod usage;

use std::sync::Arc;

use connection::Connection;
use edge::StartError;
use events::{Batch, DeadLetters, Failures};
use lambda_runtime::{LambdaEvent, service_fn};
use ledger::{Ledger, StoreConfig};

use crate::deadline::Deadline;
pub use crate::message::Intake;
use crate::message::Tally;

/// Serves this function's events until the environment ends.
///
/// # Errors
/// When the environment lacks something, or the runtime gives up.
pub fn run() -> Result<(), StartError> {
    edge::run_events(async || {
        let dead_letters = DeadLetters::from_environment(&Connection::from_environment()?)?;
        let ledger = Ledger::new(StoreConfig::from_environment()?);
        ledger.warm_up().await;
        let intake = Intake { ledger: Arc::new(ledger), dead_letters };
        let intake = &intake;
        lambda_runtime::run(service_fn(async move |event| Ok::<_, StartError>(handle(intake, event).await))).await
    })
}

/// Takes in one batch of the queue; answers which messages have to come again.
pub async fn handle(intake: &Intake, event: LambdaEvent<Batch>) -> Failures {
    let deadline = Deadline::new();
    let (mut tally, mut failed) = (Tally::default(), Vec::new());
    let messages = event.payload.messages;
    let received = messages.len();
    for message in messages {
        match intake.take(&message, &deadline).await {
            Ok(of_message) => tally.add(&of_message),
            Err(again) => {
                tracing::warn!(service = "intake", message_id = message.id, cause = again.cause(), "comes again");
                failed.push(message.id);
            }
        }
    }
    tracing::info!(
        service = "intake",
        function_request_id = event.context.request_id,
        messages = received,
        come_again = failed.len(),
        posted = tally.posted,
        repeated = tally.repeated,
        parked = tally.parked,
        "intake"
    );
    Failures::of(failed)
}
