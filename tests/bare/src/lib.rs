//! Yardsticks: the least that a Lambda function in Rust can be, for measuring ours against.
//!
//! `bare_echo` speaks HTTP only, `bare_store` also sends a transaction, `bare_calls` sends recorded calls of DynamoDB, and
//! `bare_loop` sends them without any function around them. None of them knows the product. All are built as it is, and leave the SDK's own
//! settings as they are.

pub mod calls;

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::BehaviorVersion;
use aws_smithy_async::rt::sleep::{SharedAsyncSleep, TokioSleep};
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use aws_types::SdkConfig;
use aws_types::region::Region;

/// What keeps a yardstick from running.
pub type Fault = Box<dyn std::error::Error + Send + Sync>;

/// The smallest client of the table: credentials and region from the environment, TLS by ring.
///
/// # Errors
/// When a variable is missing.
pub fn client() -> Result<Client, Fault> {
    let credentials = Credentials::new(
        std::env::var("AWS_ACCESS_KEY_ID")?,
        std::env::var("AWS_SECRET_ACCESS_KEY")?,
        std::env::var("AWS_SESSION_TOKEN").ok(),
        None,
        "environment",
    );
    let mut shared = SdkConfig::builder()
        .region(Region::new(std::env::var("AWS_REGION")?))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .sleep_impl(SharedAsyncSleep::new(TokioSleep::new()))
        .http_client(
            aws_smithy_http_client::Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https(),
        );
    shared.set_endpoint_url(std::env::var("AWS_ENDPOINT_URL_DYNAMODB").ok());
    let config =
        aws_sdk_dynamodb::config::Builder::from(&shared.build()).behavior_version(BehaviorVersion::latest()).build();
    Ok(Client::from_conf(config))
}
