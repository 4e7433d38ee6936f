//! Quota handed down: capacity, allocation, adjustment, rebalance.

use super::{Leg, Posting, Record, Refusal, closed, inactive, parent};
use crate::command::Change;
use crate::decimal::Decimal;
use crate::world::{AccountAt, Figures, World};

type Decided = Result<Posting, Vec<Refusal>>;

pub fn capacity(world: &World, delta: Decimal) -> Decided {
    let available = world.accounts[0].figures.available;
    if delta.is_negative() && available + delta < Decimal::ZERO {
        return Err(vec![Refusal::insufficient(0, available, -delta)]);
    }
    Ok(posting("capacity", 0, vec![childs(0, delta)]))
}

pub fn allocation(world: &World, child: AccountAt, amount: Decimal) -> Decided {
    let parent = parent(world, child);
    let mut refusals = inactive(world, [child, parent]);
    refusals.extend(uncovered(world, parent, amount));
    if refusals.is_empty() {
        Ok(posting("allocation", child, vec![childs(child, amount), parents(parent, amount)]))
    } else {
        Err(refusals)
    }
}

pub fn adjustment(world: &World, child: AccountAt, change: Change) -> Decided {
    let parent = parent(world, child);
    let (delta, mut refusals) = line(world, parent, child, change);
    if delta.is_positive() {
        refusals.extend(uncovered(world, parent, delta));
    }
    if refusals.is_empty() {
        Ok(posting("adjustment", child, vec![childs(child, delta), parents(parent, delta)]))
    } else {
        Err(refusals)
    }
}

/// The answer to failing lines names every one of them; its status and code are those of the first.
pub fn rebalance(world: &World, parent: AccountAt, lines: &[(AccountAt, Change)]) -> Decided {
    let judged: Vec<_> = lines.iter().map(|(child, change)| line(world, parent, *child, *change)).collect();
    let failing: Vec<usize> = (0..lines.len()).filter(|at| !judged[*at].1.is_empty()).collect();
    if let Some(first) = failing.first() {
        let fields: Vec<String> = failing.iter().map(|at| format!("lines[{at}]")).collect();
        let refusals = judged[*first].1.iter().map(|refusal| Refusal { fields: fields.clone(), ..refusal.clone() });
        return Err(refusals.collect());
    }
    let net: Decimal = judged.iter().map(|(delta, _)| *delta).sum();
    if net.is_positive()
        && let Some(refusal) = uncovered(world, parent, net)
    {
        return Err(vec![refusal]);
    }
    let children = lines.iter().zip(&judged).map(|((child, _), (delta, _))| childs(*child, *delta));
    Ok(posting("rebalance", parent, std::iter::once(parents(parent, net)).chain(children).collect()))
}

/// By how much one child's quota would change, and what in itself speaks against it.
fn line(world: &World, parent: AccountAt, child: AccountAt, change: Change) -> (Decimal, Vec<Refusal>) {
    let account = &world.accounts[child];
    let delta = match change {
        Change::Increase(amount) => amount,
        Change::Decrease(amount) => -amount,
        Change::Set(target) => target - account.figures.granted,
    };
    let mut refusals = closed(world, [child, parent]);
    if delta.is_zero() {
        refusals.push(Refusal::invalid("set"));
    } else if delta.is_positive() {
        refusals.extend(inactive(world, [child, parent]));
    } else if -delta > account.reclaimable() {
        refusals.push(Refusal::insufficient(child, account.reclaimable(), -delta));
    }
    (delta, refusals)
}

fn uncovered(world: &World, account: AccountAt, requested: Decimal) -> Option<Refusal> {
    let available = world.accounts[account].figures.available;
    (available < requested).then(|| Refusal::insufficient(account, available, requested))
}

fn childs(account: AccountAt, delta: Decimal) -> Leg {
    let deltas = Figures { granted: delta, available: delta, ..Figures::default() };
    Leg { account, amount: delta.magnitude(), deltas }
}

fn parents(account: AccountAt, delta: Decimal) -> Leg {
    let deltas = Figures { available: -delta, allocated: delta, ..Figures::default() };
    Leg { account, amount: delta.magnitude(), deltas }
}

fn posting(kind: &'static str, account: AccountAt, legs: Vec<Leg>) -> Posting {
    let amount = legs[0].amount;
    Posting { kind, account, amount, legs, price: None, backfilled: None, record: Record::Nothing }
}
