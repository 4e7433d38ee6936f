//! Several orders in one transaction: one position, and for each order what it would have left alone.

use domain::plan::consumption;
use domain::{Account, Entry, Occasion, Purchase, Record, Refusal};

use super::item::{VERSION, Waiting};
use crate::entry_item::entry;
use crate::idempotency::{Effected, Effects, record};
use crate::keys;
use crate::posting::write::{account_after, entry_of};
use crate::posting::{Draft, Words};
use crate::record::{RecordKey, writes as record_writes};
use crate::transaction::Write;

/// The most orders of one transaction: each writes four items, and all of them one position, of at most a hundred.
pub(super) const MAX_BATCH: usize = 24;

/// An order as it is posted.
struct Placed<'a> {
    order: &'a Waiting,
    entry: Entry,
    purchase: Purchase,
}

/// Orders that are posted together, one after the other.
pub(super) struct Batch<'a> {
    placed: Vec<Placed<'a>>,
    /// Orders that are refused where they stand in line, or that must not be posted any more.
    left_out: Vec<&'a Waiting>,
    /// The account as the last of them leaves it.
    after: Account,
}

/// What an order comes to on an account.
pub(super) fn draft(
    new: &domain::NewPurchase,
    occasion: &Occasion,
    buyer: &Account,
    ancestors: &[Account],
) -> Result<Draft, Refusal> {
    let priced = consumption::purchase(buyer, ancestors, new.order)?;
    let purchase = new.priced(buyer, priced.waterfall, occasion);
    Ok(Draft { records: vec![Record::Purchase(purchase)], ..Draft::from(priced.plan) })
}

impl<'a> Batch<'a> {
    /// Plans each order on the account as the one before left it.
    pub fn plan(buyer: &Account, ancestors: &[Account], orders: &[&'a Waiting]) -> Batch<'a> {
        let mut batch = Batch { placed: Vec::new(), left_out: Vec::new(), after: buyer.clone() };
        for order in orders {
            match place(order, &batch.after, ancestors) {
                Ok(placed) => {
                    batch.after = account_after(&batch.after, &placed.entry);
                    batch.placed.push(placed);
                }
                Err(_) => batch.left_out.push(order),
            }
        }
        batch
    }

    /// Takes an order out of the line without posting it.
    pub fn leave_out(&mut self, order: &'a Waiting) {
        self.left_out.push(order);
    }

    /// Whether orders of several are posted with it.
    pub fn is_shared(&self) -> bool {
        self.placed.len() > 1
    }

    /// Everything that is written. Each order leaves the line in the same transaction: whoever took one out before has
    /// this one fail, and need not fear that it is posted afterwards.
    pub fn writes(&self) -> Vec<Write> {
        let mut writes: Vec<Write> = self.placed.iter().flat_map(|placed| self.writes_of(placed)).collect();
        if !self.placed.is_empty() {
            writes.push(Write::replace_account(self.after.clone()));
        }
        let all = self.placed.iter().map(|placed| placed.order).chain(self.left_out.iter().copied());
        let account = self.after.id();
        writes.extend(all.map(|order| Write::remove(keys::queued(account, order.occasion.posting_id), VERSION)));
        writes
    }

    fn writes_of(&self, placed: &Placed<'_>) -> Vec<Write> {
        let Placed { order, entry: made, purchase } = placed;
        let effects = Effects {
            posting_id: made.posting_id,
            kind: made.kind,
            amount: made.amount,
            created_at: made.created_at,
            target: made.account_id,
            entries: vec![(made.account_id, made.seq)],
            records: vec![RecordKey::Purchase(purchase.id)],
        };
        let mut writes = vec![
            Write::create(record(&order.key, &Effected::Posting(effects), order.occasion.now)),
            Write::create(entry(made, &self.after.lineage)),
        ];
        writes.extend(record_writes(made.account_id, &Record::Purchase(purchase.clone())));
        writes
    }
}

fn place<'a>(order: &'a Waiting, buyer: &Account, ancestors: &[Account]) -> Result<Placed<'a>, Refusal> {
    let Waiting { new, occasion, .. } = order;
    let priced = consumption::purchase(buyer, ancestors, new.order)?;
    let words = Words::reference(new.reference.clone());
    let [leg] = priced.plan.legs.as_slice() else { return Err(Refusal::InvalidState("an order is of one account")) };
    let entry = entry_of(occasion, &words, buyer, priced.plan.kind, leg);
    Ok(Placed { order, entry, purchase: new.priced(buyer, priced.waterfall, occasion) })
}

#[cfg(test)]
mod tests;
