//! The order of checks: 401, 404, 403, 413 and 415, 400, 422, replay, and then what depends on state.

use serde_json::json;
use tests::Program;
use tests::program::text;

const TOO_LARGE: usize = 70_000;

/// Each request has everything wrong with it that comes later than what is asserted.
#[tokio::test]
async fn what_stands_first_in_the_order_is_what_is_answered() {
    let program = Program::create().await;
    let line = program.funded_line(["1000.00", "500.00", "100.00"]).await;
    let customer = &line.customer;
    let path = format!("/v1/accounts/{customer}/purchases");
    let wrong_query = format!("{path}?bogus=1");
    let large = "x".repeat(TOO_LARGE);
    let buyer = program.member(customer, "admin");
    let stranger = program.caller("stranger", "");
    let viewer = program.member(customer, "viewer");

    program.client().anonymous().post(&wrong_query).body("text/plain", large.clone()).await.native(401);
    stranger.post(&wrong_query).body("text/plain", large.clone()).await.refused(404, "not_found");
    viewer.post(&wrong_query).body("text/plain", large.clone()).await.refused(403, "forbidden");
    buyer.post(&wrong_query).body("text/plain", large).await.refused(413, "payload_too_large");
    buyer.post(&wrong_query).body("text/plain", "{").await.refused(415, "unsupported_media_type");
    buyer.post(&wrong_query).body("application/json", "{\"list_amount\":1}").await.refused(400, "invalid_parameter");
    buyer.post(&path).body("application/json", "{\"list_amount\":1}").await.refused(400, "idempotency_key_required");
    let keyed = || buyer.post(&path).key("k");
    keyed().header("if-match", "x").json(json!({ "list_amount": 1 })).await.refused(400, "invalid_parameter");
    keyed().if_match(77).body("application/json", "{").await.refused(400, "invalid_json");

    let order = json!({ "list_amount": "1.00", "product": "Disk" });
    keyed().json(&order).await.expect(201);
    keyed().if_match(77).json(json!({ "list_amount": 1 })).await.refused(422, "validation_failed");
    let beyond = json!({ "list_amount": "999.00", "product": "Disk" });
    keyed().if_match(77).json(&beyond).await.refused(422, "idempotency_key_reused");
    buyer.post(&path).key("other").if_match(77).json(&beyond).await.refused(409, "position_changed");
}

#[tokio::test]
async fn what_is_not_there_is_said_before_anything_about_the_body() {
    let program = Program::create().await;
    let admin = program.member(&program.root, "admin");
    let nowhere = format!("/v1/accounts/{}/applications/app_01M80000000000000000000000", program.root);
    let large = "x".repeat(TOO_LARGE);
    admin.patch(&nowhere).body("text/plain", large.clone()).await.refused(404, "not_found");
    admin.post(format!("{nowhere}/withdrawal?bogus=1")).body("text/plain", "{").await.refused(404, "not_found");
    let verifier = program.member(&program.root, "verifier");
    verifier.post(format!("{nowhere}/decisions?bogus=1")).body("text/plain", large).await.refused(404, "not_found");
    verifier.post(format!("{nowhere}/decisions")).json(json!({ "decision": 1 })).await.refused(404, "not_found");
    verifier.get(format!("{nowhere}?bogus=1")).await.refused(404, "not_found");
    let purchase = format!("/v1/accounts/{}/purchases/pur_01M80000000000000000000000?bogus=1", program.root);
    admin.get(purchase).await.refused(404, "not_found");
}

#[tokio::test]
async fn who_may_not_decide_is_told_so_before_anything_about_the_body() {
    let manual = json!({ "distributor": "manual", "reseller": "manual", "customer": "manual" });
    let program = Program::with(json!({ "verification": manual })).await;
    let memberships = format!("{}:sales {}:verifier", program.root, program.root);
    let both = program.caller("kim", &memberships);
    let path = format!("/v1/accounts/{}/applications", program.root);
    let applied = both.post(&path).json(program.company()).await.expect(201);
    let decisions = format!("{path}/{}/decisions", text(&applied, "id"));
    both.post(&decisions).json(json!({ "decision": "approve" })).await.refused(403, "forbidden");
    both.post(&decisions).json(json!({ "decision": 1 })).await.refused(403, "forbidden");
    both.post(&decisions).body("text/plain", "{").await.refused(403, "forbidden");
    both.post(format!("{decisions}?bogus=1")).json(json!({})).await.refused(403, "forbidden");
}
