//! Orders that stand in line: all are posted, each once, whatever becomes of whoever leads.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::{Value, json};
use tests::contended::Line;
use tests::contended::market::{Market, PLENTY};
use tests::contended::wire::Passage;
use tests::in_process::gateway::Told;
use tokio::task::JoinSet;

use crate::in_virtual_time;

/// How many buy at the same time.
const CLIENTS: u64 = 64;

/// What each order costs the customer.
const COST: &str = "0.95";

/// More writes than a purchase that is posted by itself has.
const ALONE: usize = 4;

/// Asks until it is known what became of the order. An instance that was killed is not asked again.
async fn insist(market: &Market, line: Line, key: &str) -> Told {
    let body = json!({ "list_amount": "1.00", "product": "Virtual machine" });
    let asked = market.order("purchases", key, body);
    let mut told = market.instance(&line).ask(&asked).await;
    let mut caller = 10_000;
    while told.status >= 500 || told.body["code"] == "contention" {
        caller += 1;
        assert!(caller < 10_040, "no outcome: {told:?}");
        told = market.instance(&Line::new(&market.world, caller)).ask(&asked).await;
    }
    told
}

/// Each client sends `copies` of each of its orders at the same time. Answers with what is told of each copy.
async fn rush(
    market: &Arc<Market>,
    orders: u64,
    copies: u64,
    line: impl Fn(u64) -> Line + Clone + Send + 'static,
) -> Vec<(String, Told)> {
    let mut clients = JoinSet::new();
    for client in 0..CLIENTS {
        for copy in 0..copies {
            let (market, line) = (Arc::clone(market), line(client + 100 * copy));
            clients.spawn(async move {
                let mut told = Vec::new();
                for order in 0..orders {
                    let key = format!("order-{client}-{order}");
                    told.push((key.clone(), insist(&market, line.clone(), &key).await));
                }
                told
            });
        }
    }
    clients.join_all().await.into_iter().flatten().collect()
}

fn of_kind<'a>(items: &'a [Value], kind: &str) -> Vec<&'a Value> {
    items.iter().filter(|item| item["item"] == *kind).collect()
}

/// That so many orders were posted, each with its entry, its purchase and its record, and that nobody waits any more.
fn check(market: &Market, posted: usize) {
    let items = market.world.items();
    let of_customer = |kind: &str| -> Vec<&Value> {
        of_kind(&items, kind).into_iter().filter(|item| item["account_id"] == *market.customer).collect()
    };
    assert_eq!(of_customer("purchase").len(), posted);
    // The first entry is the allocation.
    let entries = of_customer("entry");
    let numbers: BTreeSet<usize> =
        entries.iter().map(|entry| entry["seq"].as_str().unwrap().parse().unwrap()).collect();
    assert_eq!(numbers, (1..=posted + 1).collect::<BTreeSet<_>>());
    assert_eq!(entries.len(), posted + 1);
    let position = of_customer("position")[0];
    assert_eq!(position["seq"], (posted + 1).to_string());
    let last = entries.iter().find(|entry| entry["seq"] == position["seq"]).unwrap();
    for figure in ["available", "used", "granted"] {
        assert_eq!(last["after"][figure], position[figure]);
    }
    let purchases = of_kind(&items, "idempotency record").into_iter().filter(|record| record["kind"] == "purchase");
    assert_eq!(purchases.count(), posted);
    assert_eq!(of_kind(&items, "waiting order"), Vec::<&Value>::new());
}

fn postings(told: &[(String, Told)]) -> BTreeSet<String> {
    told.iter().map(|(_, told)| told.body["posting_id"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn sixty_four_clients_all_commit_and_each_order_once() {
    in_virtual_time(async {
        let market = Arc::new(Market::open(11, PLENTY).await);
        let world = Arc::clone(&market.world);
        let told = rush(&market, 2, 1, move |caller| Line::new(&world, caller)).await;
        assert!(told.iter().all(|(_, told)| told.status == 201 && !told.is_replayed), "{told:#?}");
        assert_eq!(postings(&told).len(), 128);
        let counts = market.world.take_counts();
        assert!(counts.calls["PutItem"] > 64, "few stand in line: {counts:?}");
        check(&market, 128);
    });
}

#[test]
fn whoever_is_asked_twice_at_the_same_time_posts_once() {
    in_virtual_time(async {
        let market = Arc::new(Market::open(12, PLENTY).await);
        let world = Arc::clone(&market.world);
        let told = rush(&market, 1, 2, move |caller| Line::new(&world, caller)).await;
        assert!(told.iter().all(|(_, told)| told.status == 201), "{told:#?}");
        assert_eq!(postings(&told).len(), 64);
        let replayed = told.iter().filter(|(_, told)| told.is_replayed).count();
        assert_eq!(replayed, 64, "of two answers one is the first");
        check(&market, 64);
    });
}

/// Kills the first one that leads, before or after its transaction.
fn killer(market: &Market, passage: Passage) -> impl Fn(u64) -> Line + Clone + Send + 'static {
    let (world, has_killed) = (Arc::clone(&market.world), Arc::new(AtomicBool::new(false)));
    move |caller| {
        let (has_killed, is_dead) = (Arc::clone(&has_killed), AtomicBool::new(false));
        Line::gated(&world, caller, move |operation, request| {
            if is_dead.load(Ordering::Relaxed) {
                return Passage::Never;
            }
            let writes = request["TransactItems"].as_array().map_or(0, Vec::len);
            if operation != "TransactWriteItems" || writes <= ALONE || has_killed.swap(true, Ordering::Relaxed) {
                return Passage::Through;
            }
            is_dead.store(true, Ordering::Relaxed);
            passage
        })
    }
}

#[test]
fn orders_do_not_wait_for_a_leader_that_died() {
    for passage in [Passage::Never, Passage::NoAnswer] {
        in_virtual_time(async {
            let market = Arc::new(Market::open(13, PLENTY).await);
            let told = rush(&market, 1, 1, killer(&market, passage)).await;
            assert!(told.iter().all(|(_, told)| told.status == 201), "{told:#?}");
            assert_eq!(postings(&told).len(), 64);
            let replayed = told.iter().filter(|(_, told)| told.is_replayed).count();
            assert_eq!(replayed, 1, "the one whose function died asked again");
            check(&market, 64);
        });
    }
}

#[test]
fn what_quota_covers_is_posted_and_the_rest_hears_why_not() {
    in_virtual_time(async {
        // Enough for thirty.
        let market = Arc::new(Market::open(14, "29.00").await);
        let world = Arc::clone(&market.world);
        let told = rush(&market, 1, 1, move |caller| Line::new(&world, caller)).await;
        let (posted, refused): (Vec<_>, Vec<_>) = told.iter().partition(|(_, told)| told.status == 201);
        assert_eq!(posted.len(), 30);
        for (_, told) in refused {
            let figures = ["code", "available", "requested", "shortfall"].map(|name| told.body[name].as_str().unwrap());
            assert_eq!((told.status, figures), (409, ["insufficient_quota", "0.50", COST, "0.45"]));
        }
        check(&market, 30);
    });
}
