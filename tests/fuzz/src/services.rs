//! The functions as they deploy, in front of the services of this process.

use std::collections::HashMap;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;

use connection::Connection;
use edge::{Handler, Service, StartError};
use events::{Batch, Bus, DeadLetters, Failures};
use intake::Intake;
use lambda_http::{Body, Request, Response};
use lambda_runtime::{Context, LambdaEvent};
use ledger::{Ledger, StoreConfig};
use notifier::{Notifier, Post};
use onboarding::Directory;
use relay::{Relay, StreamEvent};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use crate::call::Call;
use crate::event::{self, NOW_MS};
use crate::store::Store;

type Responding = Pin<Box<dyn Future<Output = Response<Body>>>>;

/// All functions.
pub struct Services {
    /// What they stand before.
    pub store: Store,
    /// What runs them.
    pub runtime: Runtime,
    /// From the stream to the bus.
    pub relay: Relay,
    /// From the bus to people.
    pub notifier: Notifier,
    /// From the bus into the ledger.
    pub intake: Intake,
    /// What the trigger of the user pool reads.
    pub ledger: Ledger,
    serving: HashMap<&'static str, Box<dyn Fn(Request) -> Responding>>,
}

impl Services {
    /// New environments before an empty table.
    pub fn start() -> Services {
        let store = Store::default();
        let connection = Connection::through(store.clone());
        let ledger = || {
            let connection = connection.clone();
            Ledger::new(StoreConfig { table: "quota".to_owned(), endpoint: None, connection })
        };
        let dead_letters = || DeadLetters::new(&connection, None, "https://queue.example/letters".to_owned());
        // Nobody listens there, so what the directory knows is for people to find out.
        let directory = Directory::at("http://127.0.0.1:0").expect("an address");
        let post = Post::new(&connection, None, "quota@vendor.example".to_owned(), "mails".to_owned());
        let serving = HashMap::from([
            ("Onboarding", serve(onboarding::service(ledger(), directory))),
            ("Allocation", serve(allocation::service(ledger()))),
            ("Adjustment", serve(adjustment::service(ledger()))),
            ("Purchasing", serve(purchasing::service(ledger()))),
            ("Settlement", serve(settlement::service(ledger()))),
            ("Reporting", serve(reporting::service(ledger()))),
            ("Alerting", serve(alerting::service(ledger()))),
        ]);
        Services {
            runtime: tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime"),
            relay: Relay {
                ledger: ledger(),
                bus: Bus::new(&connection, None, "partner-quota".to_owned()),
                dead_letters: dead_letters(),
            },
            notifier: Notifier { ledger: ledger(), post, portal_url: "https://portal.example".to_owned() },
            intake: Intake { ledger: Arc::new(ledger()), dead_letters: dead_letters() },
            ledger: ledger(),
            serving,
            store,
        }
    }

    /// What a request by somebody with these claims is answered; `None` when there is no route for it.
    pub fn respond(&self, call: &Call, claims: &Value) -> Option<Response<Body>> {
        let (route, parameters) = call.route()?;
        let event = event::event(call, &route.key, &parameters, claims);
        let request = event::request(&event).expect("an event of the gateway");
        Some(self.runtime.block_on(self.serving[route.function](request)))
    }

    /// Hands one batch of the stream to the relay; answers the places of the records that come again.
    pub fn relay(&self, batch: &Value) -> Option<Vec<String>> {
        let batch = StreamEvent::deserialize(batch).ok()?;
        Some(failures(self.runtime.block_on(relay::handle(&self.relay, LambdaEvent::new(batch, context())))))
    }

    /// Delivers one message to the notifier, not for the first time; answers whether it comes again.
    pub fn notify(&self, body: &str) -> bool {
        let answer = self.runtime.block_on(notifier::handle(&self.notifier, LambdaEvent::new(batch(body), context())));
        !failures(answer.expect("a deadline")).is_empty()
    }

    /// Delivers one message to the intake, not for the first time; answers whether it comes again.
    pub fn take_in(&self, body: &str) -> bool {
        !failures(self.runtime.block_on(intake::handle(&self.intake, LambdaEvent::new(batch(body), context()))))
            .is_empty()
    }

    /// Asks the trigger of the user pool.
    pub fn trigger(&self, event: Value) -> Result<Value, StartError> {
        self.runtime.block_on(identity::handle(&self.ledger, LambdaEvent::new(event, context())))
    }

    /// What an event is answered by the function that has its route.
    pub fn respond_to(&self, function: &str, request: Request) -> Response<Body> {
        self.runtime.block_on(self.serving[function](request))
    }
}

/// One message that has been delivered so often that no hope is left that others come before it.
fn batch(body: &str) -> Batch {
    let sent = NOW_MS.to_string();
    let attributes = json!({ "ApproximateReceiveCount": "9", "SentTimestamp": sent });
    let message = json!({ "messageId": "m-1", "body": body, "attributes": attributes });
    Batch::deserialize(json!({ "Records": [message] })).expect("a batch")
}

/// An invocation that has just begun.
fn context() -> Context {
    let mut context = Context::default();
    context.deadline = NOW_MS.unsigned_abs() + 60_000;
    context
}

fn failures(failures: Failures) -> Vec<String> {
    let answer = serde_json::to_value(failures).expect("JSON");
    let failures = answer["batchItemFailures"].as_array().expect("a list");
    failures.iter().map(|failure| failure["itemIdentifier"].as_str().expect("a name").to_owned()).collect()
}

fn serve<S: Service + 'static>(service: S) -> Box<dyn Fn(Request) -> Responding> {
    let handler = Rc::new(Handler::new(service));
    Box::new(move |request| {
        let handler = Rc::clone(&handler);
        Box::pin(async move { handler.respond(request).await.expect("a response") })
    })
}
