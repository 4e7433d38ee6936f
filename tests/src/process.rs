//! The `local` binary as a process of its own, for what cannot be seen from inside one.

use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Output, Stdio};

use serde_json::json;
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};
use tokio::sync::OnceCell;

use crate::client::{Caller, Client};
use crate::program::text;
use crate::stack;

/// What the binary prints before its URL when it is ready.
const READY: &str = "Partner Quota is ready at ";

/// Where the binary is, once it is built.
static BINARY: OnceCell<PathBuf> = OnceCell::const_new();

/// A running `local`. It is killed when this is dropped.
#[derive(Debug)]
pub struct Process {
    child: Child,
    client: Client,
    /// Read to its end, so that the process can always write.
    _output: Lines<BufReader<ChildStdout>>,
    /// The gateway's URL.
    pub url: String,
}

impl Process {
    /// Starts `local` without a demo on a free port, keeping its state in `data`, and waits until it is ready.
    ///
    /// # Panics
    /// When it does not get ready.
    pub async fn start(data: &Path) -> Process {
        let mut child = command(data, "0").await.stdout(Stdio::piped()).spawn().expect("the binary `local`");
        let mut output = BufReader::new(child.stdout.take().expect("a pipe")).lines();
        let mut printed = String::new();
        let url = loop {
            let line = output.next_line().await.expect("standard output");
            let line = line.unwrap_or_else(|| panic!("`local` ended before it was ready:\n{printed}"));
            if let Some(url) = line.strip_prefix(READY) {
                break url.to_owned();
            }
            printed.push_str(&line);
            printed.push('\n');
        };
        Process { child, client: Client::new(&url), _output: output, url }
    }

    /// Starts `local` where it cannot run, and waits for its end.
    ///
    /// # Panics
    /// When it cannot even be started.
    pub async fn run_in_vain(data: &Path, port: &str) -> Output {
        command(data, port).await.output().await.expect("the binary `local`")
    }

    /// Somebody with a token of this stack.
    ///
    /// # Panics
    /// When there is no token.
    pub async fn caller(&self, sub: &str, memberships: &str) -> Caller {
        let wanted = json!({ "sub": sub, "email": format!("{sub}@example.com"), "memberships": memberships });
        let answer = self.client.anonymous().post("/_local/tokens").json(&wanted).await;
        self.client.with_token(&text(&answer.expect(200), "token"))
    }

    /// The process's id.
    ///
    /// # Panics
    /// When it has ended.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id().expect("it runs")
    }

    /// Ends it as `kill -9` does.
    ///
    /// # Panics
    /// When it cannot be ended.
    pub async fn kill(mut self) {
        self.child.kill().await.expect("kill");
    }

    /// Ends it as Ctrl-C does, and waits.
    ///
    /// # Panics
    /// When it cannot be asked to end.
    pub async fn interrupt(mut self) -> ExitStatus {
        let kill = format!("kill -INT {}", self.id());
        let sent = Command::new("sh").args(["-c", &kill]).status().await.expect("sh");
        assert!(sent.success(), "{kill}: {sent}");
        self.child.wait().await.expect("its end")
    }
}

/// How `local` is started: its function binaries are there already.
async fn command(data: &Path, port: &str) -> Command {
    // It builds the functions.
    stack::shared().await;
    let mut command = Command::new(BINARY.get_or_init(build).await);
    command.args(["--empty", "--no-build", "--port", port, "--data"]).arg(data);
    command.stdin(Stdio::null()).kill_on_drop(true);
    command
}

/// Has Cargo build `local` into the folder and with the profile of this executable.
async fn build() -> PathBuf {
    let executable = std::env::current_exe().expect("this executable");
    let folder = executable.ancestors().nth(2).expect("the profile's folder");
    let target = folder.parent().expect("the target folder");
    let name = folder.file_name().and_then(|name| name.to_str()).expect("the profile's name");
    let profile = if name == "debug" { "dev" } else { name };
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.args(["build", "--quiet", "--bin", "local", "--profile", profile, "--target-dir"]).arg(target);
    command.current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(".."));
    // The environment describes the package that is tested; some build scripts would take that for a change.
    let of_a_package = |name: &str| name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_");
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_str().is_some_and(of_a_package)) {
        command.env_remove(name);
    }
    let status = command.stdin(Stdio::null()).status().await.expect("cargo");
    assert!(status.success(), "building `local` failed: {status}");
    folder.join(format!("local{}", std::env::consts::EXE_SUFFIX))
}

/// The processes that a process has started and that are there still. Known on Linux only; elsewhere none.
#[must_use]
pub fn children_of(parent: u32) -> Vec<u32> {
    let processes = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let ids = processes.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    ids.filter(|id| parent_of(*id) == Some(parent)).collect()
}

/// Whether a process is there still.
#[must_use]
pub fn is_running(id: u32) -> bool {
    parent_of(id).is_some()
}

fn parent_of(id: u32) -> Option<u32> {
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).ok()?;
    status.lines().find_map(|line| line.strip_prefix("PPid:"))?.trim().parse().ok()
}
