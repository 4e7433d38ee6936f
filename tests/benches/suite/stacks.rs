//! Local stacks whose store can be filled between two runs, and requests to them that cost the client little.

use std::path::{Path, PathBuf};

use local::{Options, Stack};
use reqwest::header::HeaderValue;
use serde_json::Value;
use tempfile::TempDir;
use tests::Program;
use tests::program::new_key;
use tests::watch::until;
use tokio::sync::OnceCell;

/// The store's file in a stack's folder.
const STORE: &str = "store.db";

/// A stack of its own on release binaries, which are there already.
pub async fn start(options: Options) -> Stack {
    tests::stack::start(Options { build: false, ..options }).await
}

/// Where everything is prepared: programs keep their stack for good, so there is one for all of them.
static PREPARING: OnceCell<Stack> = OnceCell::const_new();

/// A state from which any number of stacks can go on.
pub struct Prepared {
    folder: TempDir,
}

impl Prepared {
    /// Has `prepare` make a program and accounts.
    ///
    /// # Panics
    /// When it does not.
    pub async fn by<T>(settings: &Value, prepare: impl AsyncFnOnce(&Program) -> T) -> (Prepared, T) {
        let stack = PREPARING.get_or_init(|| start(Options::default())).await;
        let program = Program::on(stack, settings).await;
        let made = prepare(&program).await;
        let folder = TempDir::new().expect("a folder");
        let copy = folder.path().join(STORE);
        let source = rusqlite::Connection::open(stack.folder().join(STORE)).expect("the store");
        source.execute("VACUUM INTO ?1", [copy.to_str().expect("a readable path")]).expect("a copy of the store");
        // What was told is not told again.
        let copied = rusqlite::Connection::open(&copy).expect("the copy");
        copied.execute("DELETE FROM _stream_records", []).expect("an empty stream");
        (Prepared { folder }, made)
    }

    /// The store's file.
    #[must_use]
    pub fn store(&self) -> PathBuf {
        self.folder.path().join(STORE)
    }

    /// A stack that goes on from here, on a copy; the folder is to be kept as long.
    ///
    /// # Panics
    /// When it does not start.
    pub async fn stack(&self, options: Options) -> (Stack, TempDir) {
        let folder = TempDir::new().expect("a folder");
        let data = folder.path().join("state");
        copy(&self.store(), &data);
        (start(Options { data: Some(data), ..options }).await, folder)
    }
}

/// Waits until an account's roll-ups have taken in what its children were granted.
///
/// # Panics
/// When they do not.
pub async fn rolled_up(program: &Program, account: &str, granted: &str) {
    until(async || match program.read(account, "overview").await {
        seen if seen["totals"]["granted"] == granted => Ok(()),
        seen => Err(format!("{seen:#}")),
    })
    .await;
}

fn copy(store: &Path, folder: &Path) {
    std::fs::create_dir(folder).expect("a folder");
    std::fs::copy(store, folder.join(STORE)).expect("a copy of the store");
}

/// Somebody who sends requests, and looks at no more of the answers than their status.
#[derive(Clone, Debug)]
pub struct Sender {
    http: reqwest::Client,
    url: String,
}

impl Sender {
    /// Speaks to a stack.
    #[must_use]
    pub fn to(stack: &Stack) -> Sender {
        Sender { http: reqwest::Client::new(), url: stack.url().to_owned() }
    }

    /// A token, as a header.
    ///
    /// # Panics
    /// When the stack cannot sign.
    #[must_use]
    pub fn token(stack: &Stack, memberships: &str) -> HeaderValue {
        let token = stack.token("measured", "measured@portal.example", memberships).expect("a token");
        HeaderValue::from_str(&format!("Bearer {token}")).expect("visible ASCII")
    }

    /// Sends a POST under a new key, which has to be answered by 201.
    ///
    /// # Panics
    /// When it is not.
    pub async fn post(&self, token: &HeaderValue, path: &str, body: &Value) {
        let request = self.http.post(format!("{}/v1/accounts/{path}", self.url));
        let request = request.header("content-type", "application/json").header("idempotency-key", new_key());
        expect(request.header("authorization", token).body(body.to_string()), 201).await;
    }

    /// Sends a GET, which has to be answered by 200.
    ///
    /// # Panics
    /// When it is not.
    pub async fn get(&self, token: &HeaderValue, path: &str) {
        expect(self.http.get(format!("{}/v1/accounts/{path}", self.url)).header("authorization", token), 200).await;
    }
}

async fn expect(request: reqwest::RequestBuilder, status: u16) {
    let answer = request.send().await.expect("an answer");
    let seen = answer.status();
    let text = answer.text().await.expect("a body");
    assert_eq!(seen, status, "{text}");
}
