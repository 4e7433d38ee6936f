//! The services over HTTP, called as by an instance of a function.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value as Json, json};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::sync::watch;

use super::*;
use crate::clock::Clock;
use crate::faults::Fault;
use crate::functions::fixture::{Fixture, sleeping};
use crate::serve::bind;

mod store;

/// Services for the function `function`, whose first instance is starting.
struct Stage {
    url: String,
    parts: Parts,
    fixture: Fixture,
    _stop: watch::Sender<bool>,
}

async fn stage_before(store: &str, near: Option<Near>) -> Stage {
    let fixture = sleeping(Duration::from_secs(60));
    drop(fixture.pool.launch());
    let parts = fixture::parts(&Clock::default());
    let functions = Functions::new([Arc::clone(&fixture.pool)]);
    let services = Services::new(functions, store, near, parts.clone());
    let (listener, address) = bind(0).await.unwrap();
    let stop = watch::Sender::new(false);
    tokio::spawn(serve(listener, services, stop.subscribe()));
    Stage { url: format!("http://{address}"), parts, fixture, _stop: stop }
}

/// An address at which nobody listens.
const NOWHERE: &str = "http://127.0.0.1:1";

async fn stage() -> Stage {
    stage_before(NOWHERE, None).await
}

impl Stage {
    /// Calls a service; answers with the status and the body, or with nothing if the service hung up.
    async fn call(&self, path: &str, target: &str, body: &Json) -> Option<(u16, Json)> {
        let request = reqwest::Client::new().post(format!("{}{path}", self.url));
        let sent = request.header("x-amz-target", target).body(body.to_string()).send().await;
        let response = sent.ok()?;
        let status = response.status().as_u16();
        Some((status, response.json().await.unwrap()))
    }

    async fn put_events(&self, entries: Json) -> Option<(u16, Json)> {
        self.call("/eventbridge/function/1/", "AWSEvents.PutEvents", &json!({ "Entries": entries })).await
    }

    async fn send_mail(&self, body: &Json) -> Option<(u16, Json)> {
        self.call("/sesv2/function/1/v2/email/outbound-emails", "", body).await
    }

    async fn send_message(&self, queue: &str, body: &Json) -> Option<(u16, Json)> {
        let mut request = json!({ "QueueUrl": crate::aws::queue_url(queue) });
        request.as_object_mut().unwrap().extend(body.as_object().unwrap().clone());
        self.call("/sqs/function/1/", "AmazonSQS.SendMessage", &request).await
    }

    fn inject(&self, target: Target, kind: Kind, rate: f64) {
        self.parts.faults.inject(Fault { target, kind, rate, seed: 3, delay_ms: 1 });
    }

    fn events(&self) -> Vec<Json> {
        serde_json::from_str(&self.parts.buses.history()).unwrap()
    }

    fn mails(&self) -> Vec<Json> {
        serde_json::from_str(&self.parts.mails.history()).unwrap()
    }
}

fn entry(bus: &str) -> Json {
    json!({ "Source": "ours", "DetailType": "Kind", "Detail": "{\"n\": 1}", "EventBusName": bus })
}

fn mail(to: &str) -> Json {
    json!({
        "FromEmailAddress": "alerts@partner-quota.example",
        "Destination": { "ToAddresses": [to] },
        "Content": { "Simple": {
            "Subject": { "Data": "Низко", "Charset": "UTF-8" },
            "Body": { "Text": { "Data": "5 left" }, "Html": { "Data": "<p>5 left</p>" } },
            "Headers": [{ "Name": "Auto-Submitted", "Value": "auto-generated" }],
        } },
        "ConfigurationSetName": "set",
    })
}

#[tokio::test]
async fn events_are_taken_or_refused_entry_by_entry() {
    let stage = stage().await;
    let mut of_aws = entry("own");
    of_aws["Source"] = json!("aws.ses");
    let mut broken = entry("own");
    broken["Detail"] = json!("{");
    let mut incomplete = entry("own");
    incomplete["DetailType"] = json!(null);
    let by_arn = entry("arn:aws:events:us-east-1:000000000000:event-bus/own");
    let entries = json!([entry("own"), entry("none"), of_aws, broken, incomplete, by_arn]);
    let (status, answer) = stage.put_events(entries).await.unwrap();
    assert_eq!((status, &answer["FailedEntryCount"]), (200, &json!(4)), "{answer}");
    let codes: Vec<_> = answer["Entries"].as_array().unwrap().iter().map(|entry| entry["ErrorCode"].as_str()).collect();
    let refused = ["InvalidArgument", "NotAuthorizedForSourceException", "MalformedDetail", "InvalidArgument"];
    assert_eq!(codes[0], None);
    assert_eq!(codes[1..5], refused.map(Some));
    assert_eq!(codes[5], None);
    assert_eq!(stage.events()[0]["id"], answer["Entries"][0]["EventId"]);
    assert_eq!((stage.events().len(), stage.parts.queues.dead_letters().len()), (2, 2));
}

#[tokio::test]
async fn a_call_has_from_one_to_ten_entries() {
    let stage = stage().await;
    for count in [0, 11] {
        let (status, answer) = stage.put_events(json!(vec![entry("own"); count])).await.unwrap();
        assert_eq!((status, answer["__type"].as_str()), (400, Some("ValidationException")), "{count}");
    }
    let mut large = entry("own");
    large["Detail"] = json!(json!({ "text": "a".repeat(30_000) }).to_string());
    let (status, _) = stage.put_events(json!(vec![large.clone(); 9])).await.unwrap();
    assert_eq!(status, 400, "together they are too large");
    let (status, _) = stage.put_events(json!(vec![large; 8])).await.unwrap();
    assert_eq!((status, stage.events().len()), (200, 8));
}

#[tokio::test]
async fn mail_is_captured() {
    let stage = stage().await;
    let (status, answer) = stage.send_mail(&mail("a@b.example")).await.unwrap();
    assert_eq!((status, answer["MessageId"].as_str().map(str::len)), (200, Some(36)), "{answer}");
    let mut captured = stage.mails();
    captured[0]["sent_at"].take();
    let expected = json!({
        "to": ["a@b.example"],
        "from": "alerts@partner-quota.example",
        "subject": "Низко",
        "text": "5 left",
        "html": "<p>5 left</p>",
        "headers": { "Auto-Submitted": "auto-generated" },
        "sent_at": null,
    });
    assert_eq!(captured, [expected]);
    stage.send_mail(&mail("Somebody <bounce@simulator.amazonses.com>")).await.unwrap();
    assert_eq!(stage.events()[0]["detail-type"], "Email Bounced");
}

#[tokio::test]
async fn what_ses_would_refuse_is_refused() {
    let stage = stage().await;
    let with = |path: &str, value: Json| {
        let mut mail = mail("a@b.example");
        *mail.pointer_mut(path).unwrap() = value;
        mail
    };
    for (mail, status, kind) in [
        (mail("a@invalid.example"), 400, "BadRequestException"),
        (mail("a@INVALID.example"), 400, "BadRequestException"),
        (mail("nobody"), 400, "BadRequestException"),
        (with("/FromEmailAddress", json!(null)), 400, "BadRequestException"),
        (with("/Destination/ToAddresses", json!([])), 400, "BadRequestException"),
        (with("/Content/Simple", json!(null)), 400, "BadRequestException"),
        (with("/Content/Simple/Body", json!({})), 400, "BadRequestException"),
        (with("/ConfigurationSetName", json!("other")), 404, "NotFoundException"),
    ] {
        let (answered, answer) = stage.send_mail(&mail).await.unwrap();
        assert_eq!((answered, answer["__type"].as_str()), (status, Some(kind)), "{mail}: {answer}");
    }
    assert!(stage.mails().is_empty());
}

#[tokio::test]
async fn messages_are_queued_with_their_attributes() {
    let stage = stage().await;
    let reason = json!({ "reason": { "DataType": "String", "StringValue": "unknown account" } });
    let message = json!({ "MessageBody": "{\"a\": 1}", "MessageAttributes": reason });
    let (status, answer) = stage.send_message("letters", &message).await.unwrap();
    assert_eq!((status, answer["MessageId"].as_str().map(str::len)), (200, Some(36)), "{answer}");
    let attributes = json!({ "reason": "unknown account" });
    let letter = json!({ "queue": "Letters", "body": { "a": 1 }, "attributes": attributes, "received": 0 });
    assert_eq!(stage.parts.queues.dead_letters(), [letter]);
    for (queue, message, kind) in [
        ("none", json!({ "MessageBody": "a" }), "QueueDoesNotExist"),
        ("letters", json!({ "MessageBody": "" }), "MissingParameter"),
        ("letters", json!({}), "InvalidParameterValue"),
        ("letters", json!({ "MessageBody": "a".repeat(MEGABYTE + 1) }), "InvalidParameterValue"),
        ("letters", json!({ "MessageBody": "a", "DelaySeconds": 5 }), "InvalidParameterValue"),
    ] {
        let (status, answer) = stage.send_message(queue, &message).await.unwrap();
        assert_eq!((status, answer["__type"].as_str()), (400, Some(&*format!("com.amazonaws.sqs#{kind}"))));
    }
}

const MEGABYTE: usize = 1024 * 1024;

#[tokio::test]
async fn what_is_not_served_is_refused() {
    let stage = stage().await;
    for (path, target) in [
        ("/eventbridge/function/1/", "AWSEvents.PutRule"),
        ("/sqs/function/1/", "AmazonSQS.ReceiveMessage"),
        ("/sesv2/function/1/v2/email/templates", ""),
        ("/s3/function/1/", ""),
        ("/", ""),
    ] {
        let (status, answer) = stage.call(path, target, &json!({})).await.unwrap();
        assert_eq!((status, answer["__type"].as_str()), (400, Some("UnknownOperationException")), "{path}");
    }
}

#[tokio::test]
async fn faults_of_the_bus_strike_entries_or_calls() {
    let stage = stage().await;
    let ten = json!(vec![entry("own"); 10]);
    for (kind, code) in [(Kind::Throttle, "ThrottlingException"), (Kind::Conflict, "InternalFailure")] {
        stage.inject(Target::Events, kind, 0.5);
        let (status, answer) = stage.put_events(ten.clone()).await.unwrap();
        let entries = answer["Entries"].as_array().unwrap();
        let failed = entries.iter().filter(|entry| entry["ErrorCode"] == code).count();
        assert_eq!((status, &answer["FailedEntryCount"]), (200, &json!(failed)));
        assert!((1..10).contains(&failed), "{failed}");
    }
    let before = stage.events().len();
    stage.inject(Target::Events, Kind::Error, 1.0);
    let (status, answer) = stage.put_events(ten.clone()).await.unwrap();
    assert_eq!((status, answer["__type"].as_str()), (500, Some("InternalException")));
    assert_eq!(stage.events().len(), before);
    stage.inject(Target::Events, Kind::LostResponse, 1.0);
    assert_eq!(stage.put_events(ten.clone()).await, None);
    assert_eq!(stage.events().len(), before + 10, "carried out all the same");
    stage.inject(Target::Events, Kind::Delay, 1.0);
    assert_eq!(stage.put_events(ten).await.unwrap().0, 200);
}

#[tokio::test]
async fn faults_of_mail_strike_calls() {
    let stage = stage().await;
    let mail = mail("a@b.example");
    for (kind, status, name) in [
        (Kind::Throttle, 429, "TooManyRequestsException"),
        (Kind::Conflict, 409, "ConflictException"),
        (Kind::Error, 500, "InternalServiceErrorException"),
    ] {
        stage.inject(Target::Ses, kind, 1.0);
        let (answered, answer) = stage.send_mail(&mail).await.unwrap();
        assert_eq!((answered, answer["__type"].as_str()), (status, Some(name)));
    }
    assert!(stage.mails().is_empty());
    stage.inject(Target::Ses, Kind::LostResponse, 1.0);
    assert_eq!((stage.send_mail(&mail).await, stage.mails().len()), (None, 1));
    stage.inject(Target::Ses, Kind::Delay, 1.0);
    assert_eq!((stage.send_mail(&mail).await.unwrap().0, stage.mails().len()), (200, 2));
}

#[tokio::test]
async fn a_process_is_killed_before_or_after_its_call() {
    let stage = stage().await;
    stage.parts.calls.crash_at("function", 2, Moment::Before);
    assert_eq!(stage.put_events(json!([entry("own")])).await.unwrap().0, 200);
    let running = |id| stage.fixture.pool.is_running(id);
    assert!(running(1));
    assert_eq!(stage.put_events(json!([entry("own")])).await, None);
    assert!(!running(1));
    assert_eq!((stage.events().len(), stage.parts.calls.crashes()), (1, 1));
    drop(stage.fixture.pool.launch());
    stage.parts.calls.crash_at("function", 1, Moment::After);
    let url = "/eventbridge/function/2/";
    let body = json!({ "Entries": [entry("own")] });
    assert_eq!(stage.call(url, "AWSEvents.PutEvents", &body).await, None);
    assert!(!running(2));
    assert_eq!((stage.events().len(), stage.parts.calls.crashes(), stage.parts.calls.of("function")), (2, 2, 3));
}

#[tokio::test]
async fn a_kill_counts_although_its_caller_hears_nothing() {
    let stage = stage().await;
    stage.parts.calls.crash_at("function", 1, Moment::Before);
    // As a process that dies closes its connection before anybody could answer.
    let mut connection = TcpStream::connect(stage.url.strip_prefix("http://").unwrap()).await.unwrap();
    connection.write_all(b"POST /sqs/function/1/ HTTP/1.1\r\nhost: a\r\ncontent-length: 2\r\n\r\n{}").await.unwrap();
    drop(connection);
    while stage.parts.calls.crashes() == 0 {
        tokio::task::yield_now().await;
    }
    assert!(!stage.fixture.pool.is_running(1));
}
