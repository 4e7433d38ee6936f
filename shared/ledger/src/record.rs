//! Records: what postings make or change besides positions and entries, and how each is read and written.

use domain::{AccountId, Hold, HoldId, HoldStatus, PaymentReference, PurchaseId, Record, Refusal, SettlementId};

use crate::error::{Corrupt, Error};
use crate::item::{Item, Reader, Writer};
use crate::keys::{self, Key};
use crate::transaction::Write;
use crate::{account_item, hold_item, purchase_item, settlement_item};

/// Names a record of an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RecordKey {
    /// A purchase.
    Purchase(PurchaseId),
    /// A hold.
    Hold(HoldId),
    /// A settlement.
    Settlement(SettlementId),
    /// A payment reference that may have been used.
    PaymentReference(String),
    /// The company behind the account.
    Profile,
}

impl RecordKey {
    pub(crate) fn key(&self, account: AccountId) -> Key {
        match self {
            RecordKey::Purchase(id) => keys::purchase(account, *id),
            RecordKey::Hold(id) => keys::hold(account, *id),
            RecordKey::Settlement(id) => keys::settlement(account, *id),
            RecordKey::PaymentReference(reference) => keys::payment_reference(account, reference),
            RecordKey::Profile => keys::profile(account),
        }
    }

    pub(crate) fn read(&self, item: &Item) -> Result<Record, Error> {
        Ok(match self {
            RecordKey::Purchase(_) => Record::Purchase(purchase_item::read_purchase(item)?),
            RecordKey::Hold(_) => Record::Hold(hold_item::read_hold(item)?),
            RecordKey::Settlement(_) => Record::Settlement(settlement_item::read_settlement(item)?),
            RecordKey::PaymentReference(reference) => {
                Record::PaymentReference(read_payment_reference(reference, item)?)
            }
            RecordKey::Profile => Record::Profile(account_item::read_profile(item)?),
        })
    }
}

/// The key under which an answer finds a record again; payment references and profiles are not told.
pub(crate) fn told(record: &Record) -> Option<RecordKey> {
    match record {
        Record::Purchase(purchase) => Some(RecordKey::Purchase(purchase.id)),
        Record::Hold(hold) => Some(RecordKey::Hold(hold.id)),
        Record::Settlement(settlement) => Some(RecordKey::Settlement(settlement.id)),
        Record::PaymentReference(_) | Record::Usage(_) | Record::Profile(_) => None,
    }
}

/// Everything that is written for a record of an account: its first version is created, later ones replace.
pub(crate) fn writes(account: AccountId, record: &Record) -> Vec<Write> {
    match record {
        Record::Purchase(purchase) => vec![Write::version(purchase_item::purchase(purchase), purchase.version)],
        Record::Hold(hold) => vec![Write::version(hold_item::hold(hold), hold.version), pointer(hold)],
        Record::Settlement(settlement) => {
            vec![Write::version(settlement_item::settlement(settlement), settlement.version)]
        }
        Record::PaymentReference(used) => {
            vec![Write::create(payment_reference(account, used)).or_refuse(Refusal::DuplicatePayment)]
        }
        Record::Profile(profile) => vec![Write::version(account_item::profile(profile), profile.version)],
        // Its place is the idempotency record, by which it is known.
        Record::Usage(_) => Vec::new(),
    }
}

/// An open hold is found by the time at which it runs out.
fn pointer(hold: &Hold) -> Write {
    let key = keys::due_hold(hold.expires_at, hold.id);
    match hold.status {
        HoldStatus::Open => {
            let item = Writer::new(&key, "open hold").text("account_id", hold.account_id).text("hold_id", hold.id);
            Write::create(item.build())
        }
        HoldStatus::Captured | HoldStatus::Released | HoldStatus::Expired => Write::delete(key),
    }
}

fn payment_reference(account: AccountId, used: &PaymentReference) -> Item {
    Writer::new(&keys::payment_reference(account, &used.reference), "payment reference")
        .text("account_id", account)
        .amount("amount", used.amount)
        .text("settlement_id", used.settlement_id)
        .build()
}

fn read_payment_reference(reference: &str, item: &Item) -> Result<PaymentReference, Corrupt> {
    let item = Reader(item);
    Ok(PaymentReference {
        reference: reference.to_owned(),
        amount: item.amount("amount")?,
        settlement_id: item.parsed("settlement_id", SettlementId::parse)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{Amount, Timestamp};

    #[test]
    fn a_payment_reference_remembers_what_was_paid_under_it() {
        let at = Timestamp::from_unix_ms(0).unwrap();
        let amount = Amount::parse("95.000000000001", 12).unwrap();
        let used = PaymentReference { reference: "INV 1".to_owned(), amount, settlement_id: SettlementId::new(at, 1) };
        let item = payment_reference(AccountId::new(at, 2), &used);
        let read = RecordKey::PaymentReference("INV 1".to_owned()).read(&item).unwrap();
        assert_eq!(read, Record::PaymentReference(used));
    }
}
