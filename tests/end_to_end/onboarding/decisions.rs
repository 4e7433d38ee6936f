//! Decisions, amendments, withdrawals.

use domain::application::MAX_STEPS;
use serde_json::{Value, json};
use tests::program::text;
use tests::{Answer, Program};

/// A program whose verifier decides everything, and an application below its provider.
async fn applied() -> (Program, Value) {
    let manual = json!({ "distributor": "manual", "reseller": "manual", "customer": "manual" });
    let program = Program::with(json!({ "verification": manual })).await;
    let application = program.apply(&program.root, &program.company()).await.expect(201);
    assert_eq!(application["status"], "in_review");
    (program, application)
}

fn path(application: &Value) -> String {
    format!("/v1/accounts/{}/applications/{}", text(application, "parent_id"), text(application, "id"))
}

async fn decide(program: &Program, application: &Value, decision: Value) -> Answer {
    program.decide(&program.root, "verifier", application, &decision).await
}

async fn amend(program: &Program, application: &Value, change: Value) -> Answer {
    program.member(&program.root, "sales").patch(path(application)).json(&change).await
}

async fn withdraw(program: &Program, application: &Value) -> Answer {
    program.member(&program.root, "sales").post(format!("{}/withdrawal", path(application))).await
}

fn states(application: &Value) -> Vec<&str> {
    application["history"].as_array().unwrap().iter().map(|step| step["status"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_rejection_says_why_and_makes_no_account() {
    let (program, application) = applied().await;
    let rejected = decide(&program, &application, json!({ "decision": "reject", "reason": "No such street" })).await;
    let rejected = rejected.expect(200);
    assert_eq!(states(&rejected), ["submitted", "in_review", "rejected"]);
    assert_eq!(rejected["history"][2]["reason"], "No such street");
    assert_eq!(rejected["account_id"], Value::Null);
    assert_eq!(program.read(&program.root, "children").await["items"], json!([]));
}

#[tokio::test]
async fn to_reject_or_ask_back_needs_a_reason_and_to_approve_does_not() {
    let (program, application) = applied().await;
    for decision in ["reject", "request_info"] {
        for reason in [json!(null), json!(""), json!("  "), json!(5), json!("x".repeat(5_000))] {
            let answer = decide(&program, &application, json!({ "decision": decision, "reason": reason })).await;
            assert_eq!(answer.invalid_fields(), ["reason"], "{answer}");
        }
    }
    for decision in [json!("accept"), json!("Approve"), json!(""), json!(null), json!(1)] {
        let answer = decide(&program, &application, json!({ "decision": decision })).await;
        assert_eq!(answer.invalid_fields(), ["decision"], "{answer}");
    }
    assert_eq!(
        decide(&program, &application, json!({ "decision": "approve" })).await.expect(200)["status"],
        "approved"
    );
}

#[tokio::test]
async fn an_applicant_that_was_asked_back_amends_and_resubmits() {
    let (program, application) = applied().await;
    amend(&program, &application, json!({ "legal_name": "Too Early" })).await.refused(409, "invalid_state");
    let asked = decide(&program, &application, json!({ "decision": "request_info", "reason": "Which phone?" }))
        .await
        .expect(200);
    assert_eq!(asked["status"], "info_requested");
    assert_eq!(asked["pending_with"], Value::Null);
    decide(&program, &application, json!({ "decision": "approve" })).await.refused(409, "invalid_state");

    let wrong = json!({ "contact": { "phone": "none" }, "legal_nam": "x", "country": "Korea" });
    let mut fields = amend(&program, &application, wrong).await.invalid_fields();
    fields.sort();
    assert_eq!(fields, ["contact.phone", "country", "legal_nam"]);

    let amended =
        amend(&program, &application, json!({ "contact": { "phone": "+82 2 999 0000" }, "legal_name": "Amended" }))
            .await
            .expect(200);
    assert_eq!(amended["status"], "in_review");
    assert_eq!(amended["contact"]["phone"], "+82 2 999 0000");
    assert_eq!(amended["legal_name"], "Amended");
    assert_eq!(amended["contact"]["email"], application["contact"]["email"], "what is left out stays");
    assert_eq!(amended["website"], application["website"], "what is left out stays");
    let approved = decide(&program, &application, json!({ "decision": "approve" })).await.expect(200);
    assert_eq!(states(&approved), ["submitted", "in_review", "info_requested", "submitted", "in_review", "approved"]);
    let account = program.read(&program.root, "children").await["items"][0].clone();
    assert_eq!(account["legal_name"], "Amended");
}

#[tokio::test]
async fn an_amendment_is_verified_anew() {
    let (program, application) = applied().await;
    let registered = program.company();
    program.onboard_company(&program.root, &registered).await;
    decide(&program, &application, json!({ "decision": "request_info", "reason": "Which account?" })).await.expect(200);
    let change = json!({ "console_account_id": registered["console_account_id"] });
    let rejected = amend(&program, &application, change).await.expect(200);
    assert_eq!(rejected["status"], "rejected", "{rejected:#}");
    amend(&program, &application, json!({ "locale": "en" })).await.refused(409, "invalid_state");
}

#[tokio::test]
async fn an_open_application_may_be_withdrawn_which_frees_its_names() {
    let (program, application) = applied().await;
    let withdrawn = withdraw(&program, &application).await.expect(200);
    assert_eq!(states(&withdrawn), ["submitted", "in_review", "withdrawn"]);
    withdraw(&program, &application).await.refused(409, "invalid_state");
    let question = json!({ "console_account_id": application["console_account_id"] });
    let checks = format!("/v1/accounts/{}/registration-checks", program.root);
    let checked = program.member(&program.root, "sales").post(checks).json(&question).await;
    assert_eq!(checked.expect(200), json!({ "result": "available" }));

    let asked_back = program.apply(&program.root, &program.company()).await.expect(201);
    decide(&program, &asked_back, json!({ "decision": "request_info", "reason": "?" })).await.expect(200);
    assert_eq!(withdraw(&program, &asked_back).await.expect(200)["status"], "withdrawn");
}

#[tokio::test]
async fn what_is_decided_is_not_decided_again() {
    for decision in [json!({ "decision": "approve" }), json!({ "decision": "reject", "reason": "No" })] {
        let (program, application) = applied().await;
        decide(&program, &application, decision).await.expect(200);
        let decided = program.member(&program.root, "viewer").get(path(&application)).await.expect(200);
        for again in [
            json!({ "decision": "approve" }),
            json!({ "decision": "reject", "reason": "No" }),
            json!({ "decision": "request_info", "reason": "?" }),
        ] {
            decide(&program, &application, again).await.refused(409, "invalid_state");
        }
        withdraw(&program, &application).await.refused(409, "invalid_state");
        amend(&program, &application, json!({ "locale": "en" })).await.refused(409, "invalid_state");
        let after = program.member(&program.root, "viewer").get(path(&application)).await.expect(200);
        assert_eq!(after, decided, "nothing has changed");
    }
}

#[tokio::test]
async fn nobody_decides_what_they_submitted_or_amended() {
    let (program, _) = applied().await;
    let root = &program.root;
    let kim = program.caller("kim", &format!("{root}:sales {root}:verifier"));
    let lee = program.caller("lee", &format!("{root}:sales {root}:verifier"));
    let applications = format!("/v1/accounts/{root}/applications");
    let application = kim.post(applications).json(program.company()).await.expect(201);
    let decisions = format!("{}/decisions", path(&application));
    let ask_back = json!({ "decision": "request_info", "reason": "?" });
    for decision in
        [json!({ "decision": "approve" }), json!({ "decision": "reject", "reason": "No" }), ask_back.clone()]
    {
        kim.post(&decisions).json(&decision).await.refused(403, "forbidden");
    }
    lee.post(&decisions).json(&ask_back).await.expect(200);
    lee.patch(path(&application)).json(json!({ "locale": "en" })).await.expect(200);
    for both in [&kim, &lee] {
        both.post(&decisions).json(json!({ "decision": "approve" })).await.refused(403, "forbidden");
    }
    decide(&program, &application, json!({ "decision": "approve" })).await.expect(200);
}

#[tokio::test]
async fn an_application_of_fifty_steps_is_decided_but_not_asked_back_again() {
    let (program, mut application) = applied().await;
    let ask_back = json!({ "decision": "request_info", "reason": "Once more" });
    while states(&application).len() < MAX_STEPS {
        let asked = decide(&program, &application, ask_back.clone()).await.expect(200);
        application = amend(&program, &asked, json!({ "legal_name": "Amended" })).await.expect(200);
    }
    assert_eq!((states(&application).len(), &application["status"]), (MAX_STEPS, &json!("in_review")));
    decide(&program, &application, ask_back).await.refused(409, "invalid_state");
    let approved = decide(&program, &application, json!({ "decision": "approve" })).await.expect(200);
    assert_eq!(states(&approved).len(), MAX_STEPS + 1);
}
