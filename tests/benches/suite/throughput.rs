//! Purchases a second of the whole stack, beside what its store can commit by itself.

use std::time::Instant;

use local::Options;
use reqwest::header::HeaderValue;
use serde_json::{Value, json};
use tests::wire::{StoreCall, Wire};

use super::Effort;
use super::fill::Filling;
use super::recorded::{Loop, Recording};
use super::stacks::{Prepared, Sender};
use super::table::{Row, Samples};

/// How many send at once, each for accounts of its own.
const CLIENTS: usize = 8;

/// The accounts that buy.
const ACCOUNTS: usize = 400;

/// What each of them buys in one round.
const PURCHASES: usize = 4;

/// Each takes a fresh store and several seconds: so many have to do.
const ROUNDS: usize = 5;

pub async fn rows(effort: Effort) -> Vec<Row> {
    let settings = json!({ "capacity": "900000000.00" });
    let (prepared, customer) = Prepared::by(&settings, async |program| {
        program.funded_line(["500000000.00", "400000000.00", "1000000.00"]).await.customer
    })
    .await;
    let accounts = Filling::of(&prepared.store()).copies(&customer, effort.of(ACCOUNTS).max(CLIENTS));
    let mut calls = record(&prepared, &accounts).await;
    let with_reads = Recording::of(&calls).expect("files");
    for client in &mut calls {
        client.retain(|call| call.operation == "TransactWriteItems");
    }
    let transactions = Recording::of(&calls).expect("files");

    let [mut whole, mut quiet, mut alone, mut reading] = [const { Vec::new() }; 4];
    for _ in 0..effort.rounds.min(ROUNDS) {
        whole.push(buy(&prepared, &accounts, true).await);
        alone.push(commit(&prepared, &transactions, accounts.len()).await);
        quiet.push(buy(&prepared, &accounts, false).await);
        reading.push(commit(&prepared, &with_reads, accounts.len()).await);
    }
    let [whole, quiet, alone, reading] = [whole, quiet, alone, reading].map(Samples::from_iter);
    let rate = |samples: &Samples| format!("{:.0}/s", samples.median());
    let ratio = whole.over(&alone);
    let store = format!("the same transactions sent to the store {}", rate(&alone));
    vec![
        Row::of(format!("purchases, {CLIENTS} clients, {} accounts", accounts.len()), rate(&whole))
            .against(&store)
            .ratio(&ratio)
            .target("≥ 0.75", ratio.median() >= 0.75),
        Row::of("the same without events and roll-ups", rate(&quiet)).against(store).ratio(&quiet.over(&alone)),
        Row::of("the same without events and roll-ups", rate(&quiet))
            .against(format!("one instance's reads and transactions sent to the store {}", rate(&reading)))
            .ratio(&quiet.over(&reading)),
    ]
}

fn order() -> Value {
    json!({ "list_amount": "1.00", "product": "Virtual machine, 1 month", "reference": "PO-2026-000123" })
}

/// What each client's purchases send to the store, in their order.
async fn record(prepared: &Prepared, accounts: &[String]) -> Vec<Vec<StoreCall>> {
    let (store, _folder) = prepared.stack(Options { streams: false, ..Options::default() }).await;
    let wire = Wire::before(store.store_url()).await;
    let behind = wire.options();
    let stack = super::stacks::start(behind).await;
    let _makes_the_table = wire.take();
    let sender = Sender::to(&stack);
    let mut calls: Vec<Vec<StoreCall>> = (0..CLIENTS).map(|_| Vec::new()).collect();
    for _ in 0..PURCHASES {
        for (number, account) in accounts.iter().enumerate() {
            let token = Sender::token(&stack, &format!("{account}:finance"));
            sender.post(&token, &format!("{account}/purchases"), &order()).await;
            calls[number % CLIENTS].extend(wire.take());
        }
    }
    stack.stop().await;
    store.stop().await;
    calls
}

/// Purchases a second through gateway and functions.
async fn buy(prepared: &Prepared, accounts: &[String], streams: bool) -> f64 {
    let (stack, _folder) = prepared.stack(Options { streams, ..Options::default() }).await;
    let token =
        |account: &String| (Sender::token(&stack, &format!("{account}:finance")), format!("{account}/purchases"));
    let buyers: Vec<(HeaderValue, String)> = accounts.iter().map(token).collect();
    let begun = Instant::now();
    let clients = (0..CLIENTS).map(|client| {
        let own: Vec<_> = buyers.iter().skip(client).step_by(CLIENTS).cloned().collect();
        let sender = Sender::to(&stack);
        tokio::spawn(async move {
            let order = order();
            for _ in 0..PURCHASES {
                for (token, path) in &own {
                    sender.post(token, path, &order).await;
                }
            }
        })
    });
    for client in clients.collect::<Vec<_>>() {
        client.await.expect("a client");
    }
    let rate = (accounts.len() * PURCHASES) as f64 / begun.elapsed().as_secs_f64();
    stack.stop().await;
    rate
}

/// Purchases a second by the same calls, from processes that do nothing else. The store is the stack's own, whose functions
/// have nothing to do.
async fn commit(prepared: &Prepared, recorded: &Recording, accounts: usize) -> f64 {
    let (stack, _folder) = prepared.stack(Options { streams: false, ..Options::default() }).await;
    let mut loops = Vec::with_capacity(CLIENTS);
    for client in 0..CLIENTS {
        loops.push(Loop::ready(recorded, client, 1, stack.store_url()).await);
    }
    let begun = Instant::now();
    let running: Vec<_> = loops.into_iter().map(|ready| tokio::spawn(ready.run())).collect();
    for sent in running {
        sent.await.expect("a client");
    }
    let rate = (accounts * PURCHASES) as f64 / begun.elapsed().as_secs_f64();
    stack.stop().await;
    rate
}
