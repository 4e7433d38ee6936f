//! Intake takes in a bill of three lines for two accounts, and then a payment.

use local::Stack;
use serde_json::{Value, json};
use tests::program::text;
use tests::watch::until;
use tests::{Desk, company};

use super::{Point, Row, calls_during};
use crate::traffic::{line, pay, put_event};
use crate::world::{Partner, World};

/// The account with two lines of a bill, and the one with one.
struct Billed {
    two: Partner,
    one: Partner,
}

impl Billed {
    async fn new(world: &World) -> Billed {
        Billed { two: world.customer("100.00").await, one: world.customer("100.00").await }
    }

    async fn send(&self, world: &World) {
        let lines = [line(&self.two.id, "1.00"), line(&self.one.id, "4.00"), line(&self.two.id, "2.00")];
        put_event(&world.program, "cloud-console", "UsageRecorded", json!({ "lines": lines })).await;
    }

    /// Waits until each line counts, and checks that it does so once.
    async fn check(&self, world: &World) -> String {
        let mut shown = Vec::new();
        for (account, used, available) in [(&self.two, "3.00", "97.00"), (&self.one, "4.00", "96.00")] {
            let figures = json!({ "used": used, "available": available, "upstream": [used, used] });
            shown.push(check(world, account, figures, &["charge", "allocation"]).await);
        }
        format!("used {}, one entry each", shown.join(" and "))
    }
}

/// An account that has something to pay, of which intake knows nothing yet.
async fn debtor(world: &World) -> Partner {
    let debtor = world.customer("100.00").await;
    world.program.purchase(&debtor.id, "3.00").await.expect(201);
    debtor
}

/// Waits until a payment of 0.50 counts, and checks that it does so once.
async fn check_paid(world: &World, debtor: &Partner) -> String {
    let figures = json!({ "used": "2.50", "paid": "0.50", "available": "97.50", "upstream": ["2.50", "2.50"] });
    let used = check(world, debtor, figures, &["settlement", "purchase", "allocation"]).await;
    format!("paid 0.50, used {used}, one entry")
}

/// Waits until an account has used what it should, and checks all else; answers with what it has used.
async fn check(world: &World, account: &Partner, expected: Value, kinds: &[&str]) -> String {
    until(async || {
        let position: Value = world.program.position(&account.id).await;
        if position["used"] == expected["used"] { Ok(()) } else { Err(format!("{position:#}")) }
    })
    .await;
    let used = text(&expected, "used");
    Desk(&world.program).check(&account.id, company::with(&json!({ "granted": "100.00" }), &expected)).await;
    let entries = world.program.entries(&account.id).await;
    let known: Vec<String> = entries.iter().map(|entry| text(entry, "kind")).collect();
    assert_eq!(known, kinds, "entries of {}", account.id);
    used
}

pub async fn points(stack: &'static Stack) -> Vec<Row> {
    let world = World::of_customers(stack).await;
    let mut rows = of_bills(&world).await;
    rows.extend(of_payments(&world).await);
    world.check_nothing_died().await;
    rows
}

async fn of_bills(world: &World) -> Vec<Row> {
    let billed = Billed::new(world).await;
    let calls = calls_during(world.stack(), "intake", async {
        billed.send(world).await;
        billed.check(world).await;
    });
    let calls = calls.await;
    let (mut rows, mut tried) = (Vec::new(), Vec::new());
    for point in Point::all("intake", calls) {
        let billed = Billed::new(world).await;
        let crash = point.crash(world.stack(), billed.send(world)).await;
        rows.push(crash.with(format!("bill: {}", billed.check(world).await)));
        tried.push(billed);
    }
    for billed in tried {
        billed.check(world).await;
    }
    rows
}

async fn of_payments(world: &World) -> Vec<Row> {
    let payer = debtor(world).await;
    let calls = calls_during(world.stack(), "intake", async {
        pay(&world.program, &payer.id, "0.50").await;
        check_paid(world, &payer).await;
    });
    let calls = calls.await;
    let (mut rows, mut tried) = (Vec::new(), Vec::new());
    for point in Point::all("intake", calls) {
        let payer = debtor(world).await;
        let crash = point.crash(world.stack(), pay(&world.program, &payer.id, "0.50")).await;
        rows.push(crash.with(format!("payment: {}", check_paid(world, &payer).await)));
        tried.push(payer);
    }
    for payer in tried {
        check_paid(world, &payer).await;
    }
    rows
}
