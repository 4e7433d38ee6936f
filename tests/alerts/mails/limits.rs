//! How many mails an address gets, and that nobody uses up those of others.

use std::collections::BTreeSet;

use domain::Timestamp;
use local::{Options, Stack};
use serde_json::{Value, json};
use tests::program::{items, text};
use tests::watch::until;
use tests::{Desk, Program, store};

use super::reached_at;
use crate::listener::{Listener, at_list_price};

/// How many alerts about one account an address is mailed in an hour.
const MOST: usize = 100;

/// Each uses up an account's quota and gives it back, which are two alerts: one of them beyond the limit.
const ROUNDS: usize = MOST / 2 + 1;

/// In seconds.
const HOUR: i64 = 3_600;

/// Seconds after the beginning of an hour at which the test goes to work, so that no other hour begins meanwhile.
const EARLY: i64 = 60;

/// A stack whose clock nobody else moves, a little after the beginning of an hour.
async fn program() -> Program {
    let stack: &'static Stack = Box::leak(Box::new(tests::stack::start(Options::default()).await));
    let program = Program::on(stack, &at_list_price()).await;
    let now = Timestamp::parse(&text(&program.position(&program.root).await, "as_of")).unwrap();
    let seconds = HOUR - now.unix_ms().div_euclid(1_000).rem_euclid(HOUR) + EARLY;
    program.client().anonymous().post("/_local/clock").json(json!({ "advance_seconds": seconds })).await.expect(200);
    program
}

#[tokio::test]
async fn an_account_that_keeps_running_out_does_not_silence_another() {
    let program = program().await;
    let desk = Desk(&program);
    let root = program.root.clone();
    let parent = program.onboard_company(&root, &reached_at(&program, "parent@company.example", "en")).await;
    program.allocate(&program.root, &parent, "1000.00").await.expect(201);
    let mut children = Vec::new();
    for email in ["noisy@company.example", "quiet@company.example"] {
        let child = program.onboard_company(&parent, &reached_at(&program, email, "en")).await;
        program.allocate(&parent, &child, "100.00").await.expect(201);
        children.push(child);
    }
    let [noisy, quiet] = children.as_slice() else { panic!("two children") };
    let mut heard = Listener::new(&program, noisy).await;
    for round in 0..ROUNDS {
        desk.charge(noisy, "100.00", &format!("use-{round}")).await.expect(201);
        desk.charge(noisy, "-100.00", &format!("credit-{round}")).await.expect(201);
    }
    desk.charge(quiet, "100.00", "use").await.expect(201);

    let mailed = |event: &Value| event["detail"]["data"]["notify"].as_bool().unwrap();
    let alerts: Vec<Value> = heard.events().await.into_iter().filter(mailed).collect();
    assert_eq!(alerts.len(), 2 * ROUNDS);
    let mut outcomes = Vec::new();
    for alert in &alerts {
        outcomes.extend(both_mails(&program, &text(&alert["detail"], "id")).await);
    }
    let count = |status: &str| outcomes.iter().filter(|outcome| *outcome == status).count();
    assert_eq!((count("sent"), count("refused")), (2 * MOST, 2 * (alerts.len() - MOST)), "to two addresses");

    let mails = program.mails_about(noisy).await;
    for reader in [noisy, &parent] {
        let own: Vec<_> = mails.iter().filter(|mail| mail.reader == *reader).collect();
        let last = own.iter().filter(|mail| mail.text.contains("This is the last of these mails")).count();
        assert_eq!((own.len(), last), (MOST, 1), "to {reader}");
        let inbox =
            program.member(reader, "viewer").get(format!("/v1/accounts/{reader}/notifications?limit=200")).await;
        assert_eq!(
            items(&inbox.expect(200)).iter().filter(|told| told["about_account_id"] == **noisy).count(),
            alerts.len()
        );
    }
    until(async || {
        let mails = program.mails_about(quiet).await;
        let readers: BTreeSet<&str> = mails.iter().map(|mail| &*mail.reader).collect();
        if readers == BTreeSet::from([&**quiet, &*parent]) { Ok(()) } else { Err(format!("mailed only {readers:?}")) }
    })
    .await;
}

/// What became of the two mails of an event.
async fn both_mails(program: &Program, event: &str) -> Vec<String> {
    until(async || {
        let mails = store::partition(program.stack(), &format!("MAILS#{event}")).await;
        let outcomes: Vec<String> = mails.iter().map(|mail| text(mail, "status")).collect();
        let are_done = outcomes.len() == 2 && outcomes.iter().all(|outcome| ["sent", "refused"].contains(&&**outcome));
        if are_done { Ok(outcomes) } else { Err(format!("{event}: {outcomes:?}")) }
    })
    .await
}
