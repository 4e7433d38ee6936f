//! One hot account: 64 clients buy for it at the same time, through the handlers that deploy, on a store that has DynamoDB's
//! latency and conflict rules, in virtual time. Compared are the loop that everybody writes first, and orders that post each
//! for itself (holds).

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use tests::contended::market::{Market, PLENTY};
use tests::contended::{Counts, Line, naive};
use tokio::task::JoinSet;
use tokio::time::Instant;

/// How many buy at the same time.
const CLIENTS: u64 = 64;

/// How much each of them buys, one after the other.
const ORDERS: u64 = 16;

/// The same for the naive loop, which needs as long for that.
const NAIVE_ORDERS: u64 = 4;

/// How often the naive loop tries before it gives up.
const NAIVE_TRIES: usize = 200;

/// How the clients buy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// Reading, writing, and at once again.
    Naive,
    /// As the product does where each order posts for itself.
    Alone,
    /// As the product does.
    Product,
}

/// What was measured.
#[derive(Clone, Debug)]
pub struct Measured {
    /// How many orders were committed in a second.
    pub a_second: f64,
    /// How many were not committed.
    pub failed: usize,
    /// Half of the committed orders took no longer.
    pub p50: Duration,
    /// 99 of 100 took no longer.
    pub p99: Duration,
    /// How many were committed.
    pub committed: usize,
    /// What the store was called for.
    pub counts: Counts,
}

impl fmt::Display for Measured {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let of_each = |count: usize| count as f64 / self.committed as f64;
        write!(
            formatter,
            "{:6.1}/s, {} failed, p50 {} ms, p99 {} ms, a purchase: {:.1} calls, {:.1} write units, {:.1} read units",
            self.a_second,
            self.failed,
            self.p50.as_millis(),
            self.p99.as_millis(),
            of_each(self.counts.all_calls()),
            of_each(self.counts.write_units),
            of_each(self.counts.read_units),
        )
    }
}

/// Plays it once.
pub fn measure(seed: u64, way: Way) -> Measured {
    fastrand::seed(seed);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build();
    runtime.expect("a runtime").block_on(play(seed, way))
}

async fn play(seed: u64, way: Way) -> Measured {
    let market = Arc::new(Market::open(seed, PLENTY).await);
    let begun = Instant::now();
    let mut clients = JoinSet::new();
    for client in 0..CLIENTS {
        clients.spawn(buy(Arc::clone(&market), client, way));
    }
    let mut times: Vec<Option<Duration>> = clients.join_all().await.into_iter().flatten().collect();
    let lasted = begun.elapsed().as_secs_f64();
    times.sort();
    let committed: Vec<Duration> = times.iter().copied().flatten().collect();
    Measured {
        a_second: committed.len() as f64 / lasted,
        failed: times.len() - committed.len(),
        p50: committed[committed.len() / 2],
        p99: committed[committed.len() * 99 / 100],
        committed: committed.len(),
        counts: market.world.take_counts(),
    }
}

/// How long each order of a client took; nothing for one that failed.
async fn buy(market: Arc<Market>, client: u64, way: Way) -> Vec<Option<Duration>> {
    let line = Line::new(&market.world, client);
    let instance = market.instance(&line);
    let mut times = Vec::new();
    for order in 0..if way == Way::Naive { NAIVE_ORDERS } else { ORDERS } {
        let (begun, name) = (Instant::now(), format!("order-{client}-{order}"));
        let body = json!({ "list_amount": "1.00", "product": "Virtual machine" });
        let is_done = match way {
            Way::Naive => naive::buy(&line, &market.customer, 1, &name, NAIVE_TRIES).await.is_ok(),
            Way::Alone => {
                let mut body = body;
                body["expires_at"] = json!("2027-11-21T10:00:00Z");
                instance.ask(&market.order("holds", &name, body)).await.status == 201
            }
            Way::Product => instance.ask(&market.order("purchases", &name, body)).await.status == 201,
        };
        times.push(is_done.then(|| begun.elapsed()));
    }
    times
}
