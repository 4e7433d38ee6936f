//! Several children at once, all or nothing.

use serde_json::{Value, json};
use tests::Program;
use tests::program::only;

use crate::desk::Desk;

/// A distributor with 1000.00 and so many resellers, each with 10.00 of it.
async fn distributor_with(resellers: usize) -> (Program, String, Vec<String>) {
    let program = Program::create().await;
    let distributor = program.onboard(&program.root).await;
    program.allocate(&program.root, &distributor, "1000.00").await.expect(201);
    let mut children = Vec::new();
    for _ in 0..resellers {
        let child = program.onboard(&distributor).await;
        program.allocate(&distributor, &child, "10.00").await.expect(201);
        children.push(child);
    }
    (program, distributor, children)
}

#[tokio::test]
async fn forty_lines_are_one_posting_and_forty_one_are_none() {
    let (program, distributor, children) = distributor_with(40).await;
    let desk = Desk(&program);
    let line = |child: &String| json!({ "account_id": child, "increase": "15.00" });
    let mut lines: Vec<Value> = children.iter().map(line).collect();
    let made = desk.rebalance(&distributor, json!(lines)).await.expect(201);
    assert_eq!([&made["kind"], &made["amount"], &made["account_id"]], ["rebalance", "600.00", distributor.as_str()]);
    assert_eq!(made["effects"].as_array().unwrap().len(), 41);
    let all = json!({ "granted": "1000.00", "allocated": "1000.00" });
    desk.check(&distributor, all).await;
    for child in &children {
        desk.check(child, json!({ "granted": "25.00", "available": "25.00" })).await;
    }
    lines.push(json!({ "account_id": program.root, "increase": "1.00" }));
    assert_eq!(desk.rebalance(&distributor, json!(lines)).await.invalid_fields(), ["lines"]);
    assert_eq!(desk.rebalance(&distributor, json!([])).await.invalid_fields(), ["lines"]);
}

#[tokio::test]
async fn the_parent_covers_the_net_only_whatever_the_order() {
    let (program, distributor, children) = distributor_with(3).await;
    let desk = Desk(&program);
    desk.adjust(&program.root, &distributor, json!({ "set": "30.00" })).await.expect(201);
    let lines = json!([
        { "account_id": children[0], "increase": "12.34" },
        { "account_id": children[1], "set": "0" },
        { "account_id": children[2], "decrease": "2.34" },
    ]);
    let made = desk.rebalance(&distributor, lines).await.expect(201);
    assert_eq!(made["amount"], "0.00");
    for (child, granted) in children.iter().zip(["22.34", "0.00", "7.66"]) {
        desk.check(child, json!({ "granted": granted, "available": granted })).await;
    }
    desk.check(&distributor, json!({ "granted": "30.00", "allocated": "30.00" })).await;
    let entry = &program.entries(&distributor).await[0];
    assert_eq!([&entry["kind"], &entry["amount"]], ["rebalance", "0.00"], "an entry also when the net is zero");
    assert_eq!(entry["deltas"], json!({}));

    let lines = json!([
        { "account_id": children[0], "decrease": "10.00" },
        { "account_id": children[1], "increase": "10.01" },
    ]);
    let refused = desk.rebalance(&distributor, lines).await.refused(409, "insufficient_quota");
    assert_eq!(
        only(&refused, &["account_id", "available", "requested", "shortfall"]),
        json!({ "account_id": distributor, "available": "0.00", "requested": "0.01", "shortfall": "0.01" })
    );
}

#[tokio::test]
async fn every_failing_line_is_named_at_once_and_nothing_happens() {
    let (program, distributor, children) = distributor_with(4).await;
    let desk = Desk(&program);
    let before = desk.figures(&distributor).await;
    let stranger = program.onboard(&program.root).await;
    let lines = json!([
        { "account_id": children[0], "increase": "1.00" },
        { "account_id": children[1], "decrease": "10.01" },
        { "account_id": children[2], "set": "10.00" },
        { "account_id": children[3], "decrease": "10.00" },
    ]);
    let refused = desk.rebalance(&distributor, lines).await.refused(409, "insufficient_quota");
    assert_eq!([&refused["available"], &refused["requested"]], ["10.00", "10.01"]);
    let fields: Vec<&str> =
        refused["errors"].as_array().unwrap().iter().map(|error| error["field"].as_str().unwrap()).collect();
    assert_eq!(fields.len(), 2, "{refused:#}");
    assert_eq!(fields[0], "lines[1]");
    assert!(fields[1].starts_with("lines[2]"), "{refused:#}");

    // The first failing line gives the status.
    let lines = json!([
        { "account_id": children[2], "set": "10.00" },
        { "account_id": children[1], "decrease": "10.01" },
    ]);
    let refused = desk.rebalance(&distributor, lines).await.refused(422, "validation_failed");
    assert_eq!(refused["errors"].as_array().unwrap().len(), 2, "{refused:#}");

    for other in [&stranger, &program.root, &distributor, &"acc_01ARZ3NDEKTSV4RRFFQ69G5FAV".to_owned()] {
        let lines =
            json!([{ "account_id": children[0], "increase": "1.00" }, { "account_id": other, "increase": "1.00" }]);
        let fields = desk.rebalance(&distributor, lines).await.invalid_fields();
        assert_eq!(fields, ["lines[1].account_id"], "no difference between unknown and not a child: {other}");
    }
    assert_eq!(desk.figures(&distributor).await, before);
    program.check_ledger(&children[0], 1).await;
}

#[tokio::test]
async fn what_the_request_alone_shows_is_said_of_every_line() {
    let (program, distributor, children) = distributor_with(2).await;
    let lines = json!([
        { "account_id": children[0], "increase": "1.00" },
        { "account_id": children[0], "decrease": "1.00" },
        { "account_id": children[1] },
        { "account_id": "nobody", "increase": "1" },
        { "account_id": children[1], "increase": "0.001" },
    ]);
    let fields = Desk(&program).rebalance(&distributor, lines).await.invalid_fields();
    for (line, field) in [(2, "lines[2].increase"), (3, "lines[3].account_id"), (4, "lines[4].increase")] {
        assert!(fields.iter().any(|name| name == field), "line {line}: {fields:?}");
    }
    let repeated = json!([
        { "account_id": children[0], "increase": "1.00" },
        { "account_id": children[1], "increase": "1.00" },
        { "account_id": children[0], "decrease": "1.00" },
    ]);
    let fields = Desk(&program).rebalance(&distributor, repeated).await.invalid_fields();
    assert_eq!(fields, ["lines[2].account_id"]);
}
