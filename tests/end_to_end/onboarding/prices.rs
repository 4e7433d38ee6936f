//! The discounts of new accounts.

use serde_json::{Value, json};
use tests::Program;
use tests::company::with;
use tests::program::text;

async fn apply(program: &Program, parent: &str, discount: Value) -> tests::Answer {
    program.apply(parent, &with(&program.company(), &json!({ "discount": discount }))).await
}

/// The discount of the account that an application became.
async fn discount_of(program: &Program, application: &Value) -> String {
    let id = text(application, "account_id");
    let account = program.member(&id, "viewer").get(format!("/v1/accounts/{id}")).await.expect(200);
    text(&account, "discount")
}

#[tokio::test]
async fn a_new_account_gets_the_smaller_of_its_tiers_default_and_its_parents() {
    let discounts = json!({ "distributor": "0.20", "reseller": "0.25", "customer": "0.05" });
    let program = Program::with(json!({ "discounts": discounts })).await;
    let application = apply(&program, &program.root, json!(null)).await.expect(201);
    assert_eq!(discount_of(&program, &application).await, "0.2");
    let distributor = text(&application, "account_id");
    let application = apply(&program, &distributor, json!(null)).await.expect(201);
    assert_eq!(discount_of(&program, &application).await, "0.2", "the parent's is smaller");
    let application = apply(&program, &text(&application, "account_id"), json!(null)).await.expect(201);
    assert_eq!(discount_of(&program, &application).await, "0.05", "the tier's is smaller");
}

#[tokio::test]
async fn a_discount_above_the_parents_is_refused_and_a_distributors_has_no_ceiling() {
    let program = Program::create().await;
    let application = apply(&program, &program.root, json!("0.9")).await.expect(201);
    assert_eq!(discount_of(&program, &application).await, "0.9");
    let distributor = text(&application, "account_id");
    let application = apply(&program, &distributor, json!("0.9")).await.expect(201);
    assert_eq!(discount_of(&program, &application).await, "0.9", "as much as the parent");
    let reseller = text(&application, "account_id");
    let refused = apply(&program, &reseller, json!("0.900001")).await;
    assert_eq!(refused.invalid_fields(), ["discount"]);
    assert_eq!(program.read(&reseller, "children").await["items"], json!([]));
    let application = apply(&program, &reseller, json!("0")).await.expect(201);
    assert_eq!(discount_of(&program, &application).await, "0");
    let customer = text(&application, "account_id");
    let preview = program.member(&program.root, "admin").get(format!("/v1/accounts/{customer}")).await.expect(200);
    assert_eq!(preview["discount"], "0");
}
