//! Purchases: orders that were priced and paid for with quota.

use crate::plan::consumption::Order;
use crate::plan::order::Frozen;
use crate::{Account, AccountId, Amount, Occasion, PostingId, PurchaseId, Timestamp, Waterfall};

/// An order as it was placed, before it has a price.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewPurchase {
    /// The id of the purchase that it becomes.
    pub id: PurchaseId,
    /// What is asked for, and at which price.
    pub order: Order,
    /// What is bought.
    pub product: String,
    /// How many, for information.
    pub quantity: u64,
    /// The caller's reference.
    pub reference: Option<String>,
}

impl NewPurchase {
    /// The purchase that it becomes at that price.
    #[must_use]
    pub fn priced(&self, buyer: &Account, waterfall: Waterfall, occasion: &Occasion) -> Purchase {
        Purchase {
            id: self.id,
            account_id: buyer.id(),
            posting_id: occasion.posting_id,
            list_amount: self.order.list_amount,
            product: self.product.clone(),
            quantity: self.quantity,
            reference: self.reference.clone(),
            refunded: Amount::ZERO,
            waterfall,
            created_at: buyer.entry_time(occasion.now),
            version: 1,
        }
    }
}

/// An order that was priced and paid for with quota.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Purchase {
    /// Its id.
    pub id: PurchaseId,
    /// The buyer.
    pub account_id: AccountId,
    /// The posting that made it.
    pub posting_id: PostingId,
    /// At list price.
    pub list_amount: Amount,
    /// What was bought.
    pub product: String,
    /// How many, for information.
    pub quantity: u64,
    /// The caller's reference.
    pub reference: Option<String>,
    /// How much of the list amount was refunded.
    pub refunded: Amount,
    /// What every tier pays.
    pub waterfall: Waterfall,
    /// When.
    pub created_at: Timestamp,
    /// Counts every write.
    pub version: u64,
}

impl Purchase {
    /// What was frozen when it was made.
    #[must_use]
    pub fn frozen(&self) -> Frozen {
        Frozen { list_amount: self.list_amount, waterfall: self.waterfall.clone() }
    }
}
