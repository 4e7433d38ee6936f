//! The local API over HTTP, for what tells and disturbs.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;

use super::*;
use crate::faults::{Kind, Target};
use crate::functions::InvokeError;
use crate::functions::fixture::sleeping;
use crate::mail::Mail;
use crate::serve::{bind, serve};
use crate::services::fixture::parts;

const MINUTE: Duration = Duration::from_secs(60);

struct Stage {
    url: String,
    parts: Parts,
}

async fn stage() -> Stage {
    stage_with(Functions::default()).await
}

async fn stage_with(functions: Functions) -> Stage {
    let clock = Clock::default();
    let parts = parts(&clock);
    let (listener, address) = bind(0).await.unwrap();
    let issuer = Issuer::new(clock.clone()).unwrap();
    let routes = router(issuer, functions, clock, Scheduler::default(), &parts);
    tokio::spawn(serve(listener, routes, std::future::pending()));
    Stage { url: format!("http://{address}/_local"), parts }
}

impl Stage {
    async fn call(&self, method: &str, path: &str, body: &str) -> (u16, Value) {
        let method = reqwest::Method::from_bytes(method.as_bytes()).unwrap();
        let request = reqwest::Client::new().request(method, format!("{}{path}", self.url));
        let response = request.header("content-type", "application/json").body(body.to_owned()).send().await.unwrap();
        let status = response.status().as_u16();
        let text = response.text().await.unwrap();
        (status, if text.is_empty() { Value::Null } else { serde_json::from_str(&text).unwrap() })
    }
}

#[tokio::test]
async fn an_event_that_is_put_in_is_shown_and_delivered() {
    let stage = stage().await;
    assert_eq!(stage.call("GET", "/events", "").await, (200, json!([])));
    let event = json!({ "source": "ours", "detail-type": "Kind", "detail": { "n": 1 }, "id": "mine", "time": "then" });
    let (status, answer) = stage.call("POST", "/events", &event.to_string()).await;
    assert_eq!(status, 202, "{answer}");
    let (_, events) = stage.call("GET", "/events", "").await;
    let shown = &events[0];
    assert_eq!(shown["id"], answer["id"], "its own id is replaced");
    assert!(shown["time"].as_str().is_some_and(|time| time.ends_with('Z')), "its time too: {shown}");
    assert_eq!(
        [&shown["source"], &shown["detail-type"], &shown["detail"]],
        ["source", "detail-type", "detail"].map(|name| &event[name])
    );
    let (_, letters) = stage.call("GET", "/dead-letters", "").await;
    assert_eq!([&letters[0]["queue"], &letters[0]["body"]["id"]], [&json!("Letters"), &answer["id"]]);
}

#[tokio::test]
async fn what_is_no_event_is_refused() {
    let stage = stage().await;
    for body in ["", "[]", "{}", r#"{"source": "a", "detail-type": "b"}"#, r#"{"source": "a", "detail": {}}"#] {
        let (status, answer) = stage.call("POST", "/events", body).await;
        assert!(status == 400 && answer["message"].is_string(), "{body}: {answer}");
    }
    assert_eq!(stage.call("GET", "/events", "").await, (200, json!([])));
}

#[tokio::test]
async fn mails_are_shown() {
    let stage = stage().await;
    assert_eq!(stage.call("GET", "/mails", "").await, (200, json!([])));
    for subject in ["first", "second"] {
        let (to, from, subject) = (vec!["a@b.example".to_owned()], "c@d.example".to_owned(), subject.to_owned());
        let mail = Mail { to, from, subject, text: None, html: None, headers: BTreeMap::new() };
        stage.parts.mails.send(mail, None);
    }
    let (_, mails) = stage.call("GET", "/mails", "").await;
    let subjects: Vec<_> = mails.as_array().unwrap().iter().map(|mail| &mail["subject"]).collect();
    assert_eq!(subjects, ["first", "second"], "newest last");
}

#[tokio::test]
async fn faults_are_injected_and_end_together() {
    let stage = stage().await;
    let first = json!({ "target": "ses", "fault": "throttle", "rate": 1, "seed": 1 });
    assert_eq!(stage.call("PUT", "/faults", &first.to_string()).await.0, 200);
    let second = json!({ "target": "events", "fault": "delay", "rate": 0.5, "seed": 2, "delay_ms": 7 });
    let (_, active) = stage.call("PUT", "/faults", &second.to_string()).await;
    assert_eq!((active.as_array().unwrap().len(), active.as_array().unwrap().contains(&second)), (2, true), "{active}");
    let (status, refused) = stage.call("PUT", "/faults", r#"{"target": "ses", "fault": "fire"}"#).await;
    assert!(status == 400 && refused["message"].is_string(), "{refused}");
    let faults = &stage.parts.faults;
    assert_eq!((faults.active(Target::Ses), faults.active(Target::Events)), (Some(Kind::Throttle), Some(Kind::Delay)));
    assert_eq!(stage.call("DELETE", "/faults", "").await, (204, Value::Null));
    assert_eq!((faults.active(Target::Ses), faults.active(Target::Events)), (None, None));
    assert_eq!(stage.call("GET", "/faults", "").await.0, 404);
}

/// The answer to an event, and what Lambda says of the function's failure.
async fn invoke(stage: &Stage, function: &str, event: &str) -> (u16, Option<String>, Value) {
    let url = format!("{}/functions/{function}/invocations", stage.url);
    let response = reqwest::Client::new().post(url).body(event.to_owned()).send().await.unwrap();
    let error = response.headers().get("x-amz-function-error").map(|error| error.to_str().unwrap().to_owned());
    (response.status().as_u16(), error, response.json().await.unwrap())
}

#[tokio::test]
async fn a_function_is_handed_an_event_as_it_came_and_its_answer_handed_back() {
    let fixture = sleeping(MINUTE);
    let stage = stage_with(Functions::new([Arc::clone(&fixture.pool)])).await;
    let (event, started) = (r#"{ "a" : 1.50 }"#, fixture.pool.launch());
    let function = tokio::spawn(async move {
        let given = fixture.pool.next(1).await.unwrap().event;
        assert_eq!(given.payload, event);
        assert!(fixture.pool.answer(1, &given.request_id, Ok(Bytes::from(r#"{"b":2}"#))));
        let given = fixture.pool.next(1).await.unwrap().event;
        assert!(fixture.pool.answer(1, &given.request_id, Err(InvokeError::Failed)));
        fixture
    });
    started.await.unwrap().unwrap();
    assert_eq!(invoke(&stage, "function", event).await, (200, None, json!({ "b": 2 })));
    let (status, error, body) = invoke(&stage, "function", "{}").await;
    assert_eq!((status, error.as_deref(), &body["errorMessage"]), (200, Some("Unhandled"), &json!("it failed")));
    let fixture = function.await.unwrap();
    fixture.pool.close().await;
    assert_eq!(invoke(&stage, "function", "{}").await.0, 429, "it takes no more");
}

#[tokio::test]
async fn only_json_is_handed_to_a_function_and_only_to_one_that_there_is() {
    let fixture = sleeping(MINUTE);
    let stage = stage_with(Functions::new([Arc::clone(&fixture.pool)])).await;
    for event in ["", "{", "{} {}"] {
        assert_eq!(invoke(&stage, "function", event).await.0, 400, "{event}");
    }
    assert_eq!(invoke(&stage, "another", "{}").await.0, 404);
    assert_eq!(stage.call("GET", "/functions/function/invocations", "").await.0, 404);
}
