//! What a warm purchase costs the function's process, beside the same two calls sent by the bare SDK.

use local::{Options, Stack};
use serde_json::{Value, json};
use tests::wire::{StoreCall, Wire};

use super::binaries;
use super::function::Function;
use super::recorded::{Canned, Loop, Recording};
use super::stacks::{self, Prepared, Sender};
use super::table::{Row, Samples};
use super::{Effort, event, process};

/// Purchases in one round.
const PURCHASES: usize = 400;

const MICROSECOND: f64 = 1_000.0;

/// CPU a request, each round's.
#[derive(Default)]
struct Measured {
    /// The function alone, before a store that answers at once.
    alone: Samples,
    /// The function in the local stack, whose other processes share its caches.
    in_stack: Samples,
    /// The same two calls in a loop.
    sdk: Samples,
    /// The echo: what any function spends on Lambda's runtime.
    runtime: Samples,
    /// The same two calls from a function that does nothing else.
    least: Samples,
}

pub async fn rows(effort: Effort) -> Vec<Row> {
    let (prepared, customer) = Prepared::by(&json!({ "capacity": "900000000.00" }), async |program| {
        program.funded_line(["500000000.00", "400000000.00", "300000000.00"]).await.customer
    })
    .await;
    let (stack, _folder) = prepared.stack(Options { streams: false, ..Options::default() }).await;
    let calls = record(&stack, &customer).await;
    assert_eq!(calls.iter().map(|call| &*call.operation).collect::<Vec<_>>(), ["BatchGetItem", "TransactWriteItems"]);
    let read = String::from_utf8_lossy(&calls[0].answer).into_owned();
    let position = position(&read, &customer);
    let store = Canned::answering(&[("BatchGetItem", read), ("GetItem", position)]).await;
    let both = Recording::of(&[calls]).expect("a file");
    let recording = both.file(0).display().to_string();
    let environment = [("AWS_ENDPOINT_URL_DYNAMODB", store.url.clone()), ("BARE_CALLS", recording)];
    let (mut echo, _) = Function::start(&binaries::path("bare_echo"), &environment).await;
    let (mut least, _) = Function::start(&binaries::path("bare_calls"), &environment).await;
    let (mut purchasing, _) = Function::start(&binaries::path("purchasing"), &environment).await;
    let purchases = effort.of(PURCHASES);
    let buyer = Buyer::of(&stack, &customer);
    buyer.buy(purchases).await;

    let mut measured = Measured::default();
    for _ in 0..effort.rounds {
        measured.alone.add(used_by(&mut purchasing, &customer, purchases).await);
        let sent = Loop::ready(&both, 0, purchases, &store.url).await.run().await;
        measured.sdk.add(sent.cpu_ns / purchases as f64);
        measured.runtime.add(used_by(&mut echo, &customer, purchases).await);
        measured.least.add(used_by(&mut least, &customer, purchases).await);
        let before = used("purchasing");
        buyer.buy(purchases).await;
        measured.in_stack.add((used("purchasing") - before) / purchases as f64);
    }
    echo.stop().await;
    least.stop().await;
    purchasing.stop().await;
    stack.stop().await;
    show(&measured)
}

fn show(measured: &Measured) -> Vec<Row> {
    let Measured { alone, in_stack, sdk, runtime, least } = measured;
    let microseconds = |samples: &Samples| format!("{:.0} µs", samples.median() / MICROSECOND);
    let in_a_loop = format!("the same two calls in a loop {}", microseconds(sdk));
    let to_sdk = alone.over(sdk);
    let what = "warm purchase, CPU of the function";
    vec![
        Row::of("warm request of bare_echo, CPU", microseconds(runtime)).spread(runtime, MICROSECOND),
        Row::of("warm request of bare_calls, CPU", microseconds(least)).against(&in_a_loop).ratio(&least.over(sdk)),
        Row::of(what, microseconds(alone)).against(in_a_loop).ratio(&to_sdk).target("≤ 1.3", to_sdk.median() <= 1.3),
        Row::of(what, microseconds(alone))
            .against(format!("the same two calls by bare_calls {}", microseconds(least)))
            .ratio(&alone.over(least)),
        // Against nothing: the loop's store has recorded answers and the machine to itself, this one has not.
        Row::of(format!("{what}, in the local stack"), microseconds(in_stack)),
    ]
}

/// How the store would answer who asks for the account's position alone, as a function does that has not met it.
fn position(read: &str, account: &str) -> String {
    let answer: Value = serde_json::from_str(read).expect("JSON");
    let tables = answer["Responses"].as_object().expect("tables");
    let mut items = tables.values().flat_map(|items| items.as_array().into_iter().flatten());
    let item = items.find(|item| item["partition_key"]["S"] == format!("ACCOUNT#{account}")).expect("the position");
    json!({ "Item": item }).to_string()
}

/// What one answer costs a function that is asked without a gateway.
async fn used_by(function: &mut Function, account: &str, requests: usize) -> f64 {
    let events: Vec<String> = (0..requests).map(|_| event::purchase(account)).collect();
    let before = process::cpu_ns(function.process());
    for event in &events {
        let (_, answer) = function.invoke(event).await;
        event::expect_created(&answer);
    }
    (process::cpu_ns(function.process()) - before) / requests as f64
}

/// The calls of a purchase for an account that the function has met.
async fn record(store: &Stack, account: &str) -> Vec<StoreCall> {
    let wire = Wire::before(store.store_url()).await;
    let behind = wire.options();
    let stack = stacks::start(behind).await;
    let buyer = Buyer::of(&stack, account);
    buyer.buy(1).await;
    let _first_sight = wire.take();
    buyer.buy(1).await;
    let calls = wire.take();
    stack.stop().await;
    calls
}

/// Somebody who buys one thing after the other.
struct Buyer {
    sender: Sender,
    token: reqwest::header::HeaderValue,
    path: String,
}

impl Buyer {
    fn of(stack: &Stack, account: &str) -> Buyer {
        let token = Sender::token(stack, &format!("{account}:finance"));
        Buyer { sender: Sender::to(stack), token, path: format!("{account}/purchases") }
    }

    async fn buy(&self, times: usize) {
        let order =
            json!({ "list_amount": "1.00", "product": "Virtual machine, 1 month", "reference": "PO-2026-000123" });
        for _ in 0..times {
            self.sender.post(&self.token, &self.path, &order).await;
        }
    }
}

fn used(function: &str) -> f64 {
    process::children(function).into_iter().map(process::cpu_ns).sum()
}
