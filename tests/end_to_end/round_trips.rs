//! What a request costs at the store's wire, which is what the README's table says it costs. Units are those of the
//! built-in store, which counts them as DynamoDB does; DynamoDB Local does not.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use tests::program::{new_key, text};
use tests::watch::until;
use tests::wire::Wire;
use tests::{Caller, Client, Line, Program, stack};

/// How the README's table begins.
const HEADING: &str = "| request | round trips | at first sight | write units |";

/// The summary, the nearest of those active and of those suspended with their companies, and the unread notifications.
const MOST_OF_OVERVIEW: usize = 7;

/// A function runs in at most so many instances, each of which meets an account once.
const INSTANCES: usize = 4;
const REQUESTS: usize = 8;

/// A line of the README's table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Documented {
    /// When the function instance has met the account.
    round_trips: usize,
    at_first_sight: usize,
    write_units: u64,
}

/// The README's table, by kind of posting or by what a GET reads.
fn documented() -> BTreeMap<String, Documented> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../README.md");
    let readme = std::fs::read_to_string(path).expect("the README");
    let table = readme.lines().skip_while(|line| *line != HEADING).skip(2).take_while(|line| line.starts_with('|'));
    let lines = table.map(|line| line.split('|').map(str::trim).collect::<Vec<_>>());
    let documented: BTreeMap<_, _> = lines
        .flat_map(|cells| {
            let number = |cell: usize| cells[cell].parse().unwrap_or_else(|_| panic!("no number: {cells:?}"));
            let costs = Documented {
                round_trips: number(2),
                at_first_sight: number(3),
                write_units: u64::try_from(number(4)).expect("a small number"),
            };
            let kinds = cells[1].trim_start_matches("GET of ").split(", ").map(|kind| kind.split(' ').next().unwrap());
            kinds.map(|kind| (kind.to_owned(), costs)).collect::<Vec<_>>()
        })
        .collect();
    assert!(documented.len() > 10, "the README's table has the heading {HEADING}: {documented:?}");
    documented
}

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
fn check(what: &str, costs: &[(usize, u64)]) {
    let said = documented()[what];
    println!("{what}: round trips and write units of each request {costs:?}");
    assert_eq!(costs[0].0, said.at_first_sight, "{what} at first sight: {costs:?}");
    let at_first_sight = costs.iter().filter(|(round_trips, _)| *round_trips == said.at_first_sight).count();
    assert!(at_first_sight <= INSTANCES, "{what} of an account that was met: {costs:?}");
    let met = costs.iter().filter(|(round_trips, _)| *round_trips == said.round_trips).count();
    assert_eq!(at_first_sight + met, costs.len(), "{what}: {costs:?} in place of {said:?}");
    let is_as_said = costs.iter().all(|(_, units)| *units == said.write_units);
    assert!(is_as_said || stack::is_another_store(), "{what}: {costs:?} in place of {said:?}");
}

#[tokio::test]
async fn a_posting_takes_two_round_trips_and_three_at_first_sight() {
    let program = Program::create().await;
    let line = program.funded_line(["1000.00", "500.00", "100.00"]).await;
    // Another stack on the same store: its functions have not met these accounts.
    let wire = Wire::before(stack::shared().await.store_url()).await;
    let stack = stack::start(wire.options()).await;
    let client = Client::new(stack.url());
    let member = |account: &str| client.caller(&stack, &format!("finance-of-{account}"), &format!("{account}:finance"));

    let purchases = format!("/v1/accounts/{}/purchases", line.customer);
    let order = json!({ "list_amount": "1.00", "product": "Virtual machine, 1 month", "reference": "PO-2026-000123" });
    check("purchase", &costs(&wire, &member(&line.customer), &purchases, &order).await);

    let allocations = format!("/v1/accounts/{}/allocations", line.customer);
    let grant = json!({ "amount": "1.00", "note": "Top-up agreed by telephone" });
    check("allocation", &costs(&wire, &member(&line.reseller), &allocations, &grant).await);
    stack.stop().await;
    program.check_ledger(&line.customer, 1 + 2 * REQUESTS).await;
}

/// A stack whose every call to the store is counted.
struct Counted {
    wire: Wire,
    client: Client,
    stack: local::Stack,
    documented: BTreeMap<String, Documented>,
}

impl Counted {
    async fn start() -> Counted {
        let wire = Wire::before(stack::shared().await.store_url()).await;
        let stack = stack::start(wire.options()).await;
        Counted { wire, client: Client::new(stack.url()), stack, documented: documented() }
    }

    /// An account's admin, or the operator of the deployment.
    fn caller(&self, account: &str) -> Caller {
        let membership = if account == "platform" { "platform:operator".into() } else { format!("{account}:admin") };
        self.client.caller(&self.stack, &format!("admin-of-{account}"), &membership)
    }

    /// Posts and checks that it costs what the README says; answers with the body.
    async fn post(&self, account: &str, path: &str, body: Value) -> Value {
        let caller = self.caller(account);
        let _before = self.wire.take();
        let answer = caller.post(format!("/v1/accounts/{path}")).key(new_key()).json(&body).await.expect(201);
        let calls = self.wire.take();
        let spent: u64 = calls.iter().map(|call| call.write_units).sum();
        let kind = answer["kind"].as_str().unwrap();
        println!("{kind}: {} round trips, {spent} write units", calls.len());
        let said = self.documented.get(kind).unwrap_or_else(|| panic!("the README does not speak of {kind}"));
        let expected = [said.round_trips, said.at_first_sight];
        assert!(expected.contains(&calls.len()), "{kind}: {calls:?} in place of {said:?}");
        assert!(spent == said.write_units || stack::is_another_store(), "{kind}: {calls:?} in place of {said:?}");
        answer
    }

    /// Reads something again and again, and checks that it costs what the README says.
    async fn read(&self, account: &str, what: &str) {
        let said = self.documented.get(what).unwrap_or_else(|| panic!("the README does not speak of {what}"));
        let mut reads = Vec::new();
        for _ in 0..REQUESTS {
            let _before = self.wire.take();
            self.caller(account).get(format!("/v1/accounts/{account}/{what}")).await.expect(200);
            reads.push(self.wire.take().len());
        }
        println!("GET of {what}: {reads:?} round trips");
        let of = |round_trips: usize| reads.iter().filter(|read| **read == round_trips).count();
        assert_eq!(of(said.round_trips) + of(said.at_first_sight), REQUESTS, "{what}: {reads:?} in place of {said:?}");
        assert!(of(said.at_first_sight) <= INSTANCES, "{what} of an account that was met: {reads:?}");
    }
}

/// Two units each: the record, every position with its entry, and what else the kind of posting makes or changes.
#[tokio::test]
async fn every_request_costs_what_the_readme_says() {
    let program = Program::create().await;
    let line = program.funded_line(["1000.00", "500.00", "200.00"]).await;
    let other = program.onboard(&line.reseller).await;
    let counted = Counted::start().await;
    let mut seen = BTreeSet::new();
    every_posting(&counted, &program, &line, &other, &mut seen).await;
    for what in ["position", "entries", "purchases", "holds", "settlements"] {
        counted.read(&line.customer, what).await;
        seen.insert(what.to_owned());
    }
    assert_eq!(seen, counted.documented.keys().cloned().collect(), "everything that the README speaks of");
    counted.stack.stop().await;
}

async fn every_posting(counted: &Counted, program: &Program, line: &Line, other: &str, seen: &mut BTreeSet<String>) {
    let (buyer, parent, root) = (&line.customer, &line.reseller, &program.root);
    let mut post = async |account: &str, path: String, body: Value| {
        let answer = counted.post(account, &path, body).await;
        seen.insert(text(&answer, "kind"));
        answer
    };
    post("platform", format!("{root}/capacity"), json!({ "delta": "1.00" })).await;
    post(parent, format!("{buyer}/allocations"), json!({ "amount": "1.00" })).await;
    post(parent, format!("{buyer}/adjustments"), json!({ "decrease": "1.00", "reason": "less" })).await;
    let lines = json!([{ "account_id": buyer, "decrease": "1.00" }, { "account_id": other, "increase": "1.00" }]);
    post(parent, format!("{parent}/rebalances"), json!({ "lines": lines, "reason": "shift" })).await;
    let order = json!({ "list_amount": "10.00", "product": "Disk" });
    let purchase = text(&post(buyer, format!("{buyer}/purchases"), order.clone()).await, "purchase_id");
    post(root, format!("{buyer}/purchases/{purchase}/refunds"), json!({ "reason": "returned" })).await;
    let mut held = order;
    held["expires_at"] = json!("2099-01-01T00:00:00Z");
    for end in ["capture", "release"] {
        let hold = text(&post(buyer, format!("{buyer}/holds"), held.clone()).await, "hold_id");
        post(buyer, format!("{buyer}/holds/{hold}/{end}"), json!({})).await;
    }
    let period = "2026-11-01T00:00:00Z";
    let usage = json!({ "list_amount": "0.0000008", "source_id": "line-1", "service": "Queue", "period_start": period,
        "period_end": period });
    post(root, format!("{buyer}/charges"), usage).await;
    let payment = json!({ "amount": "1.00", "payment_reference": "WIRE-1", "method": "wire", "paid_at": period });
    let settlement = text(&post(parent, format!("{buyer}/settlements"), payment).await, "settlement_id");
    post(parent, format!("{buyer}/settlements/{settlement}/reversal"), json!({ "reason": "it bounced" })).await;
}

/// The first screen is one call for the portal, and for the store no more of them the more children there are.
#[tokio::test]
async fn the_first_screen_takes_as_many_round_trips_however_many_children_there_are() {
    let program = Program::create().await;
    let distributor = program.onboard(&program.root).await;
    program.allocate(&program.root, &distributor, "1000.00").await.expect(201);
    let counted = Counted::start().await;
    let mut children = 0;
    let mut round_trips = Vec::new();
    // As many as it shows, and several times that.
    for more in [5, 20] {
        for _ in 0..more {
            let child = program.onboard(&distributor).await;
            program.allocate(&distributor, &child, "10.00").await.expect(201);
        }
        children += more;
        until(async || match program.read(&distributor, "overview").await {
            seen if seen["totals"]["granted"] == format!("{children}0.00") => Ok(()),
            seen => Err(format!("{seen:#}")),
        })
        .await;
        let mut fewest = usize::MAX;
        for _ in 0..REQUESTS {
            let _before = counted.wire.take();
            counted.caller(&distributor).get(format!("/v1/accounts/{distributor}/overview")).await.expect(200);
            fewest = fewest.min(counted.wire.take().len());
        }
        round_trips.push(fewest);
    }
    println!("overview: {round_trips:?} round trips");
    assert!(round_trips[0] == round_trips[1] && round_trips[0] <= MOST_OF_OVERVIEW, "{round_trips:?}");
    counted.stack.stop().await;
}

/// The time that an answer takes is the store's, so reads are counted in its place: it must not tell what is there, but not
/// for this caller, from what is not. An instance that has not met the caller's own account reads that as well.
#[tokio::test]
async fn what_is_hidden_takes_as_many_reads_as_what_is_not_there() {
    let (program, other) = (Program::create().await, Program::create().await);
    let (mine, hidden) = (program.onboard(&program.root).await, other.onboard(&other.root).await);
    let counted = Counted::start().await;
    let nobody = "01M80000000000000000000000";
    let (account, nobodys) = (format!("accounts/{hidden}/position"), format!("accounts/acc_{nobody}/position"));
    let (root, no_root) = (format!("programs/{}", other.id), format!("programs/prg_{nobody}"));
    // Who may see it has the instances remember it.
    for (owner, path) in [(&hidden, &account), (&other.root, &root)] {
        for _ in 0..REQUESTS {
            counted.caller(owner).get(format!("/v1/{path}")).await.expect(200);
        }
    }
    for path in [account, nobodys, root, no_root] {
        let mut reads = Vec::new();
        for _ in 0..REQUESTS {
            let _before = counted.wire.take();
            counted.caller(&mine).get(format!("/v1/{path}")).await.refused(404, "not_found");
            reads.push(counted.wire.take().len());
        }
        println!("{path}: {reads:?} reads");
        let at_first_sight = reads.iter().filter(|reads| **reads == 2).count();
        assert!(reads.iter().all(|reads| matches!(reads, 1 | 2)) && at_first_sight <= INSTANCES, "{path}: {reads:?}");
    }
    counted.stack.stop().await;
}
