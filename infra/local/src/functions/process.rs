//! Function processes: starting them with what Lambda would give them, and making sure that none outlives the stack.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;

use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tokio::process::{Child, ChildStderr, Command};
use tokio::sync::{mpsc, oneshot};

use crate::aws;
use crate::template::Function;

/// How many lines of standard error are kept to explain a failed start.
const KEPT_LINES: usize = 20;
/// Longer lines are cut in what is kept, not in the log.
const KEPT_LINE_BYTES: u64 = 64 * 1024;

/// What every instance of one function is started with.
#[derive(Debug)]
pub(crate) struct Program {
    pub(crate) function: Function,
    pub(crate) binary: PathBuf,
    /// Where the Runtime API is served, without the instance's own path.
    pub(crate) runtime_api: String,
    /// Where the AWS services are served, without the service's and the instance's own path.
    pub(crate) services: String,
    pub(crate) log: Arc<Log>,
}

/// The file that collects what functions write.
#[derive(Debug)]
pub(crate) struct Log {
    file: File,
    path: PathBuf,
}

impl Log {
    pub(crate) fn open(path: PathBuf) -> io::Result<Log> {
        Ok(Log { file: File::options().create(true).append(true).open(&path)?, path })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Adds a line. A log that cannot be written is no reason to fail a request.
    pub(crate) fn line(&self, line: &[u8]) {
        let _ = (&self.file).write_all(&[line, b"\n"].concat());
    }
}

/// A started process and what it writes to standard error.
pub(crate) struct Process {
    child: Child,
    stderr: Option<ChildStderr>,
    log: Arc<Log>,
}

/// How a process ended.
#[derive(Debug)]
pub(crate) struct Ended {
    /// In words.
    pub(crate) status: String,
    /// The last lines that it wrote to standard error.
    pub(crate) last_lines: Vec<String>,
}

impl Process {
    /// Waits for the process to end, or ends it when `kill` resolves.
    pub(crate) async fn run(mut self, kill: impl Future<Output = ()>) -> Ended {
        let lines = tokio::spawn(copy_lines(self.stderr.take(), Arc::clone(&self.log)));
        let status = tokio::select! {
            status = self.child.wait() => status,
            () = kill => {
                // It fails only if the process has ended by itself; the wait says how.
                let _ = self.child.start_kill();
                self.child.wait().await
            }
        };
        let status = match status {
            Ok(status) => in_words(status),
            Err(error) => format!("its end could not be observed: {error}"),
        };
        Ended { status, last_lines: lines.await.unwrap_or_default() }
    }
}

fn in_words(status: ExitStatus) -> String {
    match status.code() {
        Some(code) => format!("exit status {code}"),
        None => status.to_string(),
    }
}

/// Copies lines to the log until the writer is gone; answers the last ones.
async fn copy_lines(source: Option<impl AsyncRead + Unpin>, log: Arc<Log>) -> Vec<String> {
    let mut kept = VecDeque::new();
    let Some(source) = source else { return Vec::new() };
    let mut source = BufReader::new(source);
    let mut line = Vec::new();
    loop {
        line.clear();
        let mut limited = tokio::io::AsyncReadExt::take(&mut source, KEPT_LINE_BYTES);
        match limited.read_until(b'\n', &mut line).await {
            Ok(0) | Err(_) => return kept.into(),
            Ok(_) => {}
        }
        let text = line.strip_suffix(b"\n").unwrap_or(&line);
        log.line(text);
        if kept.len() == KEPT_LINES {
            kept.pop_front();
        }
        kept.push_back(String::from_utf8_lossy(text).into_owned());
    }
}

struct Order {
    command: Command,
    reply: oneshot::Sender<io::Result<Child>>,
}

/// Starts processes on the thread that runs the [`Spawnery`].
#[derive(Clone, Debug)]
pub(crate) struct Spawner {
    orders: mpsc::UnboundedSender<Order>,
}

/// The one place where processes are started.
///
/// The parent-death signal goes off when the *thread* that started the child ends, so all children are started from one
/// thread that lives as long as the stack: whoever calls [`Spawnery::run`].
pub(crate) struct Spawnery {
    orders: mpsc::UnboundedReceiver<Order>,
}

/// A spawner and the spawnery that does its work.
pub(crate) fn spawnery() -> (Spawner, Spawnery) {
    let (sender, receiver) = mpsc::unbounded_channel();
    (Spawner { orders: sender }, Spawnery { orders: receiver })
}

impl Spawnery {
    /// Starts what is ordered until every spawner is gone.
    pub(crate) async fn run(mut self) {
        while let Some(mut order) = self.orders.recv().await {
            // Whoever ordered may have given up; then the child is dropped, which kills it.
            let _ = order.reply.send(order.command.spawn());
        }
    }
}

impl Spawner {
    /// Starts an instance of a function whose Runtime API is at `instance` below the program's.
    pub(crate) async fn start(&self, program: &Program, instance: &str) -> io::Result<Process> {
        let mut command = Command::new(&program.binary);
        command
            .env_clear()
            .envs(&program.function.environment)
            .envs(lambda_environment(program, instance))
            .stdin(Stdio::null())
            .stdout(program.log.file.try_clone()?)
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        bind_to_parent(&mut command);
        let (reply, started) = oneshot::channel();
        let gone = || io::Error::other("the local stack is stopping");
        self.orders.send(Order { command, reply }).map_err(|_| gone())?;
        let mut child = started.await.map_err(|_| gone())??;
        let stderr = child.stderr.take();
        Ok(Process { child, stderr, log: Arc::clone(&program.log) })
    }
}

fn lambda_environment(program: &Program, instance: &str) -> [(&'static str, String); 16] {
    let name = &program.function.binary;
    let endpoint = |service: &str| format!("{}/{service}/{instance}", program.services);
    [
        ("AWS_LAMBDA_RUNTIME_API", format!("{}/{instance}", program.runtime_api)),
        ("AWS_LAMBDA_FUNCTION_NAME", name.clone()),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", program.function.memory_mb.to_string()),
        ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST".to_owned()),
        ("AWS_LAMBDA_LOG_GROUP_NAME", format!("/aws/lambda/{name}")),
        ("AWS_LAMBDA_LOG_STREAM_NAME", instance.to_owned()),
        ("AWS_REGION", aws::REGION.to_owned()),
        ("AWS_DEFAULT_REGION", aws::REGION.to_owned()),
        ("AWS_ACCESS_KEY_ID", aws::ACCESS_KEY_ID.to_owned()),
        ("AWS_SECRET_ACCESS_KEY", aws::SECRET_ACCESS_KEY.to_owned()),
        ("AWS_SESSION_TOKEN", "local".to_owned()),
        ("AWS_ENDPOINT_URL_DYNAMODB", endpoint("dynamodb")),
        ("AWS_ENDPOINT_URL_EVENTBRIDGE", endpoint("eventbridge")),
        ("AWS_ENDPOINT_URL_SESV2", endpoint("sesv2")),
        ("AWS_ENDPOINT_URL_SQS", endpoint("sqs")),
        ("RUST_BACKTRACE", "1".to_owned()),
    ]
}

/// Puts the child in a process group of its own, so that Ctrl-C in the terminal reaches the stack alone, which then
/// stops its children in order; and has the child killed when the stack is, even by `kill -9`.
fn bind_to_parent(command: &mut Command) {
    command.process_group(0);
    #[cfg(target_os = "linux")]
    {
        let parent = std::process::id();
        // SAFETY: between fork and exec only async-signal-safe calls are allowed. The closure makes two system calls,
        // `prctl` with a constant and `getppid`, takes no lock and allocates nothing, also on its error paths.
        #[allow(unsafe_code, reason = "the parent-death signal can only be set in the child itself")]
        unsafe {
            command.pre_exec(move || {
                if libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL) != 0 {
                    return Err(io::Error::last_os_error());
                }
                // The parent may have died before the signal was set; then it will never come.
                if std::os::unix::process::parent_id() != parent {
                    return Err(io::Error::from_raw_os_error(libc::ESRCH));
                }
                Ok(())
            });
        }
    }
}
