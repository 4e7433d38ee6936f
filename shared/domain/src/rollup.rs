//! Roll-ups: what an account's children come to in sum, and which of them are nearest to depletion.
//!
//! They follow the positions some moments later. What a child contributes is replaced by newer versions of its position
//! only, and the totals change by the difference, so any order and any repeat of changes leads to the same sums.

use crate::account::Status;
use crate::amount::OutOfRange;
use crate::{Account, AccountId, Figures};

/// The rank of a child to whom nothing is granted and who owes nothing: after all others.
const RANK_WITHOUT_GRANT: u32 = 1_002;

/// The whole percentage from which on children are not told apart: a credit can make more available than is granted.
const MOST_PERCENT: u32 = 1_000;

/// What a child contributes to its parent's totals.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contribution {
    /// The child.
    pub account_id: AccountId,
    /// The version of its position that this was taken from.
    pub version: u64,
    /// Its status.
    pub status: Status,
    /// Its figures.
    pub figures: Figures,
}

impl Contribution {
    /// What an account contributes as it stands.
    #[must_use]
    pub fn of(account: &Account) -> Contribution {
        Contribution {
            account_id: account.id(),
            version: account.version,
            status: account.status,
            figures: account.figures.clone(),
        }
    }

    /// Its place among children of the same status, the nearest to depletion first: 0 when overdrawn, then the whole
    /// percentage of `granted` that is still available, and one.
    #[must_use]
    pub fn rank(&self) -> u32 {
        if self.figures.available.is_negative() {
            return 0;
        }
        match self.figures.whole_percent_available() {
            Some(percent) => percent.min(MOST_PERCENT).saturating_add(1),
            None => RANK_WITHOUT_GRANT,
        }
    }
}

/// The sums over an account's children.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// How many are active.
    pub active: u64,
    /// How many are suspended.
    pub suspended: u64,
    /// How many are closed.
    pub closed: u64,
    /// The sums of their figures.
    pub figures: Figures,
}

impl Totals {
    /// The totals after a child's contribution was replaced.
    ///
    /// # Errors
    /// [`OutOfRange`] when a sum is beyond 10^15.
    pub fn replace(&self, before: Option<&Contribution>, after: &Contribution) -> Result<Totals, OutOfRange> {
        let mut totals = self.clone();
        if let Some(before) = before {
            totals.figures = totals.figures.minus(&before.figures)?;
            let count = totals.count(before.status);
            *count = count.saturating_sub(1);
        }
        totals.figures = totals.figures.plus(&after.figures)?;
        let count = totals.count(after.status);
        *count = count.saturating_add(1);
        Ok(totals)
    }

    fn count(&mut self, status: Status) -> &mut u64 {
        match status {
            Status::Active => &mut self.active,
            Status::Suspended => &mut self.suspended,
            Status::Closed => &mut self.closed,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Amount, Timestamp};

    fn contribution(version: u64, status: Status, granted: &str, available: &str) -> Contribution {
        let amount = |text| Amount::parse(text, 12).unwrap();
        let (granted, available) = (amount(granted), amount(available));
        let used = granted.minus(available).unwrap();
        Contribution {
            account_id: AccountId::new(Timestamp::from_unix_ms(0).unwrap(), 1),
            version,
            status,
            figures: Figures { granted, available, used, ..Figures::zero(1) },
        }
    }

    #[test]
    fn nearer_to_depletion_sorts_first() {
        let rank = |granted, available| contribution(1, Status::Active, granted, available).rank();
        let ranks = [
            rank("0", "-1"),
            rank("100", "0"),
            rank("100", "0.99"),
            rank("100", "1"),
            rank("3", "2"),
            rank("100", "100"),
        ];
        assert_eq!(ranks, [0, 1, 1, 2, 67, 101]);
        assert_eq!(rank("0.01", "1000000"), 1_001);
        assert_eq!(rank("0", "0"), 1_002);
    }

    #[test]
    fn totals_change_by_the_difference() {
        let first = contribution(1, Status::Active, "100", "40");
        let second = contribution(2, Status::Suspended, "100", "-3.5");
        let once = Totals::default().replace(None, &first).unwrap();
        assert_eq!((once.active, once.suspended), (1, 0));
        let twice = once.replace(Some(&first), &second).unwrap();
        assert_eq!((twice.active, twice.suspended, twice.closed), (0, 1, 0));
        assert_eq!(twice.figures, second.figures);
    }
}
