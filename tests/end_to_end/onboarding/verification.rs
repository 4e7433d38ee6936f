//! The automatic checks and their outcomes.

use serde_json::{Value, json};
use tests::Program;
use tests::company::with;

/// The outcome of one check of an application.
#[track_caller]
fn outcome(application: &Value, name: &str) -> String {
    let checks = application["checks"].as_array().unwrap();
    let check =
        checks.iter().find(|check| check["name"] == name).unwrap_or_else(|| panic!("no {name}: {application:#}"));
    assert!(check["reason"].as_str().is_some_and(|reason| !reason.is_empty()), "{check}");
    check["outcome"].as_str().unwrap().to_owned()
}

/// The names of the checks with this outcome.
fn with_outcome(application: &Value, outcome: &str) -> Vec<String> {
    let checks = application["checks"].as_array().unwrap().iter().filter(|check| check["outcome"] == outcome);
    checks.map(|check| check["name"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn whoever_fails_a_check_is_rejected_and_told_which() {
    let program = Program::with(json!({ "countries": ["KR", "JP"] })).await;
    let registered = program.company();
    let distributor = program.onboard_company(&program.root, &registered).await;
    let cases = [
        (json!({ "console_account_id": "3100000000" }), "directory"),
        (json!({ "console_account_id": registered["console_account_id"] }), "console_account_id"),
        (json!({ "registration_number": registered["registration_number"] }), "registration_number"),
        (json!({ "country": "VN" }), "country"),
    ];
    for (change, check) in cases {
        let application = program.apply(&program.root, &with(&program.company(), &change)).await.expect(201);
        assert_eq!(application["status"], "rejected", "{application:#}");
        assert_eq!(application["account_id"], Value::Null);
        assert_eq!(with_outcome(&application, "fail"), [check]);
    }
    let japanese =
        with(&program.company(), &json!({ "country": "JP", "registration_number": registered["registration_number"] }));
    let application = program.apply(&distributor, &japanese).await.expect(201);
    assert_eq!(application["status"], "approved", "a number is unique in its country: {application:#}");
}

#[tokio::test]
async fn nobody_is_onboarded_below_a_customer() {
    let program = Program::create().await;
    let line = program.line().await;
    let application = program.apply(&line.customer, &program.company()).await.expect(201);
    assert_eq!(application["status"], "rejected");
    assert_eq!(outcome(&application, "tier"), "fail");
    assert_eq!(program.read(&line.customer, "children").await["items"], json!([]));
}

#[tokio::test]
async fn a_rejected_company_may_apply_again() {
    let program = Program::create().await;
    let company = program.company();
    let rejected = with(&company, &json!({ "console_account_id": "3100000000" }));
    assert_eq!(program.apply(&program.root, &rejected).await.expect(201)["status"], "rejected");
    assert_eq!(program.apply(&program.root, &company).await.expect(201)["status"], "approved");
}

#[tokio::test]
async fn a_rival_application_has_a_person_look() {
    let policies = json!({ "distributor": "automatic", "reseller": "manual", "customer": "automatic" });
    let program = Program::with(json!({ "verification": policies })).await;
    let distributors = [program.onboard(&program.root).await, program.onboard(&program.root).await];
    let wanted = program.company();
    let first = program.apply(&distributors[0], &wanted).await.expect(201);
    assert_eq!(with_outcome(&first, "manual"), Vec::<String>::new());
    let rival = with(&program.company(), &json!({ "console_account_id": wanted["console_account_id"] }));
    let second = program.apply(&distributors[1], &rival).await.expect(201);
    assert_eq!(second["status"], "in_review");
    assert_eq!(with_outcome(&second, "manual"), ["console_account_id"]);

    let approve = json!({ "decision": "approve" });
    let root = &program.root;
    assert_eq!(program.decide(root, "verifier", &first, &approve).await.expect(200)["status"], "approved");
    program.decide(root, "verifier", &second, &approve).await.refused(409, "already_registered");
    let reject = json!({ "decision": "reject", "reason": "Registered elsewhere" });
    assert_eq!(program.decide(root, "verifier", &second, &reject).await.expect(200)["status"], "rejected");
}

#[tokio::test]
async fn the_same_name_in_another_spelling_has_a_person_look() {
    let program = Program::create().await;
    let company = with(&program.company(), &json!({ "legal_name": "Han River Trading Co., Ltd." }));
    program.onboard_company(&program.root, &company).await;
    for spelling in
        ["HAN RIVER TRADING", "Han River Trading Inc", "Ｈａｎ Ｒｉｖｅｒ Ｔｒａｄｉｎｇ", "Han-River  Trading Co Ltd"]
    {
        let other = with(&program.company(), &json!({ "legal_name": spelling }));
        let application = program.apply(&program.root, &other).await.expect(201);
        assert_eq!(application["status"], "in_review", "{spelling}");
        assert_eq!(with_outcome(&application, "manual"), ["legal_name"], "{spelling}");
    }
    for change in
        [json!({ "legal_name": "Han River Logistics" }), json!({ "legal_name": "Han River Trading", "country": "JP" })]
    {
        let application = program.apply(&program.root, &with(&program.company(), &change)).await.expect(201);
        assert_eq!(application["status"], "approved", "{change}");
    }
}

#[tokio::test]
async fn the_same_mail_domain_has_a_person_look_unless_anybody_has_it() {
    let program = Program::create().await;
    let contact = |email: &str| json!({ "contact": { "name": "Kim", "email": email, "phone": "+82 2 123 4567" } });
    let apply =
        async |email: &str| program.apply(&program.root, &with(&program.company(), &contact(email))).await.expect(201);
    assert_eq!(apply("kim@hanriver.example").await["status"], "approved");
    let same = apply("lee@HANRIVER.example").await;
    assert_eq!(same["status"], "in_review");
    assert_eq!(with_outcome(&same, "manual"), ["email_domain"]);
    assert_eq!(apply("lee@mail.hanriver.example").await["status"], "approved", "as written after the @");
    for email in ["kim@gmail.com", "lee@gmail.com", "kim@naver.com", "lee@Naver.com"] {
        assert_eq!(apply(email).await["status"], "approved", "{email}");
    }
}

#[tokio::test]
async fn names_are_unique_in_a_program_and_free_in_others() {
    let programs = [Program::create().await, Program::create().await];
    let company = programs[0].company();
    for program in &programs {
        assert_eq!(program.apply(&program.root, &company).await.expect(201)["status"], "approved");
        let again = program.apply(&program.root, &company).await.expect(201);
        assert_eq!(again["status"], "rejected");
        assert_eq!(with_outcome(&again, "fail"), ["console_account_id", "registration_number"]);
    }
}
