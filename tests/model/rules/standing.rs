//! Suspension, its lifting, and closure.

use super::settlement::legs;
use super::{Posting, Record, Refusal, parent};
use crate::command::Command;
use crate::decimal::Decimal;
use crate::world::{AccountAt, Settlement, Status, World};

/// The status after a suspension or its lifting.
pub fn change(world: &World, command: &Command) -> Result<Status, Vec<Refusal>> {
    let depth = |at: &AccountAt| world.accounts[*at].depth;
    let forbidden = Refusal { status: 403, code: "forbidden", ..Refusal::default() };
    let refused = |refusal| Err(vec![refusal]);
    match command {
        Command::Suspend { account, by } => match world.accounts[*account].status {
            Status::Active => Ok(Status::Suspended { by_depth: depth(by) }),
            Status::Suspended { .. } => refused(Refusal::conflict("invalid_state")),
            Status::Closed => refused(Refusal::not_active(*account)),
        },
        Command::Reinstate { account, by } => match world.accounts[*account].status {
            Status::Suspended { by_depth } if depth(by) > by_depth => refused(forbidden),
            Status::Suspended { .. } => Ok(Status::Active),
            Status::Active => refused(Refusal::conflict("invalid_state")),
            Status::Closed => refused(Refusal::not_active(*account)),
        },
        other => panic!("no change of standing: {other:?}"),
    }
}

/// An empty account is closed; what it would still have moved upstream goes to its parent.
pub fn closure(world: &World, account: AccountAt) -> Result<Posting, Vec<Refusal>> {
    let it = &world.accounts[account];
    if it.status == Status::Closed {
        return Err(vec![Refusal::not_active(account)]);
    }
    let has_children = world.children(account).iter().any(|child| world.accounts[*child].status != Status::Closed);
    let in_the_way: Vec<String> = [
        ("allocated", !it.figures.allocated.is_zero()),
        ("held", !it.figures.held.is_zero()),
        ("used", !it.figures.used.is_zero()),
        ("available", !it.figures.available.is_zero()),
        ("children", has_children),
    ]
    .into_iter()
    .filter(|(_, is_there)| *is_there)
    .map(|(name, _)| name.to_owned())
    .collect();
    if !in_the_way.is_empty() {
        return Err(vec![Refusal { fields: in_the_way, ..Refusal::conflict("not_empty") }]);
    }
    let left = it.figures.upstream.clone();
    let nothing = Decimal::ZERO;
    let legs = if left.iter().all(|debt| debt.is_zero()) {
        vec![]
    } else {
        let whole = Settlement { account, amount: nothing, backfilled: nothing, moved: left, is_reversed: false };
        legs(parent(world, account), &whole)
    };
    let record = Record::Closed { account };
    Ok(Posting { kind: "closure", account, amount: nothing, legs, price: None, backfilled: None, record })
}
