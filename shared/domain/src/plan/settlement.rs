//! Payments from a child to its parent, and their reversal.

use super::{Change, Kind, Plan, no_change, plan, require_not_closed};
use crate::account::{Account, Tier};
use crate::amount::{MAX_FRACTION_DIGITS, OutOfRange};
use crate::{Amount, Figures, Refusal};

/// What a settlement moved: kept with it, so that a reversal undoes exactly that.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Terms {
    /// What was paid (a); below zero when a credit was paid out.
    pub amount: Amount,
    /// How much of it the child can spend again (b).
    pub backfilled: Amount,
    /// The part of the child's `upstream` that moved to the parent, nearest ancestor first.
    pub moved: Vec<Amount>,
}

/// A plan together with what it settles.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settled {
    /// What would be posted.
    pub plan: Plan,
    /// What is settled.
    pub terms: Terms,
}

/// A parent records a direct child's payment of `amount`.
///
/// The parent will owe its own parent u for it: the child's first upstream figure in the proportion of the payment to
/// what the child owes, half-even to 12 digits, kept within 0 and the amount, and all of it when everything is paid.
///
/// # Errors
/// When more is paid than is owed, more backfill is asked for than the parent can carry, a pay-out exceeds the child's
/// available quota, or either account is closed.
pub fn settlement(
    parent: &Account,
    child: &Account,
    amount: Amount,
    backfill: Option<Amount>,
) -> Result<Settled, Refusal> {
    require_not_closed([child, parent])?;
    require_owed(child, amount)?;
    let moved = moved_upstream(child, amount)?;
    let backfilled = if amount.is_negative() {
        require_spendable(child, amount.magnitude())?;
        amount
    } else {
        backfilled(parent, child, amount, owed_by_parent(parent, &moved), backfill)?
    };
    let terms = Terms { amount, backfilled, moved };
    let changes = changes(parent, child, &terms)?;
    Ok(Settled { plan: plan(Kind::Settlement, changes.into())?, terms })
}

/// Undoes a settlement by a compensating posting. Like a charge it may overdraw.
///
/// # Errors
/// When either account is closed or a balance would leave the bounds.
pub fn reversal(parent: &Account, child: &Account, terms: &Terms) -> Result<Plan, Refusal> {
    require_not_closed([child, parent])?;
    let mut changes = changes(parent, child, terms)?;
    for change in &mut changes {
        change.deltas = change.deltas.negated();
    }
    plan(Kind::Reversal, changes.into())
}

/// What the parent will owe its own parent: nothing when it is the provider, which owes nobody.
pub(super) fn owed_by_parent(parent: &Account, moved: &[Amount]) -> Amount {
    match parent.lineage.tier {
        Tier::Provider => Amount::ZERO,
        _ => moved.first().copied().unwrap_or_default(),
    }
}

/// The child's and the parent's side of a settlement on the given terms.
pub(super) fn changes<'a>(
    parent: &'a Account,
    child: &'a Account,
    terms: &Terms,
) -> Result<[Change<'a>; 2], OutOfRange> {
    let Terms { amount, backfilled, moved } = terms;
    let owed = owed_by_parent(parent, moved);
    let shrunk = amount.minus(*backfilled)?;
    let childs = Figures {
        used: amount.negated(),
        upstream: moved.iter().map(|part| part.negated()).collect(),
        paid: *amount,
        available: *backfilled,
        granted: shrunk.negated(),
        ..no_change(child)
    };
    let parents = Figures {
        used: owed,
        upstream: moved.iter().skip(1).copied().collect(),
        collected: *amount,
        allocated: shrunk.negated(),
        available: shrunk.minus(owed)?,
        ..no_change(parent)
    };
    let size = amount.magnitude();
    Ok([
        Change { account: child, amount: size, deltas: childs },
        Change { account: parent, amount: size, deltas: parents },
    ])
}

/// 0 < amount ≤ used, or for a pay-out of a credit used ≤ amount < 0.
fn require_owed(child: &Account, amount: Amount) -> Result<(), Refusal> {
    let used = child.figures.used;
    let is_owed = if used.is_negative() {
        used <= amount && amount.is_negative()
    } else {
        amount.is_positive() && amount <= used
    };
    if is_owed { Ok(()) } else { Err(Refusal::ExceedsOutstanding { available: used, requested: amount }) }
}

fn require_spendable(child: &Account, payout: Amount) -> Result<(), Refusal> {
    let available = child.figures.available;
    if payout > available {
        return Err(Refusal::InsufficientQuota { account_id: child.id(), available, requested: payout });
    }
    Ok(())
}

fn moved_upstream(child: &Account, amount: Amount) -> Result<Vec<Amount>, OutOfRange> {
    let used = child.figures.used;
    let part = |figure: &Amount| {
        if amount == used {
            return Ok(*figure);
        }
        let share = figure.times_ratio(amount, used, MAX_FRACTION_DIGITS)?;
        Ok(share.max(amount.min(Amount::ZERO)).min(amount.max(Amount::ZERO)))
    };
    child.figures.upstream.iter().map(part).collect()
}

/// How much of the payment the child can spend again: as much as the parent can carry, or as little as was asked for,
/// but never so little that the child's grant would fall below zero.
fn backfilled(
    parent: &Account,
    child: &Account,
    amount: Amount,
    owed: Amount,
    asked: Option<Amount>,
) -> Result<Amount, Refusal> {
    let free = parent.figures.available.max(Amount::ZERO);
    let carried = Amount::exact_sum([free, amount, owed.negated()]).ok_or(OutOfRange)?;
    let most = Amount::from_decimal(carried.min(amount.to_decimal())).map_err(|_| OutOfRange)?;
    let least = amount.minus(child.figures.granted)?.max(Amount::ZERO);
    if let Some(asked) = asked.filter(|asked| *asked > most) {
        return Err(Refusal::InsufficientQuota { account_id: parent.id(), available: most, requested: asked });
    }
    // When an overspend is being paid, `least` may exceed `most`: a payment is a fact, and the parent overdraws.
    Ok(asked.unwrap_or(most).max(least))
}
