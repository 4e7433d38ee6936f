//! Payments from a child to its parent, and the settlements as which they are remembered.

use crate::plan::settlement::{self, Terms};
use crate::{Account, AccountId, Amount, Occasion, Plan, PostingId, Record, Refusal, SettlementId, Timestamp};

/// A payment as its receiver records it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payment {
    /// What was paid; below zero when a credit was paid out.
    pub amount: Amount,
    /// How much of it the payer shall be able to spend again, where somebody chose that.
    pub backfill: Option<Amount>,
    /// The payment's own reference.
    pub reference: String,
    /// How it was paid.
    pub method: String,
    /// When it was paid.
    pub paid_at: Timestamp,
}

impl Payment {
    /// What comes of the payment of a direct child: the plan, and the settlement and the reference to remember.
    ///
    /// # Errors
    /// As [`settlement::settlement`].
    pub fn settle(
        &self,
        parent: &Account,
        child: &Account,
        id: SettlementId,
        occasion: &Occasion,
    ) -> Result<(Plan, Vec<Record>), Refusal> {
        let settled = settlement::settlement(parent, child, self.amount, self.backfill)?;
        let record = Settlement {
            id,
            account_id: child.id(),
            posting_id: occasion.posting_id,
            terms: settled.terms,
            payment_reference: self.reference.clone(),
            method: self.method.clone(),
            paid_at: self.paid_at,
            is_reversed: false,
            created_at: child.entry_time(occasion.now),
            version: 1,
        };
        let reference = PaymentReference { reference: self.reference.clone(), amount: self.amount, settlement_id: id };
        Ok((settled.plan, vec![Record::Settlement(record), Record::PaymentReference(reference)]))
    }
}

/// The reference of a payment that was recorded: it stays used, also after a reversal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaymentReference {
    /// The reference.
    pub reference: String,
    /// What was paid under it.
    pub amount: Amount,
    /// The settlement that recorded it.
    pub settlement_id: SettlementId,
}

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
