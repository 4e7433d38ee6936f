//! Closing an account for good.

use super::settlement::{Terms, changes};
use super::{Kind, Plan, plan, require_not_closed};
use crate::account::Account;
use crate::{Amount, Refusal};

/// Closes an empty account. What is left of its `upstream` moves to the parent as with a settlement of zero; when nothing
/// is left, the plan has no legs, and there is no entry.
///
/// # Errors
/// [`Refusal::NotEmpty`] naming everything that is in the way, or [`Refusal::AccountNotActive`] when either is closed.
pub fn closure(parent: &Account, child: &Account) -> Result<Plan, Refusal> {
    require_not_closed([child, parent])?;
    let in_the_way = in_the_way(child);
    if !in_the_way.is_empty() {
        return Err(Refusal::NotEmpty(in_the_way));
    }
    if child.figures.upstream.iter().all(|figure| figure.is_zero()) {
        return Ok(Plan { kind: Kind::Closure, legs: Vec::new() });
    }
    let terms = Terms { amount: Amount::ZERO, backfilled: Amount::ZERO, moved: child.figures.upstream.clone() };
    plan(Kind::Closure, changes(parent, child, &terms)?.into())
}

fn in_the_way(child: &Account) -> Vec<&'static str> {
    let figures = &child.figures;
    [
        ("allocated", !figures.allocated.is_zero()),
        ("held", !figures.held.is_zero()),
        ("used", !figures.used.is_zero()),
        ("available", !figures.available.is_zero()),
        ("children", child.open_children > 0),
        ("applications", child.open_applications > 0),
    ]
    .into_iter()
    .filter_map(|(what, is_in_the_way)| is_in_the_way.then_some(what))
    .collect()
}
