//! `POST /_local/clock`: moves time on, so that what comes by the clock can be tried at once.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};
use time::macros::format_description;

use super::{Body, FieldError, fields, problem};
use crate::clock::{AdvanceError, Clock};
use crate::scheduler::Scheduler;

/// The furthest that one request moves the time on: a leap year.
const MAX_ADVANCE_SECONDS: u64 = 366 * 86_400;

/// Answers once every schedule that has become due has run, so that its effect can be looked at.
pub(super) async fn post(State((clock, scheduler)): State<(Clock, Scheduler)>, body: Body) -> Response {
    let seconds = match fields(body, advance_seconds) {
        Ok(seconds) => seconds,
        Err(refused) => return refused,
    };
    match clock.advance(seconds) {
        Ok(()) => {}
        Err(AdvanceError::TooFar) => {
            let errors = [error("advance_seconds", "must not lead beyond the times that can be told")];
            return problem(StatusCode::BAD_REQUEST, "validation_failed", "some fields are not usable", &errors);
        }
        Err(AdvanceError::Io(failure)) => {
            let detail = format!("the new time could not be kept: {failure}");
            return problem(StatusCode::INTERNAL_SERVER_ERROR, "internal", &detail, &[]);
        }
    }
    scheduler.catch_up().await;
    let format = format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]Z");
    Json(json!({ "now": clock.now().format(format).unwrap_or_default() })).into_response()
}

fn advance_seconds(fields: &Map<String, Value>) -> Result<u64, Vec<FieldError>> {
    let mut errors: Vec<_> = fields
        .keys()
        .filter(|name| *name != "advance_seconds")
        .map(|name| error(name, "is not a field of this request"))
        .collect();
    let seconds = fields.get("advance_seconds").and_then(Value::as_u64);
    match seconds.filter(|seconds| (1..=MAX_ADVANCE_SECONDS).contains(seconds)) {
        Some(seconds) if errors.is_empty() => Ok(seconds),
        Some(_) => Err(errors),
        None => {
            errors.push(error("advance_seconds", "must be a whole number from 1 to 31622400"));
            Err(errors)
        }
    }
}

fn error(field: &str, message: &'static str) -> FieldError {
    FieldError { field: field.to_owned(), message }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::functions::Functions;
    use crate::local_api::router;
    use crate::serve::{bind, serve};
    use crate::services::fixture::parts;
    use crate::tokens::Issuer;

    async fn start(clock: &Clock) -> String {
        let (listener, address) = bind(0).await.unwrap();
        let issuer = Issuer::new(clock.clone()).unwrap();
        let routes = router(issuer, Functions::default(), clock.clone(), Scheduler::default(), &parts(clock));
        tokio::spawn(serve(listener, routes, std::future::pending()));
        format!("http://{address}/_local/clock")
    }

    async fn advance(url: &str, body: &str) -> (u16, Value) {
        let request = reqwest::Client::new().post(url).header("content-type", "application/json");
        let response = request.body(body.to_owned()).send().await.unwrap();
        (response.status().as_u16(), response.json().await.unwrap())
    }

    #[tokio::test]
    async fn the_answer_is_the_new_time() {
        let clock = Clock::default();
        let url = start(&clock).await;
        let before = clock.epoch_seconds();
        let (status, answer) = advance(&url, r#"{"advance_seconds": 90000}"#).await;
        assert_eq!(status, 200, "{answer}");
        let moved = clock.epoch_seconds().checked_sub(before).unwrap();
        assert!((90_000..90_060).contains(&moved), "{moved}");
        let now = answer["now"].as_str().unwrap();
        assert!(now.len() == 24 && now.ends_with('Z'), "milliseconds, UTC: {now}");
        assert!(now.starts_with(&clock.now().date().to_string()), "{now}");
    }

    #[tokio::test]
    async fn what_is_not_usable_is_named_and_moves_nothing() {
        let clock = Clock::default();
        let url = start(&clock).await;
        let before = clock.epoch_seconds();
        for (body, code, fields) in [
            ("", "invalid_json", vec![]),
            ("[]", "validation_failed", vec![""]),
            ("{}", "validation_failed", vec!["advance_seconds"]),
            (r#"{"advance_seconds": 0}"#, "validation_failed", vec!["advance_seconds"]),
            (r#"{"advance_seconds": -60}"#, "validation_failed", vec!["advance_seconds"]),
            (r#"{"advance_seconds": 1.5}"#, "validation_failed", vec!["advance_seconds"]),
            (r#"{"advance_seconds": "60"}"#, "validation_failed", vec!["advance_seconds"]),
            (r#"{"advance_seconds": 31622401}"#, "validation_failed", vec!["advance_seconds"]),
            (r#"{"advance_seconds": 60, "to": "noon"}"#, "validation_failed", vec!["to"]),
            (r#"{"seconds": 60}"#, "validation_failed", vec!["seconds", "advance_seconds"]),
        ] {
            let (status, answer) = advance(&url, body).await;
            assert_eq!((status, answer["code"].as_str()), (400, Some(code)), "{body}: {answer}");
            let errors = answer["errors"].as_array().cloned().unwrap_or_default();
            let named: Vec<_> = errors.iter().filter_map(|error| error["field"].as_str()).collect();
            assert_eq!(named, fields, "{body}");
        }
        assert!(clock.epoch_seconds().checked_sub(before).unwrap() < 60);
    }

    #[tokio::test]
    async fn time_has_an_end() {
        let clock = Clock::default();
        let url = start(&clock).await;
        while clock.advance(MAX_ADVANCE_SECONDS).is_ok() {}
        let (status, answer) = advance(&url, r#"{"advance_seconds": 31622400}"#).await;
        assert_eq!((status, &answer["errors"][0]["field"]), (400, &json!("advance_seconds")), "{answer}");
    }

    #[test]
    fn the_bound_is_the_one_that_the_message_names() {
        assert_eq!(MAX_ADVANCE_SECONDS, 31_622_400);
    }
}
