//! What can be asked for, with every amount and every name decided.

use crate::decimal::Decimal;
use crate::world::AccountAt;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    Increase(Decimal),
    Decrease(Decimal),
    Set(Decimal),
}

/// One request. Purchases, holds and settlements are named by their place in the world.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    Capacity { delta: Decimal },
    Allocation { child: AccountAt, amount: Decimal },
    Adjustment { child: AccountAt, change: Change },
    Rebalance { parent: AccountAt, lines: Vec<(AccountAt, Change)> },
    Purchase { account: AccountAt, list_amount: Decimal, expected_cost: Option<Decimal> },
    Charge { account: AccountAt, list_amount: Decimal, source_id: String },
    Hold { account: AccountAt, list_amount: Decimal, expires_at_hour: u32 },
    Capture { hold: usize, list_amount: Option<Decimal> },
    Release { hold: usize },
    Refund { purchase: usize, list_amount: Option<Decimal> },
    Settlement { child: AccountAt, amount: Decimal, backfill: Option<Decimal>, reference: String },
    Reversal { settlement: usize },
    Suspend { account: AccountAt, by: AccountAt },
    Reinstate { account: AccountAt, by: AccountAt },
    Closure { account: AccountAt, by: AccountAt },
}
