//! Recomputing a position from its entries.

use crate::account::{Account, Tier};
use crate::{Entry, Figures, Timestamp};

/// Where a history stops making sense.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Break {
    /// The number of the entry.
    pub seq: u64,
    /// What is wrong there.
    pub problem: &'static str,
}

/// The position that the entries up to some number lead to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recomputed {
    figures: Figures,
    seq: u64,
    last_at: Option<Timestamp>,
}

impl Recomputed {
    /// Before the first entry everything is zero.
    #[must_use]
    pub fn before_the_first(tier: Tier) -> Recomputed {
        Recomputed { figures: Figures::zero(tier.upstream_levels()), seq: 0, last_at: None }
    }

    /// After an entry that was recomputed before.
    #[must_use]
    pub fn after(entry: &Entry) -> Recomputed {
        Recomputed { figures: entry.after.clone(), seq: entry.seq, last_at: Some(entry.created_at) }
    }

    /// Takes the entries that follow, of which the first has to be number `from`; returns the first break.
    #[must_use]
    pub fn take_all(&mut self, entries: &[Entry], from: u64) -> Option<Break> {
        if entries.is_empty() {
            return Some(Break { seq: from, problem: "the entry is missing" });
        }
        entries.iter().find_map(|entry| self.take(entry).err())
    }

    /// Takes the next entry.
    ///
    /// # Errors
    /// [`Break`] when a number is left out or repeated, time runs backwards, or the position after does not follow.
    pub fn take(&mut self, entry: &Entry) -> Result<(), Break> {
        let seq = self.seq.saturating_add(1);
        let broken = |problem| Err(Break { seq, problem });
        if entry.seq != seq {
            return broken("the entry is missing");
        }
        if self.last_at.is_some_and(|last| entry.created_at < last) {
            return broken("the entry is older than the one before it");
        }
        if self.figures.plus(&entry.deltas).as_ref() != Ok(&entry.after) {
            return broken("the position after does not follow from the one before");
        }
        if let Err(invariant) = entry.after.check() {
            return broken(invariant.0);
        }
        *self = Recomputed::after(entry);
        Ok(())
    }

    /// Whether the stored position is the one that the entries lead to.
    ///
    /// # Errors
    /// [`Break`] at the account's last entry when it is not.
    pub fn matches(&self, account: &Account) -> Result<(), Break> {
        let is_same = self.figures == account.figures && self.seq == account.seq;
        let problem = "the stored position is not the one after the last entry";
        if is_same { Ok(()) } else { Err(Break { seq: account.seq, problem }) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::By;
    use crate::{AccountId, Amount, Currency, EntryId, Kind, PostingId};

    fn entry(seq: u64, available: &str, after: &str) -> Entry {
        let at = Timestamp::from_unix_ms(i64::try_from(seq).unwrap()).unwrap();
        let figures = |text: &str| {
            let amount = Amount::parse(text, 12).unwrap();
            Figures { granted: amount, available: amount, ..Figures::zero(0) }
        };
        Entry {
            id: EntryId::new(at, 0),
            account_id: AccountId::new(at, 0),
            seq,
            posting_id: PostingId::new(at, 0),
            kind: Kind::Allocation,
            currency: Currency::parse("USD").unwrap(),
            amount: Amount::ZERO,
            deltas: figures(available),
            after: figures(after),
            by: By::default(),
            reference: None,
            note: None,
            created_at: at,
        }
    }

    fn first_break(entries: &[Entry]) -> Option<u64> {
        Recomputed::before_the_first(Tier::Distributor).take_all(entries, 1).map(|broken| broken.seq)
    }

    #[test]
    fn a_whole_history_is_consistent() {
        assert_eq!(first_break(&[entry(1, "5", "5"), entry(2, "-2", "3"), entry(3, "1", "4")]), None);
    }

    #[test]
    fn the_first_break_is_found() {
        assert_eq!(first_break(&[entry(1, "5", "5"), entry(3, "-2", "3")]), Some(2));
        assert_eq!(first_break(&[entry(1, "5", "5"), entry(2, "-2", "4")]), Some(2));
        assert_eq!(first_break(&[entry(1, "5", "5"), entry(2, "-6", "-1")]), Some(2));
        assert_eq!(first_break(&[entry(2, "5", "5")]), Some(1));
        assert_eq!(first_break(&[]), Some(1));
        let mut late = entry(2, "-2", "3");
        late.created_at = Timestamp::from_unix_ms(0).unwrap();
        assert_eq!(first_break(&[entry(1, "5", "5"), late]), Some(2));
    }
}
