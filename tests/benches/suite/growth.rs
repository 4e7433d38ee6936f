//! Whether anything becomes slower as accounts grow: entries below one, children below another.

use std::time::Instant;

use local::{Options, Stack};
use reqwest::header::HeaderValue;
use serde_json::json;
use tests::Program;

use super::Effort;
use super::fill::Filling;
use super::stacks::{self, Prepared, Sender};
use super::table::{Row, Samples};

/// Entries of an account.
const ENTRIES: [usize; 3] = [100, 10_000, 1_000_000];

/// Children of an account.
const CHILDREN: [usize; 2] = [100, 10_000];

/// Requests of each kind for each account in one round, of which the round keeps the median.
const REQUESTS: usize = 60;

const MILLISECOND: f64 = 0.001;

#[derive(Clone, Copy, Debug)]
enum Operation {
    Purchase,
    Allocation,
    Position,
    Entries,
    Overview,
}

const OPERATIONS: [Operation; 5] =
    [Operation::Purchase, Operation::Allocation, Operation::Position, Operation::Entries, Operation::Overview];

/// An account of some size.
struct Subject {
    account: String,
    size: usize,
    own: HeaderValue,
    parents: HeaderValue,
}

impl Subject {
    async fn ask(&self, sender: &Sender, operation: Operation) {
        let path = |what: &str| format!("{}/{what}", self.account);
        match operation {
            Operation::Purchase => {
                let order = json!({ "list_amount": "1.00", "product": "Virtual machine" });
                sender.post(&self.own, &path("purchases"), &order).await;
            }
            Operation::Allocation => {
                sender.post(&self.parents, &path("allocations"), &json!({ "amount": "1.00" })).await;
            }
            Operation::Position => sender.get(&self.own, &path("position")).await,
            Operation::Entries => sender.get(&self.own, &path("entries")).await,
            Operation::Overview => sender.get(&self.own, &path("overview")).await,
        }
    }
}

/// What there is before anything is copied.
struct World {
    root: String,
    reseller: String,
    customer: String,
    /// Distributors, each with one reseller.
    parents: Vec<(String, String)>,
}

pub async fn rows(effort: Effort) -> Vec<Row> {
    let (prepared, world) = Prepared::by(&json!({ "capacity": "900000000.00" }), prepare).await;
    let (by_entries, by_children) = fill(&prepared, &world, effort);
    let (stack, _folder) = prepared.stack(Options { streams: false, ..Options::default() }).await;
    let of = |parent: &str, (account, size): &(String, usize)| Subject {
        account: account.clone(),
        size: *size,
        own: Sender::token(&stack, &format!("{account}:admin")),
        parents: Sender::token(&stack, &format!("{parent}:admin")),
    };
    let mut rows = Vec::new();
    let families = [("entries", &world.reseller, by_entries), ("children", &world.root, by_children)];
    for (name, parent, accounts) in families {
        let subjects: Vec<Subject> = accounts.iter().map(|account| of(parent, account)).collect();
        rows.extend(measure(&stack, name, &subjects, effort).await);
    }
    stack.stop().await;
    rows
}

async fn prepare(program: &Program) -> World {
    let line = program.funded_line(["300000000.00", "200000000.00", "100000.00"]).await;
    let mut parents = Vec::new();
    for _ in CHILDREN {
        let parent = program.onboard(&program.root).await;
        program.allocate(&program.root, &parent, "10000000.00").await.expect(201);
        let child = program.onboard(&parent).await;
        program.allocate(&parent, &child, "10.00").await.expect(201);
        stacks::rolled_up(program, &parent, "10.00").await;
        parents.push((parent, child));
    }
    World { root: program.root.clone(), reseller: line.reseller, customer: line.customer, parents }
}

type Sized = Vec<(String, usize)>;

fn fill(prepared: &Prepared, world: &World, effort: Effort) -> (Sized, Sized) {
    let mut filling = Filling::of(&prepared.store());
    let entries = ENTRIES.map(|size| effort.of(size).max(100));
    let customers = filling.copies(&world.customer, entries.len());
    for (customer, size) in customers.iter().zip(entries) {
        filling.entries(customer, 1, size as u64);
    }
    let children = CHILDREN.map(|size| effort.of(size).max(100));
    for ((_, child), size) in world.parents.iter().zip(children) {
        filling.copies(child, size - 1);
    }
    let parents = world.parents.iter().map(|(parent, _)| parent.clone());
    (customers.into_iter().zip(entries).collect(), parents.zip(children).collect())
}

async fn measure(stack: &Stack, name: &str, subjects: &[Subject], effort: Effort) -> Vec<Row> {
    let sender = Sender::to(stack);
    let mut rows = Vec::new();
    for operation in OPERATIONS {
        let mut rounds: Vec<Samples> = subjects.iter().map(|_| Samples::default()).collect();
        // The first round only warms up.
        for round in 0..=effort.rounds {
            let medians = one_round(&sender, operation, subjects, effort.of(REQUESTS).max(10)).await;
            if round > 0 {
                rounds.iter_mut().zip(medians).for_each(|(all, median)| all.add(median));
            }
        }
        let [smallest, .., largest] = &rounds[..] else { panic!("two sizes at least") };
        let ratio = largest.over(smallest);
        let [first, .., last] = subjects else { panic!("two sizes at least") };
        let shown = |samples: &Samples| format!("{:.2} ms", samples.median() / MILLISECOND);
        rows.push(
            Row::of(format!("{operation:?} at {} {name}", last.size), shown(largest))
                .against(format!("at {} {}", first.size, shown(smallest)))
                .ratio(&ratio)
                .target("≤ 1.15", ratio.median() <= 1.15),
        );
    }
    rows
}

/// The median of each subject; the subjects take turns.
async fn one_round(sender: &Sender, operation: Operation, subjects: &[Subject], requests: usize) -> Vec<f64> {
    let mut took: Vec<Samples> = subjects.iter().map(|_| Samples::default()).collect();
    for turn in 0..requests {
        for place in 0..subjects.len() {
            let place = (place + turn) % subjects.len();
            let begun = Instant::now();
            subjects[place].ask(sender, operation).await;
            took[place].add(begun.elapsed().as_secs_f64());
        }
    }
    took.iter().map(Samples::median).collect()
}
