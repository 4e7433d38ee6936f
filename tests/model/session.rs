//! A program on a stack, and how commands become requests to it.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use fastrand::Rng;
use local::Stack;
use serde_json::{Map, Value, json};
use tests::client::Call;
use tests::moment::later;
use tests::program::text;
use tests::{Caller, Program, company};

use crate::command::{Change, Command};
use crate::decimal::Decimal;
use crate::world::{AccountAt, World};

/// Currencies with 0, 2 and 3 minor digits; dollars more often, as partners have them.
const CURRENCIES: [(&str, u32); 4] = [("USD", 2), ("KRW", 0), ("KWD", 3), ("USD", 2)];

/// Parents of the accounts of a history, the provider being 0: two distributors, three resellers, four customers.
const PARENTS: [AccountAt; 9] = [0, 0, 1, 1, 2, 3, 3, 4, 5];

/// Discounts by depth: some that leave no neat numbers, some that can be divided by.
const DISCOUNTS: [&[&str]; 4] =
    [&["0"], &["0.2", "0.333333", "0.5"], &["0.1", "0.123457", "0.2"], &["0.05", "0", "0.0001", "0.1"]];

/// What comes back from the API, by its place in the model's world.
#[derive(Debug, Default)]
pub struct Names {
    pub accounts: Vec<String>,
    pub purchases: Vec<String>,
    pub holds: Vec<String>,
    pub settlements: Vec<String>,
}

/// One program that a history is played on.
#[derive(Debug)]
pub struct Session {
    pub program: Program,
    pub names: Names,
    /// When the history began, by the stack's clock.
    began_at: String,
    callers: Mutex<HashMap<AccountAt, Caller>>,
}

/// A request in full, to be sent more than once.
#[derive(Clone, Debug)]
pub struct Request {
    /// Through which account; the operator when there is none.
    pub actor: Option<AccountAt>,
    pub method: &'static str,
    pub path: String,
    pub body: Value,
}

impl Session {
    /// A program with a tree of accounts, drawn from `random`, and the model of it.
    pub async fn begin(stack: &'static Stack, random: &mut Rng) -> (Session, World) {
        let (currency, minor) = CURRENCIES[random.usize(0..CURRENCIES.len())];
        let capacity = Decimal::of_units(random.i128(50_000..200_000), 0);
        let settings = json!({ "currency": currency, "capacity": capacity.show(minor) });
        let program = Program::on(stack, &settings).await;
        let mut world = World::new(minor, capacity);
        let accounts = vec![program.root.clone()];
        let mut session = Session {
            names: Names { accounts, ..Names::default() },
            began_at: String::new(),
            callers: Mutex::default(),
            program,
        };
        for parent in PARENTS {
            session.open(&mut world, parent, random).await;
        }
        session.began_at = text(&session.program.position(&session.program.root).await, "as_of");
        (session, world)
    }

    /// One more account, with a discount no better than its parent's.
    pub async fn open(&mut self, world: &mut World, parent: AccountAt, random: &mut Rng) {
        let (depth, ceiling) = (world.accounts[parent].depth + 1, world.accounts[parent].discount);
        let discounts = DISCOUNTS[depth];
        let wanted = Decimal::parse(discounts[random.usize(0..discounts.len())]);
        let discount = if depth == 1 { wanted } else { wanted.min(ceiling) };
        let company = company::with(&self.program.company(), &json!({ "discount": discount.show(0) }));
        let id = self.program.onboard_company(&self.names.accounts[parent], &company).await;
        self.names.accounts.push(id);
        world.add(Some(parent), discount);
    }

    /// The admin of an account, or the operator.
    pub fn caller(&self, actor: Option<AccountAt>) -> Caller {
        let Some(account) = actor else {
            return self.program.caller("operator", tests::program::OPERATOR);
        };
        let mut callers = self.callers.lock().unwrap_or_else(PoisonError::into_inner);
        let new = || self.program.member(&self.names.accounts[account], "admin");
        callers.entry(account).or_insert_with(new).clone()
    }

    /// Tokens run out as the clock moves on.
    pub fn forget_tokens(&self) {
        self.callers.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// The last moment at which a hold of that hour is open: half an hour after the clock was moved there.
    pub fn time_of(&self, hour: u32) -> String {
        later(&self.began_at, i64::from(hour) * 3_600 + 1_800)
    }

    /// What a command looks like as a request.
    pub fn request(&self, world: &World, command: &Command, by_parent: bool) -> Request {
        let names = &self.names;
        let id = |at: AccountAt| &names.accounts[at];
        let show = |amount: Decimal| amount.show(0);
        let parent = |at: AccountAt| world.accounts[at].parent;
        let own = |at: AccountAt| if by_parent { parent(at) } else { Some(at) };
        let on = |at: AccountAt, what: &str| format!("/v1/accounts/{}/{what}", id(at));
        let post = |actor, path, body| Request { actor, method: "POST", path, body };
        match command {
            Command::Capacity { delta } => post(None, on(0, "capacity"), json!({ "delta": show(*delta) })),
            Command::Allocation { child, amount } => {
                post(parent(*child), on(*child, "allocations"), json!({ "amount": show(*amount) }))
            }
            Command::Adjustment { child, change } => {
                let mut body = changed(*change);
                body.insert("reason".to_owned(), json!("Usage varies"));
                post(parent(*child), on(*child, "adjustments"), body.into())
            }
            Command::Rebalance { parent, lines } => {
                let line = |(child, change): &(AccountAt, Change)| {
                    let mut line = changed(*change);
                    line.insert("account_id".to_owned(), json!(id(*child)));
                    Value::from(line)
                };
                let lines: Vec<Value> = lines.iter().map(line).collect();
                let body = json!({ "lines": lines, "reason": "A new quarter" });
                post(Some(*parent), on(*parent, "rebalances"), body)
            }
            Command::Purchase { account, list_amount, expected_cost } => {
                let mut body = json!({ "list_amount": show(*list_amount), "product": "Virtual machine" });
                if let Some(cost) = expected_cost {
                    body["expected_cost"] = json!(show(*cost));
                }
                post(own(*account), on(*account, "purchases"), body)
            }
            Command::Charge { account, list_amount, source_id } => {
                let body = json!({
                    "list_amount": show(*list_amount), "source_id": source_id, "service": "Object storage",
                    "period_start": "2026-01-01T00:00:00.000Z", "period_end": "2026-01-01T01:00:00.000Z",
                });
                post(Some(0), on(*account, "charges"), body)
            }
            Command::Hold { account, list_amount, expires_at_hour } => {
                let body = json!({
                    "list_amount": show(*list_amount), "product": "Virtual machine",
                    "expires_at": self.time_of(*expires_at_hour),
                });
                post(own(*account), on(*account, "holds"), body)
            }
            Command::Capture { hold, list_amount } => {
                let account = world.holds[*hold].account;
                let body = list_amount.map_or_else(|| json!({}), |part| json!({ "list_amount": show(part) }));
                post(own(account), on(account, &format!("holds/{}/capture", names.holds[*hold])), body)
            }
            Command::Release { hold } => {
                let account = world.holds[*hold].account;
                post(own(account), on(account, &format!("holds/{}/release", names.holds[*hold])), json!({}))
            }
            Command::Refund { purchase, list_amount } => {
                let account = world.purchases[*purchase].account;
                let mut body = json!({ "reason": "Not delivered" });
                if let Some(part) = list_amount {
                    body["list_amount"] = json!(show(*part));
                }
                post(Some(0), on(account, &format!("purchases/{}/refunds", names.purchases[*purchase])), body)
            }
            Command::Settlement { child, amount, backfill, reference } => {
                let mut body = json!({
                    "amount": show(*amount), "payment_reference": reference, "method": "bank_transfer",
                    "paid_at": "2026-01-31T12:00:00.000Z",
                });
                if let Some(backfill) = backfill {
                    body["backfill_amount"] = json!(show(*backfill));
                }
                post(parent(*child), on(*child, "settlements"), body)
            }
            Command::Reversal { settlement } => {
                let child = world.settlements[*settlement].account;
                let path = on(child, &format!("settlements/{}/reversal", names.settlements[*settlement]));
                post(parent(child), path, json!({ "reason": "The cheque bounced" }))
            }
            Command::Suspend { account, by } => {
                post(Some(*by), on(*account, "suspension"), json!({ "reason": "Under review" }))
            }
            Command::Reinstate { account, by } => {
                Request { method: "DELETE", ..post(Some(*by), on(*account, "suspension"), Value::Null) }
            }
            Command::Closure { account, by } => {
                post(Some(*by), on(*account, "closure"), json!({ "reason": "Contract ended" }))
            }
        }
    }

    /// The request as a call, still to be sent.
    pub fn call(&self, request: &Request, query: &str) -> Call {
        let method = request.method.parse().expect("a method");
        let call = self.caller(request.actor).call(method, format!("{}{query}", request.path));
        if request.body.is_null() { call } else { call.json(&request.body) }
    }
}

fn changed(change: Change) -> Map<String, Value> {
    let (name, amount) = match change {
        Change::Increase(amount) => ("increase", amount),
        Change::Decrease(amount) => ("decrease", amount),
        Change::Set(amount) => ("set", amount),
    };
    Map::from_iter([(name.to_owned(), json!(amount.show(0)))])
}
