//! Handing quota down and changing it: capacity, allocation, adjustment, rebalance.

use super::{Change, Kind, Plan, no_change, plan, require_active, require_available, require_not_closed};
use crate::account::Account;
use crate::amount::OutOfRange;
use crate::{Amount, FieldError, Figures, Refusal};

/// The most lines of a rebalance.
pub const MAX_REBALANCE_LINES: usize = 40;

/// How a child's quota is to change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Adjust {
    /// By so much up.
    Increase(Amount),
    /// By so much down, at most what the child can give back.
    Decrease(Amount),
    /// To this much granted, up or down.
    Set(Amount),
}

impl Adjust {
    /// The field that asks for it.
    #[must_use]
    pub fn field(self) -> &'static str {
        match self {
            Adjust::Increase(_) => "increase",
            Adjust::Decrease(_) => "decrease",
            Adjust::Set(_) => "set",
        }
    }
}

/// The operator gives a provider more to hand out, or takes back what is still available.
///
/// # Errors
/// When more would be taken than is available, or the provider is closed.
pub fn capacity(provider: &Account, delta: Amount) -> Result<Plan, Refusal> {
    require_not_closed([provider])?;
    if delta.is_negative() {
        require_available(provider, delta.magnitude())?;
    }
    let deltas = Figures { granted: delta, available: delta, ..no_change(provider) };
    plan(Kind::Capacity, vec![Change { account: provider, amount: delta.magnitude(), deltas }])
}

/// A parent hands quota to a direct child.
///
/// # Errors
/// When the parent's available quota does not cover it, or either of the two is not active.
pub fn allocation(parent: &Account, child: &Account, amount: Amount) -> Result<Plan, Refusal> {
    require_active([child, parent])?;
    require_available(parent, amount)?;
    plan(Kind::Allocation, handed_down(parent, child, amount).into())
}

/// A parent changes a direct child's quota.
///
/// # Errors
/// When the parent cannot cover an increase, the child cannot give back a decrease, a `set` changes nothing, or an
/// account's status forbids it.
pub fn adjustment(parent: &Account, child: &Account, adjust: Adjust) -> Result<Plan, Refusal> {
    let delta = granted_delta(parent, child, adjust)?;
    if delta.is_positive() {
        require_available(parent, delta)?;
    }
    plan(Kind::Adjustment, handed_down(parent, child, delta).into())
}

/// A parent changes several distinct direct children's quota at once. Its own quota has to cover the net only.
///
/// A line whose account is unknown comes without one; it looks the same as one that names somebody else's child.
///
/// # Errors
/// [`Refusal::Lines`] with every line that fails by itself; else a refusal when the parent cannot cover the net.
pub fn rebalance(parent: &Account, lines: &[(Option<&Account>, Adjust)]) -> Result<Plan, Refusal> {
    let mut deltas = Vec::with_capacity(lines.len());
    let mut refused = Vec::new();
    for (index, (child, adjust)) in lines.iter().enumerate() {
        let child = child.filter(|child| child.lineage.parent() == Some(parent.id())).ok_or_else(not_a_child);
        match child.and_then(|child| Ok((child, granted_delta(parent, child, *adjust)?))) {
            Ok(line) => deltas.push(line),
            Err(refusal) => refused.push((index, refusal)),
        }
    }
    if !refused.is_empty() {
        return Err(Refusal::Lines(refused));
    }
    let net = Amount::exact_sum(deltas.iter().map(|(_, delta)| *delta)).ok_or(OutOfRange)?;
    let net = Amount::from_decimal(net).map_err(|_| OutOfRange)?;
    if net.is_positive() {
        require_available(parent, net)?;
    }
    let own = Figures { available: net.negated(), allocated: net, ..no_change(parent) };
    let mut changes = vec![Change { account: parent, amount: net.magnitude(), deltas: own }];
    changes.extend(deltas.into_iter().map(|(child, delta)| granted(child, delta)));
    plan(Kind::Rebalance, changes)
}

fn not_a_child() -> Refusal {
    Refusal::Invalid(FieldError::new("account_id", "not_a_child", "is not a direct child of the account"))
}

/// By how much the child's `granted` would change, as far as the child's own state allows it.
fn granted_delta(parent: &Account, child: &Account, adjust: Adjust) -> Result<Amount, Refusal> {
    require_not_closed([child, parent])?;
    let delta = match adjust {
        Adjust::Increase(amount) => amount,
        Adjust::Decrease(amount) => amount.negated(),
        Adjust::Set(target) => target.minus(child.figures.granted)?,
    };
    if delta.is_zero() {
        let message = "is what the account is granted already";
        return Err(Refusal::Invalid(FieldError::new(adjust.field(), "unchanged", message)));
    }
    if delta.is_positive() {
        require_active([child, parent])?;
    } else {
        require_reclaimable(child, delta.magnitude())?;
    }
    Ok(delta)
}

fn require_reclaimable(child: &Account, requested: Amount) -> Result<(), Refusal> {
    let available = child.figures.available.min(child.figures.granted).max(Amount::ZERO);
    if requested > available {
        return Err(Refusal::InsufficientQuota { account_id: child.id(), available, requested });
    }
    Ok(())
}

fn handed_down<'a>(parent: &'a Account, child: &'a Account, delta: Amount) -> [Change<'a>; 2] {
    let own = Figures { available: delta.negated(), allocated: delta, ..no_change(parent) };
    [granted(child, delta), Change { account: parent, amount: delta.magnitude(), deltas: own }]
}

fn granted(child: &Account, delta: Amount) -> Change<'_> {
    let deltas = Figures { granted: delta, available: delta, ..no_change(child) };
    Change { account: child, amount: delta.magnitude(), deltas }
}
