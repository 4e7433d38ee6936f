//! A small tree for tests: one provider, two distributors, two resellers, four customers, and every step that can be taken.
#![allow(clippy::arithmetic_side_effects, reason = "indices of a test")]

use rust_decimal::Decimal;

use super::consumption::{self, Order};
use super::order::{self, Frozen};
use super::quota::{self, Adjust};
use super::settlement::{self, Terms};
use super::{Kind, Plan};
use crate::account::{Account, Lineage, Status, Tier};
use crate::amount::MAX_FRACTION_DIGITS;
use crate::program::Purchases;
use crate::{AccountId, Amount, Currency, Discount, ProgramId, Refusal, Timestamp};

/// Provider 0, distributors 1 and 2, resellers 3 and 4, customers 5 to 8.
pub(super) const PARENTS: [Option<usize>; 9] =
    [None, Some(0), Some(0), Some(1), Some(1), Some(3), Some(3), Some(4), Some(4)];

#[derive(Clone, Debug)]
pub(super) enum Step {
    Capacity(i64),
    Allocate(usize, i64),
    Adjust(usize, u8, i64),
    Rebalance(usize, Vec<(u8, i64)>),
    Purchase(usize, i64),
    Charge(usize, i64),
    Hold(usize, i64),
    Capture(usize, u8),
    Release(usize),
    Refund(usize, u8),
    Settle(usize, u8, Option<u8>),
    Reverse(usize),
    Suspend(usize),
    Discount(usize, u32),
}

pub(super) struct World {
    pub(super) accounts: Vec<Account>,
    pub(super) holds: Vec<(usize, Frozen)>,
    pub(super) purchases: Vec<(usize, Frozen, Amount)>,
    pub(super) settlements: Vec<(usize, Terms)>,
}

pub(super) fn cents(value: i64) -> Amount {
    Amount::from_decimal(Decimal::new(value, 2)).unwrap()
}

impl World {
    pub(super) fn new(currency: &str) -> World {
        let at = Timestamp::from_unix_ms(0).unwrap();
        let program_id = ProgramId::new(at, 0);
        let mut accounts: Vec<Account> = Vec::new();
        for (index, parent) in PARENTS.into_iter().enumerate() {
            let id = AccountId::new(at, index as u128);
            let lineage = match parent {
                None => Lineage {
                    id,
                    program_id,
                    tier: Tier::Provider,
                    ancestors: Vec::new(),
                    currency: Currency::parse(currency).unwrap(),
                    purchases: Purchases::Partners,
                },
                Some(parent) => accounts[parent].lineage.child(id).unwrap(),
            };
            let share = Decimal::new(30 - 10 * lineage.ancestors.len() as i64, 2);
            let discount = Discount::new(Amount::from_decimal(share.max(Decimal::ZERO)).unwrap()).unwrap();
            accounts.push(Account::new(lineage, discount, at));
        }
        World { accounts, holds: Vec::new(), purchases: Vec::new(), settlements: Vec::new() }
    }

    pub(super) fn ancestors(&self, index: usize) -> Vec<Account> {
        std::iter::successors(PARENTS[index], |parent| PARENTS[*parent])
            .map(|parent| self.accounts[parent].clone())
            .collect()
    }

    pub(super) fn children(&self, index: usize) -> Vec<usize> {
        (0..PARENTS.len()).filter(|child| PARENTS[*child] == Some(index)).collect()
    }

    pub(super) fn post(&mut self, plan: &Plan) {
        for leg in &plan.legs {
            let account = self.accounts.iter_mut().find(|account| account.id() == leg.account_id).unwrap();
            assert_eq!(account.figures, leg.before);
            assert_eq!(leg.before.plus(&leg.deltas).unwrap(), leg.after);
            account.figures = leg.after.clone();
            account.seq += 1;
        }
        self.check(plan.kind);
    }

    pub(super) fn check(&self, kind: Kind) {
        for (index, account) in self.accounts.iter().enumerate() {
            account.figures.check().unwrap_or_else(|broken| panic!("{broken} after {kind:?}: {:?}", account.figures));
            let granted = self
                .children(index)
                .into_iter()
                .fold(Amount::ZERO, |sum, child| sum.plus(self.accounts[child].figures.granted).unwrap());
            assert_eq!(account.figures.allocated, granted, "allocated of a parent = sum of granted, after {kind:?}");
        }
    }

    /// Nothing but a charge, a reversal, a settlement or a closure lowers an available quota that ends below zero.
    pub(super) fn check_overdraft(&self, plan: &Plan) {
        let may_overdraw = matches!(plan.kind, Kind::Charge | Kind::Reversal | Kind::Settlement | Kind::Closure);
        for leg in &plan.legs {
            let is_lowered = leg.after.available < leg.before.available;
            assert!(may_overdraw || !is_lowered || !leg.after.available.is_negative(), "{:?} overdraws", plan.kind);
        }
    }

    pub(super) fn take(&mut self, outcome: Result<Plan, Refusal>) -> bool {
        match outcome {
            Ok(plan) => {
                self.check_overdraft(&plan);
                self.post(&plan);
                true
            }
            Err(_) => false,
        }
    }

    #[allow(clippy::too_many_lines, reason = "one arm a kind of step")]
    pub(super) fn apply(&mut self, step: &Step) {
        let digits = self.accounts[0].currency().minor_digits();
        let minor = |value: i64| cents(value).times_ratio(Amount::ONE, Amount::ONE, digits).unwrap();
        match step {
            Step::Capacity(delta) => {
                let outcome = quota::capacity(&self.accounts[0], minor(*delta));
                self.take(outcome);
            }
            Step::Allocate(child, amount) => {
                let parent = PARENTS[*child].unwrap();
                let outcome = quota::allocation(&self.accounts[parent], &self.accounts[*child], minor(*amount));
                self.take(outcome);
            }
            Step::Adjust(child, how, amount) => {
                let parent = PARENTS[*child].unwrap();
                let outcome =
                    quota::adjustment(&self.accounts[parent], &self.accounts[*child], adjust(*how, minor(*amount)));
                self.take(outcome);
            }
            Step::Rebalance(parent, lines) => {
                let children = self.children(*parent);
                let lines: Vec<(Option<&Account>, Adjust)> = children
                    .iter()
                    .zip(lines)
                    .map(|(child, (how, amount))| (Some(&self.accounts[*child]), adjust(*how, minor(*amount))))
                    .collect();
                let outcome = quota::rebalance(&self.accounts[*parent], &lines);
                self.take(outcome);
            }
            Step::Purchase(buyer, list) => {
                let order = Order { list_amount: minor(*list), expected_cost: None };
                let outcome = consumption::purchase(&self.accounts[*buyer], &self.ancestors(*buyer), order);
                if let Ok(priced) = &outcome {
                    let frozen = Frozen { list_amount: order.list_amount, waterfall: priced.waterfall.clone() };
                    self.purchases.push((*buyer, frozen, Amount::ZERO));
                }
                self.take(outcome.map(|priced| priced.plan));
            }
            Step::Charge(account, list) => {
                let list = Amount::from_decimal(Decimal::new(*list, 11)).unwrap();
                let outcome = consumption::charge(&self.accounts[*account], &self.ancestors(*account), list);
                self.take(outcome.map(|priced| priced.plan));
            }
            Step::Hold(buyer, list) => {
                let order = Order { list_amount: minor(*list), expected_cost: None };
                let outcome = order::hold(&self.accounts[*buyer], &self.ancestors(*buyer), order);
                if let Ok(priced) = &outcome {
                    let frozen = Frozen { list_amount: order.list_amount, waterfall: priced.waterfall.clone() };
                    self.holds.push((*buyer, frozen));
                }
                self.take(outcome.map(|priced| priced.plan));
            }
            Step::Capture(pick, percent) => {
                let Some((buyer, held)) = pick_from(&self.holds, *pick) else { return };
                let part = portion(held.list_amount, *percent, digits);
                let outcome = order::capture(&self.accounts[buyer], &self.ancestors(buyer), &held, part);
                if let Ok(priced) = &outcome {
                    let frozen = Frozen { list_amount: part, waterfall: priced.waterfall.clone() };
                    self.purchases.push((buyer, frozen, Amount::ZERO));
                }
                if self.take(outcome.map(|priced| priced.plan)) {
                    self.holds.remove(pick % self.holds.len());
                }
            }
            Step::Release(pick) => {
                let Some((buyer, held)) = pick_from(&self.holds, *pick) else { return };
                if self.take(order::release(&self.accounts[buyer], &held, Kind::Release)) {
                    self.holds.remove(pick % self.holds.len());
                }
            }
            Step::Refund(pick, percent) => {
                let Some((buyer, bought, refunded)) = pick_from(&self.purchases, *pick) else { return };
                let rest = bought.list_amount.minus(refunded).unwrap();
                let part = portion(rest, *percent, digits);
                let outcome = order::refund(&self.accounts[buyer], &bought, refunded, part);
                if self.take(outcome.map(|priced| priced.plan)) {
                    let index = pick % self.purchases.len();
                    self.purchases[index].2 = refunded.plus(part).unwrap();
                }
            }
            Step::Settle(child, percent, backfill) => {
                let used = self.accounts[*child].figures.used;
                let amount = portion(used, *percent, MAX_FRACTION_DIGITS);
                self.settle(*child, amount, backfill.map(|percent| portion(amount, percent, MAX_FRACTION_DIGITS)));
            }
            Step::Reverse(pick) => {
                let Some((child, terms)) = pick_from(&self.settlements, *pick) else { return };
                let parent = PARENTS[child].unwrap();
                if self.take(settlement::reversal(&self.accounts[parent], &self.accounts[child], &terms)) {
                    self.settlements.remove(pick % self.settlements.len());
                }
            }
            Step::Suspend(index) => {
                let account = &mut self.accounts[*index];
                account.status = if account.status == Status::Active { Status::Suspended } else { Status::Active };
            }
            Step::Discount(index, percent) => {
                let share = Amount::from_decimal(Decimal::new(i64::from(*percent), 2)).unwrap();
                self.accounts[*index].discount = Discount::new(share).unwrap();
            }
        }
    }

    pub(super) fn settle(&mut self, child: usize, amount: Amount, backfill: Option<Amount>) -> bool {
        let parent = PARENTS[child].unwrap();
        let outcome = settlement::settlement(&self.accounts[parent], &self.accounts[child], amount, backfill);
        if let Ok(settled) = &outcome {
            let Terms { amount, backfilled, moved } = &settled.terms;
            let owed = settlement::owed_by_parent(&self.accounts[parent], moved);
            let is_whole = *amount == self.accounts[child].figures.used;
            assert!(is_whole || owed.magnitude() <= amount.magnitude(), "the parent owes no more than it got");
            assert!(backfilled.magnitude() <= amount.magnitude());
            self.settlements.push((child, settled.terms.clone()));
        }
        self.take(outcome.map(|settled| settled.plan))
    }
}

pub(super) fn pick_from<T: Clone>(list: &[T], pick: usize) -> Option<T> {
    if list.is_empty() { None } else { Some(list[pick % list.len()].clone()) }
}

pub(super) fn adjust(how: u8, amount: Amount) -> Adjust {
    match how % 3 {
        0 => Adjust::Increase(amount),
        1 => Adjust::Decrease(amount),
        _ => Adjust::Set(amount),
    }
}

pub(super) fn portion(whole: Amount, percent: u8, digits: u32) -> Amount {
    let hundred = Amount::from_decimal(Decimal::ONE_HUNDRED).unwrap();
    whole.times_ratio(Amount::from_decimal(percent.into()).unwrap(), hundred, digits).unwrap()
}
