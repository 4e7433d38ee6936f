//! Payments from a child to its parent, and their reversal.

use super::{Leg, Posting, Record, Refusal, closed, parent};
use crate::decimal::{DIGITS, Decimal};
use crate::world::{Account, AccountAt, Figures, Settlement, World};

type Decided = Result<Posting, Vec<Refusal>>;

pub fn settlement(
    world: &World,
    child: AccountAt,
    amount: Decimal,
    backfill: Option<Decimal>,
    reference: &str,
) -> Decided {
    let (at, account) = (parent(world, child), &world.accounts[child]);
    let mut refusals = closed(world, [child, at]);
    if account.references.contains(reference.trim()) {
        refusals.push(Refusal::conflict("duplicate_payment"));
    }
    let used = account.figures.used;
    let is_debt_paid = amount.is_positive() && amount <= used;
    let is_credit_paid_out = amount.is_negative() && amount >= used;
    if !is_debt_paid && !is_credit_paid_out {
        refusals.push(Refusal::outstanding(used, amount));
        return Err(refusals);
    }
    let moved = moved(account, amount);
    let backfilled = if is_debt_paid {
        let owed = moved.first().copied().unwrap_or_default();
        backfilled(world, at, account, amount, owed, backfill)
    } else if -amount > account.figures.available {
        Err(Refusal::insufficient(child, account.figures.available, -amount))
    } else {
        Ok(amount)
    };
    match backfilled {
        Err(refusal) => refusals.push(refusal),
        Ok(backfilled) if refusals.is_empty() => {
            let settlement = Settlement { account: child, amount, backfilled, moved, is_reversed: false };
            let legs = legs(at, &settlement);
            let record = Record::Settled { settlement, reference: reference.to_owned() };
            return Ok(posting("settlement", child, amount, legs, Some(backfilled), record));
        }
        Ok(_) => {}
    }
    Err(refusals)
}

pub fn reversal(world: &World, at: usize) -> Decided {
    let settlement = &world.settlements[at];
    let parent = parent(world, settlement.account);
    let mut refusals = closed(world, [settlement.account, parent]);
    if settlement.is_reversed {
        refusals.push(Refusal::conflict("invalid_state"));
    }
    if !refusals.is_empty() {
        return Err(refusals);
    }
    let mut legs = legs(parent, settlement);
    for leg in &mut legs {
        leg.deltas = leg.deltas.negated();
    }
    let record = Record::Reversed { settlement: at };
    Ok(posting("reversal", settlement.account, settlement.amount, legs, None, record))
}

/// Both sides of a settlement: a is paid, b of it comes back as quota, u is what the parent owes upstream for it.
pub fn legs(parent: AccountAt, settlement: &Settlement) -> Vec<Leg> {
    let Settlement { account, amount, backfilled, moved, .. } = settlement;
    let (a, b, u) = (*amount, *backfilled, moved.first().copied().unwrap_or_default());
    let child = Figures {
        used: -a,
        upstream: moved.iter().map(|part| -*part).collect(),
        paid: a,
        available: b,
        granted: b - a,
        ..Figures::default()
    };
    let above = Figures {
        used: u,
        upstream: moved.iter().skip(1).copied().collect(),
        collected: a,
        allocated: b - a,
        available: (a - b) - u,
        ..Figures::default()
    };
    let amount = a.magnitude();
    vec![Leg { account: *account, amount, deltas: child }, Leg { account: parent, amount, deltas: above }]
}

/// The part of the upstream debts that goes with the payment: in its proportion, no more than it, and all with all.
fn moved(child: &Account, amount: Decimal) -> Vec<Decimal> {
    let used = child.figures.used;
    let part = |debt: &Decimal| {
        if amount == used {
            return *debt;
        }
        let share = debt.times_ratio(amount, used, DIGITS);
        if amount.is_negative() { share.clamp(amount, Decimal::ZERO) } else { share.clamp(Decimal::ZERO, amount) }
    };
    child.figures.upstream.iter().map(part).collect()
}

fn backfilled(
    world: &World,
    parent: AccountAt,
    child: &Account,
    amount: Decimal,
    owed: Decimal,
    asked: Option<Decimal>,
) -> Result<Decimal, Refusal> {
    let spare = world.accounts[parent].figures.available.max(Decimal::ZERO);
    let most = amount.min(spare + amount - owed);
    let least = (amount - child.figures.granted).max(Decimal::ZERO);
    match asked {
        Some(asked) if asked > most => Err(Refusal::insufficient(parent, most, asked)),
        // A payment is a fact: where the least exceeds the most, the parent overdraws.
        asked => Ok(asked.unwrap_or(most).max(least)),
    }
}

fn posting(
    kind: &'static str,
    account: AccountAt,
    amount: Decimal,
    legs: Vec<Leg>,
    backfilled: Option<Decimal>,
    record: Record,
) -> Posting {
    Posting { kind, account, amount: amount.magnitude(), legs, price: None, backfilled, record }
}
