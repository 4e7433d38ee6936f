//! Consuming quota: purchases, charges, holds, captures, releases, refunds.

use super::price::{above, difference, portion, price};
use super::{Leg, Posting, Record, Refusal, Verdict, closed, in_range, inactive};
use crate::decimal::{DIGITS, Decimal};
use crate::world::{AccountAt, Figures, Hold, HoldState, Line, Purchase, World};

type Decided = Result<Posting, Vec<Refusal>>;

pub fn purchase(world: &World, account: AccountAt, list_amount: Decimal, expected_cost: Option<Decimal>) -> Decided {
    let price = price(world, account, list_amount, world.minor);
    let mut refusals = unfit_to_buy(world, account, &price);
    if expected_cost.is_some_and(|expected| expected != price[0].cost) {
        refusals.push(Refusal::conflict("position_changed"));
    }
    if !refusals.is_empty() {
        return Err(refusals);
    }
    let bought = Purchase { account, list_amount, price: price.clone(), refunded: Decimal::ZERO };
    let deltas = consumed(&price);
    Ok(posting("purchase", account, price[0].cost, deltas, Some(price), Record::Bought(bought)))
}

/// Usage has happened: only a closed account is none of its business.
pub fn charge(world: &World, account: AccountAt, list_amount: Decimal, source_id: &str) -> Verdict {
    if let Some(charged) = world.accounts[account].charges.get(source_id) {
        let reused = Refusal { status: 422, code: "idempotency_key_reused", ..Refusal::default() };
        return if *charged == list_amount { Verdict::Replayed } else { Verdict::Refused(vec![reused]) };
    }
    let refusals = closed(world, [account]);
    if !refusals.is_empty() {
        return Verdict::Refused(refusals);
    }
    let price = price(world, account, list_amount, DIGITS);
    let record = Record::Charged { account, source_id: source_id.to_owned(), list_amount };
    in_range(world, Ok(posting("charge", account, price[0].cost, consumed(&price), None, record)))
}

pub fn hold(world: &World, account: AccountAt, list_amount: Decimal, expires_at_hour: u32) -> Decided {
    let price = price(world, account, list_amount, world.minor);
    let mut refusals = unfit_to_buy(world, account, &price);
    if expires_at_hour < world.hour {
        refusals.push(Refusal::invalid("expires_at"));
    }
    if !refusals.is_empty() {
        return Err(refusals);
    }
    let cost = price[0].cost;
    let deltas = Figures { available: -cost, held: cost, ..Figures::default() };
    let hold = Hold { account, list_amount, price: price.clone(), expires_at_hour, state: HoldState::Open };
    Ok(posting("hold", account, cost, deltas, Some(price), Record::Held(hold)))
}

pub fn capture(world: &World, at: usize, list_amount: Option<Decimal>) -> Decided {
    let hold = &world.holds[at];
    let list_amount = list_amount.unwrap_or(hold.list_amount);
    let mut refusals = inactive(world, std::iter::once(hold.account).chain(world.ancestors(hold.account)));
    if hold.state != HoldState::Open {
        refusals.push(Refusal::conflict("invalid_state"));
    }
    if list_amount > hold.list_amount {
        refusals.push(Refusal::outstanding(hold.list_amount, list_amount));
    }
    let price = portion(&hold.price, list_amount, hold.list_amount, world.minor);
    if price[0].cost.is_zero() {
        refusals.push(Refusal::invalid("list_amount"));
    }
    if !refusals.is_empty() {
        return Err(refusals);
    }
    let (cost, whole) = (price[0].cost, hold.price[0].cost);
    let deltas =
        Figures { held: -whole, used: cost, available: whole - cost, upstream: above(&price), ..Figures::default() };
    let purchase = Purchase { account: hold.account, list_amount, price: price.clone(), refunded: Decimal::ZERO };
    let record = Record::Captured { hold: at, purchase };
    Ok(posting("capture", hold.account, cost, deltas, Some(price), record))
}

pub fn release(world: &World, at: usize) -> Decided {
    if world.holds[at].state != HoldState::Open {
        return Err(vec![Refusal::conflict("invalid_state")]);
    }
    Ok(ended(world, at, "release", HoldState::Released))
}

/// What was held is available again.
pub fn ended(world: &World, at: usize, kind: &'static str, state: HoldState) -> Posting {
    let hold = &world.holds[at];
    let cost = hold.price[0].cost;
    let deltas = Figures { held: -cost, available: cost, ..Figures::default() };
    posting(kind, hold.account, cost, deltas, None, Record::Ended { hold: at, state })
}

/// After refunds of r of L in all, what came back is `round(cost × r ÷ L)`.
pub fn refund(world: &World, at: usize, list_amount: Option<Decimal>) -> Decided {
    let purchase = &world.purchases[at];
    let rest = purchase.list_amount - purchase.refunded;
    let list_amount = list_amount.unwrap_or(rest);
    let mut refusals = closed(world, [purchase.account]);
    if list_amount > rest || rest.is_zero() {
        refusals.push(Refusal::outstanding(rest, list_amount));
    }
    if !refusals.is_empty() {
        return Err(refusals);
    }
    let until = |part: Decimal| portion(&purchase.price, part, purchase.list_amount, world.minor);
    let back = difference(&until(purchase.refunded + list_amount), &until(purchase.refunded));
    let record = Record::Refunded { purchase: at, list_amount };
    Ok(posting("refund", purchase.account, back[0].cost, consumed(&back).negated(), None, record))
}

/// What speaks against an order of this price.
fn unfit_to_buy(world: &World, account: AccountAt, price: &[Line]) -> Vec<Refusal> {
    let mut refusals = inactive(world, std::iter::once(account).chain(world.ancestors(account)));
    let (cost, available) = (price[0].cost, world.accounts[account].figures.available);
    if cost.is_zero() {
        refusals.push(Refusal::invalid("list_amount"));
    } else if available < cost {
        refusals.push(Refusal::insufficient(account, available, cost));
    }
    refusals
}

fn consumed(price: &[Line]) -> Figures {
    let cost = price[0].cost;
    Figures { available: -cost, used: cost, upstream: above(price), ..Figures::default() }
}

fn posting(
    kind: &'static str,
    account: AccountAt,
    amount: Decimal,
    deltas: Figures,
    price: Option<Vec<Line>>,
    record: Record,
) -> Posting {
    Posting { kind, account, amount, legs: vec![Leg { account, amount, deltas }], price, backfilled: None, record }
}
