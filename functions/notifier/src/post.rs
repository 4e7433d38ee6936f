//! Sending mail.

use std::error::Error;
use std::time::Duration;

use aws_sdk_sesv2::Client;
use aws_sdk_sesv2::config::BehaviorVersion;
use aws_sdk_sesv2::config::retry::RetryConfig;
use aws_sdk_sesv2::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_sesv2::types::{Body, Content, Destination, EmailContent, Message, MessageHeader};
use connection::{Connection, MissingVariable, Patience};
use tokio::time::Instant;

use crate::render::Mail;

/// The header that names the event that a mail tells of.
pub const EVENT_HEADER: &str = "X-Partner-Quota-Event";

/// How long sending one mail may take.
pub const SENDING_TIMEOUT: Duration = Duration::from_secs(8);

/// The first pause between two tries of a mail that was not sent is somewhere between nothing and this, each further one
/// twice as long. A service that takes fewer mails than we have is met again and again until the time for this mail is up:
/// the next delivery of the message is minutes away.
const PAUSE: Duration = Duration::from_millis(200);

/// No pause is longer than this.
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// The mail service.
pub struct Post {
    client: Client,
    from: String,
    configuration_set: String,
}

/// Where a mail goes and what stands above it.
pub struct Letter<'a> {
    /// The one recipient.
    pub to: &'a str,
    /// What it says.
    pub mail: &'a Mail,
    /// Where the recipient changes what it hears of, where that can be changed.
    pub settings_link: Option<&'a str>,
    /// The event that it tells of, by which it is found.
    pub event_id: &'a str,
}

/// What came of sending.
#[derive(Debug)]
pub enum Sent {
    /// The service took it and calls it so.
    Taken(String),
    /// It will never take it.
    Refused(String),
    /// It did not take it; it may later.
    NotTaken(String),
    /// It may have taken it.
    Unknown(String),
}

impl Post {
    /// Makes a client that sends from `MAIL_FROM` under `MAIL_CONFIGURATION_SET`; no call yet.
    ///
    /// # Errors
    /// Names the variable that is missing.
    pub fn from_environment(connection: &Connection) -> Result<Post, MissingVariable> {
        let endpoint = connection::optional("AWS_ENDPOINT_URL_SESV2");
        let from = connection::required("MAIL_FROM")?;
        Ok(Post::new(connection, endpoint, from, connection::required("MAIL_CONFIGURATION_SET")?))
    }

    /// Makes a client; no call yet. `endpoint` is another than the region's own.
    #[must_use]
    pub fn new(connection: &Connection, endpoint: Option<String>, from: String, configuration_set: String) -> Post {
        let patience = Patience { attempt: SENDING_TIMEOUT, call: SENDING_TIMEOUT };
        let shared = connection.sdk_config(endpoint, patience);
        // The client cannot know what a second try means; here it is known.
        let config = aws_sdk_sesv2::config::Builder::from(&shared)
            .behavior_version(BehaviorVersion::latest())
            .retry_config(RetryConfig::disabled())
            .build();
        Post { client: Client::from_conf(config), from, configuration_set }
    }

    /// Sends a mail; tries again while the service says that it was not sent and the next try begins within `limit`.
    pub(crate) async fn send(&self, letter: &Letter<'_>, limit: Duration) -> Sent {
        let begun = Instant::now();
        let mut pause = PAUSE;
        let mut sent = self.hand_over(letter).await;
        while matches!(sent, Sent::NotTaken(_)) {
            let wait = jitter(pause);
            if begun.elapsed().saturating_add(wait) >= limit {
                break;
            }
            tokio::time::sleep(wait).await;
            pause = pause.saturating_mul(2).min(LONGEST_PAUSE);
            sent = self.hand_over(letter).await;
        }
        sent
    }

    async fn hand_over(&self, letter: &Letter<'_>) -> Sent {
        let message = match message(letter) {
            Ok(message) => message,
            Err(error) => return Sent::Refused(error.to_string()),
        };
        let request = self
            .client
            .send_email()
            .from_email_address(&self.from)
            .destination(Destination::builder().to_addresses(letter.to).build())
            .content(EmailContent::builder().simple(message).build())
            .configuration_set_name(&self.configuration_set);
        match request.send().await {
            Ok(answer) => Sent::Taken(answer.message_id.unwrap_or_default()),
            Err(error) => sort(error),
        }
    }
}

fn jitter(longest: Duration) -> Duration {
    let longest_ms = u64::try_from(longest.as_millis()).unwrap_or(u64::MAX);
    Duration::from_millis(rand::random_range(0..=longest_ms))
}

fn message(letter: &Letter<'_>) -> Result<Message, aws_sdk_sesv2::error::BuildError> {
    let content = |text: &str| Content::builder().data(text).charset("UTF-8").build();
    let header = |name: &str, value: &str| MessageHeader::builder().name(name).value(value).build();
    let body = Body::builder().text(content(&letter.mail.text)?).html(content(&letter.mail.html)?).build();
    // A page to look at, not an address that acts: programs that open every link must not unsubscribe anybody.
    let settings = letter.settings_link.map(|link| header("List-Unsubscribe", &format!("<{link}>"))).transpose()?;
    let message = Message::builder()
        .subject(content(&letter.mail.subject)?)
        .body(body)
        .set_headers(settings.map(|header| vec![header]))
        // Nobody's absence note answers a machine.
        .headers(header("Auto-Submitted", "auto-generated")?)
        .headers(header("X-Auto-Response-Suppress", "All")?)
        .headers(header(EVENT_HEADER, letter.event_id)?);
    Ok(message.build())
}

fn sort<E>(error: SdkError<E>) -> Sent
where
    E: ProvideErrorMetadata + Error + Send + Sync + 'static,
{
    match &error {
        SdkError::ServiceError(service) => {
            let code = service.err().code().unwrap_or("Unknown").to_owned();
            // What is wrong with the sender or the whole service is mended by somebody; only a bad request will not get
            // better.
            if code == "BadRequestException" { Sent::Refused(code) } else { Sent::NotTaken(code) }
        }
        SdkError::ConstructionFailure(_) => Sent::Refused("the request could not be made".to_owned()),
        SdkError::DispatchFailure(failure) if failure.as_connector_error().is_some_and(|error| is_connect(error)) => {
            Sent::NotTaken("no connection".to_owned())
        }
        _ => Sent::Unknown("no answer".to_owned()),
    }
}

/// Whether the service was not even reached.
fn is_connect(error: &(dyn Error + 'static)) -> bool {
    let mut next = Some(error);
    while let Some(error) = next {
        if error.downcast_ref::<hyper_util::client::legacy::Error>().is_some_and(|error| error.is_connect()) {
            return true;
        }
        next = error.source();
    }
    false
}
