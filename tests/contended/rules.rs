//! The store itself: how long it takes, what it refuses, and that a seed says all of it.

use std::sync::Arc;
use std::time::Duration;

use fastrand::Rng;
use serde_json::{Value, json};
use tests::contended::latency::{Quantiles, READ, WRITE, transaction};
use tests::contended::market::{Market, PLENTY};
use tests::contended::{Answer, Contended, Counts, Line, naive};
use tests::in_process::declared::table;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::in_virtual_time;

#[test]
fn times_have_the_published_quantiles() {
    let mut random = Rng::with_seed(1);
    for wanted in [READ, WRITE, transaction(5), transaction(25)] {
        let mut times: Vec<f64> = (0..40_000).map(|_| wanted.draw(&mut random).as_secs_f64() * 1_000.0).collect();
        times.sort_by(f64::total_cmp);
        let is_near = |found: f64, wanted: f64| (found / wanted - 1.0).abs() < 0.05;
        assert!(is_near(times[20_000], wanted.p50), "{wanted:?}: {}", times[20_000]);
        assert!(is_near(times[39_600], wanted.p99), "{wanted:?}: {}", times[39_600]);
    }
    assert_eq!(transaction(5), Quantiles { p50: 25.3, p99: 92.5 });
    assert_eq!(transaction(25), Quantiles { p50: 32.1, p99: 97.5 });
    assert!(transaction(100).p50 > 50.0 && transaction(2).p50 < transaction(3).p50);
}

fn item(sort: &str) -> Value {
    json!({ "partition_key": { "S": "ONE" }, "sort_key": { "S": sort } })
}

fn put(sort: &str) -> Value {
    json!({ "TableName": table(), "Item": item(sort) })
}

fn creation(sorts: &[&str]) -> Value {
    let write = |sort: &&str| {
        let mut write = put(sort);
        write["ConditionExpression"] = json!("attribute_not_exists(partition_key)");
        json!({ "Put": write })
    };
    json!({ "TransactItems": sorts.iter().map(write).collect::<Vec<_>>() })
}

fn codes(answer: Answer) -> Vec<String> {
    let (status, body) = answer.expect_err("a refusal");
    let body: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(status, 400, "{body}");
    let reasons = body["CancellationReasons"].as_array().expect("reasons");
    reasons.iter().map(|reason| reason["Code"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn an_item_that_has_accepted_a_transaction_refuses_every_other_writer_and_no_reader() {
    in_virtual_time(async {
        let world = Contended::new(3);
        let [one, two, three, reader] = [1, 2, 3, 4].map(|caller| Line::new(&world, caller));
        let later = async |call: &str, line: &Line, body: Value| {
            // With this seed the first transaction has been accepted by then, and lasts some time yet.
            tokio::time::sleep(Duration::from_millis(30)).await;
            line.call(call, &body).await
        };
        let key = json!({ "TableName": table(), "Key": item("a") });
        let others: Vec<String> = (0..99).map(|number| format!("b{number}")).collect();
        let whole: Vec<&str> = std::iter::once("a").chain(others.iter().map(String::as_str)).collect();
        let whole = creation(&whole);
        let (first, second, single, read) = tokio::join!(
            one.call("TransactWriteItems", &whole),
            later("TransactWriteItems", &two, creation(&["z", "a"])),
            later("PutItem", &three, put("a")),
            later("GetItem", &reader, key.clone()),
        );
        assert!(first.is_ok(), "{first:?}");
        assert_eq!(codes(second), ["None", "TransactionConflict"]);
        let (_, refused) = single.expect_err("a refusal");
        assert!(refused.contains("TransactionConflictException"), "{refused}");
        assert_eq!(read.as_deref(), Ok("{}"), "not carried out before it is ended");
        assert!(two.call("GetItem", &key).await.unwrap().contains("ONE"));
        // Nothing of the second one has happened, and what it did accept is free again.
        assert_eq!(
            codes(two.call("TransactWriteItems", &creation(&["z", "a"])).await),
            ["None", "ConditionalCheckFailed"]
        );
        assert!(three.call("PutItem", &put("z")).await.is_ok());
    });
}

#[test]
fn an_item_takes_a_thousand_units_a_second() {
    in_virtual_time(async {
        let world = Contended::new(4);
        let mut writers = JoinSet::new();
        for caller in 0..1_200 {
            let line = Line::new(&world, caller);
            writers.spawn(async move { line.call("PutItem", &put(&caller.to_string())).await.is_ok() });
        }
        let taken = writers.join_all().await.into_iter().filter(|is_taken| *is_taken).count();
        // A few more come while they are under way.
        assert!((1_000..1_050).contains(&taken), "{taken}");
        tokio::time::sleep(Duration::from_secs(1)).await;
        let line = Line::new(&world, 5_000);
        assert!(line.call("PutItem", &put("later")).await.is_ok());
        world.take_counts();
        line.call("TransactWriteItems", &creation(&["new", "newer"])).await.unwrap();
        assert_eq!(world.take_counts().write_units, 4, "one to prepare and one to carry out, each");
    });
}

fn naive_rush(seed: u64) -> (Duration, Counts) {
    in_virtual_time(async {
        let market = Arc::new(Market::open(seed, PLENTY).await);
        let begun = Instant::now();
        let mut buyers = JoinSet::new();
        for caller in 0..6 {
            let market = Arc::clone(&market);
            buyers.spawn(async move {
                let line = Line::new(&market.world, caller);
                naive::buy(&line, &market.customer, 1, &format!("order-{caller}"), 100).await.is_ok()
            });
        }
        assert!(buyers.join_all().await.into_iter().all(|is_done| is_done));
        (begun.elapsed(), market.world.take_counts())
    })
}

#[test]
fn a_seed_says_what_happens() {
    let (first, again, other) = (naive_rush(7), naive_rush(7), naive_rush(8));
    assert_eq!(first, again);
    assert_ne!(first, other);
    assert!(first.1.conflicts > 0, "{first:?}");
}
