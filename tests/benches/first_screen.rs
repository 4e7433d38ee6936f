//! What the first screen costs by the number of children: calls to the store, and how long an answer takes.
//!
//! `cargo bench -p tests --bench first_screen` measures a distributor with 10, 1,000 and 10,000 resellers;
//! `cargo bench -p tests --bench first_screen -- 10 500` one with 10 and with 500. Nothing is asserted of the times.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "what goes wrong in a measurement has to end it, with a message"
)]

use std::time::{Duration, Instant};

use local::{Options, Stack};
use serde_json::{Value, json};
use tests::program::{items, new_key, text};
use tests::wire::Wire;
use tests::{Client, Program};

/// How many children are measured unless somebody says otherwise.
const CHILDREN: [usize; 3] = [10, 1_000, 10_000];

/// The most rows of one import, and the most lines of one rebalance.
const ROWS: usize = 500;
const LINES: usize = 40;

/// Answers measured for each number of children.
const ANSWERS: usize = 40;

/// The pause between two looks at what follows the ledger.
const PAUSE: Duration = Duration::from_millis(200);

/// No roll-up takes so long unless it never comes.
const LIMIT: Duration = Duration::from_secs(600);

/// A distributor whose resellers become more and more.
struct Distributor {
    program: Program,
    id: String,
    children: usize,
}

#[tokio::main]
async fn main() {
    let stack: &'static Stack = Box::leak(Box::new(tests::stack::start(Options::default()).await));
    let wire = Wire::before(stack.store_url()).await;
    let behind = Options { dynamodb_endpoint: Some(wire.url.clone()), streams: false, ..Options::default() };
    let counted = tests::stack::start(behind).await;
    let mut distributor = Distributor::open(stack).await;
    println!("{:>9} {:>12} {:>9} {:>9} {:>9}  calls", "children", "store calls", "p50 ms", "p90 ms", "bytes");
    for children in wanted() {
        distributor.grow(children).await;
        distributor.rolled_up().await;
        measure(&distributor, &counted, &wire).await;
    }
    counted.stop().await;
}

fn wanted() -> Vec<usize> {
    // Cargo itself passes `--bench`.
    let arguments = std::env::args().skip(1).filter(|argument| !argument.starts_with("--"));
    let mut wanted: Vec<usize> = arguments.map(|argument| argument.parse().expect("a number of children")).collect();
    wanted.sort_unstable();
    if wanted.is_empty() { CHILDREN.to_vec() } else { wanted }
}

impl Distributor {
    async fn open(stack: &'static Stack) -> Distributor {
        let program = Program::on(stack, &json!({ "capacity": "900000000.00" })).await;
        let id = program.onboard(&program.root).await;
        program.allocate(&program.root, &id, "500000000.00").await.expect(201);
        Distributor { program, id, children: 0 }
    }

    /// Onboards resellers, each with some quota.
    async fn grow(&mut self, children: usize) {
        while self.children < children {
            let rows = ROWS.min(children - self.children);
            let ids = self.import(rows).await;
            for ids in ids.chunks(LINES) {
                self.grant(ids).await;
            }
            self.children += rows;
        }
    }

    async fn import(&self, rows: usize) -> Vec<String> {
        let mut table = "console_account_id,legal_name,country,registration_number,website,contact_name,contact_email,\
                         contact_phone,locale\n"
            .to_owned();
        for number in self.children..self.children + rows {
            table.push_str(&format!(
                "{},Company {number},KR,R-{number},https://company{number}.example,Kim,kim@company{number}.example,\
                 +82 2 1,ko\n",
                // The built-in account directory does not know those that end in three zeros.
                4_000_000_001 + 10 * number
            ));
        }
        let (path, key) = (format!("/v1/accounts/{}/applications/import", self.id), new_key());
        loop {
            let sales = self.program.member(&self.id, "sales");
            let answer = sales.post(&path).key(&key).body("text/csv", table.clone()).await.expect(200);
            let rows = answer["rows"].as_array().unwrap();
            if rows.iter().all(|row| row["status"] == "approved") {
                return rows.iter().map(|row| text(row, "account_id")).collect();
            }
            let is_left = |row: &Value| row["status"] == "approved" || row["status"] == "unprocessed";
            assert!(rows.iter().all(is_left), "{answer:#}");
        }
    }

    async fn grant(&self, ids: &[String]) {
        let lines: Vec<Value> = ids.iter().map(|id| json!({ "account_id": id, "increase": "100.00" })).collect();
        let path = format!("/v1/accounts/{}/rebalances", self.id);
        let body = json!({ "lines": lines, "reason": "first quota" });
        let (finance, key) = (self.program.member(&self.id, "finance"), new_key());
        // On a machine that has much else to do, the store may be late.
        loop {
            let answer = finance.post(&path).key(&key).json(&body).await;
            if answer.status != 503 {
                answer.expect(201);
                return;
            }
        }
    }

    /// Waits until the overview knows all children with their quota.
    async fn rolled_up(&self) {
        let begun = Instant::now();
        let granted = format!("{}.00", 100 * self.children);
        loop {
            let overview = self.program.read(&self.id, "overview").await;
            if overview["children"]["active"] == self.children && overview["totals"]["granted"] == *granted {
                return;
            }
            assert!(begun.elapsed() < LIMIT, "{overview:#}");
            tokio::time::sleep(PAUSE).await;
        }
    }
}

/// Asks through functions whose calls to the store are counted.
async fn measure(distributor: &Distributor, counted: &Stack, wire: &Wire) {
    let client = Client::new(counted.url());
    let viewer = client.caller(counted, "viewer", &format!("{}:viewer", distributor.id));
    let path = format!("/v1/accounts/{}/overview", distributor.id);
    let (mut took, mut calls, mut bytes) = (Vec::new(), Vec::new(), 0);
    for _ in 0..ANSWERS {
        let _before = wire.take();
        let begun = Instant::now();
        let answer = viewer.get(&path).await;
        took.push(begun.elapsed());
        bytes = answer.text.len();
        assert_eq!(items(&json!({ "items": answer.expect(200)["nearest"] })).len(), 5);
        calls = wire.take().into_iter().map(|call| call.operation).collect();
    }
    took.sort_unstable();
    let ms = |at: usize| format!("{}.{}", took[at].as_micros() / 1_000, took[at].as_micros() % 1_000 / 100);
    let (p50, p90) = (ms(ANSWERS / 2), ms(ANSWERS * 9 / 10));
    println!("{:>9} {:>12} {p50:>9} {p90:>9} {bytes:>9}  {calls:?}", distributor.children, calls.len());
}
