//! Pages of lists.

use serde_json::{Value, json};
use tests::Program;
use tests::program::items;

/// Walks a list in pages of `limit`, checking their sizes; answers with all items.
async fn walk(program: &Program, account: &str, list: &str, limit: usize) -> Vec<Value> {
    let mut all = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = program.read(account, &format!("{list}limit={limit}{cursor}")).await;
        let found = items(&page);
        let is_last = page["next_cursor"].is_null();
        assert!(found.len() == limit || is_last && found.len() < limit, "{} of {limit}: {page:#}", found.len());
        all.extend(found);
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return all,
        }
        assert!(all.len() <= 100, "it does not end");
    }
}

#[tokio::test]
async fn every_list_is_walked_through_with_each_item_once() {
    let policies = json!({ "distributor": "automatic", "reseller": "automatic", "customer": "automatic" });
    let program = Program::with(json!({ "verification": policies })).await;
    let distributor = program.onboard(&program.root).await;
    for _ in 0..7 {
        program.onboard(&distributor).await;
    }
    program.allocate(&program.root, &distributor, "1000.00").await.expect(201);
    for number in 1..=7 {
        program.purchase(&distributor, &format!("{number}.00")).await.expect(201);
    }
    for (list, count) in [
        ("entries?", 8),
        ("entries?kind=purchase&", 7),
        ("purchases?", 7),
        ("children?", 7),
        ("children?status=active&", 7),
        ("applications?", 7),
        ("applications?status=approved&", 7),
    ] {
        let whole = items(&program.read(&distributor, &format!("{list}limit=200")).await);
        assert_eq!(whole.len(), count, "{list}");
        for limit in [1, 3, 7, 50] {
            let walked: Vec<Value> = walk(&program, &distributor, list, limit).await;
            assert_eq!(ids(&walked), ids(&whole), "{list} in pages of {limit}");
        }
    }
}

fn ids(items: &[Value]) -> Vec<&str> {
    items.iter().map(|item| item["id"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn the_verifiers_queue_is_walked_through_with_each_application_once() {
    let manual = json!({ "distributor": "manual", "reseller": "manual", "customer": "manual" });
    let program = Program::with(json!({ "verification": manual })).await;
    let mut applied = Vec::new();
    for _ in 0..5 {
        let application = program.apply(&program.root, &program.company()).await.expect(201);
        applied.push(application["id"].as_str().unwrap().to_owned());
    }
    let verifier = program.member(&program.root, "verifier");
    let queue = format!("/v1/programs/{}/applications?status=in_review&limit=2", program.id);
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    for expected in [2, 2, 1] {
        let page = verifier.get(format!("{queue}{cursor}")).await.expect(200);
        let found = items(&page);
        assert_eq!(found.len(), expected);
        seen.extend(found.iter().map(|item| item["id"].as_str().unwrap().to_owned()));
        cursor = format!("&cursor={}", page["next_cursor"].as_str().unwrap_or_default());
    }
    assert_eq!(cursor, "&cursor=", "that was the last page");
    assert_eq!(seen, applied, "who waits longest first");
}

#[tokio::test]
async fn what_is_added_meanwhile_does_not_disturb_a_walk() {
    let program = Program::create().await;
    let line = program.funded_line(["1000.00", "500.00", "100.00"]).await;
    let customer = &line.customer;
    for _ in 0..3 {
        program.purchase(customer, "1.00").await.expect(201);
    }
    let first = program.read(customer, "entries?limit=2").await;
    program.purchase(customer, "1.00").await.expect(201);
    let cursor = first["next_cursor"].as_str().unwrap();
    let second = program.read(customer, &format!("entries?limit=2&cursor={cursor}")).await;
    let numbers = |page: &Value| items(page).iter().map(|entry| entry["seq"].as_u64().unwrap()).collect::<Vec<_>>();
    assert_eq!((numbers(&first), numbers(&second)), (vec![4, 3], vec![2, 1]));
    assert_eq!(second["next_cursor"], Value::Null);
}

#[tokio::test]
async fn entries_are_found_by_time_from_included_to_excluded() {
    let program = Program::create().await;
    let line = program.funded_line(["1000.00", "500.00", "100.00"]).await;
    let customer = &line.customer;
    program.purchase(customer, "1.00").await.expect(201);
    let entries = program.entries(customer).await;
    let (newest, oldest) = (entries[0]["created_at"].as_str().unwrap(), entries[1]["created_at"].as_str().unwrap());
    let since = |query: &str| format!("entries?{query}");
    assert_eq!(items(&program.read(customer, &since(&format!("from={oldest}"))).await), entries);
    let before = items(&program.read(customer, &since(&format!("to={oldest}"))).await);
    assert_eq!(before, Vec::<Value>::new());
    let position = program.read(customer, &format!("position?at={newest}")).await;
    assert_eq!(position["seq"], 2);
    assert_eq!(position["as_of"], newest);
    let before_all = program.read(customer, "position?at=2001-01-01T00:00:00.000Z").await;
    assert_eq!((&before_all["seq"], &before_all["available"]), (&json!(0), &json!("0.00")));
}
