//! Other currencies, other digits.

use serde_json::json;
use tests::Program;
use tests::company::with;
use tests::program::{only, settings};

const QUOTA: &[&str] = &["granted", "used", "available"];

#[tokio::test]
async fn won_have_no_minor_digits() {
    let program = Program::with(json!({ "currency": "KRW", "capacity": "1000000" })).await;
    let line = program.funded_line(["500000", "400000", "1000"]).await;
    let refused = program.allocate(&line.reseller, &line.customer, "1.5").await;
    assert_eq!(refused.invalid_fields(), ["amount"]);
    assert_eq!(program.allocate(&line.reseller, &line.customer, "1.0").await.invalid_fields(), ["amount"]);
    assert_eq!(program.purchase(&line.customer, "10.5").await.invalid_fields(), ["list_amount"]);
    let bought = program.purchase(&line.customer, "110").await.expect(201);
    assert_eq!(bought["amount"], "104", "104.5 rounded half-even");
    assert_eq!(bought["currency"], "KRW");
    let position = program.position(&line.customer).await;
    assert_eq!(only(&position, QUOTA), json!({ "granted": "1000", "used": "104", "available": "896" }));
    let refused = program.purchase(&line.customer, "1000").await.refused(409, "insufficient_quota");
    assert_eq!(refused["shortfall"], "54");
    program.check_ledger(&line.customer, 2).await;
}

#[tokio::test]
async fn dinars_have_three_minor_digits() {
    let program = Program::with(json!({ "currency": "KWD", "capacity": "1000.125" })).await;
    assert_eq!(program.position(&program.root).await["available"], "1000.125");
    let line = program.funded_line(["500.5", "400.25", "100.001"]).await;
    assert_eq!(program.allocate(&line.reseller, &line.customer, "0.0001").await.invalid_fields(), ["amount"]);
    let bought = program.purchase(&line.customer, "10.001").await.expect(201);
    assert_eq!(bought["amount"], "9.501", "9.50095 rounded");
    let position = program.position(&line.customer).await;
    assert_eq!(only(&position, QUOTA), json!({ "granted": "100.001", "used": "9.501", "available": "90.500" }));
    program.check_ledger(&line.customer, 2).await;
}

#[tokio::test]
async fn a_capacity_has_the_digits_of_its_currency_and_the_currency_exists() {
    let operator = Program::create().await.operator();
    let create = async |change| operator.post("/v1/programs").json(with(&settings(), &change)).await.invalid_fields();
    assert_eq!(create(json!({ "currency": "KRW", "capacity": "1.5" })).await, ["capacity"]);
    assert_eq!(create(json!({ "currency": "VND", "capacity": "0.5" })).await, ["capacity"]);
    assert_eq!(create(json!({ "currency": "KWD", "capacity": "1.0005" })).await, ["capacity"]);
    for unknown in [json!("usd"), json!("XYZ"), json!("US"), json!(""), json!(840), json!("$")] {
        assert_eq!(create(json!({ "currency": unknown })).await, ["currency"], "{unknown}");
    }
}
