//! One history from a seed: a storm, the calm after it, and what has to be true then.

use std::panic::AssertUnwindSafe;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use tokio::task::{JoinSet, LocalSet};
use tokio::time::sleep;

use crate::check;
use crate::client::{Client, Request};
use crate::cloud::{Cloud, Log};
use crate::delivery::Deliveries;
use crate::faults::{Weather, mix};
use crate::prepared::{PROGRAMS, Prepared, prepared};
use tests::in_process::clock::Clock;
use tests::in_process::store::Store;

/// Longer than the longest call is late.
const UNTIL_ALL_LANDED: Duration = Duration::from_secs(15);

/// Everything there is after a history.
pub struct World {
    pub prepared: &'static Prepared,
    pub cloud: Arc<Cloud>,
    pub clients: Vec<Client>,
    /// Messages that were given up.
    pub dead: Vec<String>,
}

impl World {
    pub fn requests(&self) -> impl Iterator<Item = &Request> {
        self.clients.iter().flat_map(|client| &client.requests)
    }
}

/// How much a history did.
#[derive(Clone, Copy, Debug, Default)]
pub struct Counts {
    pub requests: usize,
    pub accepted: usize,
    pub unknown: usize,
    pub faults: usize,
    pub events: usize,
    pub mails: usize,
    pub in_line: usize,
}

impl Counts {
    /// Adds those of another history.
    pub fn add(&mut self, other: &Counts) {
        let Counts { requests, accepted, unknown, faults, events, mails, in_line } = other;
        self.requests += requests;
        self.accepted += accepted;
        self.unknown += unknown;
        self.faults += faults;
        self.events += events;
        self.mails += mails;
        self.in_line += in_line;
    }
}

/// Plays a history and checks it; answers with what is wrong and what happened.
pub fn play(seed: u64) -> Result<Counts, String> {
    let number = usize::try_from(mix(&[seed, 8]) % PROGRAMS as u64).expect("few programs");
    let (prepared, log) = (prepared(number), Log::default());
    // The SDK's clients draw their pauses from this.
    fastrand::seed(seed);
    let played = std::panic::catch_unwind(AssertUnwindSafe(|| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build();
        LocalSet::new().block_on(&runtime.expect("a runtime"), history(seed, prepared, &log))
    }));
    let wrong = match played {
        Ok(Ok(counts)) => return Ok(counts),
        Ok(Err(wrong)) => wrong,
        Err(panic) => {
            let text = panic.downcast_ref::<String>().cloned();
            text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned())).unwrap_or_default()
        }
    };
    let happened = log.lock().unwrap_or_else(PoisonError::into_inner).join("\n");
    Err(format!("{wrong}\n\nwhat happened:\n{happened}"))
}

async fn history(seed: u64, prepared: &'static Prepared, log: &Log) -> Result<Counts, String> {
    let store = Store::restored(&prepared.snapshot());
    let cloud = Arc::new(Cloud::new(store, Clock::from(prepared.ended_ms), Weather::of(seed), log));
    let mut world = storm(prepared, cloud).await;
    check::all(&mut world).await?;
    Ok(Counts {
        requests: world.requests().map(|request| request.answers.len()).sum(),
        accepted: world.requests().filter(|request| request.accepted().is_some()).count(),
        unknown: world.requests().filter(|request| request.was_unknown()).count(),
        faults: world.cloud.faults(),
        events: world.cloud.told().len(),
        mails: world.cloud.mails().len(),
        in_line: world.cloud.orders_in_line(),
    })
}

/// In some worlds everybody wants to buy for the same account, and at once.
pub fn is_rush(cloud: &Cloud) -> bool {
    cloud.weather.random(&[11]).u8(0..4) == 0
}

async fn storm(prepared: &'static Prepared, cloud: Arc<Cloud>) -> World {
    let mut random = cloud.weather.random(&[9]);
    let deliveries = Deliveries::new(&cloud, &prepared.last_change);
    let mut tasks = deliveries.start();
    cloud.weather.set_stormy(true);
    let (clients, wishes) = if is_rush(&cloud) {
        (random.u64(4..=8), random.usize(30..=50))
    } else {
        (random.u64(2..=4), random.usize(12..=25))
    };
    let mut at_work = JoinSet::new();
    for number in 0..clients {
        let client = Client::new(number, &cloud, prepared);
        at_work.spawn_local(client.work(wishes / usize::try_from(clients).expect("few clients")));
    }
    let mut clients = at_work.join_all().await;
    clients.sort_by_key(|client| client.number());
    sleep(Duration::from_millis(random.u64(0..5_000))).await;
    cloud.weather.set_stormy(false);
    cloud.note("calm".to_owned());
    sleep(UNTIL_ALL_LANDED).await;
    for client in &mut clients {
        client.conclude().await;
    }
    deliveries.rest().await;
    deliveries.end();
    while let Some(ended) = tasks.join_next().await {
        ended.expect("nobody who delivers panics");
    }
    World { prepared, cloud, clients, dead: deliveries.dead() }
}
