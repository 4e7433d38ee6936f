//! Putting the parts together, and taking them down again.

use std::io::ErrorKind;
use std::path::PathBuf;
use std::sync::Arc;

use tokio::time::timeout;

use crate::binaries::{Binaries, workspace_root};
use crate::calls::Calls;
use crate::clock::Clock;
use crate::deliveries::Deliveries;
use crate::error::StartError;
use crate::folder::Folder;
use crate::functions::{Functions, Log, Pool, Program, Spawner, runtime_api};
use crate::journal::Journal;
use crate::options::Options;
use crate::scheduler::Scheduler;
use crate::serve::bind;
use crate::servers::{DRAIN_LIMIT, Servers};
use crate::services::{self, Services};
use crate::store::{self, StoreClient};
use crate::template::{Overrides, STACK_NAME, Schedule, Template};
use crate::tokens::{AUDIENCE, ISSUER, Issuer};
use crate::{directory, gateway, local_api};

/// Whom mail is from that nobody but this machine sees.
const MAIL_FROM: &str = "alerts@partner-quota.example";
/// Where a portal's front end usually runs while it is being written.
const PORTAL_URL: &str = "http://localhost:3000";
/// The file in the stack's folder that says how far its clock was moved on.
const CLOCK: &str = "clock";
/// The file there that says what is still to be delivered.
const JOURNAL: &str = "deliveries.db";

/// Where a running stack is found, and what it is asked through.
#[derive(Clone)]
pub(crate) struct Endpoints {
    pub(crate) url: String,
    pub(crate) store_url: String,
    pub(crate) folder: PathBuf,
    pub(crate) log: PathBuf,
    pub(crate) stack_name: Option<String>,
    pub(crate) issuer: Issuer,
    pub(crate) calls: Calls,
}

impl std::fmt::Debug for Endpoints {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The issuer holds a private key.
        let Endpoints { url, store_url, folder, log, stack_name, issuer: _, calls: _ } = self;
        formatter
            .debug_struct("Endpoints")
            .field("url", url)
            .field("store_url", store_url)
            .field("folder", folder)
            .field("log", log)
            .field("stack_name", stack_name)
            .finish_non_exhaustive()
    }
}

/// Everything that runs, in the order in which it is stopped.
pub(crate) struct Parts {
    /// With it the schedules and deliveries, which call functions just as it does.
    gateway: Servers,
    functions: Functions,
    /// What functions call.
    services: Servers,
    store: Option<store::Embedded>,
    pub(crate) endpoints: Endpoints,
    /// Last, as a temporary one is removed.
    folder: Folder,
}

impl Parts {
    pub(crate) async fn start(options: Options, spawner: Spawner) -> Result<Parts, StartError> {
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
        let template = read_template(&directory, options.stack_name.as_deref())?;

        let binaries = Binaries::of_this_executable()?;
        let names: Vec<&str> = template.functions.iter().map(|function| &*function.binary).collect();
        binaries.ensure(&names, options.build).await?;

        let store = match options.dynamodb_endpoint {
            Some(_) => None,
            None => Some(store::Embedded::start(&folder.path().join("store.db")).await?),
        };
        let store_url = match (&store, &options.dynamodb_endpoint) {
            (Some(store), _) => store.url().to_owned(),
            (None, endpoint) => endpoint.clone().unwrap_or_default(),
        };
        let client = StoreClient::new(&store_url, &clock);
        store::create_all(&client, &template.tables).await?;

        let log = Log::open(folder.path().join("functions.log")).map_err(StartError::io("open the functions' log"))?;
        let log = Arc::new(log);
        // A temporary folder is not come back to.
        let journal = match options.data {
            Some(_) => Journal::open(&folder.path().join(JOURNAL), &log)?,
            None => Journal::default(),
        };
        let deliveries = Deliveries::new(&template, journal, &clock, &log);
        let (listener_for_functions, runtime_api) =
            bind(0).await.map_err(StartError::io("listen for the functions"))?;
        let (listener_for_calls, services_address) =
            bind(0).await.map_err(StartError::io("listen for the functions' calls"))?;
        let pools = template.functions.iter().map(|function| {
            let program = Program {
                binary: binaries.path(&function.binary),
                function: function.clone(),
                runtime_api: format!("http://{runtime_api}"),
                services: format!("http://{services_address}"),
                log: Arc::clone(&log),
            };
            Pool::new(program, spawner.clone(), clock.clone())
        });
        let functions = Functions::new(pools);
        services.add(listener_for_functions, runtime_api::router(functions.clone()));
        let near = store.as_ref().map(|store| store.near().clone());
        let called = Services::new(functions.clone(), &store_url, near, deliveries.parts().clone());
        services.run(|stop| services::serve(listener_for_calls, called, stop));
        if let Err(error) = functions.start().await {
            functions.stop().await;
            return Err(error);
        }

        let schedules: &[Schedule] = if options.schedules { &template.schedules } else { &[] };
        let scheduler = Scheduler::new(schedules, &functions, &clock, &log);
        let issuer = issuer.await.map_err(|_| StartError::Key)??;
        let mut gateway = Servers::new();
        for timetable in scheduler.timetables() {
            gateway.run(|stop| timetable.keep(stop));
        }
        let streams = options.streams.then_some((&client, store.as_ref().map(store::Embedded::file)));
        deliveries.begin(&template, &functions, streams, &mut gateway);
        let routes = gateway::router(template, functions.clone(), issuer.verifying_key(), clock.clone());
        let local = local_api::router(issuer.clone(), functions.clone(), clock, scheduler, deliveries.parts());
        gateway.add(listener, routes.merge(local).merge(crate::docs::router()));
        let endpoints = Endpoints {
            url: format!("http://{address}"),
            store_url,
            folder: folder.path().to_owned(),
            log: log.path().to_owned(),
            issuer,
            stack_name: options.stack_name,
            calls: deliveries.parts().calls.clone(),
        };
        Ok(Parts { gateway, functions, services, store, endpoints, folder })
    }

    pub(crate) async fn stop(self) {
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

fn read_template(directory: &str, stack_name: Option<&str>) -> Result<Template, StartError> {
    let path = workspace_root().join("infra").join("template.yaml");
    let text = std::fs::read_to_string(&path).map_err(StartError::io(format!("read {}", path.display())))?;
    let local = [
        ("AccountDirectoryUrl", directory),
        ("JwtIssuer", ISSUER),
        ("JwtAudience", AUDIENCE),
        ("MailFrom", MAIL_FROM),
        ("PortalUrl", PORTAL_URL),
    ];
    let all = local.into_iter().chain(stack_name.map(|name| (STACK_NAME, name)));
    let overrides: Overrides = all.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    Ok(Template::parse(&text, &overrides)?)
}
