//! Calls of the store that were seen at the wire: sent again by the bare SDK, or answered again without a store.

use std::fmt::Write as _;
use std::io;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::serve::ListenerExt;
use serde_json::{Value, json};
use tempfile::TempDir;
use tests::wire::StoreCall;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::net::TcpListener;
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::task::JoinHandle;

use super::binaries;

/// A store that has one answer to each operation.
pub struct Canned {
    /// Its endpoint.
    pub url: String,
    server: JoinHandle<()>,
}

impl Canned {
    /// Serves these answers, and an empty one to every other operation.
    ///
    /// # Panics
    /// When no port is free.
    pub async fn answering(answers: &[(&'static str, String)]) -> Canned {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let router = Router::new().fallback(answer).with_state(Arc::new(answers.to_vec()));
        let server = tokio::spawn(async {
            let listener = listener.tap_io(|socket| drop(socket.set_nodelay(true)));
            axum::serve(listener, router).await.expect("the answers");
        });
        Canned { url, server }
    }
}

impl Drop for Canned {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn answer(State(answers): State<Arc<Vec<(&'static str, String)>>>, headers: HeaderMap) -> String {
    let target = headers.get("x-amz-target").and_then(|target| target.to_str().ok()).unwrap_or_default();
    let operation = target.rsplit('.').next().unwrap_or_default();
    let known = answers.iter().find(|(name, _)| *name == operation);
    known.map_or_else(|| "{}".to_owned(), |(_, answer)| answer.clone())
}

/// Recorded calls in files, as the yardsticks read them.
pub struct Recording {
    folder: TempDir,
}

impl Recording {
    /// A file for each list of calls.
    ///
    /// # Errors
    /// When a file cannot be written.
    pub fn of(lists: &[Vec<StoreCall>]) -> io::Result<Recording> {
        let folder = TempDir::new()?;
        for (number, calls) in lists.iter().enumerate() {
            let mut text = String::new();
            for call in calls {
                let request: Value = serde_json::from_slice(&call.request)?;
                let line = json!({ "operation": call.operation, "request": request });
                writeln!(text, "{line}").expect("memory");
            }
            std::fs::write(folder.path().join(number.to_string()), text)?;
        }
        Ok(Recording { folder })
    }

    /// Where one of the lists is.
    #[must_use]
    pub fn file(&self, number: usize) -> PathBuf {
        self.folder.path().join(number.to_string())
    }
}

/// What sending calls again took.
#[derive(Clone, Copy, Debug)]
pub struct Sent {
    /// CPU of the process that sent them.
    pub cpu_ns: f64,
}

/// A process that is ready to send recorded calls.
pub struct Loop {
    child: Child,
    input: ChildStdin,
    output: Lines<BufReader<ChildStdout>>,
}

impl Loop {
    /// Starts one that will send a recording's file so many times; answers when it has read it and is connected.
    ///
    /// # Panics
    /// When it does not start.
    pub async fn ready(recording: &Recording, number: usize, times: usize, store: &str) -> Loop {
        let mut command = Command::new(binaries::path("bare_loop"));
        command.arg(recording.file(number)).arg(times.to_string()).env_clear();
        for (name, value) in [
            ("AWS_REGION", "us-east-1"),
            ("AWS_ACCESS_KEY_ID", "local"),
            ("AWS_SECRET_ACCESS_KEY", "local"),
            ("AWS_ENDPOINT_URL_DYNAMODB", store),
        ] {
            command.env(name, value);
        }
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn().expect("a process");
        let (input, output) = (child.stdin.take().expect("its input"), child.stdout.take().expect("its output"));
        let mut output = BufReader::new(output).lines();
        assert_eq!(output.next_line().await.expect("a line").as_deref(), Some("ready"));
        Loop { child, input, output }
    }

    /// Has it send everything.
    ///
    /// # Panics
    /// When the store refuses a call.
    pub async fn run(mut self) -> Sent {
        self.input.write_all(b"go\n").await.expect("its input");
        let line = self.output.next_line().await.expect("a line").expect("it ended: what it wrote says why");
        self.child.wait().await.expect("its end");
        let told: Value = serde_json::from_str(&line).expect("JSON");
        Sent { cpu_ns: told["cpu_ns"].as_f64().expect("a number") }
    }
}
