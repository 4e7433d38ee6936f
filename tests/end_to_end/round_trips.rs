//! What a posting costs at the store's wire.

use local::Options;
use serde_json::{Value, json};
use tests::program::new_key;
use tests::wire::Wire;
use tests::{Caller, Client, Program, stack};

/// A position, an entry, the idempotency record and the purchase, each at most a kilobyte, at two units a kilobyte.
const PURCHASE_UNITS: u64 = 8;
/// Two positions, two entries, the record.
const ALLOCATION_UNITS: u64 = 10;

/// A function runs in at most so many instances, each of which meets an account once.
const INSTANCES: usize = 4;
const REQUESTS: usize = 8;

/// Sends the request again and again, each time with a new key; answers with the round trips and write units of each.
async fn costs(wire: &Wire, caller: &Caller, path: &str, body: &Value) -> Vec<(usize, u64)> {
    let mut costs = Vec::new();
    for _ in 0..REQUESTS {
        let _before = wire.take();
        caller.post(path).key(new_key()).json(body).await.expect(201);
        let calls = wire.take();
        let operations: Vec<&str> = calls.iter().map(|call| call.operation.as_str()).collect();
        assert_eq!(operations.last(), Some(&"TransactWriteItems"), "{operations:?}");
        costs.push((calls.len(), calls.iter().map(|call| call.write_units).sum()));
    }
    costs
}

#[track_caller]
fn check(what: &str, costs: &[(usize, u64)], most_units: u64) {
    println!("{what}: round trips and write units of each request {costs:?}");
    assert_eq!(costs[0].0, 3, "{what} at first sight: {costs:?}");
    assert!(costs.iter().all(|(round_trips, _)| matches!(round_trips, 2 | 3)), "{what}: {costs:?}");
    let at_first_sight = costs.iter().filter(|(round_trips, _)| *round_trips == 3).count();
    assert!(at_first_sight <= INSTANCES, "{what} of an account that was met: {costs:?}");
    assert!(costs.iter().all(|(_, units)| (1..=most_units).contains(units)), "{what}: {costs:?}");
}

#[tokio::test]
async fn a_posting_takes_two_round_trips_and_three_at_first_sight() {
    let program = Program::create().await;
    let line = program.funded_line(["1000.00", "500.00", "100.00"]).await;
    // Another stack on the same store: its functions have not met these accounts.
    let wire = Wire::before(stack::shared().await.store_url()).await;
    let stack = stack::start(Options { dynamodb_endpoint: Some(wire.url.clone()), ..Options::default() }).await;
    let client = Client::new(stack.url());
    let member = |account: &str| client.caller(&stack, &format!("finance-of-{account}"), &format!("{account}:finance"));

    let purchases = format!("/v1/accounts/{}/purchases", line.customer);
    let order = json!({ "list_amount": "1.00", "product": "Virtual machine, 1 month", "reference": "PO-2026-000123" });
    check("purchase", &costs(&wire, &member(&line.customer), &purchases, &order).await, PURCHASE_UNITS);

    let allocations = format!("/v1/accounts/{}/allocations", line.customer);
    let grant = json!({ "amount": "1.00", "note": "Top-up agreed by telephone" });
    check("allocation", &costs(&wire, &member(&line.reseller), &allocations, &grant).await, ALLOCATION_UNITS);
    stack.stop().await;
    program.check_ledger(&line.customer, 1 + 2 * REQUESTS).await;
}
