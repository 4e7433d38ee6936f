//! The way from a function to the services: no network, but everything that goes wrong in one.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;
use fastrand::Rng;
use serde_json::{Value, json};
use tokio::sync::Notify;
use tokio::time::sleep;

use crate::cloud::{Answer, Cloud};
use crate::faults::Fault;

/// Somebody whose functions call services.
pub struct Actor {
    pub name: String,
    number: u64,
    /// What it does now, from 1 on.
    step: AtomicU64,
    calls: AtomicU64,
    /// Told when its function's process dies.
    pub death: Notify,
}

impl Actor {
    pub fn new(number: u64, name: &str) -> Arc<Actor> {
        let (step, calls) = (AtomicU64::new(0), AtomicU64::new(0));
        Arc::new(Actor { name: name.to_owned(), number, step, calls, death: Notify::new() })
    }

    /// Begins something new.
    pub fn begin(&self) {
        self.step.fetch_add(1, Ordering::Relaxed);
        self.calls.store(0, Ordering::Relaxed);
    }

    pub fn step(&self) -> u64 {
        self.step.load(Ordering::Relaxed)
    }

    /// Randomness for its next call.
    fn next_call(&self, cloud: &Cloud) -> Rng {
        let call = self.calls.fetch_add(1, Ordering::Relaxed);
        cloud.weather.random(&[2, self.number, self.step(), call])
    }
}

/// What the SDK's clients of one function send their requests by.
#[derive(Clone)]
pub struct Wire {
    pub actor: Arc<Actor>,
    pub cloud: Arc<Cloud>,
}

impl fmt::Debug for Wire {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.actor.name)
    }
}

impl HttpClient for Wire {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Wire {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let call = Call::read(&request);
        HttpConnectorFuture::new(self.clone().carry(call))
    }
}

/// A call to a service.
#[derive(Clone)]
pub struct Call {
    /// The service and its operation, or for mail the method and path.
    pub target: String,
    body: Vec<u8>,
}

impl Call {
    fn read(request: &HttpRequest) -> Call {
        let target = match request.headers().get("x-amz-target") {
            Some(target) => target.to_owned(),
            None => "ses.SendEmail".to_owned(),
        };
        Call { target, body: request.body().bytes().expect("a body in memory").to_vec() }
    }

    fn operation(&self) -> &str {
        self.target.rsplit('.').next().unwrap_or_default()
    }

    fn is_of_store(&self) -> bool {
        self.target.starts_with("DynamoDB")
    }

    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("JSON")
    }

    /// Carries it out.
    fn answer(&self, cloud: &Cloud) -> Answer {
        match self.operation() {
            "PutEvents" => cloud.put_events(&self.json(), |_| false),
            "SendEmail" => cloud.send_email(&self.json()),
            "SendMessage" => cloud.send_message(&self.json()),
            operation => {
                let answer = match cloud.store.call(operation, &self.body) {
                    Ok(body) => Answer { status: 200, body },
                    Err((status, body)) => Answer { status, body },
                };
                if operation == "PutItem" {
                    cloud.joined_line();
                }
                if operation == "TransactWriteItems" {
                    cloud.written();
                }
                answer
            }
        }
    }

    /// Carries out a part of it, if it has parts.
    fn part(&self, cloud: &Cloud, random: &mut Rng) -> Answer {
        match self.operation() {
            "PutEvents" => {
                let failing: Vec<bool> = (0..10).map(|_| random.bool()).collect();
                cloud.put_events(&self.json(), |place| failing[place])
            }
            "BatchGetItem" => unprocessed(&self.json(), self.answer(cloud), random),
            _ => self.answer(cloud),
        }
    }

    /// For whoever reads of a failure.
    fn summary(&self) -> String {
        let body = self.json();
        let key = |item: &Value| {
            let key = |name: &str| item[name]["S"].as_str().unwrap_or_default().to_owned();
            format!("{} {}", key("partition_key"), key("sort_key"))
        };
        let written = |write: &Value| {
            ["Put", "Delete", "ConditionCheck"].iter().find_map(|kind| {
                let write = &write[*kind];
                let item = if write["Item"].is_null() { &write["Key"] } else { &write["Item"] };
                (!write.is_null()).then(|| key(item))
            })
        };
        let writes: Vec<String> = body["TransactItems"].as_array().into_iter().flatten().filter_map(written).collect();
        let single = if body["Item"].is_null() { &body["Key"] } else { &body["Item"] };
        format!("{} {}{}", self.operation(), writes.join(", "), key(single).trim())
    }

    fn throttled(&self) -> Answer {
        match self.operation() {
            "SendEmail" => refusal(429, "TooManyRequestsException"),
            "TransactWriteItems" | "GetItem" | "BatchGetItem" | "Query" | "PutItem" | "DeleteItem" => {
                refusal(400, "com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException")
            }
            _ => refusal(400, "ThrottlingException"),
        }
    }

    fn broken(&self) -> Answer {
        refusal(500, if self.is_of_store() { "InternalServerError" } else { "InternalFailure" })
    }

    /// Somebody else is at one of the items.
    fn conflict(&self, random: &mut Rng) -> Answer {
        if ["PutItem", "DeleteItem"].contains(&self.operation()) {
            return refusal(400, "com.amazonaws.dynamodb.v20120810#TransactionConflictException");
        }
        let count = self.json()["TransactItems"].as_array().map_or(1, Vec::len);
        let place = random.usize(0..count);
        let reasons: Vec<Value> = (0..count)
            .map(|at| match at == place {
                true => json!({ "Code": "TransactionConflict", "Message": "Transaction is ongoing for the item" }),
                false => json!({ "Code": "None" }),
            })
            .collect();
        let kind = "com.amazonaws.dynamodb.v20120810#TransactionCanceledException";
        let body = json!({ "__type": kind, "Message": "Transaction cancelled", "CancellationReasons": reasons });
        Answer { status: 400, body: body.to_string() }
    }
}

fn refusal(status: u16, kind: &str) -> Answer {
    Answer { status, body: json!({ "__type": kind, "message": "not now" }).to_string() }
}

/// A batch of which the store did not get to every key.
fn unprocessed(request: &Value, answer: Answer, random: &mut Rng) -> Answer {
    let Ok(mut body) = serde_json::from_str::<Value>(&answer.body) else { return answer };
    if answer.status != 200 {
        return answer;
    }
    for (table, wanted) in request["RequestItems"].as_object().expect("tables") {
        let keys = wanted["Keys"].as_array().expect("keys");
        let left: Vec<&Value> = keys.iter().skip(1).filter(|_| random.bool()).collect();
        if left.is_empty() {
            continue;
        }
        let is_left = |item: &Value| {
            left.iter().any(|key| key.as_object().expect("a key").iter().all(|(name, value)| item[name] == *value))
        };
        body["Responses"][table].as_array_mut().expect("items").retain(|item| !is_left(item));
        let mut rest = wanted.clone();
        rest["Keys"] = json!(left);
        body["UnprocessedKeys"][table] = rest;
    }
    Answer::ok(&body)
}

impl Wire {
    async fn carry(self, call: Call) -> Result<HttpResponse, ConnectorError> {
        let Wire { actor, cloud } = &self;
        let mut random = actor.next_call(cloud);
        let (there, back) = (random.u64(0..4), random.u64(0..4));
        let fault = cloud.weather.strike(&mut random, call.is_of_store()).filter(|fault| is_possible(*fault, &call));
        if let Some(fault) = fault {
            cloud.struck();
            cloud.note(format!("{} {}: {fault:?} at {}", actor.name, actor.step(), call.summary()));
        }
        let step = (actor.name.clone(), actor.step());
        cloud.with_mailings(|mailings| mailings.called(step, call.operation(), &call.json(), fault));
        sleep(Duration::from_millis(there)).await;
        let answer = match fault {
            None => call.answer(cloud),
            Some(Fault::Throttled) => call.throttled(),
            Some(Fault::Conflict) => call.conflict(&mut random),
            Some(Fault::InProgress) => refusal(400, "com.amazonaws.dynamodb.v20120810#TransactionInProgressException"),
            Some(Fault::Broken) => call.broken(),
            Some(Fault::Partial) => call.part(cloud, &mut random),
            Some(Fault::BrokenAfter) => {
                call.answer(cloud);
                call.broken()
            }
            Some(Fault::Lost) => {
                call.answer(cloud);
                return Err(ConnectorError::io("the connection was closed".into()));
            }
            Some(Fault::Slow(ms)) => {
                sleep(Duration::from_millis(ms / 2)).await;
                let answer = call.answer(cloud);
                sleep(Duration::from_millis(ms / 2)).await;
                answer
            }
            Some(Fault::Late(ms)) => {
                let cloud = Arc::clone(cloud);
                tokio::spawn(async move {
                    sleep(Duration::from_millis(ms)).await;
                    call.answer(&cloud);
                });
                return std::future::pending().await;
            }
            Some(Fault::Silent) => return std::future::pending().await,
            Some(Fault::CrashBefore) => {
                actor.death.notify_one();
                return std::future::pending().await;
            }
            Some(Fault::CrashAfter) => {
                call.answer(cloud);
                actor.death.notify_one();
                return std::future::pending().await;
            }
        };
        sleep(Duration::from_millis(back)).await;
        let status = StatusCode::try_from(answer.status).expect("a status");
        let mut response = HttpResponse::new(status, SdkBody::from(answer.body));
        response.headers_mut().insert("content-type", "application/x-amz-json-1.0");
        Ok(response)
    }
}

/// Only writers meet transactions; only some calls have parts; and when the mail service itself says that it failed, it
/// sent nothing: no sender can live with any other meaning of that.
fn is_possible(fault: Fault, call: &Call) -> bool {
    match fault {
        Fault::Conflict => ["TransactWriteItems", "PutItem", "DeleteItem"].contains(&call.operation()),
        Fault::InProgress => call.operation() == "TransactWriteItems",
        Fault::BrokenAfter => call.operation() != "SendEmail",
        Fault::Partial => ["PutEvents", "BatchGetItem"].contains(&call.operation()),
        _ => true,
    }
}
