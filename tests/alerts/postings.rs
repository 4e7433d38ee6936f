//! Every posting becomes one event for each account that it is about.

use std::collections::{HashMap, HashSet};

use local::{Options, Stack};
use serde_json::{Map, Value, json};
use tests::moment::later;
use tests::program::{new_key, text};
use tests::watch::until;
use tests::{Desk, Line, Program};
use tokio::sync::OnceCell;

/// The clock is one for all of a stack, so this one is of its own.
static STACK: OnceCell<Stack> = OnceCell::const_new();

/// Prices so far apart that a child may owe nothing and still leave something to be carried over.
fn discounts() -> Value {
    json!({ "discounts": { "distributor": "0.50", "reseller": "0.40", "customer": "0.20" } })
}

/// What the event of a kind of posting is called; `None` where another event tells of it.
fn event_type(kind: &str) -> Option<&'static str> {
    match kind {
        "allocation" => Some("QuotaAllocated"),
        "capacity" | "adjustment" | "rebalance" => Some("QuotaAdjusted"),
        "purchase" | "capture" => Some("PurchaseRecorded"),
        "charge" => Some("ChargeRecorded"),
        "refund" => Some("PurchaseRefunded"),
        "hold" => Some("HoldPlaced"),
        "release" | "expiry" => Some("HoldReleased"),
        "settlement" => Some("PaymentSettled"),
        "reversal" => Some("SettlementReversed"),
        "closure" => None,
        other => panic!("an unknown kind of posting: {other}"),
    }
}

/// An account of the program, as its parent knows it.
struct Node {
    id: String,
    parent: Value,
}

/// Does everything that there is to do, in every direction; answers with the tree.
async fn do_everything(program: &Program) -> Vec<Node> {
    let root = &program.root;
    let Line { distributor, reseller, customer } = program.funded_line(["1000.00", "600.00", "400.00"]).await;
    let sibling = program.onboard(&reseller).await;
    quota(program, &reseller, [&customer, &sibling]).await;
    orders(program, &customer).await;
    let desk = Desk(program);
    desk.charge(&customer, "1.00000008", "usage").await.expect(201);
    desk.charge(&customer, "0", "nothing").await.expect(201);
    let settled = desk.settle(&reseller, &customer, "12.00", Some("5.00")).await.expect(201);
    desk.settle(&distributor, &reseller, "3.00", None).await.expect(201);
    desk.reverse(&reseller, &customer, &text(&settled, "settlement_id")).await.expect(201);
    close_with_something_left(program, &reseller, &sibling).await;
    let node = |id: &str, parent: Value| Node { id: id.to_owned(), parent };
    vec![
        node(root, Value::Null),
        node(&distributor, json!(root)),
        node(&reseller, json!(distributor)),
        node(&customer, json!(reseller)),
        node(&sibling, json!(reseller)),
    ]
}

async fn quota(program: &Program, reseller: &str, [customer, sibling]: [&str; 2]) {
    let desk = Desk(program);
    let capacity = format!("/v1/accounts/{}/capacity", program.root);
    program.operator().post(capacity).key(new_key()).json(json!({ "delta": "-10.00" })).await.expect(201);
    for change in [json!({ "increase": "30.00" }), json!({ "decrease": "20.00" }), json!({ "set": "400.00" })] {
        desk.adjust(reseller, customer, change).await.expect(201);
    }
    // Nothing of it stays with the parent, which has its entry all the same.
    let net_zero =
        json!([{ "account_id": customer, "decrease": "10.00" }, { "account_id": sibling, "increase": "10.00" }]);
    desk.rebalance(reseller, net_zero).await.expect(201);
    let up = json!([{ "account_id": customer, "set": "400.00" }, { "account_id": sibling, "increase": "1.00" }]);
    desk.rebalance(reseller, up).await.expect(201);
}

async fn orders(program: &Program, customer: &str) {
    let desk = Desk(program);
    let purchase = desk.bought(customer, "50.00").await;
    desk.refund(&purchase, Some("20.00")).await.expect(201);
    let hold = desk.open_hold(customer, "30.00").await;
    desk.capture(customer, &hold, json!({ "list_amount": "10.00" })).await.expect(201);
    let hold = desk.open_hold(customer, "5.00").await;
    desk.release(customer, &hold).await.expect(201);
    let expires_at = later(&text(&program.position(customer).await, "as_of"), 3_600);
    desk.hold(customer, "7.00", &expires_at).await.expect(201);
    let advance = json!({ "advance_seconds": 2 * 3_600 });
    program.client().anonymous().post("/_local/clock").json(advance).await.expect(200);
}

async fn close_with_something_left(program: &Program, reseller: &str, account: &str) {
    let desk = Desk(program);
    // The order costs 0.01 at the account and 0.00 at the top, the credit for it 0.01 and 0.00625.
    program.purchase(account, "0.01").await.expect(201);
    desk.charge(account, "-0.0125", "credit").await.expect(201);
    desk.adjust(reseller, account, json!({ "set": "0" })).await.expect(201);
    let closed = desk.close(reseller, account).await.expect(201);
    assert_eq!(closed["effects"].as_array().unwrap().len(), 2, "{closed:#}");
}

/// What is told of an entry: all of it but what is owed above the account.
fn told(entry: &Value) -> Value {
    let mut data = entry.clone();
    for figures in ["deltas", "after"] {
        data[figures].as_object_mut().unwrap().remove("upstream");
    }
    data
}

fn mentions(value: &Value, name: &str) -> bool {
    match value {
        Value::Object(fields) => fields.iter().any(|(key, value)| key == name || mentions(value, name)),
        Value::Array(list) => list.iter().any(|value| mentions(value, name)),
        _ => false,
    }
}

#[tokio::test]
async fn every_entry_but_a_parents_twin_is_told_once_in_its_order() {
    let stack = STACK.get_or_init(|| tests::stack::start(Options::default())).await;
    let program = Program::on(stack, &discounts()).await;
    let tree = do_everything(&program).await;
    let mut entries: HashMap<String, Vec<Value>> = HashMap::new();
    // Nothing is hidden from the operator.
    let operator = program.operator();
    for node in &tree {
        let page = operator.get(format!("/v1/accounts/{}/entries?limit=200", node.id)).await.expect(200);
        let oldest_first = tests::program::items(&page).into_iter().rev().collect();
        entries.insert(node.id.clone(), oldest_first);
    }
    let kinds: HashSet<&str> = entries.values().flatten().map(|entry| entry["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds.len(), 14, "every kind of posting: {kinds:?}");

    let mut expected: HashMap<String, Vec<Value>> = HashMap::new();
    for node in &tree {
        // A posting that has an entry of a child of this account is told there.
        let children = tree.iter().filter(|child| child.parent == *node.id);
        let below: HashSet<&Value> =
            children.flat_map(|child| &entries[&child.id]).map(|entry| &entry["posting_id"]).collect();
        let own = entries[&node.id].iter().filter(|entry| !below.contains(&entry["posting_id"]));
        let own = own.filter(|entry| event_type(entry["kind"].as_str().unwrap()).is_some());
        expected.insert(node.id.clone(), own.cloned().collect());
    }
    for node in &tree {
        check(&program, node, &expected[&node.id]).await;
    }
    no_id_stands_for_two(&program.events_mentioning("").await);
}

/// Checks the events of an account that tell of postings against the entries that have to be told.
async fn check(program: &Program, node: &Node, expected: &[Value]) {
    let wanted = expected.len();
    let is_posting = |event: &Value| event["detail"]["data"]["posting_id"].is_string();
    let events = until(async || {
        let mut events = program.events_of(&node.id).await;
        let activated = events.iter().position(|event| event["detail-type"] == "AccountActivated");
        if let Some(posted) = events.iter().position(is_posting) {
            // The provider is active from the beginning, which nothing tells of.
            let is_active_first = node.parent.is_null() || activated.is_some_and(|activated| activated < posted);
            assert!(is_active_first, "an account is active first: {events:#?}");
        }
        events.retain(is_posting);
        if events.len() >= wanted { Ok(events) } else { Err(format!("{} of {wanted} events", events.len())) }
    })
    .await;
    assert_eq!(events.len(), wanted, "{}: {events:#?}", node.id);
    for (event, entry) in events.iter().zip(expected) {
        let at = text(entry, "created_at");
        let detail = json!({
            "version": "1", "id": entry["id"], "occurred_at": at, "program_id": program.id, "account_id": node.id,
            "parent_id": node.parent, "data": told(&with_currency(entry)),
        });
        let named = event_type(entry["kind"].as_str().unwrap()).unwrap();
        assert_eq!([&event["source"], &event["detail-type"]], ["partner-quota", named]);
        assert_eq!(event["detail"], detail);
        assert_eq!(event["time"], format!("{}Z", at.split('.').next().unwrap()), "to the second, as the bus has it");
        assert!(!mentions(event, "upstream"), "{event:#}");
    }
}

/// On the bus, an entry says what its amounts are in.
fn with_currency(entry: &Value) -> Value {
    let mut entry: Map<String, Value> = entry.as_object().unwrap().clone();
    entry.insert("currency".to_owned(), json!("USD"));
    Value::Object(entry)
}

/// Checks that an event's stable id belongs to that event alone.
pub fn no_id_stands_for_two(events: &[Value]) {
    let mut known: HashMap<String, &Value> = HashMap::new();
    for event in events.iter().filter(|event| event["source"] == "partner-quota") {
        let same = |other: &Value| ["detail-type", "detail"].iter().all(|part| other[*part] == event[*part]);
        let other = known.insert(text(&event["detail"], "id"), event);
        assert!(other.is_none_or(same), "one id, two events: {other:#?} {event:#}");
    }
}
