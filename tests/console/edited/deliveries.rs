//! What comes by stream, queue, clock and user pool.

use std::fmt::Write as _;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tests::moment::later;
use tests::program::{items, text};
use tests::{Desk, Line, Program, store};

use super::{about, position, with_history};
use crate::file::{ADDRESS, PROGRAM, TIME, event, failures};

/// An address that no other test uses.
fn address(program: &Program) -> String {
    format!("kim@{}.example", program.id.to_lowercase().replace('_', "-"))
}

async fn company_with(program: &Program, email: &str) -> String {
    let mut company = program.company();
    company["contact"]["email"] = json!(email);
    program.onboard_company(&program.root, &company).await
}

#[tokio::test]
async fn a_change_that_crosses_nothing_is_looked_into_and_not_told() {
    let program = Program::create().await;
    let change = about("relay/change", &program.root).with(PROGRAM, &program.id);
    assert_eq!(change.answer(program.client()).await, failures(&[]));
    // What the function publishes, it has published when it answers; what it was sent happened in its own time.
    let told = program.events_of(&program.root).await;
    let of_change = told.iter().filter(|event| event["detail"]["occurred_at"].to_string().contains("2026-01-01T00:00"));
    assert_eq!(of_change.count(), 0, "{told:#?}");
}

#[tokio::test]
async fn an_alert_is_told_to_the_people_of_the_account_once() {
    let program = Program::create().await;
    let email = address(&program);
    let account = company_with(&program, &email).await;
    let alert = about("notifier/alert", &account);
    for _ in 0..2 {
        assert_eq!(alert.answer(program.client()).await, failures(&[]));
        let inbox = items(&program.read(&account, "notifications").await);
        let shown: Vec<&Value> = inbox.iter().map(|notification| &notification["type"]).collect();
        assert_eq!(shown, ["QuotaReplenished"]);
        let mails = program.mails_about(&account).await;
        assert_eq!(mails.iter().map(|mail| &*mail.to).collect::<Vec<_>>(), [&*email]);
    }
}

#[tokio::test]
async fn an_address_that_bounced_is_written_down() {
    let program = Program::create().await;
    let email = address(&program);
    let digest = Sha256::digest(&email).iter().fold(String::new(), |mut hex, byte| {
        write!(hex, "{byte:02x}").unwrap();
        hex
    });
    let bounce = event("notifier/bounce").with(ADDRESS, &email);
    for _ in 0..2 {
        assert_eq!(bounce.answer(program.client()).await, failures(&[]));
        let items = store::partition(program.stack(), &format!("SUPPRESSED#{digest}")).await;
        assert_eq!(items.iter().map(|item| &item["reason"]).collect::<Vec<_>>(), ["bounced"]);
    }
}

#[tokio::test]
async fn usage_of_nothing_is_recorded_once_and_takes_no_quota() {
    let (program, Line { customer, .. }) = with_history().await;
    let before = position(&program, &customer).await;
    let usage = about("intake/usage", &customer);
    for _ in 0..2 {
        assert_eq!(usage.answer(program.client()).await, failures(&[]));
        let mut after = position(&program, &customer).await;
        assert_eq!(after["seq"], 4);
        after["seq"] = before["seq"].clone();
        assert_eq!(after, before);
    }
    let entry = program.entries(&customer).await[0].clone();
    assert_eq!([&entry["kind"], &entry["amount"], &entry["reference"]], ["charge", "0.00", "console-test"]);
}

#[tokio::test]
async fn a_payment_of_more_than_is_owed_waits_and_leaves_nothing() {
    let (program, Line { customer, .. }) = with_history().await;
    let before = position(&program, &customer).await;
    let payment = about("intake/payment", &customer);
    assert_eq!(payment.answer(program.client()).await, failures(&["console-test-payment"]));
    assert_eq!(position(&program, &customer).await, before);
    let letters = program.client().anonymous().get("/_local/dead-letters").await.expect(200);
    assert!(!letters.to_string().contains(&customer), "{letters:#}");
}

#[tokio::test]
async fn what_is_due_at_the_time_of_a_sweep_expires() {
    let (program, Line { customer, .. }) = with_history().await;
    let expires_at = later(&text(&program.position(&customer).await, "as_of"), 3_600);
    Desk(&program).hold(&customer, "10.00", &expires_at).await.expect(201);
    assert_eq!(program.position(&customer).await["held"], "9.50");
    let sweep = event("sweeper/sweep");
    assert_eq!(sweep.answer(program.client()).await, json!({ "expired": 0, "skipped": 0 }), "not yet");
    assert_eq!(sweep.with(TIME, &expires_at).answer(program.client()).await, json!({ "expired": 1, "skipped": 0 }));
    assert_eq!(program.position(&customer).await["held"], "0.00");
}

#[tokio::test]
async fn somebody_who_signs_in_is_shown_with_the_roles_of_a_member() {
    let program = Program::create().await;
    let email = address(&program);
    let account = company_with(&program, &email).await;
    let answer = event("identity/sign-in").with(ADDRESS, &email).answer(program.client()).await;
    let details = &answer["response"]["claimsAndScopeOverrideDetails"];
    for token in ["accessTokenGeneration", "idTokenGeneration"] {
        assert_eq!(details[token]["claimsToAddOrOverride"]["memberships"], format!("{account}:admin"));
    }
}
