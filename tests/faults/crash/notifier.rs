//! The notifier tells one event: into two inboxes, then to everybody's mailbox.

use local::{Moment, Stack};
use tests::moment::later;
use tests::program::text;

use super::{Crash, MOMENTS, Point, Row, calls_during};
use crate::inject::skip_claims;
use crate::world::{Copies, DEPLETION, Partner, World, is_once, notified};

const SEND: &str = "SendEmail";

/// What was so at the time of a crash.
struct Then {
    /// How many mails had been handed over.
    sent: usize,
    /// How many of them had been noted as sent.
    noted: usize,
}

async fn deplete(world: &World, customer: &Partner) {
    world.program.purchase(&customer.id, "100.00").await.expect(201);
}

async fn event_of(world: &World, customer: &Partner) -> String {
    let [event] = notified(&world.told(customer, &DEPLETION).await).try_into().unwrap();
    event
}

/// How many calls the notifier makes when nothing goes wrong.
async fn calls_without_a_crash(world: &World) -> usize {
    let customer = world.customer("100.00").await;
    let calls = calls_during(world.stack(), "notifier", async {
        deplete(world, &customer).await;
        event_of(world, &customer).await;
        let told = world.check_told(&customer).await;
        assert!(told.iter().all(is_once), "{told:?}");
    });
    calls.await
}

/// Tries every point of these moments; answers with how often everybody was mailed, and how much was done by the time of
/// each crash.
async fn try_all(world: &World, moments: &[Moment]) -> Vec<(Crash, Copies, Then)> {
    let calls = calls_without_a_crash(world).await;
    let (mut tried, mut accounts) = (Vec::new(), Vec::new());
    for point in Point::all("notifier", calls).filter(|point| moments.contains(&point.moment)) {
        let customer = world.customer("100.00").await;
        let crash = point.crash(world.stack(), deplete(world, &customer)).await;
        let crashed_at = later(&skip_claims(&world.program).await, -30);
        let event = event_of(world, &customer).await;
        let [copies] = world.check_told(&customer).await.try_into().unwrap();
        let then = Then::at(world, (&customer, &event), &crashed_at).await;
        accounts.push((customer, copies.clone()));
        tried.push((crash, copies, then));
    }
    for (customer, copies) in accounts {
        assert_eq!(world.check_told(&customer).await, [copies], "nothing more has come");
    }
    world.check_nothing_died().await;
    tried
}

impl Then {
    /// The clock was moved on after the crash: what is older than `moment` was there before.
    async fn at(world: &World, (customer, event): (&Partner, &str), moment: &str) -> Then {
        let mails = world.mails_of(customer, event).await;
        let items = world.mail_items(event).await;
        Then {
            sent: mails.iter().filter(|mail| *text(&mail.shown, "sent_at") < *moment).count(),
            noted: items.iter().filter(|item| *text(item, "settled_at") < *moment).count(),
        }
    }
}

fn row(crash: Crash, copies: &Copies, then: &Then) -> Row {
    let Then { sent, noted } = then;
    let counts: Vec<&usize> = copies.values().collect();
    crash.with(format!("handed over {sent}, noted {noted}; mails {counts:?}, inboxes [1, 1]"))
}

/// With one recipient each call is made when the one before has been answered, so it is known which calls are the ones
/// that may repeat a mail.
pub async fn points_of_one(stack: &'static Stack) -> Vec<Row> {
    let tried = try_all(&World::of_distributors(stack).await, &MOMENTS).await;
    let last = tried.len() / MOMENTS.len();
    let check = |(crash, copies, then): (Crash, Copies, Then)| {
        let is_handed_over = crash.carried_out(SEND) == 1;
        let is_noted = crash.point.call == last && crash.point.moment == Moment::After;
        let expected = if is_handed_over && !is_noted { 2 } else { 1 };
        let row = row(crash, &copies, &then);
        assert!(copies.len() == 1 && copies.values().all(|count| *count == expected), "{expected} mails: {row}");
        row
    };
    let rows: Vec<Row> = tried.into_iter().map(check).collect();
    assert!(rows.iter().any(|row| row.crash.operation() == SEND), "no mail was handed over");
    rows
}

/// With two recipients, who are mailed at the same time, exactly those are mailed twice whose mail was handed over and not
/// noted as sent.
pub async fn points_of_two(stack: &'static Stack, moment: Moment) -> Vec<Row> {
    let tried = try_all(&World::of_customers(stack).await, &[moment]).await;
    let check = |(crash, copies, then): (Crash, Copies, Then)| {
        let mails: usize = copies.values().sum();
        let row = row(crash, &copies, &then);
        assert!(copies.len() == 2 && copies.values().all(|count| *count <= 2), "{row}");
        assert_eq!(mails, 2 + then.sent - then.noted, "{row}");
        row
    };
    tried.into_iter().map(check).collect()
}
