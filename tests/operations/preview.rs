//! `?preview=true` of every operation: the same answer without the effect.

use serde_json::{Value, json};
use tests::program::new_key;
use tests::{Line, Program};

use crate::desk::{Desk, payment, usage};

/// An operation that would be accepted: who asks, where, and for what; its kind, and the ids of what it makes.
pub struct Case {
    pub actor: String,
    pub path: String,
    pub body: Value,
    pub kind: &'static str,
    /// The account that the operation is about.
    pub target: String,
    pub makes: &'static [&'static str],
}

/// Every kind of ledger POST, in an order in which each is still possible after those before.
pub async fn cases(program: &Program) -> Vec<Case> {
    let Line { distributor, reseller, customer } = program.funded_line(["1000.00", "600.00", "500.00"]).await;
    let desk = Desk(program);
    let purchase = desk.bought(&customer, "100.00").await;
    let [captured, released] = [desk.open_hold(&customer, "10.00").await, desk.open_hold(&customer, "10.00").await];
    let settled = desk.settle(&reseller, &customer, "1.00", None).await.expect(201);
    let settlement = settled["settlement_id"].as_str().unwrap();
    let empty = program.onboard(&program.root).await;
    let root = &program.root;
    let case = |actor: &str, target: &str, path: String, body: Value, kind, makes| Case {
        actor: actor.to_owned(),
        path: if path.starts_with('/') { path } else { format!("/v1/accounts/{target}/{path}") },
        body,
        kind,
        target: target.to_owned(),
        makes,
    };
    let order = json!({ "list_amount": "10.00", "product": "Disk" });
    let hold = json!({ "list_amount": "10.00", "product": "Disk", "expires_at": "2999-01-01T00:00:00Z" });
    let lines = json!({ "lines": [{ "account_id": reseller, "increase": "1.00" }], "reason": "A new quarter" });
    let reason = json!({ "reason": "As agreed" });
    vec![
        case("", root, "capacity".into(), json!({ "delta": "1.00" }), "capacity", &[]),
        case(root, &distributor, "allocations".into(), json!({ "amount": "1.00" }), "allocation", &[]),
        case(&reseller, &customer, "adjustments".into(), json!({ "set": "1.23", "reason": "Less" }), "adjustment", &[]),
        case(&distributor, &distributor, "rebalances".into(), lines, "rebalance", &[]),
        case(&customer, &customer, "purchases".into(), order, "purchase", &["purchase_id"]),
        case(&customer, &customer, "holds".into(), hold, "hold", &["hold_id"]),
        case(&customer, &customer, format!("{captured}/capture"), json!({}), "capture", &["purchase_id"]),
        case(&customer, &customer, format!("{released}/release"), json!({}), "release", &[]),
        case(root, &customer, "charges".into(), usage("0.0000008", "line"), "charge", &[]),
        case(root, &customer, format!("{purchase}/refunds"), reason.clone(), "refund", &[]),
        case(&reseller, &customer, "settlements".into(), payment("2.00", "INV 2"), "settlement", &["settlement_id"]),
        case(&reseller, &customer, format!("settlements/{settlement}/reversal"), reason.clone(), "reversal", &[]),
        case(root, &empty, "closure".into(), reason, "closure", &[]),
    ]
}

/// Whoever asks; nobody is the operator.
pub fn caller(program: &Program, case: &Case) -> tests::Caller {
    if case.actor.is_empty() { program.operator() } else { program.member(&case.actor, "admin") }
}

#[tokio::test]
async fn a_preview_shows_what_the_posting_then_does_and_writes_nothing() {
    let program = Program::create().await;
    for case in cases(&program).await {
        // The decrease in the list of cases is too deep for what is used: an increase shows as much.
        let body =
            if case.kind == "adjustment" { json!({ "set": "512.34", "reason": "More" }) } else { case.body.clone() };
        let desk = Desk(&program);
        let before = desk.figures(&case.target).await;
        let caller = caller(&program, &case);
        let preview = caller.post(format!("{}?preview=true", case.path)).json(&body).await;
        assert!(!preview.is_replayed(), "{preview}");
        let preview = preview.expect(200);
        assert_eq!(desk.figures(&case.target).await, before, "{}", case.kind);
        assert_eq!([&preview["preview"], &preview["kind"]], [&json!(true), &json!(case.kind)]);
        for name in ["posting_id", "created_at"].iter().chain(case.makes) {
            assert_eq!(preview[*name], Value::Null, "{name}: {preview:#}");
            assert!(preview.as_object().unwrap().contains_key(*name), "{name}: {preview:#}");
        }

        let posted = caller.post(&case.path).key(new_key()).json(&body).await.expect(201);
        assert_eq!(posted.get("preview"), None, "{posted:#}");
        assert_eq!(comparable(&posted, case.makes), comparable(&preview, case.makes), "{}", case.kind);
    }
}

/// What a preview and its posting have in common.
fn comparable(answer: &Value, makes: &[&str]) -> Value {
    let mut answer = answer.clone();
    for name in ["posting_id", "created_at", "preview"].iter().chain(makes) {
        answer.as_object_mut().unwrap().remove(*name);
    }
    for effect in answer["effects"].as_array_mut().unwrap() {
        for side in ["before", "after"] {
            effect[side].as_object_mut().unwrap().remove("as_of");
        }
    }
    answer
}

#[tokio::test]
async fn a_preview_is_refused_as_the_posting_would_be() {
    let program = Program::create().await;
    let Line { reseller, customer, .. } = program.funded_line(["1000.00", "600.00", "500.00"]).await;
    let desk = Desk(&program);
    let at = |what: &str| format!("/v1/accounts/{customer}/{what}?preview=true");
    desk.post(&reseller, at("adjustments"), json!({ "increase": "100.01", "reason": "More" }))
        .await
        .refused(409, "insufficient_quota");
    desk.post(&reseller, at("adjustments"), json!({ "set": "500.00", "reason": "Same" }))
        .await
        .refused(422, "validation_failed");
    desk.post(&reseller, at("settlements"), payment("0.01", "INV 1")).await.refused(409, "exceeds_outstanding");
    desk.post(&reseller, at("closure"), json!({ "reason": "Gone" })).await.refused(409, "not_empty");
    desk.post(&customer, at("holds"), json!({})).await.refused(422, "validation_failed");
}
