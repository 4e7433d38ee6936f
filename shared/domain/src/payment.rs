//! Settlements as they are remembered: payments from a child to its parent.

use crate::plan::settlement::Terms;
use crate::{AccountId, PostingId, Refusal, SettlementId, Timestamp};

/// A payment that a parent recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settlement {
    /// Its id.
    pub id: SettlementId,
    /// The child that paid.
    pub account_id: AccountId,
    /// The posting that recorded it.
    pub posting_id: PostingId,
    /// What was paid, backfilled and moved.
    pub terms: Terms,
    /// The payment's own reference; unique between these two accounts for ever.
    pub payment_reference: String,
    /// How it was paid.
    pub method: String,
    /// When it was paid.
    pub paid_at: Timestamp,
    /// Whether it was undone.
    pub is_reversed: bool,
    /// When it was recorded.
    pub created_at: Timestamp,
    /// Counts every write.
    pub version: u64,
}

impl Settlement {
    /// The settlement after its reversal.
    ///
    /// # Errors
    /// [`Refusal::InvalidState`] when it was reversed before.
    pub fn reversed(&self) -> Result<Settlement, Refusal> {
        if self.is_reversed {
            return Err(Refusal::InvalidState("the settlement was reversed already"));
        }
        Ok(Settlement { is_reversed: true, version: self.version.saturating_add(1), ..self.clone() })
    }
}
