//! Purchases: orders that were priced and paid for with quota.

use crate::plan::order::Frozen;
use crate::{AccountId, Amount, PostingId, PurchaseId, Timestamp, Waterfall};

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
