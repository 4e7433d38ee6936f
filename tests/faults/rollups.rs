//! What is kept per parent is what its children come to.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use tests::program::{items, text};
use tests::store;
use tests::watch::until;

use crate::world::World;

/// The figures that are summed up.
const FIGURES: [&str; 7] = ["granted", "allocated", "held", "used", "available", "paid", "collected"];

/// In the smallest unit that an amount may have, so that sums are exact.
fn units(amount: &Value) -> i128 {
    let amount = amount.as_str().unwrap_or("0");
    let (whole, fraction) = amount.split_once('.').unwrap_or((amount, ""));
    assert!(fraction.len() <= 12, "{amount}");
    format!("{whole}{fraction:0<12}").parse().unwrap_or_else(|_| panic!("no amount: {amount}"))
}

/// Waits until what is kept for a parent is the sum of its children's positions, and each child has one place.
pub async fn check(world: &World, parent: &str) {
    let viewer = world.program.member(&world.program.root, "viewer");
    let page = viewer.get(format!("/v1/accounts/{parent}/children?limit=200")).await.expect(200);
    assert_eq!(page["next_cursor"], Value::Null, "more than a page");
    let children = items(&page);
    let sum = |name: &str| children.iter().map(|child| units(&child["position"][name])).sum::<i128>();
    let expected = (FIGURES.map(sum), children.len(), children.iter().map(|child| text(child, "id")).collect());
    until(async || {
        let stored = stored(world, parent).await;
        if stored == expected { Ok(()) } else { Err(format!("{stored:#?}\nin place of\n{expected:#?}")) }
    })
    .await;
}

/// The sums, how many children are active, and who has a place.
async fn stored(world: &World, parent: &str) -> ([i128; FIGURES.len()], usize, BTreeSet<String>) {
    let rollup = store::partition(world.stack(), &format!("ROLLUP#{parent}")).await;
    let totals = rollup.into_iter().find(|item| item["sort_key"] == "TOTALS").unwrap_or_else(|| json!({}));
    let active = totals["active"].as_str().and_then(|count| count.parse().ok()).unwrap_or(0);
    let places = store::partition(world.stack(), &format!("NEAREST#{parent}")).await;
    let mut placed = BTreeSet::new();
    for place in &places {
        assert!(placed.insert(text(place, "account_id")), "two places: {places:#?}");
    }
    (FIGURES.map(|name| units(&totals[name])), active, placed)
}
