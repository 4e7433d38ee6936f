//! Why something could not be handed over.

use std::error::Error as StdError;

use aws_sdk_eventbridge::error::{ProvideErrorMetadata, SdkError};

type Source = Box<dyn StdError + Send + Sync>;

/// A failed call.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The service did not answer, or was too busy; the same call may succeed later.
    #[error("the service did not take it")]
    Unavailable(#[source] Source),
    /// The service refused what it was given.
    #[error("the service refused it")]
    Rejected(#[source] Source),
}

/// Sorts a failed call. Only what was wrong with the request itself is rejected: a missing right or a missing queue is
/// mended by somebody, and then the same call succeeds.
pub(crate) fn failed<E>(error: SdkError<E>) -> Error
where
    E: ProvideErrorMetadata + StdError + Send + Sync + 'static,
{
    let code = error.as_service_error().and_then(|service| service.code()).unwrap_or_default();
    if is_fault_of_entry(code) { Error::Rejected(Box::new(error)) } else { Error::Unavailable(Box::new(error)) }
}

/// Whether a code of the bus or a queue says that this very entry can never be taken.
pub(crate) fn is_fault_of_entry(code: &str) -> bool {
    matches!(
        code,
        "MalformedDetail"
            | "InvalidArgument"
            | "ValidationException"
            | "ValidationError"
            | "InvalidMessageContents"
            | "InvalidParameterValue"
    )
}
