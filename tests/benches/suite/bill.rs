//! A bill: usage that comes as events of many lines, beside one charge a line. The messages are handed to the function as
//! its queue would, while charges go through the gateway: as both come when deployed.

use std::time::Instant;

use local::{Options, Stack};
use serde_json::{Value, json};
use tests::wire::Wire;

use super::fill::Filling;
use super::stacks::{self, Prepared, Sender};
use super::table::{Row, Samples};
use super::{Effort, binaries};

const ACCOUNTS: usize = 1_000;

/// Lines of each account, one after the other, as consoles export bills.
const LINES: usize = 100;

/// Lines of one event.
const EVENT_LINES: usize = 500;

/// Charges that are sent one by one.
const CHARGES: usize = 1_000;

/// More than the queue would need.
const DELIVERIES: usize = 20;

/// How many charges, or events, are under way at once.
const CLIENTS: usize = 8;

/// A bill takes long: so many rounds have to do.
const ROUNDS: usize = 3;

/// A message of the intake's queue.
const MESSAGE: &str = "infra/test-events/intake/usage.json";

const PERIOD: [&str; 2] = ["2026-11-01T00:00:00Z", "2026-11-02T00:00:00Z"];

pub async fn rows(effort: Effort) -> Vec<Row> {
    let (prepared, (root, customer)) = Prepared::by(&json!({}), async |program| {
        (program.root.clone(), program.funded_line(["1000.00", "500.00", "100.00"]).await.customer)
    })
    .await;
    let accounts = Filling::of(&prepared.store()).copies(&customer, effort.of(ACCOUNTS).max(CLIENTS));
    let bill = bill(&accounts);
    let lines = accounts.len() * LINES;
    let [mut together, mut single] = [Samples::default(), Samples::default()];
    for _ in 0..effort.rounds.min(ROUNDS) {
        together.add(lines as f64 / take_in(&prepared, &bill).await);
        let charges = effort.of(CHARGES);
        single.add(charges as f64 / charge(&prepared, &root, &accounts, charges).await);
    }
    let [units, units_single] = units_of(&prepared, &bill, &root, &accounts).await;
    let ratio = together.over(&single);
    let rate = |samples: &Samples| format!("{:.0} lines/s", samples.median());
    vec![
        Row::of(format!("bill of {lines} lines, {} accounts, handed to the function", accounts.len()), rate(&together))
            .against(format!("one charge a line, through the gateway {}", rate(&single)))
            .ratio(&ratio)
            .target("≥ 5", ratio.median() >= 5.0),
        Row::of("write units a line of the bill", format!("{units:.2}"))
            .against(format!("one charge a line {units_single:.0}"))
            .target("≤ 2.2", units <= 2.2),
    ]
}

/// The messages that the intake's queue would deliver.
fn bill(accounts: &[String]) -> Vec<String> {
    let text = std::fs::read_to_string(binaries::workspace().join(MESSAGE)).expect("a message");
    let message: Value = serde_json::from_str(&text).expect("JSON");
    let lines = accounts.iter().flat_map(|account| (0..LINES).map(move |number| line(account, number)));
    let lines: Vec<Value> = lines.collect();
    let messages = lines.chunks(EVENT_LINES).enumerate().map(|(number, lines)| {
        let mut message = message.clone();
        let record = &mut message["Records"][0];
        let mut event: Value = serde_json::from_str(record["body"].as_str().expect("a body")).expect("an event");
        event["id"] = json!(format!("bill-{number}"));
        event["detail"]["id"] = event["id"].clone();
        event["detail"]["data"]["lines"] = lines.iter().cloned().collect();
        record["body"] = json!(event.to_string());
        message.to_string()
    });
    messages.collect()
}

fn line(account: &str, number: usize) -> Value {
    let [start, end] = PERIOD;
    json!({
        "account_id": account, "list_amount": "0.0123", "source_id": format!("2026-11/{number:08}"),
        "service": "Object storage", "period_start": start, "period_end": end,
    })
}

/// A line as a charge of its own, whose account stands in the path.
fn line_alone(account: &str, number: usize) -> Value {
    let mut line = line(account, number);
    line.as_object_mut().expect("a line").remove("account_id");
    line
}

/// How many seconds the function takes for the whole bill.
async fn take_in(prepared: &Prepared, bill: &[String]) -> f64 {
    let (stack, _folder) = prepared.stack(Options::default()).await;
    let begun = Instant::now();
    let clients = (0..CLIENTS).map(|client| {
        let own: Vec<String> = bill.iter().skip(client).step_by(CLIENTS).cloned().collect();
        let url = stack.url().to_owned();
        tokio::spawn(async move { invoke(&url, own).await })
    });
    for client in clients.collect::<Vec<_>>() {
        client.await.expect("a client");
    }
    let seconds = begun.elapsed().as_secs_f64();
    let letters = reqwest::get(format!("{}/_local/dead-letters", stack.url())).await.expect("an answer");
    assert_eq!(letters.text().await.expect("a body"), "[]", "lines that were refused");
    stack.stop().await;
    seconds
}

/// Delivers messages as the queue does: what the function could not take in, because the store was slow, comes again.
async fn invoke(url: &str, messages: Vec<String>) {
    let http = reqwest::Client::new();
    for message in messages {
        let mut deliveries = 0;
        loop {
            let call = http.post(format!("{url}/_local/functions/intake/invocations")).body(message.clone());
            let answer: Value = call.send().await.expect("an answer").json().await.expect("JSON");
            if answer["batchItemFailures"] == json!([]) {
                break;
            }
            deliveries += 1;
            assert!(deliveries < DELIVERIES, "{answer}");
        }
    }
}

/// How many seconds so many charges take, each in a request of its own.
async fn charge(prepared: &Prepared, root: &str, accounts: &[String], charges: usize) -> f64 {
    let (stack, _folder) = prepared.stack(Options::default()).await;
    let finance = Sender::token(&stack, &format!("{root}:finance"));
    let begun = Instant::now();
    let clients = (0..CLIENTS).map(|client| {
        // Each for accounts of its own, as the provider would who wants no conflicts.
        let own: Vec<String> = accounts.iter().skip(client).step_by(CLIENTS).cloned().collect();
        let (sender, finance) = (Sender::to(&stack), finance.clone());
        tokio::spawn(async move {
            for number in 0..charges / CLIENTS {
                let account = &own[number % own.len()];
                sender.post(&finance, &format!("{account}/charges"), &line_alone(account, number)).await;
            }
        })
    });
    for client in clients.collect::<Vec<_>>() {
        client.await.expect("a client");
    }
    let seconds = begun.elapsed().as_secs_f64();
    stack.stop().await;
    seconds
}

/// What the store counts for each line of some events, and for each of some charges.
async fn units_of(prepared: &Prepared, bill: &[String], root: &str, accounts: &[String]) -> [f64; 2] {
    let (store, _folder) = prepared.stack(Options { streams: false, ..Options::default() }).await;
    let wire = Wire::before(store.store_url()).await;
    let behind = wire.options();
    let stack: Stack = stacks::start(behind).await;
    let events: Vec<String> = bill.iter().take(4).cloned().collect();
    let lines = events.len() * EVENT_LINES;
    invoke(stack.url(), events).await;
    let units = || wire.take().iter().map(|call| call.write_units).sum::<u64>() as f64;
    let of_events = units();
    let (sender, finance) = (Sender::to(&stack), Sender::token(&stack, &format!("{root}:finance")));
    // The last accounts: those events were of the first ones.
    for account in accounts.iter().rev().take(CLIENTS) {
        sender.post(&finance, &format!("{account}/charges"), &line_alone(account, 0)).await;
    }
    let of_charges = units();
    stack.stop().await;
    store.stop().await;
    [of_events / lines as f64, of_charges / CLIENTS as f64]
}
