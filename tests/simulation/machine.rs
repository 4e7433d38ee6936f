//! Function instances: made when they are needed, gone with their memory when their process dies.

use std::collections::HashMap;
use std::future::Future;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use connection::Connection;
use events::{Batch, Bus, DeadLetters};
use intake::Intake;
use lambda_runtime::{Context, LambdaEvent};
use ledger::{Ledger, StoreConfig};
use notifier::{Notifier, Post};
use onboarding::Directory;
use relay::Relay;
use serde_json::{Value, json};

use tests::in_process::clock;
use tests::in_process::declared::table;
use tests::in_process::gateway::{Asked, Http, Told, function_of, http, request, told};

use crate::cloud::{BUS, Cloud};
use crate::wire::{Actor, Wire};

/// What API Gateway waits for, and an HTTP function's timeout in the template.
const HTTP_TIMEOUT: Duration = Duration::from_secs(10);

/// The timeout of the functions that take events.
const EVENT_TIMEOUT: Duration = Duration::from_secs(60);

/// Where `onboarding` finds nobody: applications are looked at by people.
const NO_DIRECTORY: &str = "http://127.0.0.1:9";

/// Why there is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Died {
    /// The process died.
    Crashed,
    /// Lambda ended it because its time was up.
    TimedOut,
}

/// The instances that one actor meets. Lambda gives an instance one request at a time, so no two actors share one.
pub struct Machine {
    pub actor: Arc<Actor>,
    cloud: Arc<Cloud>,
    http: HashMap<String, Http>,
    relay: Option<Relay>,
    notifier: Option<Notifier>,
    intake: Option<Intake>,
    sweeper: Option<Ledger>,
}

impl Machine {
    pub fn new(actor: Arc<Actor>, cloud: &Arc<Cloud>) -> Machine {
        let cloud = Arc::clone(cloud);
        Machine { actor, cloud, http: HashMap::new(), relay: None, notifier: None, intake: None, sweeper: None }
    }

    fn connection(&self) -> Connection {
        Connection::through(Wire { actor: Arc::clone(&self.actor), cloud: Arc::clone(&self.cloud) })
    }

    fn ledger(&self) -> Ledger {
        Ledger::new(StoreConfig { table: table().to_owned(), endpoint: None, connection: self.connection() })
    }

    fn dead_letters(&self, queue: &str) -> DeadLetters {
        DeadLetters::new(&self.connection(), None, format!("https://sqs.us-east-1.amazonaws.com/1/{queue}"))
    }

    fn start(&self, function: &str) -> Http {
        let ledger = self.ledger();
        match function {
            "adjustment" => http(adjustment::service(ledger)),
            "alerting" => http(alerting::service(ledger)),
            "allocation" => http(allocation::service(ledger)),
            "onboarding" => {
                // Reading all root certificates is a waste here.
                static DIRECTORY: LazyLock<Directory> =
                    LazyLock::new(|| Directory::at(NO_DIRECTORY).expect("an address"));
                http(onboarding::service(ledger, DIRECTORY.clone()))
            }
            "purchasing" => http(purchasing::service(ledger)),
            "reporting" => http(reporting::service(ledger)),
            "settlement" => http(settlement::service(ledger)),
            other => panic!("{other} is not simulated"),
        }
    }

    /// Waits for an invocation to end, in one way or another.
    async fn invoke<T>(&self, invocation: impl Future<Output = T>, timeout: Duration) -> Result<T, Died> {
        let outcome = tokio::select! {
            biased;
            () = self.actor.death.notified() => Err(Died::Crashed),
            outcome = tokio::time::timeout(timeout, invocation) => outcome.map_err(|_| Died::TimedOut),
        };
        if outcome.as_ref().is_err_and(|died| *died == Died::TimedOut) {
            self.cloud.note(format!("{} {}: timed out", self.actor.name, self.actor.step()));
        }
        outcome
    }

    /// Sends a request as the gateway does.
    pub async fn ask(&mut self, asked: &Asked) -> Result<Told, Died> {
        let function = function_of(asked);
        let request = request(asked, self.cloud.clock.now_ms(), self.context());
        if !self.http.contains_key(&function) {
            self.http.insert(function.clone(), self.start(&function));
        }
        let outcome = self.invoke((self.http[&function])(request), HTTP_TIMEOUT).await;
        match outcome {
            Ok(answer) => Ok(told(&answer.expect("a response"))),
            Err(died) => {
                self.http.remove(&function);
                Err(died)
            }
        }
    }

    /// The places of the records that have to come again.
    pub async fn relay(&mut self, records: &[Value]) -> Result<Vec<String>, Died> {
        let relay = self.relay.take().unwrap_or_else(|| Relay {
            ledger: self.ledger(),
            bus: Bus::new(&self.connection(), None, BUS.to_owned()),
            dead_letters: self.dead_letters("RelayDeadLetters"),
        });
        let event = serde_json::from_value(json!({ "Records": records })).expect("a batch of the stream");
        let outcome =
            self.invoke(relay::handle(&relay, LambdaEvent::new(event, self.context())), EVENT_TIMEOUT).await?;
        self.relay = Some(relay);
        Ok(failed(&outcome))
    }

    /// The messages that have to come again.
    pub async fn notify(&mut self, messages: &Value) -> Result<Vec<String>, Died> {
        let notifier = self.notifier.take().unwrap_or_else(|| Notifier {
            ledger: self.ledger(),
            post: Post::new(&self.connection(), None, "quota@vendor.example".to_owned(), "set".to_owned()),
            portal_url: "https://portal.example".to_owned(),
        });
        let event = LambdaEvent::new(batch(messages), self.context());
        let outcome = self.invoke(notifier::handle(&notifier, event), EVENT_TIMEOUT).await?;
        self.notifier = Some(notifier);
        Ok(failed(&outcome.expect("a deadline")))
    }

    /// The messages that have to come again.
    pub async fn take_in(&mut self, messages: &Value) -> Result<Vec<String>, Died> {
        let intake = self.intake.take().unwrap_or_else(|| Intake {
            ledger: Arc::new(self.ledger()),
            dead_letters: self.dead_letters("IntakeDeadLetters"),
        });
        let event = LambdaEvent::new(batch(messages), self.context());
        let outcome = self.invoke(intake::handle(&intake, event), EVENT_TIMEOUT).await?;
        self.intake = Some(intake);
        Ok(failed(&outcome))
    }

    /// Whether a sweep came to its end.
    pub async fn sweep(&mut self) -> Result<bool, Died> {
        let ledger = self.sweeper.take().unwrap_or_else(|| self.ledger());
        let time = clock::shown(self.cloud.clock.now_ms());
        let event = serde_json::from_value(json!({ "time": time })).expect("an event of the schedule");
        let outcome =
            self.invoke(sweeper::handle(&ledger, LambdaEvent::new(event, self.context())), EVENT_TIMEOUT).await?;
        self.sweeper = Some(ledger);
        Ok(outcome.is_ok())
    }

    fn context(&self) -> Context {
        let mut context = Context::default();
        context.request_id = format!("{}-{}", self.actor.name, self.actor.step());
        let deadline = self.cloud.clock.now_ms() + i64::try_from(EVENT_TIMEOUT.as_millis()).expect("a short time");
        context.deadline = deadline.unsigned_abs();
        context
    }
}

fn batch(messages: &Value) -> Batch {
    serde_json::from_value(json!({ "Records": messages })).expect("a batch of a queue")
}

fn failed(answer: &events::Failures) -> Vec<String> {
    let answer = serde_json::to_value(answer).expect("JSON");
    let failures = answer["batchItemFailures"].as_array().expect("a list");
    failures.iter().map(|failure| failure["itemIdentifier"].as_str().expect("an id").to_owned()).collect()
}
