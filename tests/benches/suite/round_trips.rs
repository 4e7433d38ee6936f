//! Round trips to the store and write units, counted at the wire.
//!
//! What a kind of posting costs a test compares with the README. Here is also what follows a purchase: the roll-ups.

use local::{Options, Stack};
use serde_json::{Value, json};
use tests::watch::until;
use tests::wire::Wire;
use tests::{Line, Program};

use super::Effort;
use super::fill::Filling;
use super::stacks::{self, Prepared, Sender};
use super::table::Row;

/// Posts or reads of each kind; in one of them the function meets the account, unless it has met it before.
const POSTS: usize = 5;

/// Posting kinds with the most write units that they may take.
const MOST_UNITS: [(&str, u64); 3] = [("purchase", 8), ("allocation", 10), ("settlement", 14)];

/// What [`rolled_up`] buys, each thing for another account.
const PURCHASES: usize = 40;

/// Looks in a row that find nothing new before everything is taken to have been rolled up.
const QUIET_LOOKS: usize = 20;

const READS: [&str; 4] = ["position", "entries", "purchases", "settlements"];

pub async fn rows(_effort: Effort) -> Vec<Row> {
    let stack: &'static Stack = Box::leak(Box::new(stacks::start(Options::default()).await));
    let program = Program::on(stack, &json!({})).await;
    let line = program.funded_line(["50000.00", "40000.00", "30000.00"]).await;
    program.purchase(&line.customer, "1000.00").await.expect(201);
    let wire = Wire::before(stack.store_url()).await;
    let behind = wire.options();
    let counted = stacks::start(behind).await;
    let mut rows = Vec::new();
    for (kind, most) in MOST_UNITS {
        rows.push(posts(&counted, &wire, &line, kind, most).await);
    }
    for what in READS {
        rows.push(reads(&counted, &wire, &line, what).await);
    }
    counted.stop().await;
    rows.push(rolled_up().await);
    rows
}

/// What the roll-ups write for purchases that come one after the other, and so are hardly ever taken together.
async fn rolled_up() -> Row {
    let (prepared, customer) = Prepared::by(&json!({}), async |program| {
        let line = program.funded_line(["1000.00", "500.00", "100.00"]).await;
        stacks::rolled_up(program, &line.reseller, "100.00").await;
        line.customer
    })
    .await;
    let accounts = Filling::of(&prepared.store()).copies(&customer, PURCHASES);
    let (store, _folder) = prepared.stack(Options { streams: false, ..Options::default() }).await;
    let wire = Wire::before(store.store_url()).await;
    let told = Options { streams: true, ..wire.options() };
    let stack = stacks::start(told).await;
    settled(&wire).await;
    let sender = Sender::to(&stack);
    let mut units = 0;
    for account in &accounts {
        let token = Sender::token(&stack, &format!("{account}:finance"));
        let order = json!({ "list_amount": "1.00", "product": "Virtual machine" });
        sender.post(&token, &format!("{account}/purchases"), &order).await;
        units += settled(&wire).await;
    }
    stack.stop().await;
    store.stop().await;
    let all = units as f64 / PURCHASES as f64;
    Row::of("write units of a purchase with its roll-ups", format!("{all:.1}"))
}

/// The write units since the last time, when no more come.
async fn settled(wire: &Wire) -> u64 {
    let (mut units, mut quiet) = (0, 0);
    until(async || {
        let more: u64 = wire.take().iter().map(|call| call.write_units).sum();
        units += more;
        quiet = if more == 0 { quiet + 1 } else { 0 };
        if quiet >= QUIET_LOOKS { Ok(()) } else { Err(format!("{units} write units so far")) }
    })
    .await;
    units
}

async fn posts(stack: &Stack, wire: &Wire, line: &Line, kind: &str, most: u64) -> Row {
    let (sender, mut trips, mut units) = (Sender::to(stack), Vec::new(), Vec::new());
    for number in 0..POSTS {
        let (actor, path, body) = post(line, kind, number);
        let token = Sender::token(stack, &format!("{actor}:finance"));
        let _before = wire.take();
        sender.post(&token, &path, &body).await;
        let calls = wire.take();
        trips.push(calls.len());
        units.push(calls.iter().map(|call| call.write_units).sum::<u64>());
    }
    let at_first_sight = trips[0];
    trips.sort_unstable();
    let (usual, greatest) = (trips[POSTS / 2], units.iter().max().expect("posts"));
    let is_met = usual == 2 && trips[POSTS - 1] <= 3 && *greatest <= most;
    let measured = format!("{usual}, {at_first_sight} at first sight; {greatest} units");
    Row::of(format!("store calls of each {kind}"), measured)
        .target(format!("2, 3 at first sight; ≤ {most} units"), is_met)
}

fn post<'a>(line: &'a Line, kind: &str, number: usize) -> (&'a str, String, Value) {
    let buyer = &line.customer;
    match kind {
        "purchase" => {
            (buyer, format!("{buyer}/purchases"), json!({ "list_amount": "1.00", "product": "Virtual machine" }))
        }
        "allocation" => (&line.reseller, format!("{buyer}/allocations"), json!({ "amount": "1.00" })),
        "settlement" => {
            let payment = json!({
                "amount": "1.00", "payment_reference": format!("WIRE-{number}"), "method": "wire",
                "paid_at": "2026-11-21T10:00:00Z",
            });
            (&line.reseller, format!("{buyer}/settlements"), payment)
        }
        other => panic!("no kind of posting: {other}"),
    }
}

async fn reads(stack: &Stack, wire: &Wire, line: &Line, what: &str) -> Row {
    let (sender, token) = (Sender::to(stack), Sender::token(stack, &format!("{}:viewer", line.customer)));
    let mut trips = Vec::new();
    for _ in 0..POSTS {
        let _before = wire.take();
        sender.get(&token, &format!("{}/{what}", line.customer)).await;
        trips.push(wire.take().len());
    }
    trips.sort_unstable();
    let all_but_one = trips[POSTS - 2];
    Row::of(format!("store calls of GET {what}"), all_but_one.to_string()).target("1", all_but_one == 1)
}
