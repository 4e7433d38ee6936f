//! Work of all kinds at once, by callers who insist.

use serde_json::{Value, json};
use tests::client::insist;
use tests::desk::{payment, usage};
use tests::program::{new_key, text};
use tests::watch::until;
use tests::{Answer, Desk, Program, company};
use tokio::task::JoinSet;

use crate::world::{Partner, World};

/// What each account has at first.
pub const QUOTA: &str = "100.00";

/// How many lines a bill has for each account.
const LINES: usize = 40;

/// Posts by an account's admin, with one key however often.
async fn post(program: &Program, actor: &str, path: String, body: Value) -> Answer {
    insist(program.member(actor, "admin").post(path).key(new_key()).json(body)).await
}

async fn buy(program: &Program, account: &str, list_amount: &str) -> Answer {
    let body = json!({ "list_amount": list_amount, "product": "Virtual machine" });
    post(program, account, format!("/v1/accounts/{account}/purchases"), body).await
}

/// Puts an event of another system on the bus.
pub async fn put_event(program: &Program, source: &str, detail_type: &str, data: Value) {
    let detail = json!({ "version": "1", "id": new_key(), "program_id": program.id, "data": data });
    let event = json!({ "source": source, "detail-type": detail_type, "detail": detail });
    program.client().anonymous().post("/_local/events").json(event).await.expect(202);
}

/// Has an account pay its parent.
pub async fn pay(program: &Program, account: &str, amount: &str) {
    let data = company::with(&payment(amount, &new_key()), &json!({ "account_id": account }));
    put_event(program, "finance", "PaymentReceived", data).await;
}

/// A line of a bill.
pub fn line(account: &str, list_amount: &str) -> Value {
    company::with(&usage(list_amount, &new_key()), &json!({ "account_id": account }))
}

/// Everything that one account does: it runs low, is refused more than it has, is given more, uses that up and pays.
async fn live(world: &'static World, account: String) {
    let program = &world.program;
    for _ in 0..3 {
        buy(program, &account, "30.00").await.expect(201);
    }
    buy(program, &account, "15.00").await.refused(409, "insufficient_quota");
    let path = format!("/v1/accounts/{account}/allocations");
    post(program, world.parent(), path, json!({ "amount": "60.00" })).await.expect(201);
    buy(program, &account, "50.00").await.expect(201);
    pay(program, &account, "25.00").await;
}

/// Does everything at once: orders, quota, bills and payments of these accounts, each of which has [`QUOTA`].
pub async fn run(world: &'static World, accounts: &[Partner]) {
    let mut lives = JoinSet::new();
    for account in accounts {
        lives.spawn(live(world, account.id.clone()));
    }
    while let Some(ended) = lives.join_next().await {
        ended.unwrap();
    }
    let lines: Vec<Value> = (0..LINES).flat_map(|_| accounts).map(|account| line(&account.id, "0.50")).collect();
    put_event(&world.program, "cloud-console", "UsageRecorded", json!({ "lines": lines })).await;
}

/// Waits until everything that was accepted in [`run`] has been posted, and checks that it was so once.
pub async fn check_posted(world: &World, account: &Partner) {
    let desk = Desk(&world.program);
    let figures = json!({
        "granted": "160.00", "used": "135.00", "available": "25.00", "paid": "25.00", "upstream": ["135.00", "135.00"],
    });
    until(async || {
        let shown = desk.figures(&account.id).await;
        let is_all = [("used", "135.00"), ("paid", "25.00")].iter().all(|(name, figure)| shown[*name] == **figure);
        if is_all { Ok(()) } else { Err(format!("{shown:#}")) }
    })
    .await;
    desk.check(&account.id, figures).await;
    let entries = world.program.entries(&account.id).await;
    let references: Vec<String> = entries.iter().map(|entry| text(entry, "kind")).collect();
    // An allocation more than at first, four orders, a bill of forty lines in one entry or more, and a payment.
    let count = |kind: &str| references.iter().filter(|known| *known == kind).count();
    assert_eq!([count("allocation"), count("purchase"), count("settlement")], [2, 4, 1], "{references:?}");
}
