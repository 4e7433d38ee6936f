//! One hot account: 64 clients and more buy for it at the same time, through the handlers that deploy, on a store that has
//! DynamoDB's latency and conflict rules, in virtual time, which charges that latency and no CPU. Compared are the loop that
//! everybody writes first, and holds, which never stand in line: each posts by itself.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use tests::contended::market::{Market, PLENTY};
use tests::contended::{Counts, Line, naive};
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::Effort;
use crate::table::{Row, Samples};

/// How many buy at the same time.
const CLIENTS: u64 = 64;

/// How many where it is crowded.
const CROWDS: [u64; 2] = [128, 256];

/// How much all of them together buy, each one thing after the other.
const ORDERS: u64 = 1_024;

/// The same for the naive loop, which needs as long for that.
const NAIVE_ORDERS: u64 = 256;

/// Where orders are mixed, one of so many is a hold.
const ONE_HOLD_IN: u64 = 4;

/// How often the naive loop tries before it gives up.
const NAIVE_TRIES: usize = 200;

/// How the clients buy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// Reading, writing, and at once again.
    Naive,
    /// As the product does where each order posts by itself: holds, which write an item more than a purchase.
    Alone,
    /// As the product does.
    Product,
    /// Purchases and holds.
    Mixed,
}

/// What was measured.
#[derive(Debug)]
struct Measured {
    /// How many orders were committed in a second.
    a_second: f64,
    /// How many were not committed.
    failed: usize,
    /// Half of the committed orders took no longer.
    p50: Duration,
    /// 99 of 100 took no longer.
    p99: Duration,
    /// How many were committed.
    committed: usize,
    /// What the store was called for.
    counts: Counts,
}

/// The store is simulated and time is virtual, so one seed a round says the same on every machine, but for the product's own
/// pauses, which are random.
pub async fn rows(effort: Effort) -> Vec<Row> {
    let rounds = async |way, clients| {
        let mut measured = Vec::new();
        for seed in 1..=effort.rounds as u64 {
            // It has a runtime of its own, whose time is not ours.
            let one = tokio::task::spawn_blocking(move || measure(seed, way, clients));
            measured.push(one.await.expect("a measurement"));
        }
        measured
    };
    let naive = rounds(Way::Naive, CLIENTS).await;
    let alone = rounds(Way::Alone, CLIENTS).await;
    let product = rounds(Way::Product, CLIENTS).await;
    let mixed = rounds(Way::Mixed, CLIENTS).await;
    let mut crowds = Vec::new();
    for clients in CROWDS {
        crowds.push((clients, rounds(Way::Product, clients).await));
    }
    let a_second = |all: &[Measured]| all.iter().map(|one| one.a_second).collect::<Samples>();
    let shown = |all: &[Measured]| format!("{:.0}/s, {}", a_second(all).median(), troubles(all));
    let over = |other: &[Measured]| a_second(&product).over(&a_second(other));
    let row = |other: &[Measured], name: &str| {
        let what = format!("purchases of one account, {CLIENTS} clients");
        Row::of(what, shown(&product)).against(format!("{name}: {}", shown(other))).ratio(&over(other))
    };
    let has_failed = product.iter().any(|one| one.failed > 0);
    let times = |percent: fn(&Measured) -> Duration| product.iter().map(|one| percent(one).as_secs_f64()).collect();
    let (p50, p99): (Samples, Samples) = (times(|one| one.p50), times(|one| one.p99));
    let units = |all: &[Measured]| -> Samples {
        all.iter().map(|one| one.counts.write_units as f64 / one.committed as f64).collect()
    };
    let of_each = units(&product);
    let [of_naive, of_alone] = [&naive, &alone].map(|other| units(other).median());
    let mut rows = vec![
        row(&naive, "a naive loop").target("≥ 5, none failed", over(&naive).median() >= 5.0 && !has_failed),
        row(&alone, "holds, each by itself"),
        Row::of("how long half of them take at most", format!("{:.2} s", p50.median())).spread(&p50, 1.0),
        Row::of("how long 99 of 100 take at most", format!("{:.2} s", p99.median())).spread(&p99, 1.0),
        Row::of("write units of each", format!("{:.1}", of_each.median()))
            .against(format!("a naive loop: {of_naive:.0}; holds, each by itself: {of_alone:.0}"))
            .spread(&of_each, 1.0),
    ];
    let by_itself = |what: String, all: &[Measured]| {
        let p99: Samples = all.iter().map(|one| one.p99.as_secs_f64()).collect();
        Row::of(what, format!("{}; 99 of 100 within {:.2} s", shown(all), p99.median())).spread(&a_second(all), 1.0)
    };
    rows.push(by_itself(format!("of {CLIENTS} clients' orders one in {ONE_HOLD_IN} is a hold"), &mixed));
    rows.extend(crowds.iter().map(|(clients, all)| by_itself(format!("purchases of {clients} clients"), all)));
    rows
}

/// How many of all rounds' orders were given up.
fn troubles(all: &[Measured]) -> String {
    let failed: usize = all.iter().map(|one| one.failed).sum();
    let orders: usize = all.iter().map(|one| one.failed + one.committed).sum();
    format!("{failed} of {orders} failed")
}

/// Plays it once.
fn measure(seed: u64, way: Way, clients: u64) -> Measured {
    fastrand::seed(seed);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build();
    runtime.expect("a runtime").block_on(play(seed, way, clients))
}

async fn play(seed: u64, way: Way, clients: u64) -> Measured {
    let market = Arc::new(Market::open(seed, PLENTY).await);
    let begun = Instant::now();
    let orders = (if way == Way::Naive { NAIVE_ORDERS } else { ORDERS }) / clients;
    let mut buying = JoinSet::new();
    for client in 0..clients {
        buying.spawn(buy(Arc::clone(&market), client, way, orders));
    }
    let mut times: Vec<Option<Duration>> = buying.join_all().await.into_iter().flatten().collect();
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
async fn buy(market: Arc<Market>, client: u64, way: Way, orders: u64) -> Vec<Option<Duration>> {
    let line = Line::new(&market.world, client);
    let instance = market.instance(&line);
    let mut times = Vec::new();
    for order in 0..orders {
        let (begun, name) = (Instant::now(), format!("order-{client}-{order}"));
        let mut body = json!({ "list_amount": "1.00", "product": "Virtual machine" });
        let is_hold = way == Way::Alone || way == Way::Mixed && (client + order).is_multiple_of(ONE_HOLD_IN);
        let is_done = if way == Way::Naive {
            naive::buy(&line, &market.customer, 1, &name, NAIVE_TRIES).await.is_ok()
        } else if is_hold {
            body["expires_at"] = json!("2027-11-21T10:00:00Z");
            instance.ask(&market.order("holds", &name, body)).await.status == 201
        } else {
            instance.ask(&market.order("purchases", &name, body)).await.status == 201
        };
        times.push(is_done.then(|| begun.elapsed()));
    }
    times
}
