//! `PUT` and `DELETE /_local/faults`: faults between the functions and the services that they call.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value};

use super::{Body, refused};
use crate::faults::{DEFAULT_DELAY, Fault, Faults, Kind, Target};

/// No call waits longer than a function may run.
const LONGEST_DELAY: Duration = Duration::from_secs(60);
const FIELDS: [&str; 5] = ["target", "fault", "rate", "seed", "delay_ms"];

/// Replaces the fault of one target; answers with all that are active.
pub(super) async fn put(State(faults): State<Faults>, body: Body) -> Response {
    match body.ok().and_then(|Json(body)| body.as_object().map(read)) {
        Some(Ok(fault)) => Json(faults.inject(fault)).into_response(),
        Some(Err(message)) => refused(&message),
        None => refused("the body is not a JSON object of type application/json"),
    }
}

/// Ends all faults.
pub(super) async fn delete(State(faults): State<Faults>) -> StatusCode {
    faults.clear();
    StatusCode::NO_CONTENT
}

fn read(fields: &Map<String, Value>) -> Result<Fault, String> {
    if let Some(unknown) = fields.keys().find(|name| !FIELDS.contains(&name.as_str())) {
        return Err(format!("{unknown} is not a field of this request"));
    }
    let text = |name: &str| fields.get(name).and_then(Value::as_str).unwrap_or_default();
    let target = match text("target") {
        "dynamodb" => Target::Dynamodb,
        "ses" => Target::Ses,
        "events" => Target::Events,
        _ => return Err("target must be dynamodb, ses or events".to_owned()),
    };
    let kind = match text("fault") {
        "throttle" => Kind::Throttle,
        "conflict" => Kind::Conflict,
        "error" => Kind::Error,
        "lost_response" => Kind::LostResponse,
        "delay" => Kind::Delay,
        _ => return Err("fault must be throttle, conflict, error, lost_response or delay".to_owned()),
    };
    let rate = fields.get("rate").and_then(Value::as_f64).filter(|rate| (0.0..=1.0).contains(rate));
    let rate = rate.ok_or("rate must be a number from 0 to 1")?;
    let seed = fields.get("seed").and_then(Value::as_u64).ok_or("seed must be a whole number, 0 or more")?;
    let delay_ms = match fields.get("delay_ms") {
        None => milliseconds(DEFAULT_DELAY),
        Some(delay) => delay
            .as_u64()
            .filter(|delay_ms| *delay_ms <= milliseconds(LONGEST_DELAY))
            .ok_or("delay_ms must be a whole number from 0 to 60000")?,
    };
    Ok(Fault { target, kind, rate, seed, delay_ms })
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn parse(body: &Value) -> Result<Fault, String> {
        read(body.as_object().unwrap())
    }

    #[test]
    fn a_fault_is_read_and_shown_alike() {
        let wanted = json!({ "target": "dynamodb", "fault": "lost_response", "rate": 0.25, "seed": 7, "delay_ms": 5 });
        assert_eq!(serde_json::to_value(parse(&wanted).unwrap()).unwrap(), wanted);
        for (fault, target) in [("throttle", "ses"), ("conflict", "events"), ("error", "ses"), ("delay", "events")] {
            let fault = parse(&json!({ "target": target, "fault": fault, "rate": 1, "seed": 0 })).unwrap();
            assert_eq!((fault.rate, fault.delay_ms), (1.0, 100));
        }
    }

    #[test]
    fn what_is_not_usable_is_named() {
        for (change, field) in [
            (json!({ "target": "sqs" }), "target"),
            (json!({ "target": null }), "target"),
            (json!({ "fault": "crash" }), "fault"),
            (json!({ "rate": 1.5 }), "rate"),
            (json!({ "rate": -0.1 }), "rate"),
            (json!({ "rate": "1" }), "rate"),
            (json!({ "seed": 1.5 }), "seed"),
            (json!({ "seed": -1 }), "seed"),
            (json!({ "delay_ms": 60_001 }), "delay_ms"),
            (json!({ "delay_ms": "5" }), "delay_ms"),
            (json!({ "more": 1 }), "more"),
        ] {
            let mut body = json!({ "target": "ses", "fault": "delay", "rate": 0.5, "seed": 1 });
            body.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
            let refused = parse(&body).unwrap_err();
            assert!(refused.starts_with(field), "{body}: {refused}");
        }
    }
}
