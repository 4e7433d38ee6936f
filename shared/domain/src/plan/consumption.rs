//! Consuming quota at once: purchases and charges.

use super::{Change, Kind, Plan, no_change, plan, require_active, require_available, require_not_closed};
use crate::account::Account;
use crate::amount::MAX_FRACTION_DIGITS;
use crate::{Amount, FieldError, Figures, Refusal, Waterfall};

/// A plan together with the price that it was made at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Priced {
    /// What would be posted.
    pub plan: Plan,
    /// What every tier pays.
    pub waterfall: Waterfall,
}

/// An order: a list amount and, where the caller saw a preview, the cost that it expects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Order {
    /// At list price, before any discount.
    pub list_amount: Amount,
    /// The buyer's own cost as it was previewed.
    pub expected_cost: Option<Amount>,
}

/// An account buys: available quota becomes used at its own price.
///
/// `ancestors` are the buyer's, the parent first, the provider last.
///
/// # Errors
/// When the buyer or an ancestor is not active, the price is not the expected one, the cost rounds to zero, or the
/// quota does not cover it.
pub fn purchase(buyer: &Account, ancestors: &[Account], order: Order) -> Result<Priced, Refusal> {
    let waterfall = price(buyer, ancestors, order)?;
    let cost = waterfall.own_cost();
    require_available(buyer, cost)?;
    let deltas = consumed(buyer, &waterfall);
    Ok(Priced { plan: plan(Kind::Purchase, vec![Change { account: buyer, amount: cost, deltas }])?, waterfall })
}

/// Metered usage that has happened: always recorded, whatever the quota. The list amount may be zero or negative.
///
/// # Errors
/// When the account is closed or a balance would leave the bounds.
pub fn charge(account: &Account, ancestors: &[Account], list_amount: Amount) -> Result<Priced, Refusal> {
    require_not_closed([account])?;
    let waterfall = Waterfall::of(account, ancestors, list_amount, MAX_FRACTION_DIGITS)?;
    let deltas = consumed(account, &waterfall);
    let change = Change { account, amount: waterfall.own_cost(), deltas };
    Ok(Priced { plan: plan(Kind::Charge, vec![change])?, waterfall })
}

/// Several lines of metered usage, counted in one posting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Charged {
    /// What would be posted; nothing when no line can be counted.
    pub plan: Option<Plan>,
    /// For every line, in their order, its own cost, or why it is not part of the plan.
    pub costs: Vec<Result<Amount, Refusal>>,
}

/// Several lines of metered usage at once. The account ends where as many single charges would have left it: every line
/// is priced and rounded by itself, and one that would leave the bounds is left out alone.
///
/// # Errors
/// When the account is closed.
pub fn charges(account: &Account, ancestors: &[Account], list_amounts: &[Amount]) -> Result<Charged, Refusal> {
    require_not_closed([account])?;
    let mut deltas = no_change(account);
    let mut costs = Vec::with_capacity(list_amounts.len());
    for list_amount in list_amounts {
        let counted = one_more(account, ancestors, &deltas, *list_amount);
        costs.push(counted.map(|(cost, sum)| {
            deltas = sum;
            cost
        }));
    }
    if costs.iter().all(Result::is_err) {
        return Ok(Charged { plan: None, costs });
    }
    let change = Change { account, amount: deltas.used, deltas };
    Ok(Charged { plan: Some(plan(Kind::Charge, vec![change])?), costs })
}

/// The cost of one more line on top of what others change already, and the change with it.
fn one_more(
    account: &Account,
    ancestors: &[Account],
    others: &Figures,
    list_amount: Amount,
) -> Result<(Amount, Figures), Refusal> {
    let waterfall = Waterfall::of(account, ancestors, list_amount, MAX_FRACTION_DIGITS)?;
    let deltas = others.plus(&consumed(account, &waterfall))?;
    account.figures.plus(&deltas)?.check()?;
    Ok((waterfall.own_cost(), deltas))
}

/// Prices an order for an account that may buy now; shared by purchases and holds.
pub(super) fn price(buyer: &Account, ancestors: &[Account], order: Order) -> Result<Waterfall, Refusal> {
    require_active(std::iter::once(buyer).chain(ancestors))?;
    let waterfall = Waterfall::of(buyer, ancestors, order.list_amount, buyer.currency().minor_digits())?;
    let cost = waterfall.own_cost();
    if cost.is_zero() {
        let message = "rounds to a cost of zero";
        return Err(Refusal::Invalid(FieldError::new("list_amount", "cost_is_zero", message)));
    }
    if order.expected_cost.is_some_and(|expected| expected != cost) {
        return Err(Refusal::PositionChanged("the cost is another than expected_cost by now"));
    }
    Ok(waterfall)
}

fn consumed(account: &Account, waterfall: &Waterfall) -> Figures {
    let cost = waterfall.own_cost();
    Figures { available: cost.negated(), used: cost, upstream: waterfall.upstream_costs(), ..no_change(account) }
}
