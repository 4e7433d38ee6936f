//! Relay tells one purchase, by which an account uses up its quota: three events, one after the other as they are of one
//! account, and at the same time the roll-up.

use local::Stack;
use serde_json::Value;
use tests::program::text;

use super::{Crash, Point, Row, calls_during};
use crate::rollups;
use crate::world::{DEPLETION, Partner, World, check_order, first_occurrences, is_once};

const PUBLISH: &str = "PutEvents";

async fn deplete(world: &World, customer: &Partner) {
    world.program.purchase(&customer.id, "100.00").await.expect(201);
}

/// An account with quota about which relay has nothing left to do.
async fn ready(world: &World) -> Partner {
    let customer = world.customer("100.00").await;
    world.relayed(&customer).await;
    customer
}

pub async fn points(stack: &'static Stack) -> Vec<Row> {
    let world = World::of_customers(stack).await;
    let customer = ready(&world).await;
    let calls = calls_during(stack, "relay", async {
        deplete(&world, &customer).await;
        world.told(&customer, &DEPLETION).await;
        world.relayed(&customer).await;
    })
    .await;
    let (mut rows, mut tried) = (Vec::new(), Vec::new());
    for point in Point::all("relay", calls) {
        let customer = ready(&world).await;
        let crash = point.crash(stack, deplete(&world, &customer)).await;
        let copies = check(&world, &customer, &crash).await;
        rows.push(crash.with(format!("events {copies:?}, mails [1, 1], inboxes [1, 1]")));
        tried.push((customer, copies));
    }
    for (customer, copies) in &tried {
        let told = world.check_told(customer).await;
        assert!(told.iter().all(is_once), "{told:?}");
        assert_eq!(self::copies(&world.deliveries(customer).await), *copies);
    }
    rollups::check(&world, world.parent()).await;
    world.check_nothing_died().await;
    rows
}

/// Checks what everybody has heard; answers how often each of the three events was told.
async fn check(world: &World, customer: &Partner, crash: &Crash) -> Vec<usize> {
    world.all_told(customer).await;
    let events = world.deliveries(customer).await;
    check_order(&events);
    let copies = copies(&events);
    let twice = copies.iter().take_while(|count| **count == 2).count();
    let is_prefix = copies.iter().skip(twice).all(|count| *count == 1);
    assert!(copies.len() == DEPLETION.len() && is_prefix, "{copies:?} of {events:#?}");
    if crash.operation() == PUBLISH {
        // Nothing is known of what the dead process had told, so it is told again.
        assert_eq!(twice, crash.carried_out(PUBLISH), "{copies:?}");
    }
    let told = world.check_told(customer).await;
    assert!(told.len() == 1 && told.iter().all(is_once), "{told:?}");
    copies
}

/// How often each event of the purchase was told, in the order in which they were first.
fn copies(events: &[Value]) -> Vec<usize> {
    let is_of_purchase = |event: &&&Value| DEPLETION.iter().any(|name| event["detail-type"] == **name);
    let count = |first: &Value| {
        let id = text(&first["detail"], "id");
        events.iter().filter(|event| event["detail"]["id"] == *id).count()
    };
    first_occurrences(events).iter().filter(is_of_purchase).map(|first| count(first)).collect()
}
