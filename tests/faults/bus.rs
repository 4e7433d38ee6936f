//! An outage of the event bus.

use tests::watch::until;

use crate::inject::{Fault, end_faults, seed};
use crate::world::{Partner, World, check_order, first_occurrences, is_once, own_stack};

/// How many accounts buy during each outage.
const ACCOUNTS: usize = 3;

/// What each buys of its 100.00: the second order leaves less than a fifth, the last one nothing.
const ORDERS: [&str; 4] = ["30.00", "52.00", "3.00", "15.00"];

/// How many calls show that relay has met the outage: it has read policies, and been refused more than once.
const CALLS: u64 = 4;

async fn buy(world: &World, customers: &[Partner]) {
    for order in ORDERS {
        for customer in customers {
            world.program.purchase(&customer.id, order).await.expect(201);
        }
    }
}

/// Checks that each posting of a customer has its event and each crossing its alert.
async fn check_events(world: &World, customer: &Partner) {
    world.all_told(customer).await;
    let events = world.deliveries(customer).await;
    check_order(&events);
    let first = first_occurrences(&events);
    let mut entries = world.program.entries(&customer.id).await;
    entries.reverse();
    let posted: Vec<_> = entries.iter().map(|entry| entry["id"].clone()).collect();
    let is_posting = |event: &&&serde_json::Value| event["detail"]["data"]["posting_id"].is_string();
    let told: Vec<_> = first.iter().filter(is_posting).map(|event| event["detail"]["id"].clone()).collect();
    assert_eq!(told, posted, "of {}", customer.id);
    let alerts: Vec<_> = first.iter().filter(|event| event["detail"]["data"]["notify"].is_boolean()).collect();
    let types: Vec<&str> = alerts.iter().filter_map(|alert| alert["detail-type"].as_str()).collect();
    // The last order depletes, and passes the lower threshold on its way.
    assert_eq!(types, ["QuotaThresholdCrossed", "QuotaDepleted", "QuotaThresholdCrossed"], "{alerts:#?}");
}

#[tokio::test]
async fn every_event_survives_an_outage_of_the_bus_in_its_order() {
    let world = World::of_customers(own_stack().await).await;
    let seed = seed();
    for (kind, rate) in [("error", 1.0), ("throttle", 0.5), ("conflict", 0.5), ("lost_response", 0.7), ("delay", 0.5)] {
        let customers = world.customers(ACCOUNTS, "100.00").await;
        for customer in &customers {
            world.relayed(customer).await;
        }
        let before = (world.stack().calls_of("relay"), world.program.events_mentioning(&world.program.id).await.len());
        Fault::new("events", kind, rate).begin(&world.program, seed).await;
        buy(&world, &customers).await;
        until(async || {
            let calls = world.stack().calls_of("relay") - before.0;
            if calls >= CALLS { Ok(()) } else { Err(format!("{calls} calls")) }
        })
        .await;
        if kind == "error" {
            assert_eq!(
                world.program.events_mentioning(&world.program.id).await.len(),
                before.1,
                "nothing gets through"
            );
        }
        end_faults(&world.program).await;
        for customer in &customers {
            check_events(&world, customer).await;
            let told = world.check_told(customer).await;
            assert_eq!(told.len(), 2, "below a fifth, and depleted");
            assert!(told.iter().all(is_once), "after {kind}: {told:?}");
        }
    }
    world.check_nothing_died().await;
}
