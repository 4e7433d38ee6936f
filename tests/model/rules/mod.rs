//! The rules of postings, written down once more and apart from the product's.
//!
//! [`decide`] looks and does not touch; [`carry_out`] makes it so. Where several rules say no, any of them may be the
//! answer, as the design orders the checks only in part.

mod order;
mod price;
mod quota;
mod settlement;
mod standing;

use crate::command::Command;
use crate::decimal::Decimal;
use crate::world::{AccountAt, Figures, HoldState, Line, Purchase, Settlement, Status, World};

pub use price::effective_discount;

/// Why not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Refusal {
    pub status: u16,
    pub code: &'static str,
    pub account: Option<AccountAt>,
    /// `available` and `requested`.
    pub amounts: Option<(Decimal, Decimal)>,
    /// The fields that the problem names, in any order.
    pub fields: Vec<String>,
}

impl Refusal {
    fn conflict(code: &'static str) -> Refusal {
        Refusal { status: 409, code, ..Refusal::default() }
    }

    fn insufficient(account: AccountAt, available: Decimal, requested: Decimal) -> Refusal {
        let amounts = Some((available, requested));
        Refusal { account: Some(account), amounts, ..Refusal::conflict("insufficient_quota") }
    }

    fn outstanding(available: Decimal, requested: Decimal) -> Refusal {
        Refusal { amounts: Some((available, requested)), ..Refusal::conflict("exceeds_outstanding") }
    }

    fn not_active(account: AccountAt) -> Refusal {
        Refusal { account: Some(account), ..Refusal::conflict("account_not_active") }
    }

    fn invalid(field: &str) -> Refusal {
        Refusal { status: 422, code: "validation_failed", fields: vec![field.to_owned()], ..Refusal::default() }
    }
}

/// One account's part of a posting.
#[derive(Clone, Debug)]
pub struct Leg {
    pub account: AccountAt,
    pub amount: Decimal,
    pub deltas: Figures,
}

/// What else changes.
#[derive(Clone, Debug)]
pub enum Record {
    Nothing,
    Bought(Purchase),
    Held(crate::world::Hold),
    Captured { hold: usize, purchase: Purchase },
    Ended { hold: usize, state: HoldState },
    Refunded { purchase: usize, list_amount: Decimal },
    Charged { account: AccountAt, source_id: String, list_amount: Decimal },
    Settled { settlement: Settlement, reference: String },
    Reversed { settlement: usize },
    Closed { account: AccountAt },
}

/// A posting that would be made.
#[derive(Clone, Debug)]
pub struct Posting {
    pub kind: &'static str,
    pub account: AccountAt,
    pub amount: Decimal,
    pub legs: Vec<Leg>,
    pub price: Option<Vec<Line>>,
    pub backfilled: Option<Decimal>,
    pub record: Record,
}

/// What has to come of a command.
#[derive(Clone, Debug)]
pub enum Verdict {
    Posted(Box<Posting>),
    /// The account's status changes; nothing is posted.
    Standing {
        account: AccountAt,
        status: Status,
    },
    /// The effect is there already.
    Replayed,
    /// One of these.
    Refused(Vec<Refusal>),
}

/// What has to come of a command now.
pub fn decide(world: &World, command: &Command) -> Verdict {
    let decided = match command {
        Command::Capacity { delta } => quota::capacity(world, *delta),
        Command::Allocation { child, amount } => quota::allocation(world, *child, *amount),
        Command::Adjustment { child, change } => quota::adjustment(world, *child, *change),
        Command::Rebalance { parent, lines } => quota::rebalance(world, *parent, lines),
        Command::Purchase { account, list_amount, expected_cost } => {
            order::purchase(world, *account, *list_amount, *expected_cost)
        }
        Command::Charge { account, list_amount, source_id } => {
            return order::charge(world, *account, *list_amount, source_id);
        }
        Command::Hold { account, list_amount, expires_at_hour } => {
            order::hold(world, *account, *list_amount, *expires_at_hour)
        }
        Command::Capture { hold, list_amount } => order::capture(world, *hold, *list_amount),
        Command::Release { hold } => order::release(world, *hold),
        Command::Refund { purchase, list_amount } => order::refund(world, *purchase, *list_amount),
        Command::Settlement { child, amount, backfill, reference } => {
            settlement::settlement(world, *child, *amount, *backfill, reference)
        }
        Command::Reversal { settlement } => settlement::reversal(world, *settlement),
        Command::Suspend { account, .. } | Command::Reinstate { account, .. } => {
            return match standing::change(world, command) {
                Ok(status) => Verdict::Standing { account: *account, status },
                Err(refusals) => Verdict::Refused(refusals),
            };
        }
        Command::Closure { account, .. } => standing::closure(world, *account),
    };
    in_range(world, decided)
}

/// No figure may leave ±10^15.
fn in_range(world: &World, decided: Result<Posting, Vec<Refusal>>) -> Verdict {
    match decided {
        Err(refusals) => Verdict::Refused(refusals),
        Ok(posting) => {
            let is_out = |leg: &Leg| {
                let after = world.accounts[leg.account].figures.plus(&leg.deltas);
                after.all().any(|figure| figure.magnitude() > Decimal::LARGEST)
            };
            if posting.legs.iter().any(is_out) {
                return Verdict::Refused(vec![Refusal::conflict("out_of_range")]);
            }
            Verdict::Posted(Box::new(posting))
        }
    }
}

/// Makes it so. Answers with the place of what it made.
pub fn carry_out(world: &mut World, posting: &Posting) {
    for leg in &posting.legs {
        let before = world.accounts[leg.account].figures.available;
        world.post(posting.kind, leg.account, leg.amount, leg.deltas.clone());
        let after = world.accounts[leg.account].figures.available;
        let may_overdraw = matches!(posting.kind, "charge" | "reversal" | "settlement" | "closure");
        assert!(
            after >= before || !after.is_negative() || may_overdraw,
            "a {} overdraws {}",
            posting.kind,
            leg.account
        );
    }
    match posting.record.clone() {
        Record::Nothing => {}
        Record::Bought(purchase) => world.purchases.push(purchase),
        Record::Held(hold) => world.holds.push(hold),
        Record::Captured { hold, purchase } => {
            world.holds[hold].state = HoldState::Captured;
            world.purchases.push(purchase);
        }
        Record::Ended { hold, state } => world.holds[hold].state = state,
        Record::Refunded { purchase, list_amount } => {
            let purchase = &mut world.purchases[purchase];
            purchase.refunded = purchase.refunded + list_amount;
        }
        Record::Charged { account, source_id, list_amount } => {
            world.accounts[account].charges.insert(source_id, list_amount);
        }
        Record::Settled { settlement, reference } => {
            world.accounts[settlement.account].references.insert(reference.trim().to_owned());
            world.settlements.push(settlement);
        }
        Record::Reversed { settlement } => world.settlements[settlement].is_reversed = true,
        Record::Closed { account } => world.accounts[account].status = Status::Closed,
    }
}

/// The expiry of a hold whose time has come: the clock asks for it, nobody else.
pub fn expiry(world: &World, hold: usize) -> Posting {
    order::ended(world, hold, "expiry", HoldState::Expired)
}

/// Those of the accounts that are not active.
fn inactive(world: &World, accounts: impl IntoIterator<Item = AccountAt>) -> Vec<Refusal> {
    let is_off = |at: &AccountAt| world.accounts[*at].status != Status::Active;
    accounts.into_iter().filter(is_off).map(Refusal::not_active).collect()
}

/// Those of the accounts that are closed.
fn closed(world: &World, accounts: impl IntoIterator<Item = AccountAt>) -> Vec<Refusal> {
    let is_closed = |at: &AccountAt| world.accounts[*at].status == Status::Closed;
    accounts.into_iter().filter(is_closed).map(Refusal::not_active).collect()
}

fn parent(world: &World, child: AccountAt) -> AccountAt {
    world.accounts[child].parent.expect("a child has a parent")
}
