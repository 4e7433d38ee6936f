//! `GET` and `POST /_local/events`: what the buses were handed, and one more event for them.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

use super::{Body, plain, refused};
use crate::bus::{Announcement, Buses};

/// What an event may have; what the bus sets itself is replaced.
const FIELDS: [&str; 9] =
    ["source", "detail-type", "detail", "id", "time", "version", "account", "region", "resources"];

pub(super) async fn get(State(buses): State<Buses>) -> Response {
    plain(buses.history())
}

/// Puts an event in as another system would; answers with the id that it got.
pub(super) async fn post(State(buses): State<Buses>, body: Body) -> Response {
    match body.ok().and_then(|Json(body)| body.as_object().map(read)) {
        Some(Ok(announcement)) => {
            let bus = buses.of(&announcement).to_owned();
            let id = buses.put(&bus, announcement);
            (StatusCode::ACCEPTED, Json(json!({ "id": id }))).into_response()
        }
        Some(Err(message)) => refused(&message),
        None => refused("the body is not a JSON object of type application/json"),
    }
}

fn read(fields: &Map<String, Value>) -> Result<Announcement, String> {
    if let Some(unknown) = fields.keys().find(|name| !FIELDS.contains(&name.as_str())) {
        return Err(format!("{unknown} is not a field of an event"));
    }
    let text = |name: &str| {
        let text = fields.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
        text.map(str::to_owned).ok_or_else(|| format!("{name} must be a string that is not empty"))
    };
    for name in ["id", "time"] {
        if fields.contains_key(name) {
            text(name)?;
        }
    }
    let detail = fields.get("detail").and_then(Value::as_object).ok_or("detail must be an object")?;
    Ok(Announcement {
        source: text("source")?,
        detail_type: text("detail-type")?,
        detail: detail.clone(),
        resources: Vec::new(),
        time: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_has_a_source_a_type_and_a_detail() {
        let event = json!({ "source": "finance", "detail-type": "PaymentReceived", "detail": { "a": 1 } });
        let read_event = read(event.as_object().unwrap()).unwrap();
        assert_eq!((&*read_event.source, &*read_event.detail_type), ("finance", "PaymentReceived"));
        assert_eq!(Value::Object(read_event.detail), event["detail"]);
        let with = |name: &str, value: Value| {
            let mut event = event.as_object().unwrap().clone();
            event.insert(name.to_owned(), value);
            read(&event)
        };
        assert_eq!(with("id", json!("mine")).unwrap().time, None);
        assert!(with("time", json!("2020-01-01T00:00:00Z")).is_ok());
        for (name, value) in [
            ("source", json!("")),
            ("source", json!(1)),
            ("detail-type", json!(null)),
            ("detail", json!("{}")),
            ("detail", json!([])),
            ("id", json!(1)),
            ("time", json!(1)),
            ("detailType", json!("x")),
        ] {
            let message = with(name, value.clone()).unwrap_err();
            assert!(message.starts_with(name), "{name} {value}: {message}");
        }
    }
}
