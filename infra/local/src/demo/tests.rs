//! The demo against a server that answers as the API does, and remembers what it was asked.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use axum::body::to_bytes;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::{Json, Router};
use serde_json::{Value, json};

use super::client::Client;
use super::load;
use super::*;
use crate::clock::Clock;
use crate::tokens::Issuer;

#[derive(Default)]
struct Api {
    /// First answers by idempotency key.
    answers: BTreeMap<String, Value>,
    /// Applications by id.
    applications: BTreeMap<String, Value>,
    /// How many requests are answered before the rest is refused.
    remaining: usize,
}

type Shared = Arc<Mutex<Api>>;

async fn answer(State(api): State<Shared>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, 10_000).await.unwrap();
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    let mut api = api.lock().unwrap();
    let Some(remaining) = api.remaining.checked_sub(1) else {
        return (StatusCode::SERVICE_UNAVAILABLE, Json(json!({ "code": "unavailable" }))).into_response();
    };
    api.remaining = remaining;
    let path: Vec<&str> = parts.uri.path().split('/').skip(2).collect();
    let key = parts.headers.get("idempotency-key").map(|key| key.to_str().unwrap().to_owned());
    if let Some(first) = key.as_ref().and_then(|key| api.answers.get(key)) {
        return Json(first.clone()).into_response();
    }
    let new_id = api.answers.len();
    let answer = match path.as_slice() {
        ["programs"] => json!({ "id": "prg_1", "root_account_id": "acc_root" }),
        ["accounts", parent, "applications"] => {
            // Distributors apply to the provider, and those are decided by hand.
            let is_manual = *parent == "acc_root";
            let (status, account) =
                if is_manual { ("in_review", Value::Null) } else { ("approved", json!(format!("acc_{new_id}"))) };
            let id = format!("app_{new_id}");
            let mut application = body;
            application["id"] = json!(id);
            application["status"] = json!(status);
            application["account_id"] = account;
            api.applications.insert(id, application.clone());
            application
        }
        ["accounts", _, "applications", id] => api.applications[*id].clone(),
        ["accounts", _, "applications", id, "decisions"] => {
            let application = api.applications.get_mut(*id).unwrap();
            application["status"] = json!("approved");
            application["account_id"] = json!(format!("acc_{new_id}"));
            application.clone()
        }
        ["accounts", _, "allocations" | "purchases"] => json!({ "posting_id": format!("pst_{new_id}") }),
        _ => return StatusCode::NOT_FOUND.into_response(),
    };
    if let Some(key) = key {
        api.answers.insert(key, answer.clone());
    }
    Json(answer).into_response()
}

async fn serve() -> (Shared, Client) {
    let api = Shared::default();
    let (listener, address) = crate::serve::bind(0).await.unwrap();
    let router = Router::new().fallback(answer).with_state(Arc::clone(&api));
    tokio::spawn(crate::serve::serve(listener, router, std::future::pending()));
    let issuer = Issuer::new(Clock::default()).unwrap();
    (api, Client::new(&format!("http://{address}"), &issuer))
}

#[tokio::test]
async fn the_demo_has_every_company_and_one_application_in_review() {
    let (api, client) = serve().await;
    api.lock().unwrap().remaining = usize::MAX;
    let demo = load::all(&client).await.unwrap();
    assert_eq!(demo.accounts(), 34);
    let api = api.lock().unwrap();
    assert_eq!(api.applications.len(), 34);
    let open = api.applications.values().filter(|application| application["status"] == "in_review").count();
    assert_eq!(open, 1);
    let titles: Vec<String> = demo.personas().into_iter().map(|persona| persona.title).collect();
    assert_eq!(titles.len(), 6, "{titles:?}");
}

#[tokio::test]
async fn a_load_that_was_cut_short_is_finished_by_the_next() {
    let (api, client) = serve().await;
    for answered in [0, 1, 2, 3, 5, 20, 60, 100] {
        api.lock().unwrap().remaining = answered;
        load::all(&client).await.unwrap_err();
    }
    api.lock().unwrap().remaining = usize::MAX;
    let demo = load::all(&client).await.unwrap();
    let again = load::all(&client).await.unwrap();
    assert_eq!(demo, again);
    assert_eq!(demo.accounts(), 34);
    assert_eq!(api.lock().unwrap().applications.len(), 34);
}

#[test]
fn what_was_loaded_is_found_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(RECORD);
    assert_eq!(recorded(&path), None);
    let demo =
        Demo { program_id: "prg_1".to_owned(), accounts: BTreeMap::from([("a".to_owned(), "acc_1".to_owned())]) };
    record(&path, &demo).unwrap();
    assert_eq!(recorded(&path), Some(demo));
    fs::write(&path, "half a rec").unwrap();
    assert_eq!(recorded(&path), None);
}
