//! What becomes of applications and accounts is told as well.

use local::{Options, Stack};
use reqwest::Method;
use serde_json::{Value, json};
use tests::client::insist;
use tests::program::{items, new_key, text};
use tests::watch::{types, until};
use tests::{Desk, Line, Program, company};
use tokio::sync::OnceCell;

use crate::postings::no_id_stands_for_two;

/// Its bus is slow, which would keep other tests waiting.
static STACK: OnceCell<Stack> = OnceCell::const_new();

/// The events of an application, once there are this many.
async fn events_about(program: &Program, application: &Value, count: usize) -> Vec<Value> {
    until(async || {
        let mut events = program.events().await;
        events.retain(|event| event["detail"]["data"]["application_id"] == application["id"]);
        if events.len() >= count { Ok(events) } else { Err(types(&events).join(", ")) }
    })
    .await
}

/// In words: its type, and the status that it tells of.
fn in_words(events: &[Value]) -> Vec<String> {
    let status = |event: &Value| event["detail"]["data"]["status"].as_str().map(|status| format!(" {status}"));
    events.iter().map(|event| text(event, "detail-type") + &status(event).unwrap_or_default()).collect()
}

fn policies() -> Value {
    json!({ "verification": { "distributor": "automatic", "reseller": "manual", "customer": "each_level" } })
}

async fn with_policies() -> Program {
    Program::with(policies()).await
}

#[tokio::test]
async fn an_automatic_approval_activates_the_account_with_its_contact() {
    let program = with_policies().await;
    let company = program.company();
    let application = program.apply(&program.root, &company).await.expect(201);
    let events = events_about(&program, &application, 3).await;
    assert_eq!(
        in_words(&events),
        ["ApplicationSubmitted submitted", "ApplicationDecided approved", "AccountActivated"]
    );
    let activated = &events[2]["detail"];
    assert_eq!([&activated["account_id"], &activated["parent_id"]], [&application["account_id"], &json!(program.root)]);
    let data = &activated["data"];
    assert_eq!([&data["contact"], &data["locale"]], [&company["contact"], &company["locale"]]);
    assert_eq!([&data["legal_name"], &data["tier"]], [&company["legal_name"], &json!("distributor")]);
    let submitted = &events[0]["detail"]["data"]["by"];
    assert_eq!(submitted["account_id"], *program.root, "{submitted:#}");
}

/// Applies for a reseller that is asked back, amends and is approved; answers with the events of that. Others may do the
/// same at that time.
async fn asked_back_and_approved(program: &Program, distributor: &str) -> Vec<Value> {
    let (sales, verifier) = (program.member(distributor, "sales"), program.member(&program.root, "verifier"));
    let path = format!("/v1/accounts/{distributor}/applications");
    let applied = insist(sales.post(&path).key(new_key()).json(program.company())).await.expect(201);
    let path = format!("{path}/{}", text(&applied, "id"));
    let decide = |decision: Value| insist(verifier.post(format!("{path}/decisions")).json(decision));
    decide(json!({ "decision": "request_info", "reason": "Which phone?" })).await.expect(200);
    insist(sales.patch(&path).json(json!({ "locale": "ja" }))).await.expect(200);
    decide(json!({ "decision": "approve" })).await.expect(200);
    events_about(program, &applied, 5).await
}

#[tokio::test]
async fn every_turn_of_an_application_is_told_in_its_order() {
    let stack = STACK.get_or_init(|| tests::stack::start(Options::default())).await;
    let program = Program::on(stack, &policies()).await;
    let distributor = program.onboard(&program.root).await;
    // While the bus takes its time over one call, the turns of an application gather, to be told in one go.
    let slow = json!({ "target": "events", "fault": "delay", "rate": 1, "seed": 1, "delay_ms": 500 });
    let set = program.client().anonymous().call(Method::PUT, "/_local/faults").json(slow).await;
    assert!((200..300).contains(&set.status), "{set}");
    let apply = || asked_back_and_approved(&program, &distributor);
    let (first, second, third, fourth) = tokio::join!(apply(), apply(), apply(), apply());
    let expected = [
        "ApplicationSubmitted submitted",
        "ApplicationDecided info_requested",
        "ApplicationSubmitted submitted",
        "ApplicationDecided approved",
        "AccountActivated",
    ];
    for events in [first, second, third, fourth] {
        assert_eq!(in_words(&events), expected, "{events:#?}");
        assert_eq!(events[1]["detail"]["data"]["reason"], "Which phone?");
        assert_eq!(events[4]["detail"]["data"]["locale"], "ja", "as amended");
    }
    no_id_stands_for_two(&program.events_mentioning(&program.id).await);
}

#[tokio::test]
async fn each_levels_approval_is_told_and_the_last_one_activates() {
    let program = with_policies().await;
    let Line { distributor, reseller, .. } = program.line().await;
    let applied = program.apply(&reseller, &program.company()).await.expect(201);
    let approve = json!({ "decision": "approve" });
    program.decide(&distributor, "sales", &applied, &approve).await.expect(200);
    program.decide(&program.root, "verifier", &applied, &approve).await.expect(200);
    let events = events_about(&program, &applied, 4).await;
    let expected = [
        "ApplicationSubmitted submitted",
        "ApplicationDecided in_review",
        "ApplicationDecided approved",
        "AccountActivated",
    ];
    assert_eq!(in_words(&events), expected);
    let data = |index: usize| &events[index]["detail"]["data"];
    assert_eq!([&data(0)["pending_with"], &data(1)["pending_with"]], [&json!(distributor), &json!(program.root)]);
    assert_eq!(data(1)["by"]["account_id"], distributor);
    assert_eq!(events[1]["detail"]["account_id"], Value::Null, "it is no account yet");
}

#[tokio::test]
async fn a_rejection_and_a_withdrawal_activate_nothing() {
    let program = with_policies().await;
    // The directory does not know it.
    let unknown = company::with(&program.company(), &json!({ "console_account_id": "3100000000" }));
    let rejected = program.apply(&program.root, &unknown).await.expect(201);
    assert_eq!(rejected["status"], "rejected");
    let distributor = program.onboard(&program.root).await;
    let refused = program.apply(&distributor, &program.company()).await.expect(201);
    let no = json!({ "decision": "reject", "reason": "No such street" });
    program.decide(&program.root, "verifier", &refused, &no).await.expect(200);
    let withdrawn = program.apply(&distributor, &program.company()).await.expect(201);
    let path = format!("/v1/accounts/{distributor}/applications/{}/withdrawal", text(&withdrawn, "id"));
    program.member(&distributor, "sales").post(path).await.expect(200);
    // What comes after all of them is told after all of them.
    for parent in [&program.root, &distributor] {
        let last = program.apply(parent, &program.company()).await.expect(201);
        events_about(&program, &last, 1).await;
    }
    for (application, end) in [(rejected, "rejected"), (refused, "rejected"), (withdrawn, "withdrawn")] {
        let events = events_about(&program, &application, 2).await;
        let expected = ["ApplicationSubmitted submitted".to_owned(), format!("ApplicationDecided {end}")];
        assert_eq!(in_words(&events), expected);
        assert!(events.iter().all(|event| event["detail"]["account_id"].is_null()), "{events:#?}");
        assert_eq!(events[1]["detail"]["parent_id"], application["parent_id"]);
    }
}

#[tokio::test]
async fn suspensions_and_closures_are_told_with_who_and_why() {
    let program = Program::create().await;
    let Line { reseller, customer, .. } = program.line().await;
    let desk = Desk(&program);
    desk.suspend(&reseller, &customer).await.expect(200);
    desk.reinstate(&reseller, &customer).await.expect(200);
    desk.suspend(&reseller, &customer).await.expect(200);
    desk.reinstate(&reseller, &customer).await.expect(200);
    desk.close(&reseller, &customer).await.expect(201);
    let events = until(async || {
        let mut events = program.events_of(&customer).await;
        events.retain(|event| event["detail"]["data"]["status"].is_string());
        events.retain(|event| event["detail"]["data"]["application_id"].is_null());
        if events.len() >= 5 { Ok(events) } else { Err(types(&events).join(", ")) }
    })
    .await;
    let expected = ["AccountSuspended", "AccountReinstated", "AccountSuspended", "AccountReinstated", "AccountClosed"];
    assert_eq!(types(&events), expected);
    let suspended = &events[0]["detail"];
    let by = json!({ "account_id": reseller, "sub": format!("admin-of-{reseller}") });
    let data = json!({ "status": "suspended", "reason": "Under review", "by": by });
    assert_eq!([&suspended["data"], &suspended["parent_id"]], [&data, &json!(reseller)]);
    assert_eq!(events[4]["detail"]["data"]["reason"], "Contract ended");
    no_id_stands_for_two(&program.events_mentioning(&program.id).await);
    let shown = program.member(&reseller, "viewer").get(format!("/v1/accounts/{reseller}/children")).await.expect(200);
    assert_eq!(items(&shown)[0]["status"], "closed");
}
