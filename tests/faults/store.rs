//! A store that fails, alone and with everything else.

use fastrand::Rng;

use crate::inject::{Fault, end_faults, seed, skip_claims};
use crate::world::{Partner, World, check_order, own_stack};
use crate::{rollups, traffic};

/// How many accounts are at work at the same time.
const ACCOUNTS: usize = 5;

/// The most copies of a mail that a recipient gets: one, and one more where nothing is known of the first. The store may
/// fail just when it is to be written down that a mail was sent.
const MOST_COPIES: usize = 2;

/// Has accounts work under faults, and checks afterwards that everything is as it must be.
async fn work_under(world: &'static World, faults: &[Fault], seed: u64) {
    let accounts = world.customers(ACCOUNTS, traffic::QUOTA).await;
    for fault in faults {
        fault.begin(&world.program, seed).await;
    }
    traffic::run(world, &accounts).await;
    end_faults(&world.program).await;
    skip_claims(&world.program).await;
    for account in &accounts {
        traffic::check_posted(world, account).await;
        world.all_told(account).await;
        check_alerts(world, account).await;
    }
    for account in &world.above {
        let verification = world.program.read(account, "verification").await;
        assert_eq!(verification["consistent"], true, "{account}: {verification:#}");
        rollups::check(world, account).await;
    }
    world.check_nothing_died().await;
}

async fn check_alerts(world: &World, account: &Partner) {
    check_order(&world.deliveries(account).await);
    let told = world.check_told(account).await;
    let is_bounded = told.iter().flat_map(|copies| copies.values()).all(|count| (1..=MOST_COPIES).contains(count));
    assert!(is_bounded, "{told:?}");
    let repeated = told.iter().flat_map(|copies| copies.values()).filter(|count| **count > 1).count();
    println!("{} heard of {} events; mails that came twice: {repeated}", account.id, told.len());
}

/// A world of its own for one kind of fault after the other.
async fn world() -> &'static World {
    Box::leak(Box::new(World::of_customers(own_stack().await).await))
}

#[tokio::test]
async fn whatever_the_store_does_each_posting_counts_once_and_is_told_once() {
    let seed = seed();
    let under = async |kinds: &[(&'static str, f64)]| {
        let world = world().await;
        for (kind, rate) in kinds {
            work_under(world, &[Fault::new("dynamodb", kind, *rate)], seed).await;
        }
    };
    // Callers and functions spend most of the time waiting before they try again.
    tokio::join!(
        under(&[("throttle", 0.4), ("lost_response", 0.2)]),
        under(&[("error", 0.3), ("conflict", 0.5), ("delay", 0.4)]),
    );
}

#[tokio::test]
async fn everything_may_fail_at_once() {
    let world = world().await;
    let mut random = Rng::with_seed(seed());
    for _ in 0..2 {
        let kinds = ["throttle", "error", "conflict", "lost_response", "delay"];
        let faults = [("dynamodb", 0.2), ("ses", 0.3), ("events", 0.3)]
            .map(|(target, rate)| Fault::new(target, kinds[random.usize(..kinds.len())], rate));
        work_under(world, &faults, random.u64(..)).await;
    }
}
