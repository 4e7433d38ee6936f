//! What is kept per parent for its overview: the sums over its children, and which of them are nearest to depletion.

use std::collections::BTreeSet;

use fastrand::Rng;
use serde_json::{Value, json};
use tests::program::{items, new_key, text};
use tests::watch::until;
use tests::{Answer, Desk, Program, store};

use crate::listener::at_list_price;

/// How many random operations a history has.
const OPERATIONS: usize = 80;

/// The figures that are summed up.
const FIGURES: [&str; 7] = ["granted", "allocated", "held", "used", "available", "paid", "collected"];

/// In the smallest unit that an amount may have, so that sums are exact.
fn units(amount: &str) -> i128 {
    let (whole, fraction) = amount.split_once('.').unwrap_or((amount, ""));
    assert!(fraction.len() <= 12, "{amount}");
    let digits: i128 = format!("{whole}{fraction:0<12}").parse().unwrap_or_else(|_| panic!("no amount: {amount}"));
    digits
}

/// A provider with two distributors, three resellers below each, and a customer below each of those.
struct Tree {
    program: Program,
    /// Each account with its parent, parents first.
    accounts: Vec<(String, String)>,
}

impl Tree {
    async fn create(random: &mut Rng) -> Tree {
        let program = Program::with(at_list_price()).await;
        let mut accounts = Vec::new();
        for _ in 0..2 {
            let distributor = program.onboard(&program.root).await;
            accounts.push((distributor.clone(), program.root.clone()));
            for _ in 0..3 {
                let reseller = program.onboard(&distributor).await;
                accounts.push((reseller.clone(), distributor.clone()));
                let customer = program.onboard(&reseller).await;
                accounts.push((customer, reseller));
            }
        }
        for (account, parent) in &accounts {
            // Some get more than their parent has; they stay without.
            program.allocate(parent, account, &format!("{}.00", random.u32(500..3_000))).await;
        }
        Tree { program, accounts }
    }

    /// Does something to somebody, which may be refused.
    async fn act(&self, random: &mut Rng) -> Answer {
        let (account, parent) = &self.accounts[random.usize(..self.accounts.len())];
        let (program, desk) = (&self.program, Desk(&self.program));
        let amount = format!("{}.{:02}", random.u32(0..400), random.u32(1..100));
        match random.u32(..10) {
            0 => program.allocate(parent, account, &amount).await,
            1 => desk.adjust(parent, account, json!({ "decrease": amount })).await,
            2 | 3 => program.purchase(account, &amount).await,
            4 => desk.charge(account, &format!("{amount}00000001"), &new_key()).await,
            5 => desk.hold(account, &amount, "2999-12-31T00:00:00.000Z").await,
            6 | 7 => {
                let used = text(&desk.figures(account).await, "used");
                let backfill = random.bool().then_some("0");
                desk.settle(parent, account, &used, backfill).await
            }
            8 => desk.suspend(parent, account).await,
            _ => desk.reinstate(parent, account).await,
        }
    }

    /// Closes an account that never had anything, and one that has given everything back.
    async fn close_some(&self) {
        let (program, desk) = (&self.program, Desk(&self.program));
        let distributor = &self.accounts[0].0;
        let fresh = program.onboard(distributor).await;
        desk.close(distributor, &fresh).await.expect(201);
        let former = program.onboard(&program.root).await;
        program.allocate(&program.root, &former, "10.00").await.expect(201);
        desk.adjust(&program.root, &former, json!({ "set": "0" })).await.expect(201);
        desk.close(&program.root, &former).await.expect(201);
    }

    /// The children of an account with their positions, as the provider sees them.
    async fn children(&self, parent: &str) -> Vec<Value> {
        let path = format!("/v1/accounts/{parent}/children?limit=200");
        items(&self.program.member(&self.program.root, "viewer").get(path).await.expect(200))
    }

    fn parents(&self) -> BTreeSet<&String> {
        self.accounts.iter().map(|(_, parent)| parent).collect()
    }
}

/// The totals over these children: their sums, and how many there are of each status.
fn totals(children: &[Value]) -> Value {
    let count = |status: &str| children.iter().filter(|child| child["status"] == *status).count().to_string();
    let sum = |name: &str| children.iter().map(|child| units(child["position"][name].as_str().unwrap())).sum::<i128>();
    let mut totals = json!({ "active": count("active"), "suspended": count("suspended"), "closed": count("closed") });
    for name in FIGURES {
        totals[name] = json!(sum(name).to_string());
    }
    totals
}

/// The same as it is stored.
fn stored_totals(item: &Value) -> Value {
    let mut totals = tests::program::only(item, &["active", "suspended", "closed"]);
    for name in FIGURES {
        totals[name] = json!(units(item[name].as_str().unwrap_or("0")).to_string());
    }
    totals
}

/// Where a child stands among its siblings: by status, then overdrawn, then by whole percent left, and last who has never
/// had anything.
fn place(child: &Value) -> String {
    let figure = |name: &str| units(child["position"][name].as_str().unwrap());
    let rank = match (figure("available"), figure("granted")) {
        (available, _) if available < 0 => 0,
        (_, 0) => 1_002,
        (available, granted) => (available * 100 / granted).min(1_000) + 1,
    };
    format!("{}#{rank:04}#{}", text(child, "status"), text(child, "id"))
}

/// What is stored for a parent, in the same form as what it should be.
async fn stored(tree: &Tree, parent: &str) -> (Option<Value>, BTreeSet<String>) {
    let stack = tree.program.stack();
    let items = store::partition(stack, &format!("ROLLUP#{parent}")).await;
    let totals = items.iter().find(|item| item["sort_key"] == "TOTALS").map(stored_totals);
    let nearest = store::partition(stack, &format!("NEAREST#{parent}")).await;
    (totals, nearest.iter().map(|item| text(item, "sort_key")).collect())
}

#[tokio::test]
async fn after_any_history_totals_and_places_are_those_of_the_children() {
    let seed = fastrand::u64(..);
    println!("the seed is {seed}");
    let mut random = Rng::with_seed(seed);
    let tree = Tree::create(&mut random).await;
    tree.close_some().await;
    let mut done = 0;
    for _ in 0..OPERATIONS {
        done += usize::from((200..300).contains(&tree.act(&mut random).await.status));
    }
    assert!(done > OPERATIONS / 10, "{done} of {OPERATIONS} operations were not refused");
    for parent in tree.parents() {
        let children = tree.children(parent).await;
        let expected = (Some(totals(&children)), children.iter().map(place).collect::<BTreeSet<_>>());
        until(async || match stored(&tree, parent).await {
            stored if stored == expected => Ok(()),
            stored => Err(format!("of {parent}, stored:\n{stored:#?}\nits children:\n{expected:#?}")),
        })
        .await;
    }
}
