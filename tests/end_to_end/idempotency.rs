//! One key, one effect, for ever.

use serde_json::{Value, json};
use tests::client::{insist, start};
use tests::program::text;
use tests::{Answer, Line, Program};

fn order(list_amount: &str) -> Value {
    json!({ "list_amount": list_amount, "product": "Disk" })
}

async fn customer_with(quota: &str) -> (Program, Line, String) {
    let program = Program::create().await;
    let line = program.funded_line(["10000.00", "5000.00", quota]).await;
    let path = format!("/v1/accounts/{}/purchases", line.customer);
    (program, line, path)
}

#[track_caller]
fn assert_replays(again: &Answer, first: &Answer) {
    assert!(again.is_replayed(), "says that it is a replay\n{again}");
    assert_eq!((again.status, again.json()), (first.status, first.json()), "the first answer again\n{again}");
}

#[tokio::test]
async fn a_replay_is_the_first_answer_again_and_says_so() {
    let (program, line, path) = customer_with("100.00").await;
    let buyer = program.member(&line.customer, "admin");
    let first = buyer.post(&path).key("k").json(order("10.00")).await;
    first.expect(201);
    assert!(!first.is_replayed(), "{first}");
    for _ in 0..3 {
        assert_replays(&buyer.post(&path).key("k").json(order("10.00")).await, &first);
    }
    program.check_ledger(&line.customer, 2).await;

    let granter = program.member(&line.reseller, "finance");
    let allocations = format!("/v1/accounts/{}/allocations", line.customer);
    let body = json!({ "amount": "5.00", "note": "More" });
    let first = granter.post(&allocations).key("k").json(&body).await;
    first.expect(201);
    program.purchase(&line.customer, "1.00").await.expect(201);
    assert_replays(&granter.post(&allocations).key("k").json(&body).await, &first);
    program.check_ledger(&line.customer, 4).await;
}

#[tokio::test]
async fn a_key_used_for_another_request_is_refused() {
    let (program, line, path) = customer_with("100.00").await;
    let admin = program.caller("kim", &format!("{}:admin {}:admin", line.customer, line.reseller));
    admin.post(&path).key("k").json(order("10.00")).await.expect(201);
    let others = [
        (path.clone(), order("10.01")),
        (path.clone(), json!({ "list_amount": "10.00", "product": "Disk", "reference": "PO" })),
        (format!("/v1/accounts/{}/purchases", line.reseller), order("10.00")),
        (format!("/v1/accounts/{}/allocations", line.customer), json!({ "amount": "10.00" })),
        (format!("/v1/accounts/{}/applications", line.reseller), program.company()),
    ];
    for (path, body) in others {
        admin.post(&path).key("k").json(&body).await.refused(422, "idempotency_key_reused");
    }
    program.check_ledger(&line.customer, 2).await;
}

#[tokio::test]
async fn a_refusal_leaves_the_key_free() {
    let (program, line, path) = customer_with("10.00").await;
    let buyer = program.member(&line.customer, "admin");
    buyer.post(&path).key("k").json(order("100.00")).await.refused(409, "insufficient_quota");
    buyer.post(&path).key("k").json(order("0")).await.refused(422, "validation_failed");
    buyer.post(&path).key("k").if_match(7).json(order("1.00")).await.refused(409, "position_changed");
    let answer = buyer.post(&path).key("k").json(order("1.00")).await;
    answer.expect(201);
    assert!(!answer.is_replayed(), "{answer}");
}

#[tokio::test]
async fn a_key_belongs_to_its_caller() {
    let (program, line, path) = customer_with("100.00").await;
    let membership = format!("{}:sales", line.customer);
    let mut postings = Vec::new();
    for sub in ["kim", "lee"] {
        let answer = program.caller(sub, &membership).post(&path).key("k").json(order("1.00")).await;
        assert!(!answer.is_replayed(), "{answer}");
        postings.push(text(&answer.expect(201), "posting_id"));
    }
    assert_ne!(postings[0], postings[1]);
    program.check_ledger(&line.customer, 3).await;
}

#[tokio::test]
async fn a_request_is_the_same_however_its_json_is_written() {
    let (program, line, path) = customer_with("100.00").await;
    let buyer = program.member(&line.customer, "admin");
    let send = |body: &'static str| buyer.post(&path).key("k").body("application/json", body);
    let first = send(r#"{"list_amount":"1.00","product":"Café","quantity":2}"#).await;
    first.expect(201);
    for same in [
        "{ \"quantity\" : 2,\n\t\"product\": \"Café\", \"list_amount\": \"1.00\" }",
        r#"{"list_amount":"1.00","product":"Caf\u00e9","quantity":2}"#,
    ] {
        assert_replays(&send(same).await, &first);
    }
    send(r#"{"list_amount":"1.0","product":"Café","quantity":2}"#).await.refused(422, "idempotency_key_reused");
}

#[tokio::test]
async fn query_and_if_match_do_not_make_another_request() {
    let (program, line, path) = customer_with("100.00").await;
    let buyer = program.member(&line.customer, "admin");
    let first = buyer.post(&path).key("k").if_match(1).json(order("1.00")).await;
    first.expect(201);
    assert_replays(&buyer.post(&path).key("k").if_match(1).json(order("1.00")).await, &first);
    assert_replays(&buyer.post(format!("{path}?preview=false")).key("k").json(order("1.00")).await, &first);
}

#[tokio::test]
async fn ledger_posts_need_a_key_of_visible_ascii() {
    let (program, line, path) = customer_with("100.00").await;
    let buyer = program.member(&line.customer, "admin");
    buyer.post(&path).json(order("1.00")).await.refused(400, "idempotency_key_required");
    let long = "k".repeat(256);
    for key in ["", "two words", "clé", "a\tb", &long] {
        let answer = buyer.post(&path).key(key).json(order("1.00")).await;
        assert_eq!(answer.status, 400, "{answer}");
        let code = answer.json()["code"].clone();
        assert!(code == "invalid_parameter" || key.is_empty() && code == "idempotency_key_required", "{answer}");
    }
    buyer.post(&path).key("~!".repeat(127) + "k").json(order("1.00")).await.expect(201);
    program.check_ledger(&line.customer, 2).await;
}

#[tokio::test]
async fn a_key_is_ignored_where_nothing_is_created() {
    let program = Program::create().await;
    let sales = program.member(&program.root, "sales");
    let path = format!("/v1/accounts/{}/registration-checks", program.root);
    for id in ["3100000011", "3100000021"] {
        let answer = sales.post(&path).key("one key").json(json!({ "console_account_id": id })).await;
        assert_eq!(answer.expect(200), json!({ "result": "available" }));
    }
}

#[tokio::test]
async fn twenty_requests_at_once_with_one_key_have_one_effect() {
    let (program, line, path) = customer_with("100.00").await;
    let buyer = program.member(&line.customer, "admin");
    let requests = (0..20).map(|_| start(insist(buyer.post(&path).key("k").json(order("10.00")))));
    let mut answers = Vec::new();
    for request in requests.collect::<Vec<_>>() {
        answers.push(request.await.unwrap());
    }
    let first = &answers[0];
    first.expect(201);
    for answer in &answers {
        assert_eq!((answer.status, answer.json()), (201, first.json()), "{answer}");
    }
    let fresh = answers.iter().filter(|answer| !answer.is_replayed()).count();
    let is_unheard = answers.iter().any(Answer::may_replay_itself);
    assert!(fresh == 1 || fresh == 0 && is_unheard, "all but one are replays: {fresh} are not");
    assert_eq!(program.position(&line.customer).await["used"], "9.50");
    program.check_ledger(&line.customer, 2).await;
}

#[tokio::test]
async fn a_replay_after_the_quota_was_spent_is_still_a_replay() {
    let (program, line, path) = customer_with("100.00").await;
    let buyer = program.member(&line.customer, "admin");
    let first = buyer.post(&path).key("k").json(order("50.00")).await;
    first.expect(201);
    program.purchase(&line.customer, "55.00").await.expect(201);
    buyer.post(&path).key("other").json(order("50.00")).await.refused(409, "insufficient_quota");
    assert_replays(&buyer.post(&path).key("k").json(order("50.00")).await, &first);
    program.check_ledger(&line.customer, 3).await;
}

#[tokio::test]
async fn a_replay_is_shown_as_the_present_acting_account_may_see_it() {
    let (program, line, path) = customer_with("100.00").await;
    let as_seller = program.caller("kim", &format!("{}:sales", line.reseller));
    let first = as_seller.post(&path).key("k").json(order("10.00")).await.expect(201);
    assert_eq!(first["waterfall"].as_array().unwrap().len(), 2);
    let as_buyer = program.caller("kim", &format!("{}:sales", line.customer));
    let again = as_buyer.post(&path).key("k").json(order("10.00")).await;
    assert!(again.is_replayed(), "{again}");
    let again = again.expect(201);
    assert_eq!(again["posting_id"], first["posting_id"]);
    assert_eq!(again["waterfall"].as_array().unwrap().len(), 1, "{again:#}");
    assert_eq!(again["effects"][0]["after"]["upstream"], json!([]), "{again:#}");
}

#[tokio::test]
async fn a_program_is_created_once_per_key() {
    let program = Program::create().await;
    let operator = program.caller("operator", tests::program::OPERATOR);
    let settings = tests::program::settings();
    let first = operator.post("/v1/programs").key("k").json(&settings).await;
    first.expect(201);
    assert_replays(&operator.post("/v1/programs").key("k").json(&settings).await, &first);
    let other = tests::company::with(&settings, &json!({ "name": "Another" }));
    operator.post("/v1/programs").key("k").json(&other).await.refused(422, "idempotency_key_reused");
    let without = operator.post("/v1/programs").json(&settings).await.expect(201);
    assert_ne!(without["id"], first.json()["id"], "without a key it is another program");
}

#[tokio::test]
async fn an_application_is_handed_in_once_per_key() {
    let program = Program::create().await;
    let sales = program.member(&program.root, "sales");
    let path = format!("/v1/accounts/{}/applications", program.root);
    let company = program.company();
    let first = sales.post(&path).key("k").json(&company).await;
    assert_eq!(first.expect(201)["status"], "approved");
    assert_replays(&sales.post(&path).key("k").json(&company).await, &first);
    sales.post(&path).key("k").json(program.company()).await.refused(422, "idempotency_key_reused");
    let children = tests::program::items(&program.read(&program.root, "children").await);
    assert_eq!(children.len(), 1, "{children:#?}");
}
