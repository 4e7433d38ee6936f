//! The files, and handing what they hold to functions.

use std::path::{Path, PathBuf};

use serde_json::Value;
use tests::{Answer, Client};

/// What stands in the files for an account, for its parent and for their program.
pub const ACCOUNT: &str = "acc_00000000000000000000000000";
pub const PARENT: &str = "acc_00000000000000000000000001";
pub const PROGRAM: &str = "prg_00000000000000000000000000";
/// What stands in them for somebody's address.
pub const ADDRESS: &str = "nobody@console-test.invalid";
/// What stands in them for the id of a request or a message.
pub const REQUEST: &str = "console-test";
/// What stands in them for a time that the function is to believe.
pub const TIME: &str = "2026-01-01T00:00:00Z";

/// A test event.
#[derive(Clone, Debug)]
pub struct TestEvent {
    /// The function that it is for.
    pub function: String,
    /// What it is called beside the function's other ones.
    pub name: String,
    text: String,
}

/// Every file.
pub fn all() -> Vec<TestEvent> {
    let mut events: Vec<TestEvent> = entries(&folder()).iter().flat_map(|path| entries(path)).map(read).collect();
    events.sort_by_key(TestEvent::place);
    assert!(!events.is_empty(), "no test events");
    events
}

/// The file `place`, such as `relay/change`.
pub fn event(place: &str) -> TestEvent {
    read(folder().join(format!("{place}.json")))
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../infra/test-events")
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    entries.map(|entry| entry.expect("an entry").path()).collect()
}

fn read(path: PathBuf) -> TestEvent {
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let part = |path: Option<&std::ffi::OsStr>| path.expect("a name").to_string_lossy().into_owned();
    assert_eq!(path.extension().and_then(|extension| extension.to_str()), Some("json"), "{}", path.display());
    let function = part(path.parent().and_then(Path::file_name));
    TestEvent { function, name: part(path.file_stem()), text }
}

impl TestEvent {
    /// Where it is found: `function/name`.
    pub fn place(&self) -> String {
        format!("{}/{}", self.function, self.name)
    }

    /// What it holds.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{} is not JSON: {error}", self.place()))
    }

    /// As an administrator edits it: one text in place of another, wherever that stands.
    #[track_caller]
    pub fn with(mut self, placeholder: &str, text: &str) -> TestEvent {
        assert!(self.text.contains(placeholder), "{} has no {placeholder}", self.place());
        self.text = self.text.replace(placeholder, text);
        self
    }

    /// Hands it to its function.
    pub async fn send(&self, client: &Client) -> Answer {
        let path = format!("/_local/functions/{}/invocations", self.function);
        client.anonymous().post(path).body("application/json", self.text.clone()).await
    }

    /// What its function answers.
    pub async fn answer(&self, client: &Client) -> Value {
        let answer = self.send(client).await;
        assert_eq!(answer.headers.get("x-amz-function-error"), None, "{}: {answer}", self.place());
        answer.expect(200)
    }

    /// What its function answers to a request: the status, and the body.
    pub async fn response(&self, client: &Client) -> (u64, Value) {
        let answer = self.answer(client).await;
        let status = answer["statusCode"].as_u64().unwrap_or_else(|| panic!("no status: {answer:#}"));
        let body = answer["body"].as_str().unwrap_or_else(|| panic!("no body: {answer:#}"));
        (status, serde_json::from_str(body).unwrap_or_else(|error| panic!("{error}: {answer:#}")))
    }
}

/// What a function tells a queue or a stream: these have to come again.
pub fn failures(ids: &[&str]) -> Value {
    let failures: Vec<Value> = ids.iter().map(|id| serde_json::json!({ "itemIdentifier": id })).collect();
    serde_json::json!({ "batchItemFailures": failures })
}
