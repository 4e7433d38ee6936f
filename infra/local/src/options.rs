//! What a caller may choose about a stack.

use std::path::PathBuf;

/// How to start a [`Stack`](crate::Stack).
#[derive(Clone, Debug)]
pub struct Options {
    /// The gateway's port on 127.0.0.1; 0 takes any free one.
    pub port: u16,
    /// Where state is kept; `None` uses a temporary folder that is removed at the end.
    pub data: Option<PathBuf>,
    /// The URL of another DynamoDB-compatible store; `None` starts the built-in one.
    pub dynamodb_endpoint: Option<String>,
    /// What goes before the names of tables that the template does not name, as CloudFormation does it, so that several
    /// stacks can use one store; `None` uses their logical ids as they are.
    pub stack_name: Option<String>,
    /// Whether to deliver the tables' changes to functions. Not for a further stack on a store whose changes another one
    /// delivers.
    pub streams: bool,
    /// Whether to invoke functions by the clock. Not where every call to the store is counted.
    pub schedules: bool,
    /// Whether to build the function binaries when a source is newer than they are.
    pub build: bool,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            port: 0,
            data: None,
            dynamodb_endpoint: None,
            stack_name: None,
            streams: true,
            schedules: true,
            build: true,
        }
    }
}
