//! Random histories of every kind of posting over a whole tree: the invariants hold after each, a refusal changes
//! nothing, and settling everything leaves no dust.
#![allow(clippy::arithmetic_side_effects, reason = "indices of a test")]

use proptest::prelude::*;
use rust_decimal::Decimal;

use super::quota::{self, Adjust};
use super::world::{PARENTS, Step, World, cents, portion};
use super::{Kind, closure, consumption, settlement};
use crate::account::Status;
use crate::amount::MAX_FRACTION_DIGITS;
use crate::{Amount, Discount, Figures, Refusal};

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let below = || 1_usize..9;
    let money = || 1_i64..500_000;
    let percent = || prop_oneof![1_u8..100, Just(100)];
    let lines = proptest::collection::vec((any::<u8>(), 1_i64..50_000), 1..3);
    let step = prop_oneof![
        1 => (-5_000_000_i64..50_000_000).prop_filter("no change", |delta| *delta != 0).prop_map(Step::Capacity),
        6 => (below(), money()).prop_map(|(child, amount)| Step::Allocate(child, amount)),
        2 => (below(), any::<u8>(), money()).prop_map(|(child, how, amount)| Step::Adjust(child, how, amount)),
        2 => (0_usize..5, lines).prop_map(|(parent, lines)| Step::Rebalance(parent, lines)),
        6 => (below(), 1_i64..100_000).prop_map(|(buyer, list)| Step::Purchase(buyer, list)),
        4 => (below(), -1_000_000_000_000_i64..9_000_000_000_000).prop_map(|(account, list)| Step::Charge(account, list)),
        2 => (below(), 1_i64..50_000).prop_map(|(buyer, list)| Step::Hold(buyer, list)),
        2 => (any::<usize>(), percent()).prop_map(|(pick, percent)| Step::Capture(pick, percent)),
        1 => any::<usize>().prop_map(Step::Release),
        3 => (any::<usize>(), percent()).prop_map(|(pick, percent)| Step::Refund(pick, percent)),
        6 => (below(), percent(), proptest::option::of(0_u8..=100))
            .prop_map(|(child, percent, backfill)| Step::Settle(child, percent, backfill)),
        1 => any::<usize>().prop_map(Step::Reverse),
        1 => (0_usize..9).prop_map(Step::Suspend),
        1 => (1_usize..9, 0_u32..60).prop_map(|(index, percent)| Step::Discount(index, percent)),
    ];
    proptest::collection::vec(step, 20..120)
}

fn run(currency: &str, steps: &[Step]) -> World {
    let mut world = World::new(currency);
    world.apply(&Step::Capacity(100_000_000));
    for step in steps {
        world.apply(step);
    }
    world
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]

    #[test]
    fn invariants_hold_after_every_posting(steps in steps()) {
        run("USD", &steps);
    }

    #[test]
    fn currencies_without_minor_units_keep_them_too(steps in steps()) {
        let world = run("KRW", &steps);
        for (_, bought, _) in &world.purchases {
            prop_assert_eq!(bought.waterfall.own_cost().to_decimal().scale(), 0);
        }
    }

    #[test]
    fn settling_everything_from_below_leaves_no_dust(steps in steps()) {
        let mut world = run("USD", &steps);
        for index in 0..PARENTS.len() {
            world.accounts[index].status = Status::Active;
        }
        for child in (1..PARENTS.len()).rev() {
            let used = world.accounts[child].figures.used;
            if !used.is_zero() {
                // A credit can be paid out as far as the quota that it gave is still there.
                if !world.settle(child, used, None) {
                    prop_assert!(used.is_negative(), "a debt of {} can always be paid", used);
                    continue;
                }
            }
            let figures = &world.accounts[child].figures;
            prop_assert!(figures.used.is_zero());
            prop_assert!(figures.upstream.iter().all(|figure| figure.is_zero()) || used.is_zero(), "{:?}", figures);
        }
    }

    #[test]
    fn a_reversal_restores_what_the_settlement_did(steps in steps(), child in 1_usize..9, percent in 1_u8..=100) {
        let mut world = run("USD", &steps);
        let before: Vec<Figures> = world.accounts.iter().map(|account| account.figures.clone()).collect();
        let amount = portion(world.accounts[child].figures.used, percent, MAX_FRACTION_DIGITS);
        if world.settle(child, amount, None) {
            let terms = world.settlements.pop().unwrap().1;
            let parent = PARENTS[child].unwrap();
            let plan = settlement::reversal(&world.accounts[parent], &world.accounts[child], &terms).unwrap();
            world.post(&plan);
            let after: Vec<Figures> = world.accounts.iter().map(|account| account.figures.clone()).collect();
            prop_assert_eq!(before, after);
        }
    }

    #[test]
    fn lines_counted_together_are_worth_what_they_are_alone(
        steps in steps(),
        account in 1_usize..9,
        lists in proptest::collection::vec(-1_000_000_000_000_000_i64..9_000_000_000_000_000, 1..90),
    ) {
        let mut world = run("USD", &steps);
        let ancestors = world.ancestors(account);
        let lists: Vec<Amount> =
            lists.into_iter().map(|units| Amount::from_decimal(Decimal::new(units, 12)).unwrap()).collect();
        let together = consumption::charges(&world.accounts[account], &ancestors, &lists).unwrap();
        for (list, cost) in lists.iter().zip(&together.costs) {
            let alone = consumption::charge(&world.accounts[account], &ancestors, *list).unwrap();
            prop_assert_eq!(cost, &Ok(alone.plan.amount()));
            world.post(&alone.plan);
        }
        let plan = together.plan.unwrap();
        prop_assert_eq!((plan.kind, plan.legs.len()), (Kind::Charge, 1));
        prop_assert_eq!(&plan.legs[0].after, &world.accounts[account].figures);
        prop_assert_eq!(plan.amount(), plan.legs[0].deltas.used);
    }

    #[test]
    fn refunds_in_parts_return_exactly_the_costs(list in 1_i64..10_000_000, parts in proptest::collection::vec(1_u8..100, 0..8)) {
        let mut world = World::new("USD");
        world.apply(&Step::Capacity(100_000_000));
        for child in [1, 3, 5] {
            world.apply(&Step::Allocate(child, 100_000_000));
        }
        world.apply(&Step::Purchase(5, list));
        let spent = world.accounts[5].figures.used;
        for percent in parts {
            world.apply(&Step::Refund(0, percent));
        }
        world.apply(&Step::Refund(0, 100));
        prop_assert!(spent.is_zero() || world.purchases[0].2 == cents(list));
        prop_assert!(world.accounts[5].figures.used.is_zero());
        prop_assert!(world.accounts[5].figures.upstream.iter().all(|figure| figure.is_zero()));
    }
}

#[test]
fn a_three_tier_purchase_settled_step_by_step() {
    let mut world = World::new("USD");
    world.apply(&Step::Capacity(1_000_000));
    for (child, amount) in [(1, 500_000), (3, 300_000), (5, 100_000)] {
        world.apply(&Step::Allocate(child, amount));
    }
    for (index, percent) in [(1, 20), (3, 10), (5, 5)] {
        world.apply(&Step::Discount(index, percent));
    }
    world.apply(&Step::Purchase(5, 10_000));
    let customer = world.accounts[5].figures.clone();
    assert_eq!((customer.used, customer.available), (cents(9_500), cents(90_500)));
    assert_eq!(customer.upstream, [cents(9_000), cents(8_000)]);

    assert!(world.settle(5, cents(9_500), None));
    let (customer, reseller) = (world.accounts[5].figures.clone(), world.accounts[3].figures.clone());
    assert_eq!((customer.used, customer.available, customer.granted), (Amount::ZERO, cents(100_000), cents(100_000)));
    assert_eq!((reseller.used, reseller.available, reseller.collected), (cents(9_000), cents(191_000), cents(9_500)));
    assert_eq!(reseller.upstream, [cents(8_000)]);

    assert!(world.settle(3, cents(9_000), None));
    let distributor = world.accounts[1].figures.clone();
    assert_eq!((distributor.used, distributor.available), (cents(8_000), cents(192_000)));

    assert!(world.settle(1, cents(8_000), None));
    let provider = world.accounts[0].figures.clone();
    assert_eq!((provider.used, provider.available, provider.collected), (Amount::ZERO, cents(500_000), cents(8_000)));
}

#[test]
fn only_an_empty_account_closes_and_carries_its_upstream_over() {
    let mut world = World::new("USD");
    world.apply(&Step::Capacity(1_000_000));
    world.apply(&Step::Allocate(1, 100_000));
    let refused = closure::closure(&world.accounts[0], &world.accounts[1]);
    assert_eq!(
        refused,
        Err(Refusal::NotEmpty(
            vec!["allocated", "available"].into_iter().filter(|what| *what != "allocated").collect()
        ))
    );

    world.accounts[5].figures.upstream = vec![cents(3), cents(2)];
    let plan = closure::closure(&world.accounts[3], &world.accounts[5]).unwrap();
    world.post(&plan);
    assert_eq!(world.accounts[3].figures.used, cents(3));
    assert_eq!(world.accounts[3].figures.available, cents(-3));
    assert_eq!(world.accounts[3].figures.upstream, [cents(2)]);
    assert!(closure::closure(&world.accounts[3], &world.accounts[5]).unwrap().legs.is_empty());
}

#[test]
fn a_rebalance_needs_quota_for_the_net_only_and_names_every_bad_line() {
    let mut world = World::new("USD");
    world.apply(&Step::Capacity(100_000));
    world.apply(&Step::Allocate(1, 60_000));
    world.apply(&Step::Allocate(2, 40_000));
    let lines = [
        (Some(&world.accounts[1]), Adjust::Decrease(cents(50_000))),
        (Some(&world.accounts[2]), Adjust::Increase(cents(50_000))),
    ];
    let plan = quota::rebalance(&world.accounts[0], &lines).unwrap();
    assert_eq!(plan.legs.len(), 3);
    assert!(plan.amount().is_zero());

    let lines = [
        (Some(&world.accounts[1]), Adjust::Decrease(cents(60_001))),
        (Some(&world.accounts[2]), Adjust::Set(cents(40_000))),
    ];
    let Err(Refusal::Lines(refused)) = quota::rebalance(&world.accounts[0], &lines) else { panic!("must be refused") };
    assert_eq!(refused.iter().map(|(index, _)| *index).collect::<Vec<_>>(), [0, 1]);

    let lines = [(None, Adjust::Increase(cents(1))), (Some(&world.accounts[2]), Adjust::Decrease(cents(40_001)))];
    let Err(Refusal::Lines(refused)) = quota::rebalance(&world.accounts[0], &lines) else { panic!("must be refused") };
    assert_eq!(refused.len(), 2);
}

#[test]
fn only_balances_are_bounded_not_what_is_computed_on_the_way() {
    let most = Amount::parse("1000000000000000", 0).unwrap();
    let large = Amount::parse("800000000000000", 0).unwrap();
    let mut world = World::new("USD");
    world.accounts[1].discount = Discount::NONE;
    world.accounts[2].discount = Discount::NONE;
    let capacity = quota::capacity(&world.accounts[0], most).unwrap();
    world.post(&capacity);
    // A payment although the parent's available quota and the payment exceed the bound together.
    let charged = consumption::charge(&world.accounts[2], &world.ancestors(2), cents(10_000)).unwrap();
    world.post(&charged.plan);
    assert!(world.settle(2, cents(10_000), None));
    // A charge although used and allocated exceed the bound together.
    let down = quota::allocation(&world.accounts[0], &world.accounts[1], large).unwrap();
    world.post(&down);
    let down = quota::allocation(&world.accounts[1], &world.accounts[3], large).unwrap();
    world.post(&down);
    let charged = consumption::charge(&world.accounts[1], &world.ancestors(1), large).unwrap();
    world.post(&charged.plan);
    assert_eq!(world.accounts[1].figures.available, large.negated());
}

#[test]
fn a_line_that_would_leave_the_bounds_is_left_out_alone() {
    let large = Amount::parse("900000000000000", 0).unwrap();
    let mut world = World::new("USD");
    world.accounts[1].discount = Discount::NONE;
    let lists = [large, cents(150), large, cents(-50)];
    let charged = consumption::charges(&world.accounts[1], &world.ancestors(1), &lists).unwrap();
    assert_eq!(charged.costs, [Ok(large), Ok(cents(150)), Err(Refusal::OutOfRange), Ok(cents(-50))]);
    assert_eq!(charged.plan.unwrap().amount(), large.plus(cents(100)).unwrap());

    let most = Amount::parse("1000000000000000", 0).unwrap();
    world.accounts[1].figures.used = most;
    world.accounts[1].figures.available = most.negated();
    let charged = consumption::charges(&world.accounts[1], &world.ancestors(1), &[cents(1), large]).unwrap();
    assert_eq!(charged.costs, [Err(Refusal::OutOfRange), Err(Refusal::OutOfRange)]);
    assert_eq!(charged.plan, None);

    world.accounts[1].status = Status::Closed;
    let refused = consumption::charges(&world.accounts[1], &world.ancestors(1), &[cents(1)]);
    assert!(matches!(refused, Err(Refusal::AccountNotActive { .. })), "{refused:?}");
    world.accounts[1].status = Status::Suspended;
    world.accounts[1].figures = Figures::zero(0);
    let charged = consumption::charges(&world.accounts[1], &world.ancestors(1), &[cents(1)]).unwrap();
    assert_eq!(charged.costs, [Ok(cents(1))]);
}
