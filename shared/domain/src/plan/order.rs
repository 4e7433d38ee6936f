//! Orders over time: holds, their capture, release and expiry, and refunds of purchases.

use super::consumption::{Order, Priced, price};
use super::{Change, Kind, Plan, no_change, plan, require_active, require_available, require_not_closed};
use crate::account::Account;
use crate::{Amount, FieldError, Figures, Refusal, Waterfall};

/// What was frozen when a hold was placed or a purchase made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frozen {
    /// At list price.
    pub list_amount: Amount,
    /// What every tier pays for all of it.
    pub waterfall: Waterfall,
}

/// Sets quota aside for an order that is not placed yet, at today's price.
///
/// # Errors
/// As for a purchase.
pub fn hold(buyer: &Account, ancestors: &[Account], order: Order) -> Result<Priced, Refusal> {
    let waterfall = price(buyer, ancestors, order)?;
    let cost = waterfall.own_cost();
    require_available(buyer, cost)?;
    let deltas = Figures { available: cost.negated(), held: cost, ..no_change(buyer) };
    Ok(Priced { plan: plan(Kind::Hold, vec![Change { account: buyer, amount: cost, deltas }])?, waterfall })
}

/// An open hold becomes a purchase of `list_amount`, at the frozen price; what is left of it returns.
///
/// # Errors
/// When the buyer or an ancestor is not active, more is captured than was held, or the captured part costs nothing.
pub fn capture(buyer: &Account, ancestors: &[Account], held: &Frozen, list_amount: Amount) -> Result<Priced, Refusal> {
    require_active(std::iter::once(buyer).chain(ancestors))?;
    require_outstanding(list_amount, held.list_amount)?;
    let waterfall = held.waterfall.portion(list_amount, held.list_amount, buyer.currency().minor_digits())?;
    let (cost, whole) = (waterfall.own_cost(), held.waterfall.own_cost());
    if cost.is_zero() {
        return Err(Refusal::Invalid(FieldError::new("list_amount", "cost_is_zero", "rounds to a cost of zero")));
    }
    let deltas = Figures {
        held: whole.negated(),
        used: cost,
        available: whole.minus(cost)?,
        upstream: waterfall.upstream_costs(),
        ..no_change(buyer)
    };
    Ok(Priced { plan: plan(Kind::Capture, vec![Change { account: buyer, amount: cost, deltas }])?, waterfall })
}

/// An open hold is given back ([`Kind::Release`]) or has run out ([`Kind::Expiry`]).
///
/// # Errors
/// When the account is closed.
pub fn release(buyer: &Account, held: &Frozen, kind: Kind) -> Result<Plan, Refusal> {
    require_not_closed([buyer])?;
    let cost = held.waterfall.own_cost();
    let deltas = Figures { held: cost.negated(), available: cost, ..no_change(buyer) };
    plan(kind, vec![Change { account: buyer, amount: cost, deltas }])
}

/// Reverses `list_amount` of a purchase of which `refunded` (at list price) was reversed before.
///
/// After refunds of r of L in all, the refunded costs total `round(cost × r ÷ L)`; this posts the difference, so that
/// a full refund returns exactly the costs, in however many steps.
///
/// # Errors
/// When more is refunded than is left, or the account is closed.
pub fn refund(buyer: &Account, bought: &Frozen, refunded: Amount, list_amount: Amount) -> Result<Priced, Refusal> {
    require_not_closed([buyer])?;
    require_outstanding(list_amount, bought.list_amount.minus(refunded)?)?;
    let digits = buyer.currency().minor_digits();
    let total = |part: Amount| bought.waterfall.portion(part, bought.list_amount, digits);
    let (until_now, from_now) = (total(refunded)?, total(refunded.plus(list_amount)?)?);
    let waterfall = difference(&from_now, &until_now)?;
    let cost = waterfall.own_cost();
    let deltas = Figures {
        used: cost.negated(),
        available: cost,
        upstream: waterfall.upstream_costs().into_iter().map(Amount::negated).collect(),
        ..no_change(buyer)
    };
    Ok(Priced { plan: plan(Kind::Refund, vec![Change { account: buyer, amount: cost, deltas }])?, waterfall })
}

fn require_outstanding(requested: Amount, available: Amount) -> Result<(), Refusal> {
    if requested > available || !requested.is_positive() {
        return Err(Refusal::ExceedsOutstanding { available, requested });
    }
    Ok(())
}

fn difference(larger: &Waterfall, smaller: &Waterfall) -> Result<Waterfall, Refusal> {
    let mut lines = Vec::with_capacity(larger.lines.len());
    for (line, less) in larger.lines.iter().zip(&smaller.lines) {
        let mut line = line.clone();
        line.cost = line.cost.minus(less.cost)?;
        line.margin = line.margin.minus(less.margin)?;
        lines.push(line);
    }
    Ok(Waterfall { lines })
}
