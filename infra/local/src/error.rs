//! Why a stack did not start.

use std::error::Error;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use crate::template::TemplateError;

/// Why a stack did not start. Each message is meant for the person at the terminal.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Another program listens on the gateway's port.
    #[error("port {port} is already in use; choose another with --port, or --port 0 for any free one")]
    PortInUse {
        /// The port asked for.
        port: u16,
    },
    /// Another stack keeps its state in the same folder.
    #[error("{} is in use by another local stack", folder.display())]
    FolderInUse {
        /// The folder asked for.
        folder: PathBuf,
    },
    /// The operating system refused something.
    #[error("cannot {what}: {source}")]
    Io {
        /// What was being done, to be read after "cannot".
        what: String,
        /// The operating system's answer.
        source: io::Error,
    },
    /// The SAM template cannot be used.
    #[error("infra/template.yaml: {0}")]
    Template(#[from] TemplateError),
    /// Cargo did not build the function binaries.
    #[error("building the functions failed: {0}")]
    Build(String),
    /// A function's binary is not there, and building was not wanted.
    #[error("the binary {} does not exist; start without --no-build to have it built", path.display())]
    BinaryMissing {
        /// Where it was expected.
        path: PathBuf,
    },
    /// The store did not start or refused the table.
    #[error("the store did not become ready: {0}")]
    Store(String),
    /// The journal of deliveries cannot be opened.
    #[error("cannot open {}: {source}", file.display())]
    Journal {
        /// The journal's file.
        file: PathBuf,
        /// What is in the way.
        source: Box<dyn Error + Send + Sync>,
    },
    /// A function ended before it asked for its first event.
    #[error("the function {function} ended while starting ({status}){details}", details = indented(details))]
    FunctionEnded {
        /// The function's name.
        function: String,
        /// How its process ended, or why it could not be started.
        status: String,
        /// The last lines that it wrote to standard error.
        details: Vec<String>,
    },
    /// A function did not ask for an event in time.
    #[error("the function {function} did not ask for its first event within {} s{details}", limit.as_secs(), details = indented(details))]
    FunctionSilent {
        /// The function's name.
        function: String,
        /// How long it was waited for.
        limit: Duration,
        /// The last lines that it wrote to standard error.
        details: Vec<String>,
    },
    /// The key that signs local tokens could not be made.
    #[error("the key that signs tokens could not be made")]
    Key,
    /// The thread that runs the stack ended early.
    #[error("the local stack ended while starting")]
    Ended,
}

impl StartError {
    /// An I/O error with what was being done, to be read after "cannot".
    pub(crate) fn io(what: impl Into<String>) -> impl FnOnce(io::Error) -> StartError {
        let what = what.into();
        move |source| StartError::Io { what, source }
    }
}

/// What an HTTP client's error comes from, such as "Connection refused"; the error itself names only the URL.
pub(crate) fn cause(error: &reqwest::Error) -> String {
    let mut cause: &dyn Error = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}

fn indented(lines: &[String]) -> String {
    if lines.is_empty() {
        return "; it wrote nothing to standard error".to_owned();
    }
    lines.iter().fold("; its last lines:".to_owned(), |text, line| text + "\n    " + line)
}
