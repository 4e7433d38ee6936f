//! How long it takes from a purchase that uses up an account's quota to the mail about it: one after the other, on a local
//! stack of its own.
//!
//! `cargo bench -p tests --bench alerts` measures 200 purchases; `cargo bench -p tests --bench alerts -- 50` measures 50,
//! and so does the environment variable `PARTNER_QUOTA_BENCH_RUNS`. Nothing is asserted of the times.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "what goes wrong in a measurement has to end it, with a message"
)]

use std::time::{Duration, Instant, SystemTime};

use local::{Options, Stack};
use serde_json::json;
use tests::Program;
use tests::program::{new_key, text};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// How many purchases are measured unless somebody says otherwise.
const RUNS: usize = 200;

/// Says otherwise, where no argument does.
const RUNS_VARIABLE: &str = "PARTNER_QUOTA_BENCH_RUNS";

/// Between a purchase and the first look at what it led to, and between two looks. A mail bears the time at which it was
/// captured, so looking late costs nothing; looking while the functions are at work would slow them down.
const PAUSE: Duration = Duration::from_millis(150);

/// No mail takes so long unless it never comes.
const LIMIT: Duration = Duration::from_secs(60);

/// What one purchase took.
struct Run {
    /// Until it was answered.
    answered: Duration,
    /// Until the mail to the account's contact was captured.
    mailed: Duration,
}

#[tokio::main]
async fn main() {
    let runs = runs();
    let stack: &'static Stack = Box::leak(Box::new(tests::stack::start(Options::default()).await));
    let (program, accounts) = accounts(stack, runs).await;
    // The first ones find connections closed and caches cold.
    for account in accounts.iter().skip(runs) {
        measure(&program, account).await;
    }
    let mut measured = Vec::with_capacity(runs);
    for account in accounts.iter().take(runs) {
        measured.push(measure(&program, account).await);
    }
    let profile = if cfg!(debug_assertions) { "dev" } else { "release" };
    println!("{runs} purchases that deplete an account, one at a time, profile {profile}, in ms:");
    println!("{:<26} {:>7} {:>7} {:>7} {:>7} {:>7}", "", "min", "p50", "p90", "p99", "max");
    show("purchase sent → answered", measured.iter().map(|run| run.answered).collect());
    show("purchase sent → mail", measured.iter().map(|run| run.mailed).collect());
}

fn runs() -> usize {
    // Cargo itself passes `--bench`.
    let argument = std::env::args().skip(1).find(|argument| !argument.starts_with("--"));
    match argument.or_else(|| std::env::var(RUNS_VARIABLE).ok()) {
        None => RUNS,
        Some(runs) => runs.parse().unwrap_or_else(|_| panic!("no number of runs: {runs}")),
    }
}

/// How many accounts are depleted before anything is measured.
const WARM_UPS: usize = 5;

/// How many customers a reseller has. Nobody is sent more than a hundred mails in an hour.
const CUSTOMERS: usize = 50;

/// Customers with 100.00 each, one a run and some more to warm up with.
async fn accounts(stack: &'static Stack, runs: usize) -> (Program, Vec<String>) {
    let free = json!({ "distributor": "0", "reseller": "0", "customer": "0" });
    let program = Program::on(stack, &json!({ "capacity": "900000000.00", "discounts": free })).await;
    let distributor = program.onboard(&program.root).await;
    program.allocate(&program.root, &distributor, "500000000.00").await.expect(201);
    let mut accounts = Vec::with_capacity(runs + WARM_UPS);
    while accounts.len() < runs + WARM_UPS {
        let reseller = program.onboard(&distributor).await;
        program.allocate(&distributor, &reseller, "1000000.00").await.expect(201);
        for _ in 0..CUSTOMERS.min(runs + WARM_UPS - accounts.len()) {
            let account = program.onboard(&reseller).await;
            program.allocate(&reseller, &account, "100.00").await.expect(201);
            accounts.push(account);
        }
    }
    (program, accounts)
}

/// Depletes one account, and waits until both of those who are mailed of it have been.
async fn measure(program: &Program, account: &str) -> Run {
    let order = json!({ "list_amount": "100.00", "product": "Virtual machine" });
    let buyer = program.member(account, "admin");
    let call = buyer.post(format!("/v1/accounts/{account}/purchases")).key(new_key()).json(order);
    let (sent_at, sent) = (now(), Instant::now());
    call.await.expect(201);
    let answered = sent.elapsed();
    loop {
        tokio::time::sleep(PAUSE).await;
        let mails = program.mails_about(account).await;
        if mails.len() == 2 {
            let own = mails.iter().find(|mail| mail.reader == account).expect("a mail to the account's contact");
            let captured = OffsetDateTime::parse(&text(&own.shown, "sent_at"), &Rfc3339).expect("a time");
            let mailed = Duration::try_from(captured - sent_at).unwrap_or_default();
            return Run { answered, mailed };
        }
        assert!(sent.elapsed() < LIMIT, "of two mails about {account} there are {}", mails.len());
    }
}

/// The time by the clock that the stack, whose time nobody has moved on, reads as well.
#[allow(clippy::disallowed_methods, reason = "it is compared with the stack's own time")]
fn now() -> OffsetDateTime {
    OffsetDateTime::from(SystemTime::now())
}

/// Shows the distribution of some durations.
fn show(what: &str, mut durations: Vec<Duration>) {
    durations.sort_unstable();
    let at = |percent: usize| {
        let position = (durations.len() * percent).div_ceil(100).max(1) - 1;
        let microseconds = durations.get(position).map_or(0, Duration::as_micros);
        format!("{}.{}", microseconds / 1_000, microseconds % 1_000 / 100)
    };
    println!("{what:<26} {:>7} {:>7} {:>7} {:>7} {:>7}", at(0), at(50), at(90), at(99), at(100));
}
