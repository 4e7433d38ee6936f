//! The account directory: the cloud console's user base, an HTTP service outside this system.
//!
//! `GET {ACCOUNT_DIRECTORY_URL}/accounts/{console_account_id}` answers 200 when it knows the account and 404 when it does
//! not. Anything else, or nothing in time, is no answer: then a person looks, and nothing is approved by mistake.

use std::time::Duration;

use connection::{MissingVariable, Outside};
use domain::verification::DirectoryAnswer;
use http::Uri;

const VARIABLE: &str = "ACCOUNT_DIRECTORY_URL";

/// How long one attempt may take.
const ATTEMPT_TIMEOUT: Duration = Duration::from_millis(1_500);

/// How often the directory is asked before its silence is taken as such.
const ATTEMPTS: u32 = 2;

/// Why the directory cannot be used at all.
#[derive(Debug, thiserror::Error)]
pub enum DirectoryError {
    /// The variable is missing.
    #[error(transparent)]
    Missing(#[from] MissingVariable),
    /// It is no address.
    #[error("the environment variable {VARIABLE} is not an http or https address")]
    Malformed,
}

/// A client of the account directory.
#[derive(Clone)]
pub struct Directory {
    client: Outside,
    address: String,
}

impl Directory {
    /// Reads `ACCOUNT_DIRECTORY_URL`.
    ///
    /// # Errors
    /// Says what is missing or wrong.
    pub fn from_environment() -> Result<Directory, DirectoryError> {
        Directory::at(&connection::required(VARIABLE)?)
    }

    /// The directory at an address.
    ///
    /// # Errors
    /// Says what is wrong with the address.
    pub fn at(address: &str) -> Result<Directory, DirectoryError> {
        let uri: Uri = address.parse().map_err(|_| DirectoryError::Malformed)?;
        // A directory without encryption exists on one's own machine only: the template admits https addresses.
        if !matches!(uri.scheme_str(), Some("https" | "http")) {
            return Err(DirectoryError::Malformed);
        }
        Ok(Directory { client: Outside::over_tls(), address: address.trim_end_matches('/').to_owned() })
    }

    /// Asks whether a console account exists. `console_account_id` has the form of one: digits only.
    pub async fn look_up(&self, console_account_id: &str) -> DirectoryAnswer {
        for _ in 0..ATTEMPTS {
            match tokio::time::timeout(ATTEMPT_TIMEOUT, self.ask(console_account_id)).await {
                Ok(Some(200)) => return DirectoryAnswer::Known,
                Ok(Some(404)) => return DirectoryAnswer::Unknown,
                Ok(Some(_) | None) | Err(_) => {}
            }
        }
        DirectoryAnswer::Unreachable
    }

    async fn ask(&self, console_account_id: &str) -> Option<u16> {
        let address = format!("{}/accounts/{console_account_id}", self.address);
        match self.client.status(&address).await {
            Ok(status) => Some(status),
            Err(error) => {
                tracing::warn!(service = "onboarding", cause = %error, "the account directory did not answer");
                None
            }
        }
    }
}
