//! An outage of mail.

use tests::watch::until;

use crate::inject::{Fault, end_faults, seed};
use crate::world::{DEPLETION, Partner, World, is_once, notified, own_stack};

/// How many accounts run out of quota during each outage.
const ACCOUNTS: usize = 3;

/// So many calls after the mails were claimed, some of them were those of a mail that was refused.
const CALLS: u64 = 8;

/// Has customers use up their quota; answers with each of them and the event that is to be mailed.
async fn deplete(world: &World, customers: Vec<Partner>) -> Vec<(Partner, String)> {
    let mut depleted = Vec::new();
    for customer in customers {
        world.program.purchase(&customer.id, "100.00").await.expect(201);
        let [event] = notified(&world.told(&customer, &DEPLETION).await).try_into().unwrap();
        depleted.push((customer, event));
    }
    depleted
}

/// Waits until the mails of an event have been handed over in vain for as long as one delivery of it lasts.
async fn given_up_for_now(world: &World, event: &str) {
    until(async || {
        let mails = world.mail_items(event).await;
        let is_in_vain = mails.len() == 2 && mails.iter().all(|mail| mail["status"] == "waiting");
        if is_in_vain { Ok(()) } else { Err(format!("{mails:#?}")) }
    })
    .await;
}

/// Waits until the notifier has claimed the mails of an event and goes on calling, which it does when it is refused.
async fn refused(world: &World, event: &str) {
    until(async || match world.mail_items(event).await.len() {
        2 => Ok(()),
        count => Err(format!("{count} mails")),
    })
    .await;
    let before = world.stack().calls_of("notifier");
    until(async || {
        let calls = world.stack().calls_of("notifier") - before;
        if calls >= CALLS { Ok(()) } else { Err(format!("{calls} calls")) }
    })
    .await;
}

#[tokio::test]
async fn an_alert_survives_an_outage_of_mail_and_arrives_once() {
    let world = World::of_customers(own_stack().await).await;
    let seed = seed();
    for kind in ["error", "throttle", "conflict"] {
        let customers = world.customers(ACCOUNTS, "100.00").await;
        Fault::new("ses", kind, 1.0).begin(&world.program, seed).await;
        let depleted = deplete(&world, customers).await;
        for (customer, event) in &depleted {
            match kind {
                "error" => given_up_for_now(&world, event).await,
                _ => refused(&world, event).await,
            }
            assert_eq!(world.mails_of(customer, event).await.len(), 0, "during {kind}");
            // Whoever looks into the inbox knows already.
            assert_eq!(world.notifications(&customer.id, customer).await, 1);
        }
        end_faults(&world.program).await;
        for (customer, _) in &depleted {
            let told = world.check_told(customer).await;
            assert!(told.iter().all(is_once), "after {kind}: {told:?}");
        }
    }
    world.check_nothing_died().await;
}

#[tokio::test]
async fn a_mail_whose_answer_is_lost_is_sent_at_most_once_more() {
    let world = World::of_customers(own_stack().await).await;
    let customers = world.customers(ACCOUNTS, "100.00").await;
    Fault::new("ses", "lost_response", 1.0).begin(&world.program, seed()).await;
    let depleted = deplete(&world, customers).await;
    for (_, event) in &depleted {
        given_up_for_now(&world, event).await;
    }
    end_faults(&world.program).await;
    for (customer, _) in &depleted {
        let told = world.check_told(customer).await;
        println!("{}: {told:?}", customer.id);
        assert!(told.iter().flat_map(|copies| copies.values()).all(|count| (1..=2).contains(count)), "{told:?}");
    }
    world.check_nothing_died().await;
}
