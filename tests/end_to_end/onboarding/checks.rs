//! Registration checks: is a company free?

use serde_json::{Value, json};
use tests::client::start;
use tests::{Answer, Program};

async fn check(program: &Program, account: &str, question: Value) -> Answer {
    let path = format!("/v1/accounts/{account}/registration-checks");
    program.member(account, "sales").post(path).json(&question).await
}

#[track_caller]
fn assert_result(answer: &Answer, result: &str) {
    assert_eq!(answer.expect(200), json!({ "result": result }), "{answer}");
}

#[tokio::test]
async fn a_check_says_whether_a_company_is_free_and_never_with_whom_it_is() {
    let manual = json!({ "distributor": "automatic", "reseller": "automatic", "customer": "manual" });
    let program = Program::with(json!({ "verification": manual })).await;
    let (root, company) = (&program.root, program.company());
    let distributor = program.onboard(root).await;
    let other = program.onboard(root).await;
    let reseller = program.onboard_company(&distributor, &company).await;
    let console = json!({ "console_account_id": company["console_account_id"] });
    let registration = json!({ "registration_number": company["registration_number"], "country": "KR" });

    for question in [&console, &registration] {
        assert_result(&check(&program, &distributor, question.clone()).await, "registered_with_you");
        assert_result(&check(&program, root, question.clone()).await, "registered_with_you");
        assert_result(&check(&program, &reseller, question.clone()).await, "registered_with_you");
        assert_result(&check(&program, &other, question.clone()).await, "registered_elsewhere");
    }
    let elsewhere = json!({ "registration_number": company["registration_number"], "country": "JP" });
    assert_result(&check(&program, &other, elsewhere).await, "available");
    assert_result(&check(&program, &other, json!({ "console_account_id": "3200000000" })).await, "not_found");

    let applied = program.company();
    program.apply(&reseller, &applied).await.expect(201);
    let question = json!({ "console_account_id": applied["console_account_id"] });
    for account in [&reseller, &other] {
        assert_result(&check(&program, account, question.clone()).await, "in_review");
    }
}

#[tokio::test]
async fn a_registration_number_is_the_same_however_it_is_punctuated() {
    let program = Program::create().await;
    let company = tests::company::with(&program.company(), &json!({ "registration_number": "110-81-12345 a" }));
    program.onboard_company(&program.root, &company).await;
    for number in ["110-81-12345 a", "1108112345A", " 110.81.12345/a ", "１１０-81-12345Ａ"] {
        let question = json!({ "registration_number": number, "country": "KR" });
        assert_result(&check(&program, &program.root, question).await, "registered_with_you");
    }
}

#[tokio::test]
async fn a_question_names_a_console_account_or_a_number_with_its_country() {
    let program = Program::create().await;
    let fields = [
        (json!({}), "console_account_id"),
        (json!({ "registration_number": "110" }), "country"),
        (json!({ "console_account_id": "12" }), "console_account_id"),
        (json!({ "console_account_id": "3200000001", "country": "KR" }), "registration_number"),
        (json!({ "console_account_id": "3200000001", "legal_name": "Kim" }), "legal_name"),
        (json!({ "registration_number": "110", "country": "Korea" }), "country"),
    ];
    for (question, field) in fields {
        let answer = check(&program, &program.root, question).await;
        assert!(answer.invalid_fields().contains(&field.to_owned()), "{field}\n{answer}");
    }
    let both = json!({ "console_account_id": "3200000001", "registration_number": "110", "country": "KR" });
    assert_result(&check(&program, &program.root, both).await, "available");
}

#[tokio::test]
async fn more_than_thirty_checks_in_a_minute_are_too_many() {
    let program = Program::create().await;
    let sales = program.member(&program.root, "sales");
    let path = format!("/v1/accounts/{}/registration-checks", program.root);
    let question = json!({ "console_account_id": "3200000001" });
    // However the minutes lie, more than sixty do not fit into two of them.
    let answers: Vec<_> = (0..61).map(|_| start(sales.post(&path).json(&question))).collect();
    let (mut refused, mut unheard) = (0, 0);
    for answer in answers {
        let answer = answer.await.unwrap();
        match answer.status {
            429 => {
                answer.refused(429, "rate_limited");
                let seconds =
                    answer.headers.get("retry-after").and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
                assert!(seconds.is_some_and(|seconds| (1..=60).contains(&seconds)), "{answer}");
                refused += 1;
            }
            // Whether it was counted is not known, and to ask again would be counted as well.
            503 => {
                answer.refused(503, "unavailable");
                unheard += 1;
            }
            _ => assert_result(&answer, "available"),
        }
    }
    assert!(refused <= 31 && refused + unheard >= 1, "{refused} of 61 were refused, and {unheard} without an answer");
    let other = program.onboard(&program.root).await;
    assert_result(&check(&program, &other, question).await, "available");
}
