//! Whose turn it is.

use serde_json::{Value, json};
use tests::program::text;
use tests::{Line, Program};

async fn each_level() -> (Program, Line) {
    let policies = json!({ "distributor": "each_level", "reseller": "each_level", "customer": "each_level" });
    let program = Program::with(json!({ "verification": policies })).await;
    let line = program.line().await;
    (program, line)
}

fn approve() -> Value {
    json!({ "decision": "approve" })
}

#[tokio::test]
async fn every_account_above_the_applicants_parent_decides_in_turn_nearest_first() {
    let (program, line) = each_level().await;
    let application = program.apply(&line.reseller, &program.company()).await.expect(201);
    assert_eq!(application["pending_with"], *line.distributor);
    program.decide(&program.root, "verifier", &application, &approve()).await.refused(403, "forbidden");
    program.decide(&line.reseller, "admin", &application, &approve()).await.refused(403, "forbidden");
    for role in ["finance", "viewer"] {
        program.decide(&line.distributor, role, &application, &approve()).await.refused(403, "forbidden");
    }

    let passed_on = program.decide(&line.distributor, "sales", &application, &approve()).await.expect(200);
    assert_eq!(passed_on["status"], "in_review");
    assert_eq!(passed_on["pending_with"], *program.root);
    assert_eq!(passed_on["account_id"], Value::Null);
    program.decide(&line.distributor, "admin", &application, &approve()).await.refused(403, "forbidden");
    program.decide(&program.root, "admin", &application, &approve()).await.refused(403, "forbidden");

    let approved = program.decide(&program.root, "verifier", &application, &approve()).await.expect(200);
    assert_eq!(approved["status"], "approved");
    assert_eq!(approved["pending_with"], Value::Null);
    assert_eq!(program.position(&text(&approved, "account_id")).await["granted"], "0.00");
}

#[tokio::test]
async fn a_distributors_application_is_the_verifiers_at_once() {
    let (program, line) = each_level().await;
    let application = program.apply(&line.distributor, &program.company()).await.expect(201);
    assert_eq!(application["pending_with"], *program.root, "above the parent is the provider");
    let application = program.apply(&program.root, &program.company()).await.expect(201);
    assert_eq!(application["pending_with"], *program.root, "above the provider is nobody");
}

#[tokio::test]
async fn an_amended_application_begins_with_the_nearest_again() {
    let (program, line) = each_level().await;
    let application = program.apply(&line.reseller, &program.company()).await.expect(201);
    program.decide(&line.distributor, "admin", &application, &approve()).await.expect(200);
    let ask_back = json!({ "decision": "request_info", "reason": "Which phone?" });
    program.decide(&program.root, "verifier", &application, &ask_back).await.expect(200);
    let path = format!("/v1/accounts/{}/applications/{}", line.reseller, text(&application, "id"));
    let amended = program.member(&line.reseller, "sales").patch(path).json(json!({ "locale": "en" })).await.expect(200);
    assert_eq!(amended["pending_with"], *line.distributor, "{amended:#}");
}

#[tokio::test]
async fn under_the_manual_policy_the_verifier_alone_decides() {
    let policies = json!({ "distributor": "automatic", "reseller": "automatic", "customer": "manual" });
    let program = Program::with(json!({ "verification": policies })).await;
    let line = program.line().await;
    let application = program.apply(&line.reseller, &program.company()).await.expect(201);
    assert_eq!(application["pending_with"], *program.root);
    for role in ["admin", "sales"] {
        program.decide(&line.distributor, role, &application, &approve()).await.refused(403, "forbidden");
        program.decide(&program.root, role, &application, &approve()).await.refused(403, "forbidden");
    }
    program.decide(&program.root, "verifier", &application, &approve()).await.expect(200);
}

#[tokio::test]
async fn people_above_are_not_named_in_an_applications_history() {
    let (program, line) = each_level().await;
    let application = program.apply(&line.reseller, &program.company()).await.expect(201);
    program.decide(&line.distributor, "sales", &application, &approve()).await.expect(200);
    program.decide(&program.root, "verifier", &application, &approve()).await.expect(200);
    let path = format!("/v1/accounts/{}/applications/{}", line.reseller, text(&application, "id"));
    let subs_seen_from = async |account: &str| -> Vec<Value> {
        let seen = program.member(account, "viewer").get(&path).await.expect(200);
        let steps = seen["history"].as_array().unwrap().iter();
        steps.map(|step| step["by"]["sub"].clone()).filter(|sub| !sub.is_null()).collect()
    };
    let names = [
        json!(format!("admin-of-{}", line.reseller)),
        json!(format!("sales-of-{}", line.distributor)),
        json!(format!("verifier-of-{}", program.root)),
    ];
    assert_eq!(subs_seen_from(&line.reseller).await, names[..1]);
    assert_eq!(subs_seen_from(&line.distributor).await, names[..2]);
    assert_eq!(subs_seen_from(&program.root).await, names);
}
