//! Sending mail.

use std::error::Error;
use std::time::{Duration, Instant};

use aws_sdk_sesv2::Client;
use aws_sdk_sesv2::config::BehaviorVersion;
use aws_sdk_sesv2::config::retry::RetryConfig;
use aws_sdk_sesv2::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_sesv2::types::{Body, Content, Destination, EmailContent, Message, MessageHeader};
use connection::{Connection, MissingVariable, Patience};

use crate::render::Mail;

/// How long sending one mail may take.
pub const SENDING_TIMEOUT: Duration = Duration::from_secs(8);

/// How often a mail is handed over that was certainly not sent, before its message is left to come again.
const MAX_TRIES: u32 = 3;

/// The pause before the second try; each further one is twice as long.
const PAUSE: Duration = Duration::from_millis(100);

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
    /// Where the recipient changes what it hears of.
    pub settings_link: &'a str,
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
        let patience = Patience { attempt: SENDING_TIMEOUT, call: SENDING_TIMEOUT };
        let shared = connection.sdk_config(connection::optional("AWS_ENDPOINT_URL_SESV2"), patience);
        // The client cannot know what a second try means; here it is known.
        let config = aws_sdk_sesv2::config::Builder::from(&shared)
            .behavior_version(BehaviorVersion::latest())
            .retry_config(RetryConfig::disabled())
            .build();
        Ok(Post {
            client: Client::from_conf(config),
            from: connection::required("MAIL_FROM")?,
            configuration_set: connection::required("MAIL_CONFIGURATION_SET")?,
        })
    }

    /// Sends a mail; tries again while the service says that it was not sent and a pause ends within `limit`.
    pub async fn send(&self, letter: &Letter<'_>, limit: Duration) -> Sent {
        let begun = Instant::now();
        let mut pause = PAUSE;
        let mut sent = self.hand_over(letter).await;
        for _ in 1..MAX_TRIES {
            let is_time_left = begun.elapsed().saturating_add(pause) < limit;
            if !matches!(sent, Sent::NotTaken(_)) || !is_time_left {
                break;
            }
            tokio::time::sleep(pause).await;
            pause = pause.saturating_mul(2);
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

fn message(letter: &Letter<'_>) -> Result<Message, aws_sdk_sesv2::error::BuildError> {
    let content = |text: &str| Content::builder().data(text).charset("UTF-8").build();
    let header = |name: &str, value: &str| MessageHeader::builder().name(name).value(value).build();
    let body = Body::builder().text(content(&letter.mail.text)?).html(content(&letter.mail.html)?).build();
    let message = Message::builder()
        .subject(content(&letter.mail.subject)?)
        .body(body)
        // A page to look at, not an address that acts: programs that open every link must not unsubscribe anybody.
        .headers(header("List-Unsubscribe", &format!("<{}>", letter.settings_link))?)
        // Nobody's absence note answers a machine.
        .headers(header("Auto-Submitted", "auto-generated")?)
        .headers(header("X-Auto-Response-Suppress", "All")?)
        .headers(header("X-Partner-Quota-Event", letter.event_id)?);
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
