//! Answers of postings that happened before, rebuilt from their immutable entries.

use domain::account::Lineage;
use domain::{AccountId, Effect, Entry, Origin, Posted};

use crate::client::Ledger;
use crate::entry_item::read_entry;
use crate::error::{Corrupt, Error};
use crate::idempotency::Effects;
use crate::keys::{self, Key};

/// Something that was just made, or made before under the same idempotency key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Replayed<T> {
    /// Just now.
    First(T),
    /// Before.
    Again(T),
}

const MISSING: Corrupt = Corrupt { attribute: "entries", problem: "names something that is not there" };

impl Ledger {
    pub(crate) async fn rebuild(&self, effects: &Effects) -> Result<Posted, Error> {
        let entries = effects.entries.iter().map(|(account, seq)| keys::entry(*account, *seq));
        let records = effects.records.iter().map(|record| record.key(effects.target));
        let wanted: Vec<Key> = entries.chain(records).collect();
        let items = self.batch(&wanted).await?;

        let mut shown = Vec::with_capacity(effects.entries.len());
        for (account, seq) in &effects.entries {
            let entry = read_entry(items.get(&keys::entry(*account, *seq)).ok_or(MISSING)?)?;
            shown.push(effect(&entry, self.place(*account).await?)?);
        }
        let record =
            |record: &crate::record::RecordKey| record.read(items.get(&record.key(effects.target)).ok_or(MISSING)?);
        Ok(Posted {
            posting_id: effects.posting_id,
            kind: effects.kind,
            amount: effects.amount,
            target: self.place(effects.target).await?,
            effects: shown,
            records: effects.records.iter().map(record).collect::<Result<_, _>>()?,
            created_at: effects.created_at,
            origin: Origin::Replayed,
        })
    }

    /// Where an account stands that has to exist.
    async fn place(&self, account: AccountId) -> Result<Lineage, Error> {
        Ok(self.lineage(account).await?.ok_or(MISSING)?)
    }
}

fn effect(entry: &Entry, lineage: Lineage) -> Result<Effect, Error> {
    let before = entry.after.minus(&entry.deltas);
    Ok(Effect {
        lineage,
        before: before.map_err(|_| Corrupt { attribute: "deltas", problem: "do not lead to the position after" })?,
        after: entry.after.clone(),
        seq: entry.seq,
        at: entry.created_at,
    })
}
