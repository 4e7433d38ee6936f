//! The connection to the table.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::BehaviorVersion;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use connection::{Connection, MissingVariable, Patience};
use domain::account::Lineage;
use domain::program::Program;
use domain::{AccountId, ProgramId, Timestamp};

use crate::Error;
use crate::endpoint::OneEndpoint;

/// How long one attempt of a call may take before the SDK tries again.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(1);

/// How long a call may take with all its attempts. A store that does not answer is reported after one such call, so that a
/// caller hears from us before the function's timeout of 10 s.
const CALL_TIMEOUT: Duration = Duration::from_millis(2_500);

/// How many accounts' places in their trees a function remembers.
const REMEMBERED_LINEAGES: usize = 10_000;

/// How many programs a function remembers.
const REMEMBERED_PROGRAMS: usize = 1_000;

/// Where the table is and how to reach it.
#[derive(Clone)]
pub struct StoreConfig {
    /// The table's name.
    pub table: String,
    /// Another endpoint than the region's own, as on the local stack.
    pub endpoint: Option<String>,
    /// Region and credentials.
    pub connection: Connection,
}

impl StoreConfig {
    /// Reads what Lambda and the template put into the environment.
    ///
    /// # Errors
    /// Names the first variable that is missing.
    pub fn from_environment() -> Result<StoreConfig, MissingVariable> {
        Ok(StoreConfig {
            table: connection::required("TABLE_NAME")?,
            endpoint: connection::optional("AWS_ENDPOINT_URL_DYNAMODB"),
            connection: Connection::from_environment()?,
        })
    }
}

/// The table, and what this function instance remembers of it: what never changes, and for a moment where many buy at once.
pub struct Ledger {
    pub(crate) client: Client,
    pub(crate) table: String,
    lineages: Mutex<HashMap<AccountId, Lineage>>,
    programs: Mutex<HashMap<ProgramId, Program>>,
    shared: Mutex<HashMap<AccountId, Timestamp>>,
}

impl Ledger {
    /// Makes a client; no call yet.
    #[must_use]
    pub fn new(config: StoreConfig) -> Ledger {
        let patience = Patience { attempt: ATTEMPT_TIMEOUT, call: CALL_TIMEOUT };
        let shared = config.connection.sdk_config(config.endpoint, patience);
        let settings = aws_sdk_dynamodb::config::Builder::from(&shared)
            .behavior_version(BehaviorVersion::latest())
            .endpoint_resolver(OneEndpoint::default());
        Ledger {
            client: Client::from_conf(settings.build()),
            table: config.table,
            lineages: Mutex::new(HashMap::new()),
            programs: Mutex::new(HashMap::new()),
            shared: Mutex::new(HashMap::new()),
        }
    }

    /// One cheap read, so that the connection stands before the first request: the handshake then happens while the
    /// environment starts. Its outcome does not matter.
    pub async fn warm_up(&self) {
        let key = crate::keys::warm_up();
        let _outcome = self.client.get_item().table_name(&self.table).set_key(Some(key)).send().await;
    }

    pub(crate) fn remember(&self, lineage: &Lineage) {
        if let Ok(mut known) = self.lineages.lock() {
            if known.len() >= REMEMBERED_LINEAGES {
                known.clear();
            }
            known.insert(lineage.id, lineage.clone());
        }
    }

    pub(crate) fn remembered(&self, id: AccountId) -> Option<Lineage> {
        self.lineages.lock().ok().and_then(|known| known.get(&id).cloned())
    }

    /// Remembers that orders of several were posted together for an account.
    pub(crate) fn remember_shared(&self, account: AccountId, at: Timestamp) {
        if let Ok(mut known) = self.shared.lock() {
            if known.len() >= REMEMBERED_LINEAGES {
                known.clear();
            }
            known.insert(account, at);
        }
    }

    /// When orders of several were last posted together for an account, as far as is known here.
    pub(crate) fn shared_at(&self, account: AccountId) -> Option<Timestamp> {
        self.shared.lock().ok().and_then(|known| known.get(&account).copied())
    }

    pub(crate) fn remember_program(&self, program: &Program) {
        if let Ok(mut known) = self.programs.lock() {
            if known.len() >= REMEMBERED_PROGRAMS {
                known.clear();
            }
            known.insert(program.id, program.clone());
        }
    }

    pub(crate) fn remembered_program(&self, id: ProgramId) -> Option<Program> {
        self.programs.lock().ok().and_then(|known| known.get(&id).cloned())
    }
}

/// Sorts a failed call: worth sending again, or a fault of ours.
pub(crate) fn failed<E>(error: SdkError<E>) -> Error
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    let is_ours = match &error {
        SdkError::ServiceError(service) => {
            service.raw().status().is_client_error() && !is_throttle(service.err().code().unwrap_or_default())
        }
        SdkError::ConstructionFailure(_) => true,
        _ => false,
    };
    if is_ours { Error::Rejected(Box::new(error)) } else { Error::Unavailable(Box::new(error)) }
}

pub(crate) fn is_throttle(code: &str) -> bool {
    matches!(
        code,
        "ThrottlingException"
            | "ProvisionedThroughputExceededException"
            | "RequestLimitExceeded"
            | "TransactionInProgressException"
    )
}
