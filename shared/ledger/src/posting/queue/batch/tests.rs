//! Several orders together are worth what they are one after the other.
#![allow(clippy::arithmetic_side_effects, reason = "sums of a test")]

use super::*;
use crate::account_item::position;
use domain::account::Lineage;
use domain::plan::consumption::Order;
use domain::program::Purchases;
use domain::{
    AccountId, Amount, By, Currency, Discount, IdempotencyKey, NewPurchase, PostingId, ProgramId, PurchaseId, Status,
    Tier, Timestamp,
};
use proptest::prelude::*;

fn at(second: u8) -> Timestamp {
    Timestamp::from_unix_ms(1_795_255_200_000 + i64::from(second) * 1_000).unwrap()
}

fn cents(cents: i64) -> Amount {
    Amount::parse(&format!("{}.{:02}", cents / 100, cents % 100), 2).unwrap()
}

fn account(tier: Tier, number: u128, ancestors: &[AccountId]) -> Account {
    let lineage = Lineage {
        id: AccountId::new(at(0), number),
        program_id: ProgramId::new(at(0), 0),
        tier,
        ancestors: ancestors.to_vec(),
        currency: Currency::parse("USD").unwrap(),
        purchases: Purchases::Partners,
    };
    Account::new(lineage, Discount::NONE, at(0))
}

/// A reseller with that much quota, and those above it.
fn line(quota: i64) -> (Account, Vec<Account>) {
    let provider = account(Tier::Provider, 1, &[]);
    let distributor = account(Tier::Distributor, 2, &[provider.id()]);
    let mut buyer = account(Tier::Reseller, 3, &[distributor.id(), provider.id()]);
    buyer.figures.granted = cents(quota);
    buyer.figures.available = cents(quota);
    buyer.version = 7;
    (buyer, vec![distributor, provider])
}

/// An order and the second in which it was asked for.
fn order(number: u128, list_amount: i64, second: u8, expected_cost: Option<i64>) -> Waiting {
    Waiting {
        new: NewPurchase {
            id: PurchaseId::new(at(0), number),
            order: Order { list_amount: cents(list_amount), expected_cost: expected_cost.map(cents) },
            product: "seats".to_owned(),
            quantity: 1,
            reference: Some(format!("PO-{number}")),
        },
        occasion: Occasion { posting_id: PostingId::new(at(second), number), now: at(second), by: By::default() },
        key: IdempotencyKey { record: number.to_string(), fingerprint: list_amount.to_string() },
    }
}

proptest! {
    #[test]
    fn orders_leave_the_account_where_as_many_single_ones_would(
        quota in 0_i64..20_000,
        asked in proptest::collection::vec((1_i64..2_000, 0_u8..20, proptest::option::weighted(0.1, 1_i64..2_000)), 1..=MAX_BATCH),
    ) {
        let (buyer, ancestors) = line(quota);
        let orders: Vec<Waiting> =
            asked.iter().zip(10..).map(|((list, second, cost), number)| order(number, *list, *second, *cost)).collect();
        let batch = Batch::plan(&buyer, &ancestors, &orders.iter().collect::<Vec<_>>());
        let mut alone = buyer.clone();
        let mut placed = batch.placed.iter();
        for order in &orders {
            match draft(&order.new, &order.occasion, &alone, &ancestors) {
                Ok(Draft { plan, records, .. }) => {
                    let words = Words::reference(order.new.reference.clone());
                    let single = entry_of(&order.occasion, &words, &alone, plan.kind, &plan.legs[0]);
                    alone = account_after(&alone, &single);
                    let found = placed.next().unwrap();
                    prop_assert_eq!(&Entry { id: found.entry.id, ..single }, &found.entry);
                    prop_assert_eq!(&records, &[Record::Purchase(found.purchase.clone())]);
                }
                Err(_) => prop_assert!(batch.left_out.contains(&order)),
            }
        }
        prop_assert!(placed.next().is_none());
        prop_assert_eq!(&batch.after, &alone);
        prop_assert_eq!(batch.after.version, buyer.version);
        let numbers: Vec<u64> = batch.placed.iter().map(|placed| placed.entry.seq).collect();
        prop_assert_eq!(numbers, (1..=batch.placed.len() as u64).collect::<Vec<_>>());
        let positions = usize::from(!batch.placed.is_empty());
        prop_assert_eq!(batch.writes().len(), positions + 4 * batch.placed.len() + batch.left_out.len());
        prop_assert_eq!(batch.placed.len() + batch.left_out.len(), orders.len());
    }
}

#[test]
fn a_full_batch_fits_into_one_transaction() {
    let (buyer, ancestors) = line(1_000_000);
    let orders: Vec<Waiting> = (10..10 + MAX_BATCH as u128).map(|number| order(number, 100, 0, None)).collect();
    let batch = Batch::plan(&buyer, &ancestors, &orders.iter().collect::<Vec<_>>());
    assert!(batch.is_shared());
    assert_eq!(batch.writes().len(), 97);
}

#[test]
fn orders_that_nobody_may_post_only_leave_the_line() {
    let (mut buyer, ancestors) = line(1_000_000);
    buyer.status = Status::Suspended;
    let (refused, late) = (order(10, 100, 0, None), order(11, 100, 0, None));
    let mut batch = Batch::plan(&buyer, &ancestors, &[&refused]);
    batch.leave_out(&late);
    assert_eq!((batch.is_shared(), batch.writes().len()), (false, 2));
    assert_eq!(position(&batch.after), position(&buyer));
}
