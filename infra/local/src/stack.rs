//! Putting the parts together, and taking them down again.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use axum::Router;
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::{oneshot, watch};
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::binaries::{Binaries, workspace_root};
use crate::clock::Clock;
use crate::error::StartError;
use crate::folder::Folder;
use crate::functions::{Functions, Log, Pool, Program, Spawner, runtime_api, spawnery};
use crate::options::Options;
use crate::scheduler::Scheduler;
use crate::serve::{bind, serve};
use crate::template::{Overrides, Template};
use crate::tokens::{AUDIENCE, ISSUER, Issuer, TokenError};
use crate::{directory, gateway, local_api, store};

/// How long requests under way may take to end when the stack stops.
const DRAIN_LIMIT: Duration = Duration::from_secs(5);
/// The store answers in this process, one call at a time on whichever thread takes it. With fewer threads its work would
/// keep the gateway waiting.
const MIN_THREADS: usize = 4;
/// The file in the stack's folder that says how far its clock was moved on.
const CLOCK: &str = "clock";

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

#[derive(Clone)]
struct Endpoints {
    url: String,
    store_url: String,
    folder: PathBuf,
    log: PathBuf,
    issuer: Issuer,
}

impl std::fmt::Debug for Endpoints {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The issuer holds a private key.
        let Endpoints { url, store_url, folder, log, issuer: _ } = self;
        formatter
            .debug_struct("Endpoints")
            .field("url", url)
            .field("store_url", store_url)
            .field("folder", folder)
            .field("log", log)
            .finish_non_exhaustive()
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

    /// The DynamoDB endpoint that the functions use.
    pub fn store_url(&self) -> &str {
        &self.endpoints.store_url
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

/// Servers and other tasks in this process, and the word that stops them.
struct Servers {
    stop: watch::Sender<bool>,
    tasks: JoinSet<()>,
}

impl Servers {
    fn new() -> Servers {
        Servers { stop: watch::Sender::new(false), tasks: JoinSet::new() }
    }

    /// Runs something until it has seen the word to stop.
    fn run<T: Future<Output = ()> + Send + 'static>(&mut self, task: impl FnOnce(watch::Receiver<bool>) -> T) {
        self.tasks.spawn(task(self.stop.subscribe()));
    }

    fn add(&mut self, listener: TcpListener, router: Router) {
        self.tasks.spawn(serve(listener, router, until(self.stop.subscribe())));
    }

    /// Serves on a free port; answers with the URL.
    async fn add_internal(&mut self, router: Router, what: &str) -> Result<String, StartError> {
        let (listener, address) = bind(0).await.map_err(StartError::io(format!("listen for {what}")))?;
        self.add(listener, router);
        Ok(format!("http://{address}"))
    }

    /// Takes no more connections and waits, within a bound, for the requests under way.
    async fn stop(mut self) {
        self.stop.send_replace(true);
        let all = async { while self.tasks.join_next().await.is_some() {} };
        // What takes longer is cut off.
        let _ = timeout(DRAIN_LIMIT, all).await;
    }
}

async fn until(mut stop: watch::Receiver<bool>) {
    // The sender going away means the same.
    let _ = stop.wait_for(|stop| *stop).await;
}

/// Everything that runs, in the order in which it is stopped.
struct Parts {
    /// With it the schedules, which call functions just as it does.
    gateway: Servers,
    functions: Functions,
    /// What functions call.
    services: Servers,
    store: Option<store::Embedded>,
    endpoints: Endpoints,
    /// Last, as a temporary one is removed.
    folder: Folder,
}

impl Parts {
    async fn start(options: Options, spawner: Spawner) -> Result<Parts, StartError> {
        // First what is cheap and likely to fail.
        let (listener, address) = bind(options.port).await.map_err(|error| match error.kind() {
            ErrorKind::AddrInUse => StartError::PortInUse { port: options.port },
            _ => StartError::io(format!("listen on port {}", options.port))(error),
        })?;
        let folder = Folder::take(options.data.as_deref())?;
        let clock = Clock::kept_in(folder.path().join(CLOCK))?;
        // By far the longest computation of a start, so it has a thread to itself while the rest gets going.
        let issuer = tokio::task::spawn_blocking({
            let clock = clock.clone();
            move || Issuer::new(clock)
        });
        let mut services = Servers::new();
        let directory = services.add_internal(directory::router(), "the account directory").await?;
        let template = read_template(&directory)?;

        let binaries = Binaries::of_this_executable()?;
        let names: Vec<&str> = template.functions.iter().map(|function| &*function.binary).collect();
        binaries.ensure(&names, options.build).await?;

        let store = match options.dynamodb_endpoint {
            Some(_) => None,
            None => Some(store::Embedded::start(&folder.path().join("store.db")).await?),
        };
        let store_url = match (&store, options.dynamodb_endpoint) {
            (Some(store), _) => store.url().to_owned(),
            (None, endpoint) => endpoint.unwrap_or_default(),
        };
        store::create_all(&store_url, &template.tables, &clock).await?;

        let log = Log::open(folder.path().join("functions.log")).map_err(StartError::io("open the functions' log"))?;
        let log = Arc::new(log);
        let (listener_for_functions, runtime_api) =
            bind(0).await.map_err(StartError::io("listen for the functions"))?;
        let pools = template.functions.iter().map(|function| {
            let program = Program {
                binary: binaries.path(&function.binary),
                function: function.clone(),
                runtime_api: format!("http://{runtime_api}"),
                store: store_url.clone(),
                log: Arc::clone(&log),
            };
            Pool::new(program, spawner.clone(), clock.clone())
        });
        let functions = Functions::new(pools);
        services.add(listener_for_functions, runtime_api::router(functions.clone()));
        if let Err(error) = functions.start().await {
            functions.stop().await;
            return Err(error);
        }

        let scheduler = Scheduler::new(&template.schedules, &functions, &clock, &log);
        let issuer = issuer.await.map_err(|_| StartError::Key)??;
        let mut gateway = Servers::new();
        let routes = gateway::router(template, functions.clone(), issuer.verifying_key(), clock.clone());
        for timetable in scheduler.timetables() {
            gateway.run(|stop| timetable.keep(stop));
        }
        gateway.add(listener, routes.merge(local_api::router(issuer.clone(), clock, scheduler)));
        let endpoints = Endpoints {
            url: format!("http://{address}"),
            store_url,
            folder: folder.path().to_owned(),
            log: log.path().to_owned(),
            issuer,
        };
        Ok(Parts { gateway, functions, services, store, endpoints, folder })
    }

    async fn stop(self) {
        self.gateway.stop().await;
        self.functions.stop().await;
        self.services.stop().await;
        if let Some(store) = self.store {
            // Whoever has sent half a request would hold it up. What was acknowledged is on disk already.
            let _ = timeout(DRAIN_LIMIT, store.stop()).await;
        }
        drop(self.folder);
    }
}

fn read_template(directory: &str) -> Result<Template, StartError> {
    let path = workspace_root().join("infra").join("template.yaml");
    let text = std::fs::read_to_string(&path).map_err(StartError::io(format!("read {}", path.display())))?;
    let local = [("AccountDirectoryUrl", directory), ("JwtIssuer", ISSUER), ("JwtAudience", AUDIENCE)];
    let overrides: Overrides = BTreeMap::from(local.map(|(name, value)| (name.to_owned(), value.to_owned())));
    Ok(Template::parse(&text, &overrides)?)
}
