//! A function's process on a Runtime API of the suite's own, which measures what a gateway would add to.

use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::serve::ListenerExt;
use tokio::net::TcpListener;
use tokio::process::{Child, Command};
use tokio::sync::{Mutex, mpsc};
use tokio::task::JoinHandle;

use super::process::{self, Usage};

/// Far away: no time limit of Lambda's is measured here.
const DEADLINE_MS: &str = "4102444800000";

/// No start takes so long unless it fails.
const LIMIT: Duration = Duration::from_secs(20);

/// What one start took.
#[derive(Clone, Copy, Debug)]
pub struct Start {
    /// From just before the process was started to its asking for an event.
    pub wall: Duration,
    /// What it had used by then.
    pub usage: Usage,
}

/// A running function. Its process ends when this is dropped.
pub struct Function {
    child: Child,
    events: mpsc::UnboundedSender<(String, Bytes)>,
    answers: mpsc::UnboundedReceiver<(Instant, Bytes)>,
    server: JoinHandle<()>,
    count: u64,
}

struct RuntimeApi {
    polled: mpsc::UnboundedSender<Instant>,
    events: Mutex<mpsc::UnboundedReceiver<(String, Bytes)>>,
    answers: mpsc::UnboundedSender<(Instant, Bytes)>,
}

impl Function {
    /// Starts a binary, and waits until it asks for its first event.
    ///
    /// # Panics
    /// When it does not.
    pub async fn start(binary: &Path, environment: &[(&str, String)]) -> (Function, Start) {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let (polled, mut polls) = mpsc::unbounded_channel();
        let (events, waiting) = mpsc::unbounded_channel();
        let (answered, answers) = mpsc::unbounded_channel();
        let api = Arc::new(RuntimeApi { polled, events: Mutex::new(waiting), answers: answered });
        let server = tokio::spawn(async move {
            let listener = listener.tap_io(|socket| drop(socket.set_nodelay(true)));
            axum::serve(listener, router(api)).await.expect("the Runtime API");
        });
        let mut command = Command::new(binary);
        command.env_clear().envs(lambda_environment(&address.to_string())).envs(environment.iter().cloned());
        command.stdin(Stdio::null()).stdout(Stdio::null()).kill_on_drop(true);
        let begun = Instant::now();
        let child = command.spawn().expect("a process");
        let first = tokio::time::timeout(LIMIT, polls.recv()).await;
        let first = first.unwrap_or_else(|_| panic!("{} does not ask for events", binary.display())).expect("a poll");
        let usage = process::usage(child.id().expect("a running process"));
        let function = Function { child, events, answers, server, count: 0 };
        (function, Start { wall: first - begun, usage })
    }

    /// Hands it an event; answers with how long its answer took, and the answer.
    ///
    /// # Panics
    /// When it does not answer.
    pub async fn invoke(&mut self, event: &str) -> (Duration, Bytes) {
        self.count += 1;
        let id = format!("{}-{}", self.process(), self.count);
        let begun = Instant::now();
        self.events.send((id, Bytes::from(event.to_owned()))).expect("the Runtime API");
        let answer = tokio::time::timeout(LIMIT, self.answers.recv()).await.expect("no answer");
        let (at, answer) = answer.expect("the Runtime API");
        (at - begun, answer)
    }

    pub fn process(&self) -> u32 {
        self.child.id().expect("a running process")
    }

    /// Ends the process, and waits until it is gone.
    pub async fn stop(mut self) {
        self.child.kill().await.expect("an end");
        self.server.abort();
    }
}

impl Drop for Function {
    fn drop(&mut self) {
        self.server.abort();
    }
}

fn lambda_environment(address: &str) -> Vec<(&'static str, String)> {
    let fixed = [
        ("AWS_LAMBDA_FUNCTION_NAME", "measured"),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256"),
        ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
        ("AWS_LAMBDA_LOG_GROUP_NAME", "measured"),
        ("AWS_LAMBDA_LOG_STREAM_NAME", "measured"),
        ("AWS_REGION", "us-east-1"),
        ("AWS_ACCESS_KEY_ID", "local"),
        ("AWS_SECRET_ACCESS_KEY", "local"),
        ("AWS_SESSION_TOKEN", "local"),
        ("TABLE_NAME", "QuotaTable"),
    ];
    let fixed = fixed.into_iter().map(|(name, value)| (name, value.to_owned()));
    fixed.chain([("AWS_LAMBDA_RUNTIME_API", address.to_owned())]).collect()
}

fn router(api: Arc<RuntimeApi>) -> Router {
    Router::new()
        .route("/2018-06-01/runtime/invocation/next", get(next))
        .route("/2018-06-01/runtime/invocation/{id}/response", post(answer))
        .fallback(async || (StatusCode::INTERNAL_SERVER_ERROR, "a measured function must not fail"))
        .with_state(api)
}

async fn next(State(api): State<Arc<RuntimeApi>>) -> Response {
    // Only the first one is waited for.
    let _ = api.polled.send(Instant::now());
    let Some((id, event)) = api.events.lock().await.recv().await else {
        return StatusCode::GONE.into_response();
    };
    let headers = [
        ("lambda-runtime-aws-request-id", id.as_str()),
        ("lambda-runtime-deadline-ms", DEADLINE_MS),
        ("lambda-runtime-invoked-function-arn", "arn:aws:lambda:us-east-1:000000000000:function:measured"),
        ("content-type", "application/json"),
    ];
    (headers, event).into_response()
}

async fn answer(State(api): State<Arc<RuntimeApi>>, answer: Bytes) -> StatusCode {
    // Nobody waits for it when the measurement is over.
    let _ = api.answers.send((Instant::now(), answer));
    StatusCode::ACCEPTED
}
