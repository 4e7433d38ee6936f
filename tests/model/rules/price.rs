//! What every tier pays.

use crate::decimal::Decimal;
use crate::world::{AccountAt, Line, World};

/// Its own discount, but no more than any ancestor's below the provider.
pub fn effective_discount(world: &World, account: AccountAt) -> Decimal {
    let partners = world.ancestors(account).into_iter().filter(|at| world.accounts[*at].depth > 0);
    partners.map(|at| world.accounts[at].discount).fold(world.accounts[account].discount, Decimal::min)
}

/// The price of a list amount for the buyer and each ancestor below the provider.
pub fn price(world: &World, buyer: AccountAt, list_amount: Decimal, digits: u32) -> Vec<Line> {
    let tiers = std::iter::once(buyer).chain(world.ancestors(buyer)).filter(|at| world.accounts[*at].depth > 0);
    let costs = tiers.map(|account| {
        let discount = effective_discount(world, account);
        (account, discount, list_amount.times_ratio(Decimal::ONE - discount, Decimal::ONE, digits))
    });
    with_margins(costs)
}

/// The same price for a part of the list amount.
pub fn portion(price: &[Line], part: Decimal, whole: Decimal, digits: u32) -> Vec<Line> {
    with_margins(price.iter().map(|line| (line.account, line.discount, line.cost.times_ratio(part, whole, digits))))
}

/// What is refunded on the way from the smaller of two refunds to the larger.
pub fn difference(larger: &[Line], smaller: &[Line]) -> Vec<Line> {
    let costs = larger.iter().zip(smaller).map(|(more, less)| (more.account, more.discount, more.cost - less.cost));
    with_margins(costs)
}

/// What the tiers above the buyer pay, nearest first.
pub fn above(price: &[Line]) -> Vec<Decimal> {
    price.iter().skip(1).map(|line| line.cost).collect()
}

/// A tier gains what the tier below pays it beyond its own cost.
fn with_margins(costs: impl Iterator<Item = (AccountAt, Decimal, Decimal)>) -> Vec<Line> {
    let mut below = None;
    costs
        .map(|(account, discount, cost)| {
            let margin = below.map_or(Decimal::ZERO, |below| below - cost);
            below = Some(cost);
            Line { account, discount, cost, margin }
        })
        .collect()
}
