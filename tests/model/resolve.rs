//! Makes a request of a step, in the light of the model's state.

use crate::command::{Change, Command};
use crate::decimal::{DIGITS, Decimal};
use crate::rules::effective_discount;
use crate::step::{Expected, How, Name, Op, Pick, Size, Step};
use crate::world::{AccountAt, HoldState, Status, World};

impl Step {
    /// What to ask for; nothing when there is nothing of the kind yet, or when the step is none of the ledger's.
    /// `serial` makes new names.
    pub fn command(&self, world: &World, serial: usize) -> Option<Command> {
        let minor = world.minor;
        let figures = |at: AccountAt| &world.accounts[at].figures;
        let command = match self.op.clone() {
            Op::Open { .. } | Op::Advance { .. } | Op::Repeat { .. } | Op::Reuse { .. } => return None,
            Op::Capacity { size, is_less } => {
                let size = size.of(figures(0).available, minor, minor);
                Command::Capacity { delta: if is_less { -size } else { size } }
            }
            Op::Allocation { child, size } => {
                let child = partner(world, child);
                let amount = size.of(spare(world, child), minor, minor);
                Command::Allocation { child, amount }
            }
            Op::Adjustment { child, how, size } => {
                let child = partner(world, child);
                Command::Adjustment { child, change: change(world, child, how, size) }
            }
            Op::Rebalance { parent, lines } => rebalance(world, parent, &lines)?,
            Op::Purchase { account, size, expected } => {
                let account = partner(world, account);
                let list_amount = size.of(affordable(world, account), minor, minor);
                let cost = list_amount.times_ratio(to_pay(world, account), Decimal::ONE, minor);
                let expected_cost = match expected {
                    Expected::Right if cost.is_positive() => Some(cost),
                    Expected::Wrong => Some(cost + Decimal::of_units(1, minor)),
                    _ => None,
                };
                Command::Purchase { account, list_amount, expected_cost }
            }
            Op::Charge { account, mantissa, digits, name } => {
                charge(world, partner(world, account), Decimal::of_units(i128::from(mantissa), digits), name, serial)
            }
            Op::Credit { account } => {
                let account = partner(world, account);
                let list_amount = (-figures(account).used).times_ratio(Decimal::ONE, to_pay(world, account), DIGITS);
                charge(world, account, list_amount.clamp(-Decimal::LARGEST, Decimal::LARGEST), Name::New, serial)
            }
            Op::Hold { account, size, hours } => {
                let account = partner(world, account);
                let list_amount = size.of(affordable(world, account), minor, minor);
                let expires_at_hour = world.hour.saturating_add_signed(i32::from(hours));
                Command::Hold { account, list_amount, expires_at_hour }
            }
            Op::Capture { hold, size } => {
                let hold = pick_hold(world, hold)?;
                let list_amount = size.map(|size| size.of(world.holds[hold].list_amount, minor, minor));
                Command::Capture { hold, list_amount }
            }
            Op::Release { hold } => Command::Release { hold: pick_hold(world, hold)? },
            Op::Refund { purchase, size } => {
                let purchase = pick(world.purchases.len(), purchase)?;
                let rest = world.purchases[purchase].list_amount - world.purchases[purchase].refunded;
                Command::Refund { purchase, list_amount: size.map(|size| size.of(rest, minor, minor)) }
            }
            Op::Settlement { child, size, is_fine, backfill, name } => {
                let child = partner(world, child);
                let amount = size.of(figures(child).used, minor, if is_fine { DIGITS } else { minor });
                let backfill = backfill.map(|size| match size {
                    Size::Part(0) => Decimal::ZERO,
                    size => size.of(amount, minor, DIGITS),
                });
                Command::Settlement { child, amount, backfill, reference: reference(world, child, name, serial) }
            }
            Op::PayOut { child, size } => {
                let child = partner(world, child);
                let amount = -size.of(-figures(child).used, minor, DIGITS);
                let reference = reference(world, child, Name::New, serial);
                Command::Settlement { child, amount, backfill: None, reference }
            }
            Op::Reversal { settlement } => Command::Reversal { settlement: pick(world.settlements.len(), settlement)? },
            Op::Suspend { account, above } => {
                let (account, by) = below(world, account, above);
                Command::Suspend { account, by }
            }
            Op::Reinstate { account, above } => {
                let suspended = |at: &AccountAt| matches!(world.accounts[*at].status, Status::Suspended { .. });
                let all: Vec<AccountAt> = (0..world.accounts.len()).filter(suspended).collect();
                let account = pick(all.len(), account).map_or_else(|| partner(world, account), |at| all[at]);
                Command::Reinstate { account, by: above_of(world, account, above) }
            }
            Op::Closure { account, above } => {
                let (account, by) = below(world, account, above);
                Command::Closure { account, by }
            }
        };
        Some(command)
    }
}

fn pick(of: usize, by: Pick) -> Option<usize> {
    by.checked_rem(of)
}

/// Any account but the provider.
fn partner(world: &World, by: Pick) -> AccountAt {
    1 + by % (world.accounts.len() - 1)
}

fn below(world: &World, account: Pick, above: Pick) -> (AccountAt, AccountAt) {
    let account = partner(world, account);
    (account, above_of(world, account, above))
}

fn above_of(world: &World, account: AccountAt, above: Pick) -> AccountAt {
    let ancestors = world.ancestors(account);
    ancestors[above % ancestors.len()]
}

/// An open hold where there is one: most are not.
fn pick_hold(world: &World, by: Pick) -> Option<usize> {
    let open: Vec<usize> = (0..world.holds.len()).filter(|at| world.holds[*at].state == HoldState::Open).collect();
    if by.is_multiple_of(5) || open.is_empty() {
        return pick(world.holds.len(), by / 5);
    }
    Some(open[by % open.len()])
}

/// What the parent can still hand down.
fn spare(world: &World, child: AccountAt) -> Decimal {
    world.accounts[child].parent.map_or(Decimal::ZERO, |parent| world.accounts[parent].figures.available)
}

/// The share of the list price that an account pays.
fn to_pay(world: &World, account: AccountAt) -> Decimal {
    Decimal::ONE - effective_discount(world, account)
}

/// The list amount that would use up what is available.
fn affordable(world: &World, account: AccountAt) -> Decimal {
    let available = world.accounts[account].figures.available.max(Decimal::ZERO);
    available.times_ratio(Decimal::ONE, to_pay(world, account), DIGITS)
}

fn change(world: &World, child: AccountAt, how: How, size: Size) -> Change {
    let (minor, account) = (world.minor, &world.accounts[child]);
    let granted = account.figures.granted;
    match how {
        How::Increase => Change::Increase(size.of(spare(world, child), minor, minor)),
        How::Decrease => Change::Decrease(size.of(account.reclaimable(), minor, DIGITS)),
        How::Set => Change::Set(size.of(granted + spare(world, child), minor, minor)),
        How::SetAgain => Change::Set(granted.truncated(minor)),
    }
}

fn rebalance(world: &World, parent: Pick, lines: &[(How, Size)]) -> Option<Command> {
    let parents: Vec<AccountAt> = (0..world.accounts.len()).filter(|at| !world.children(*at).is_empty()).collect();
    let parent = parents[pick(parents.len(), parent)?];
    let children = world.children(parent);
    let lines = children.iter().zip(lines).map(|(child, (how, size))| (*child, change(world, *child, *how, *size)));
    Some(Command::Rebalance { parent, lines: lines.collect() })
}

/// A charge of a former name: the name's own amount, or another one.
fn charge(world: &World, account: AccountAt, list_amount: Decimal, name: Name, serial: usize) -> Command {
    let mut former: Vec<_> = world.accounts[account].charges.iter().collect();
    former.sort();
    let (source_id, list_amount) = match (name, former.get(serial % former.len().max(1))) {
        (Name::Again, Some((source_id, charged))) => ((*source_id).clone(), **charged),
        (Name::Reused, Some((source_id, charged))) => ((*source_id).clone(), **charged + Decimal::of_units(1, DIGITS)),
        _ => (format!("usage-{serial}"), list_amount),
    };
    Command::Charge { account, list_amount, source_id }
}

/// The reference of a payment; a former one comes with spaces around it, which do not count.
fn reference(world: &World, child: AccountAt, name: Name, serial: usize) -> String {
    let mut former: Vec<&String> = world.accounts[child].references.iter().collect();
    former.sort();
    match (name, former.get(serial % former.len().max(1))) {
        (Name::Again | Name::Reused, Some(former)) => format!("  {former} "),
        _ => format!("wire {serial}"),
    }
}
