//! `cargo run --bin local`: the local stack for a person at a terminal.

mod greeting;

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use local::{Options, Stack, demo};
use tokio::signal::unix::{Signal, SignalKind, signal};

/// How much of the functions' log explains a demo that could not be loaded.
const LOG_LINES: usize = 20;

/// Runs all of Partner Quota on this machine, with a demo program to look at.
#[derive(Parser)]
#[command(name = "local")]
struct Arguments {
    /// Port on 127.0.0.1; 0 takes any free one
    #[arg(long, default_value_t = 8080)]
    port: u16,
    /// Keep state in this folder [default: a temporary one, removed at the end]
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Start without the demo program
    #[arg(long)]
    empty: bool,
    /// Use another DynamoDB-compatible store
    #[arg(long, value_name = "URL")]
    dynamodb_endpoint: Option<String>,
    /// Run the function binaries as they are, even if a source is newer
    #[arg(long)]
    no_build: bool,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let mut signals = match Signals::new() {
        Ok(signals) => signals,
        Err(error) => return failure(&format!("cannot listen for signals: {error}")),
    };
    let options = Options {
        port: arguments.port,
        data: arguments.data,
        dynamodb_endpoint: arguments.dynamodb_endpoint,
        stack_name: None,
        streams: true,
        schedules: true,
        build: !arguments.no_build,
    };
    let stack = tokio::select! {
        started = Stack::start(options) => match started {
            Ok(stack) => stack,
            Err(error) => return failure(&error.to_string()),
        },
        () = signals.any() => return ExitCode::SUCCESS,
    };
    let outcome = tokio::select! {
        greeting = greet(&stack, arguments.empty) => greeting,
        () = signals.any() => {
            stack.stop().await;
            return ExitCode::SUCCESS;
        }
    };
    let code = match outcome {
        Ok(()) => {
            signals.any().await;
            ExitCode::SUCCESS
        }
        Err(message) => {
            let log = last_lines(&stack);
            failure(&format!("{message}\nThe functions' last lines:\n{log}"))
        }
    };
    stack.stop().await;
    code
}

/// Loads the demo unless the stack is to be empty, and says what there is.
async fn greet(stack: &Stack, is_empty: bool) -> Result<(), String> {
    let greeting = if is_empty {
        greeting::without_demo(stack)
    } else {
        say("Loading the demo program …\n");
        let demo = demo::load(stack).await.map_err(|error| format!("the demo program could not be loaded: {error}"))?;
        greeting::with_demo(stack, &demo)
    };
    let mut text = greeting.map_err(|error| error.to_string())?;
    let url = stack.url();
    text.push_str(&format!(
        "\nPartner Quota is ready at {url}\n  mails            {url}/_local/mails\n  events           {url}/_local/events\n  \
         state            {}\n  functions' log   {}\n  Ctrl-C stops it\n",
        stack.folder().display(),
        stack.log().display()
    ));
    say(&text);
    Ok(())
}

/// Whoever reads standard output may have seen enough; the stack runs on.
fn say(text: &str) {
    let _ = std::io::stdout().write_all(text.as_bytes());
}

/// The end of the functions' log, which may be in a folder that is about to be removed.
fn last_lines(stack: &Stack) -> String {
    let log = std::fs::read(stack.log()).unwrap_or_default();
    let text = String::from_utf8_lossy(&log);
    let lines: Vec<&str> = text.lines().collect();
    let skipped = lines.len().saturating_sub(LOG_LINES);
    lines.iter().skip(skipped).map(|line| format!("    {line}\n")).collect()
}

/// What asks the stack to stop.
struct Signals {
    interrupt: Signal,
    terminate: Signal,
}

impl Signals {
    fn new() -> std::io::Result<Signals> {
        Ok(Signals { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }

    async fn any(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

fn failure(message: &str) -> ExitCode {
    eprintln!("error: {message}");
    ExitCode::FAILURE
}
