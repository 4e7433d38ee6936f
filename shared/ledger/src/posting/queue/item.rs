//! Waiting orders as items: everything that somebody else needs to post them.

use domain::plan::consumption::Order;
use domain::{AccountId, By, IdempotencyKey, NewPurchase, Occasion, PostingId, PurchaseId};

use crate::error::Corrupt;
use crate::item::{Item, Reader, Writer};
use crate::keys;

/// Seconds for which the table keeps an order that nobody came for.
const KEPT_SECONDS: u64 = 3_600;

/// The version of each: an order that waits is never changed.
pub(super) const VERSION: u64 = 1;

/// An order that waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Waiting {
    pub new: NewPurchase,
    /// Who ordered, when, and the posting that comes of it.
    pub occasion: Occasion,
    pub key: IdempotencyKey,
}

pub(super) fn waiting(account: AccountId, order: &Waiting) -> Item {
    let Waiting { new, occasion, key } = order;
    let begun = u64::try_from(occasion.now.unix_ms()).unwrap_or_default().div_euclid(1_000);
    let writer = Writer::new(&keys::queued(account, occasion.posting_id), "waiting order")
        .text("account_id", account)
        .text("posting_id", occasion.posting_id)
        .text("purchase_id", new.id)
        .amount("list_amount", new.order.list_amount)
        .text("product", &new.product)
        .number("quantity", new.quantity)
        .optional_text("reference", new.reference.as_ref())
        .optional_text("by_account_id", occasion.by.account_id)
        .optional_text("by_sub", occasion.by.sub.as_ref())
        .text("record", &key.record)
        .text("fingerprint", &key.fingerprint)
        .text("asked_at", occasion.now)
        .number("kept_until", begun.saturating_add(KEPT_SECONDS))
        .number("version", VERSION);
    match new.order.expected_cost {
        Some(cost) => writer.amount("expected_cost", cost).build(),
        None => writer.build(),
    }
}

pub(super) fn read_waiting(item: &Item) -> Result<Waiting, Corrupt> {
    let item = Reader(item);
    Ok(Waiting {
        new: NewPurchase {
            id: item.parsed("purchase_id", PurchaseId::parse)?,
            order: Order {
                list_amount: item.amount("list_amount")?,
                expected_cost: item.optional_amount("expected_cost")?,
            },
            product: item.text("product")?.to_owned(),
            quantity: item.number("quantity")?,
            reference: item.optional_text("reference")?.map(str::to_owned),
        },
        occasion: Occasion {
            posting_id: item.parsed("posting_id", PostingId::parse)?,
            now: item.time("asked_at")?,
            by: By {
                account_id: item.optional_parsed("by_account_id", AccountId::parse)?,
                sub: item.optional_text("by_sub")?.map(str::to_owned),
            },
        },
        key: IdempotencyKey {
            record: item.text("record")?.to_owned(),
            fingerprint: item.text("fingerprint")?.to_owned(),
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{Amount, Timestamp};

    #[test]
    fn an_order_is_read_as_it_was_written() {
        let at = Timestamp::parse("2026-11-21T10:00:00.123Z").unwrap();
        let amount = |text: &str| Amount::parse(text, 2).unwrap();
        let full = Waiting {
            new: NewPurchase {
                id: PurchaseId::new(at, 1),
                order: Order { list_amount: amount("100.00"), expected_cost: Some(amount("95.00")) },
                product: "Virtual machine".to_owned(),
                quantity: 3,
                reference: Some("PO-1".to_owned()),
            },
            occasion: Occasion {
                posting_id: PostingId::new(at, 2),
                now: at,
                by: By { account_id: Some(AccountId::new(at, 3)), sub: Some("carl".to_owned()) },
            },
            key: IdempotencyKey { record: "record".to_owned(), fingerprint: "fingerprint".to_owned() },
        };
        let mut sparse = full.clone();
        sparse.new.order.expected_cost = None;
        sparse.new.reference = None;
        sparse.occasion.by = By::default();
        for order in [full, sparse] {
            assert_eq!(read_waiting(&waiting(AccountId::new(at, 4), &order)), Ok(order));
        }
    }
}
