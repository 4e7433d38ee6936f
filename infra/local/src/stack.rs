//! A stack as its users see it, and the thread that it lives on.

use std::path::Path;
use std::thread::{self, JoinHandle};

use tokio::runtime::{Builder, Runtime};
use tokio::sync::oneshot;

use crate::calls::Moment;
use crate::error::StartError;
use crate::functions::spawnery;
use crate::options::Options;
use crate::parts::{Endpoints, Parts};
use crate::template::table_name;
use crate::tokens::{Issuer, TokenError};

/// The store answers in this process, one call at a time on whichever thread takes it. With fewer threads its work would
/// keep the gateway waiting.
const MIN_THREADS: usize = 4;

/// A running stack. It ends when this is dropped, which waits for it; [`Stack::stop`] waits without blocking.
///
/// It has threads of its own, so it outlives the runtime that it was started from, and tests that each have one can
/// share a stack.
#[derive(Debug)]
pub struct Stack {
    endpoints: Endpoints,
    life: Life,
}

/// The thread that runs a stack. Dropping it ends that, and waits until no process is left.
#[derive(Debug)]
struct Life {
    /// Dropping it is the word to end.
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Drop for Life {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // It ends without a value; that it panicked would be printed by then.
            let _ = thread.join();
        }
    }
}

impl Stack {
    /// Starts a stack and waits until it is ready.
    ///
    /// # Errors
    ///
    /// Says what did not start and why. Nothing is left running then, nor when the future is dropped before its end.
    pub async fn start(options: Options) -> Result<Stack, StartError> {
        let runtime = runtime()?;
        let (ready, is_ready) = oneshot::channel();
        let (stop, stopped) = oneshot::channel();
        let thread = thread::Builder::new()
            .name("local-stack".to_owned())
            .spawn(move || run(&runtime, options, ready, stopped))
            .map_err(StartError::io("start a thread"))?;
        let life = Life { stop: Some(stop), thread: Some(thread) };
        let endpoints = is_ready.await.map_err(|_| StartError::Ended)??;
        Ok(Stack { endpoints, life })
    }

    /// The gateway's URL, `http://127.0.0.1:PORT`.
    pub fn url(&self) -> &str {
        &self.endpoints.url
    }

    /// The store's own DynamoDB endpoint: what is called here meets no fault and is not counted.
    pub fn store_url(&self) -> &str {
        &self.endpoints.store_url
    }

    /// What the store knows a table by that the template does not name.
    pub fn table(&self, logical_id: &str) -> String {
        table_name(self.endpoints.stack_name.as_deref(), logical_id)
    }

    /// The file that collects what the functions write.
    pub fn log(&self) -> &Path {
        &self.endpoints.log
    }

    /// The folder that holds the stack's state.
    pub fn folder(&self) -> &Path {
        &self.endpoints.folder
    }

    pub(crate) fn issuer(&self) -> &Issuer {
        &self.endpoints.issuer
    }

    /// A token for one hour, as `POST /_local/tokens` gives it. `memberships` is the claim: `account_id:role` entries
    /// separated by spaces.
    ///
    /// # Errors
    ///
    /// When it cannot be signed, which a stack that has started does not do.
    pub fn token(&self, sub: &str, email: &str, memberships: &str) -> Result<String, TokenError> {
        self.endpoints.issuer.token(sub, email, memberships)
    }

    /// Kills the process of a function that makes the function's `call`-th call of an AWS service from now on: 1 is the
    /// next one, whichever instance makes it. The pool replaces what was killed.
    pub fn crash_at(&self, function: &str, call: u64, moment: Moment) {
        self.endpoints.calls.crash_at(function, call, moment);
    }

    /// How many calls of AWS services a function has made since the start.
    #[must_use]
    pub fn calls_of(&self, function: &str) -> u64 {
        self.endpoints.calls.of(function)
    }

    /// What a function has called since [`Stack::crash_at`] was last asked for it, in that order: the service and the
    /// operation, such as `dynamodb PutItem`.
    #[must_use]
    pub fn calls_since_crash_at(&self, function: &str) -> Vec<String> {
        self.endpoints.calls.since_crash_at(function)
    }

    /// How many processes [`Stack::crash_at`] has killed.
    #[must_use]
    pub fn crashes(&self) -> u64 {
        self.endpoints.calls.crashes()
    }

    /// Lets the requests under way end, within a bound, then ends all processes and closes the store.
    pub async fn stop(self) {
        let Stack { endpoints: _, life } = self;
        // It fails only if the runtime is going down; then the drop has happened all the same.
        let _ = tokio::task::spawn_blocking(move || drop(life)).await;
    }
}

fn runtime() -> Result<Runtime, StartError> {
    let threads = thread::available_parallelism().map_or(MIN_THREADS, |cores| cores.get().max(MIN_THREADS));
    Builder::new_multi_thread()
        .worker_threads(threads)
        .enable_all()
        .build()
        .map_err(StartError::io("start the local stack's threads"))
}

/// The life of a stack, on its own thread. All function processes are started from this thread, see `Spawnery`.
fn run(
    runtime: &Runtime,
    options: Options,
    ready: oneshot::Sender<Result<Endpoints, StartError>>,
    mut stopped: oneshot::Receiver<()>,
) {
    let (spawner, spawnery) = spawnery();
    let life = async {
        let started = tokio::select! {
            started = Parts::start(options, spawner) => started,
            _ = &mut stopped => return,
        };
        match started {
            Ok(parts) => {
                // If nobody waits for it any more, the word to end comes at once.
                let _ = ready.send(Ok(parts.endpoints.clone()));
                let _ = stopped.await;
                parts.stop().await;
            }
            Err(error) => {
                // If nobody waits for it any more, nobody wants to know.
                let _ = ready.send(Err(error));
            }
        }
    };
    runtime.block_on(async {
        tokio::select! {
            () = life => {}
            // It does not end before the parts do, which hold its spawners.
            () = spawnery.run() => {}
        }
    });
}
