//! How a function reaches AWS services: who it is, in which region, over what TLS; and others over the same TLS.
//!
//! The crate owns *what every client of a service has in common*. It must not know any service.
//!
//! Credentials are read once: Lambda gives an environment credentials that outlive it. The SDK's own chain of providers
//! would look in five more places and make every function a fifth larger.

use std::error::Error;
use std::time::Duration;

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_async::rt::sleep::{SharedAsyncSleep, TokioSleep};
use aws_smithy_http_client::Connector;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use aws_smithy_runtime::client::identity::IdentityCache;
use aws_smithy_runtime_api::client::http::{HttpClient, HttpConnector, SharedHttpClient, SharedHttpConnector};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::stalled_stream_protection::StalledStreamProtectionConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use aws_types::SdkConfig;
use aws_types::region::Region;

/// How long connecting may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);

/// A variable that the function's environment lacks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the environment variable {0} is missing")]
pub struct MissingVariable(pub &'static str);

/// The value of a variable that has to be there.
///
/// # Errors
/// Names the variable when it is missing or empty.
pub fn required(name: &'static str) -> Result<String, MissingVariable> {
    optional(name).ok_or(MissingVariable(name))
}

/// The value of a variable, unless it is missing or empty.
#[must_use]
pub fn optional(name: &'static str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// What Lambda puts into a function's environment: the region and the function's own credentials.
#[derive(Clone)]
pub struct Connection {
    region: String,
    credentials: Credentials,
    /// Instead of TLS over the network.
    transport: Option<SharedHttpClient>,
}

/// How patient the calls of a client are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// How long one attempt may take.
    pub attempt: Duration,
    /// How long a call may take with all its attempts.
    pub call: Duration,
}

impl Connection {
    /// Reads the environment.
    ///
    /// # Errors
    /// Names the first variable that is missing.
    pub fn from_environment() -> Result<Connection, MissingVariable> {
        let credentials = Credentials::new(
            required("AWS_ACCESS_KEY_ID")?,
            required("AWS_SECRET_ACCESS_KEY")?,
            optional("AWS_SESSION_TOKEN"),
            None,
            "function-environment",
        );
        Ok(Connection { region: required("AWS_REGION")?, credentials, transport: None })
    }

    /// A connection whose calls all go through `transport`, where each may be answered, kept waiting or lost: for
    /// simulations. Nothing is read from the environment, and nothing leaves the process.
    #[must_use]
    pub fn through(transport: impl HttpClient + 'static) -> Connection {
        Connection {
            region: "us-east-1".to_owned(),
            credentials: Credentials::new("simulated", "simulated", None, None, "simulation"),
            transport: Some(SharedHttpClient::new(transport)),
        }
    }

    /// What the client of a service is made from. `endpoint` is another than the region's own, as on the local stack.
    ///
    /// Two things of the SDK's that every call would pay for have no use here: a cache of credentials, as they stay the
    /// same, and a watch over bodies that have stopped flowing, as an attempt's time limit covers its bodies too.
    #[must_use]
    pub fn sdk_config(&self, endpoint: Option<String>, patience: Patience) -> SdkConfig {
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .operation_attempt_timeout(patience.attempt)
            .operation_timeout(patience.call)
            .build();
        let mut config = SdkConfig::builder()
            .region(Region::new(self.region.clone()))
            .credentials_provider(SharedCredentialsProvider::new(self.credentials.clone()))
            .identity_cache(IdentityCache::no_cache())
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
            .timeout_config(timeouts)
            .sleep_impl(SharedAsyncSleep::new(TokioSleep::new()))
            .http_client(self.transport.clone().unwrap_or_else(over_tls));
        config.set_endpoint_url(endpoint);
        config.build()
    }
}

fn over_tls() -> SharedHttpClient {
    aws_smithy_http_client::Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https()
}

/// The way to a service that is not AWS's. The root certificates are those of the AWS clients, read once a process: a TLS
/// client of its own would read them again, which takes longer than all the rest of a start.
#[derive(Clone, Debug)]
pub struct Outside {
    connector: SharedHttpConnector,
}

impl Outside {
    /// Makes a client; no call yet.
    #[must_use]
    pub fn over_tls() -> Outside {
        let connector = Connector::builder()
            .tls_provider(Provider::Rustls(CryptoMode::Ring))
            .sleep_impl(SharedAsyncSleep::new(TokioSleep::new()))
            .build();
        Outside { connector: SharedHttpConnector::new(connector) }
    }

    /// The status of the answer to a GET. Redirections are not followed.
    ///
    /// # Errors
    /// Why there is no answer.
    pub async fn status(&self, address: &str) -> Result<u16, Box<dyn Error + Send + Sync>> {
        let response = self.connector.call(HttpRequest::get(address)?).await?;
        Ok(response.status().as_u16())
    }
}
