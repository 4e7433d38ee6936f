//! Whether postings and readings of several clients at once can each be thought of as happening at one moment between
//! its request and its answer. Histories are recorded over HTTP and judged by a checker that knows nothing of ours.

mod pair;

use std::sync::{Arc, Mutex};

use fastrand::Rng;
use serde_json::{Value, json};
use stateright::semantics::{ConsistencyTester, LinearizabilityTester};
use tests::client::insist;
use tests::program::{new_key, text};
use tests::{Answer, Caller, Program};
use tokio::task::JoinSet;

use crate::inject::{Fault, end_faults, seed};
use crate::world::own_stack;
use pair::{Cents, Child, Operation, Outcome, Pair, Parent};

const CLIENTS: usize = 5;

/// Of each client.
const OPERATIONS: usize = 8;

/// Quota of the parent and of its child at first.
const QUOTA: [&str; 3] = ["1000.00", "60.00", "20.00"];

/// The most that one operation is about: often more than there is.
const MOST: Cents = 1_500;

type History = Arc<Mutex<LinearizabilityTester<usize, Pair>>>;

/// Who asks, and about whom.
#[derive(Clone)]
struct Line {
    parent: String,
    child: String,
    /// Of the parent, which sees both.
    finance: Caller,
}

fn cents(position: &Value, figure: &str) -> Cents {
    let amount = text(position, figure);
    let (whole, part) = amount.split_once('.').unwrap_or_else(|| panic!("{amount} has no fraction"));
    assert_eq!(part.len(), 2, "{figure} is {amount}");
    format!("{whole}{part}").parse().unwrap()
}

fn parent(position: &Value) -> Parent {
    let figure = |name| cents(position, name);
    Parent { available: figure("available"), allocated: figure("allocated"), seq: position["seq"].as_u64().unwrap() }
}

fn child(position: &Value) -> Child {
    let figure = |name| cents(position, name);
    let seq = position["seq"].as_u64().unwrap();
    Child { granted: figure("granted"), available: figure("available"), used: figure("used"), seq }
}

impl Line {
    async fn ask(&self, operation: Operation) -> Answer {
        let Line { parent, child, finance } = self;
        let key = new_key();
        let post = async |what: &str, body: Value| {
            let path = format!("/v1/accounts/{child}/{what}");
            insist(finance.post(path).key(&key).json(body)).await
        };
        let amount = |cents: Cents| format!("{}.{:02}", cents / 100, cents % 100);
        match operation {
            Operation::ReadParent => insist(finance.get(format!("/v1/accounts/{parent}/position"))).await,
            Operation::ReadChild => insist(finance.get(format!("/v1/accounts/{child}/position"))).await,
            Operation::Grant(cents) => post("allocations", json!({ "amount": amount(cents) })).await,
            Operation::Reclaim(cents) => {
                post("adjustments", json!({ "decrease": amount(cents), "reason": "less" })).await
            }
            Operation::Buy(cents) => {
                post("purchases", json!({ "list_amount": amount(cents), "product": "Disk" })).await
            }
            Operation::Pay(cents) => {
                let paid_at = "2026-11-01T00:00:00Z";
                let payment =
                    json!({ "amount": amount(cents), "payment_reference": key, "method": "wire", "paid_at": paid_at });
                post("settlements", payment).await
            }
        }
    }

    fn outcome(&self, operation: Operation, answer: &Answer) -> Outcome {
        let body = answer.json();
        if answer.status == 409 {
            let known = ["insufficient_quota", "exceeds_outstanding"];
            assert!(known.iter().any(|code| body["code"] == **code), "{answer}");
            return Outcome::Refused(cents(&body, "available"));
        }
        assert!(matches!(answer.status, 200 | 201), "{answer}");
        let after = |account: &str| {
            let effects = body["effects"].as_array().unwrap().iter();
            let mut after = effects.filter(|effect| effect["account_id"] == *account).map(|effect| &effect["after"]);
            after.next().unwrap_or_else(|| panic!("no effect on {account}: {body:#}")).clone()
        };
        match operation {
            Operation::ReadParent => Outcome::Parent(parent(&body)),
            Operation::ReadChild => Outcome::Child(child(&body)),
            Operation::Buy(_) => Outcome::Child(child(&after(&self.child))),
            Operation::Grant(_) | Operation::Reclaim(_) | Operation::Pay(_) => {
                Outcome::Both(Pair { parent: parent(&after(&self.parent)), child: child(&after(&self.child)) })
            }
        }
    }

    async fn work(self, client: usize, history: History, mut random: Rng) {
        for _ in 0..OPERATIONS {
            let amount = random.i64(1..=MOST);
            let operation = match random.u8(..10) {
                0 => Operation::ReadParent,
                1 | 2 => Operation::ReadChild,
                3 | 4 => Operation::Grant(amount),
                5 => Operation::Reclaim(amount),
                6 => Operation::Pay(amount),
                _ => Operation::Buy(amount),
            };
            history.lock().unwrap().on_invoke(client, operation).unwrap();
            let answer = self.ask(operation).await;
            let outcome = self.outcome(operation, &answer);
            history.lock().unwrap().on_return(client, outcome).unwrap();
        }
    }
}

/// One history on accounts of its own, judged.
async fn check(program: &Program, faults: &[Fault], seed: u64) {
    let line = program.funded_line(QUOTA).await;
    let line = Line { finance: program.member(&line.reseller, "finance"), parent: line.reseller, child: line.customer };
    let begin = Pair {
        parent: parent(&program.position(&line.parent).await),
        child: child(&program.position(&line.child).await),
    };
    let history = Arc::new(Mutex::new(LinearizabilityTester::new(begin)));
    for fault in faults {
        fault.begin(program, seed).await;
    }
    let mut random = Rng::with_seed(seed);
    let mut clients = JoinSet::new();
    for client in 0..CLIENTS {
        clients.spawn(line.clone().work(client, Arc::clone(&history), random.fork()));
    }
    clients.join_all().await;
    end_faults(program).await;
    let history = history.lock().unwrap();
    assert!(history.is_consistent(), "seed {seed}, {faults:?}: no order of these explains all answers\n{history:#?}");
}

fn without_discounts() -> Value {
    json!({ "discounts": { "distributor": "0", "reseller": "0", "customer": "0" } })
}

#[tokio::test(flavor = "multi_thread")]
async fn every_posting_and_reading_happens_at_one_moment() {
    let mut random = Rng::with_seed(seed());
    let program = Program::on(own_stack().await, &without_discounts()).await;
    let store = |kind, rate| Fault::new("dynamodb", kind, rate);
    let calm: [Fault; 0] = [];
    for faults in
        [&calm[..], &calm[..], &[store("conflict", 0.4)], &[store("lost_response", 0.15)], &[store("delay", 0.3)]]
    {
        check(&program, faults, random.u64(..)).await;
    }
}

#[test]
fn a_reading_of_what_was_no_more_is_found_out() {
    let pair = Pair {
        parent: Parent { available: 100, allocated: 0, seq: 1 },
        child: Child { granted: 0, available: 0, used: 0, seq: 0 },
    };
    let mut after = pair;
    let granted = stateright::semantics::SequentialSpec::invoke(&mut after, &Operation::Grant(30));
    let mut history = LinearizabilityTester::new(pair);
    history.on_invoke(1, Operation::Grant(30)).unwrap().on_return(1, granted).unwrap();
    let mut stale = history.clone();
    history.on_invoke(2, Operation::ReadChild).unwrap().on_return(2, Outcome::Child(after.child)).unwrap();
    assert!(history.is_consistent());
    stale.on_invoke(2, Operation::ReadChild).unwrap().on_return(2, Outcome::Child(pair.child)).unwrap();
    assert!(!stale.is_consistent(), "it began after the grant was answered");
}
