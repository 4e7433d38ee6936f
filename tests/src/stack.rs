//! The one stack that all tests of a process share.

use local::{Options, Stack};
use tokio::sync::OnceCell;

/// Names another DynamoDB-compatible store to run the tests against.
const STORE: &str = "PARTNER_QUOTA_DYNAMODB_ENDPOINT";

/// Whether the tests run against another store than the built-in one.
#[must_use]
pub fn is_another_store() -> bool {
    std::env::var_os(STORE).is_some()
}

/// It has threads of its own and lives as long as the process, so tests on different runtimes can use it side by side.
/// Its processes end with it, and its folder is removed by the next stack that starts.
static SHARED: OnceCell<Result<Stack, String>> = OnceCell::const_new();

/// The shared stack; whoever asks first starts it, which builds the function binaries where needed.
///
/// # Panics
/// When it did not start. It is tried once: what is in the way for one test is in the way for all.
pub async fn shared() -> &'static Stack {
    let options = Options { dynamodb_endpoint: std::env::var(STORE).ok(), ..Options::default() };
    let started = SHARED.get_or_init(async || Stack::start(options).await.map_err(|error| error.to_string())).await;
    started.as_ref().unwrap_or_else(|error| panic!("the local stack did not start: {error}"))
}

/// A stack of a test's own, with a table of its own where the store is another one.
///
/// # Panics
/// When it does not start.
pub async fn start(mut options: Options) -> Stack {
    // A stack that names its store shares another one's table.
    if options.dynamodb_endpoint.is_none()
        && let Ok(store) = std::env::var(STORE)
    {
        options.dynamodb_endpoint = Some(store);
        options.stack_name = Some(format!("own-{:016x}", fastrand::u64(..)));
    }
    Stack::start(options).await.unwrap_or_else(|error| panic!("the local stack did not start: {error}"))
}
