//! The posting of a payment, whichever way it comes in.

use domain::account::Lineage;
use domain::{Commit, Payment, Posted, Refusal, SettlementId};

use super::{Accounts, Command, Draft, Needs, Words};
use crate::client::Ledger;
use crate::error::Error;
use crate::record::RecordKey;

impl Ledger {
    /// Records the payment of an account to its parent as a settlement with this id.
    ///
    /// # Errors
    /// [`Refusal::DuplicatePayment`] when the reference was used between the two before, what the plan of a settlement
    /// refuses, and as [`Ledger::post`].
    pub async fn settle(
        &self,
        child: &Lineage,
        commit: Commit,
        payment: &Payment,
        id: SettlementId,
    ) -> Result<Posted, Error> {
        let command = Command {
            reads: vec![RecordKey::PaymentReference(payment.reference.clone())],
            words: Words::reference(Some(payment.reference.clone())),
            ..Command::new(child, commit, Needs::Parent)
        };
        self.post(&command, |accounts| draft(payment, id, &command, accounts)).await
    }
}

fn draft(payment: &Payment, id: SettlementId, command: &Command<'_>, accounts: &Accounts) -> Result<Draft, Refusal> {
    if accounts.is_payment_reference_used() {
        return Err(Refusal::DuplicatePayment);
    }
    let occasion = &command.commit.occasion;
    let (plan, records) = payment.settle(accounts.parent()?, &accounts.target, id, occasion)?;
    Ok(Draft { records, ..Draft::from(plan) })
}
