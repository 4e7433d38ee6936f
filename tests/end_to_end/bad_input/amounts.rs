//! Amounts that are none.

use serde_json::{Value, json};
use tests::{Caller, Program};

/// What is no amount in any currency and any place.
const NEVER: &[&str] = &[
    "\"\"",
    "\" \"",
    "\"abc\"",
    "\"1e3\"",
    "\"1E3\"",
    "\"1e999\"",
    "\"0x10\"",
    "\"NaN\"",
    "\"Infinity\"",
    "\"1,000.00\"",
    "\"1_000\"",
    "\"1 000\"",
    "\" 5\"",
    "\"5 \"",
    "\"--5\"",
    "\"5-\"",
    "\".\"",
    "\"1.2.3\"",
    "\"$5\"",
    "\"１２\"",
    "\"١٢\"",
    "\"१२\"",
    "\"1٫5\"",
    "\"1.001\"",
    "\"0.0000000000001\"",
    "\"1000000000000000.01\"",
    "\"1000000000000001\"",
    "\"9999999999999999999999999999999999999999\"",
    "\"1111111111111111111111111111111111111111.11\"",
    "1",
    "0",
    "-1",
    "1.5",
    "1e3",
    "1234567890123456789012345678901234567890",
    "null",
    "true",
    "false",
    "[]",
    "[\"5.00\"]",
    "{}",
    "{\"amount\":\"5.00\"}",
    "\"5.00\\u0000\"",
    "\"\\u00005\"",
    "\"−5\"",
    "\"½\"",
];

/// What is an amount, but not one above zero.
const NOT_POSITIVE: &[&str] = &["\"0\"", "\"0.00\"", "\"-0\"", "\"-1\"", "\"-0.01\"", "\"-1000000000000000\""];

fn never() -> impl Iterator<Item = &'static str> {
    NEVER.iter().copied()
}

fn not_positive() -> impl Iterator<Item = &'static str> {
    NOT_POSITIVE.iter().copied()
}

/// A body with one field written as it is, which may be something that no JSON library writes.
fn with_field(body: &Value, path: &str, written: &str) -> String {
    let mark = "here-it-goes";
    let mut body = body.clone();
    *body.pointer_mut(&format!("/{}", path.replace('.', "/"))).unwrap() = json!(mark);
    body.to_string().replace(&format!("\"{mark}\""), written)
}

async fn check(caller: &Caller, path: &str, body: &Value, field: &str, wrong: impl IntoIterator<Item = &'static str>) {
    for written in wrong {
        let text = with_field(body, field, written);
        let answer = caller.post(path).key("k").body("application/json", text).await;
        assert_eq!(answer.status, 422, "{field}: {written}\n{answer}");
        assert_eq!(answer.invalid_fields(), [field], "{written}\n{answer}");
    }
}

#[tokio::test]
async fn what_is_no_amount_is_refused_with_the_name_of_the_field() {
    let program = Program::create().await;
    let line = program.funded_line(["1000.00", "500.00", "100.00"]).await;
    let customer = &line.customer;
    let order = json!({ "list_amount": "1.00", "product": "Disk", "expected_cost": "0.95" });
    let purchases = format!("/v1/accounts/{customer}/purchases");
    let buyer = program.member(customer, "admin");
    check(&buyer, &purchases, &order, "list_amount", never().chain(not_positive())).await;
    check(
        &buyer,
        &purchases,
        &order,
        "expected_cost",
        never().filter(|written| *written != "null").chain(not_positive()),
    )
    .await;
    let allocations = format!("/v1/accounts/{customer}/allocations");
    let granter = program.member(&line.reseller, "admin");
    check(&granter, &allocations, &json!({ "amount": "" }), "amount", never().chain(not_positive())).await;
    let capacity = format!("/v1/accounts/{}/capacity", program.root);
    check(&program.operator(), &capacity, &json!({ "delta": "" }), "delta", never().chain(["\"0\"", "\"-0.00\""]))
        .await;
    let settings = tests::program::settings();
    check(&program.operator(), "/v1/programs", &settings, "capacity", never().chain(not_positive())).await;
    program.check_ledger(customer, 1).await;
}

#[tokio::test]
async fn a_discount_lies_between_nothing_and_all_with_six_digits() {
    let program = Program::create().await;
    let settings = tests::program::settings();
    let wrong = ["\"1\"", "\"1.5\"", "\"-0.1\"", "\"0.1234567\"", "\"\"", "0.1", "\"10%\"", "\"1e-1\"", "[]", "true"];
    check(&program.operator(), "/v1/programs", &settings, "discounts.reseller", wrong).await;
    let path = format!("/v1/accounts/{}/applications", program.root);
    let company = tests::company::with(&program.company(), &json!({ "discount": "" }));
    check(&program.member(&program.root, "admin"), &path, &company, "discount", wrong).await;
    for fit in ["0", "0.999999", "0.10"] {
        let company = tests::company::with(&program.company(), &json!({ "discount": fit }));
        assert_eq!(program.apply(&program.root, &company).await.expect(201)["status"], "approved", "{fit}");
    }
}

#[tokio::test]
async fn the_largest_amount_is_taken_and_a_balance_beyond_it_is_out_of_range() {
    let program = Program::with(json!({ "capacity": "1000000000000000" })).await;
    let capacity = format!("/v1/accounts/{}/capacity", program.root);
    assert_eq!(program.position(&program.root).await["available"], "1000000000000000.00");
    let add = |delta: &str| {
        program
            .operator()
            .post(&capacity)
            .key(format!("{} {delta}", program.id).replace(' ', ""))
            .json(json!({ "delta": delta }))
    };
    add("0.01").await.refused(409, "out_of_range");
    let refused = add("-1000000000000000").await;
    refused.expect(201);
    add("1000000000000000").await.expect(201);
    program.check_ledger(&program.root, 3).await;
    let distributor = program.onboard(&program.root).await;
    program.allocate(&program.root, &distributor, "1000000000000000").await.expect(201);
    let over = program.allocate(&program.root, &distributor, "1000000000000000.00").await;
    over.refused(409, "insufficient_quota");
    let list_amount = "1000000000000000.00";
    let bought = program.purchase(&distributor, list_amount).await.expect(201);
    assert_eq!(bought["amount"], "800000000000000.00");
}

#[tokio::test]
async fn an_order_that_costs_nothing_is_refused_and_costs_are_rounded_half_even() {
    let program =
        Program::with(json!({ "discounts": { "distributor": "0.5", "reseller": "0.5", "customer": "0.5" } })).await;
    let distributor = program.onboard(&program.root).await;
    program.allocate(&program.root, &distributor, "10.00").await.expect(201);
    program.purchase(&distributor, "0.01").await.refused(422, "validation_failed");
    for (list_amount, cost) in [("0.03", "0.02"), ("0.05", "0.02"), ("0.07", "0.04"), ("1.01", "0.50")] {
        let bought = program.purchase(&distributor, list_amount).await.expect(201);
        assert_eq!(bought["amount"], cost, "{list_amount}");
    }
    program.check_ledger(&distributor, 5).await;
}

#[tokio::test]
async fn an_expected_cost_pins_the_price() {
    let program = Program::create().await;
    let line = program.funded_line(["1000.00", "500.00", "100.00"]).await;
    let path = format!("/v1/accounts/{}/purchases", line.customer);
    let buyer = program.member(&line.customer, "admin");
    let order = |expected: &str| json!({ "list_amount": "10.00", "product": "Disk", "expected_cost": expected });
    buyer.post(&path).key("k").json(order("9.49")).await.refused(409, "position_changed");
    buyer.post(&path).key("k").json(order("9.5")).await.expect(201);
}

#[tokio::test]
async fn a_number_that_cannot_be_held_is_refused_with_the_name_of_the_field() {
    let program = Program::create().await;
    let distributor = program.onboard(&program.root).await;
    let path = format!("/v1/accounts/{distributor}/allocations");
    let granter = program.member(&program.root, "admin");
    check(&granter, &path, &json!({ "amount": "" }), "amount", ["1e999", "-1e999"]).await;
}
