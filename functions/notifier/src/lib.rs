//! Tells the right people of an alert: in the inboxes of the account and its parent, and by mail; invites new
//! members; and keeps mail from addresses that bounced or complained.

mod alert;
mod audience;
mod batch;
mod delivery;
mod feedback;
mod invitation;
mod mailing;
mod post;
mod render;
mod time;

use connection::Connection;
use edge::StartError;
use events::{Batch, Failures};
use lambda_runtime::{LambdaEvent, service_fn};
use ledger::{Ledger, StoreConfig};

pub use crate::delivery::Notifier;
pub use crate::post::Post;
use crate::time::Clock;

/// Serves this function's events until the environment ends.
///
/// # Errors
/// When the environment lacks something, or the runtime gives up.
pub fn run() -> Result<(), StartError> {
    edge::run_events(async || {
        let connection = Connection::from_environment()?;
        let notifier = Notifier {
            post: Post::from_environment(&connection)?,
            portal_url: connection::required("PORTAL_URL")?,
            ledger: Ledger::new(StoreConfig::from_environment()?),
        };
        notifier.ledger.warm_up().await;
        let notifier = &notifier;
        lambda_runtime::run(service_fn(async move |event| handle(notifier, event).await)).await
    })
}

/// Deals with one batch of the queue; answers which messages have to come again.
///
/// # Errors
/// When the invocation's deadline is no time.
pub async fn handle(notifier: &Notifier, event: LambdaEvent<Batch>) -> Result<Failures, StartError> {
    let clock = Clock::of_invocation(event.context.deadline)?;
    let messages = event.payload.messages;
    let count = messages.len();
    let failed = notifier.take(messages, &event.context.request_id, clock).await;
    tracing::info!(
        service = "notifier",
        function_request_id = event.context.request_id,
        messages = count,
        failed = failed.len(),
        "notifications"
    );
    Ok(Failures::of(failed))
}
