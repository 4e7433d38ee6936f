//! The figures of a position and the invariants that tie them together.

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use crate::Amount;
use crate::amount::OutOfRange;

/// The figures of a position, or a change to them.
///
/// `upstream` has one figure for each ancestor below the provider, nearest first: none for a provider or a distributor,
/// one for a reseller, two for a customer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// Quota received from the parent; the provider's is set by the operator.
    pub granted: Amount,
    /// The sum of what the children were granted.
    pub allocated: Amount,
    /// Set aside by open holds.
    pub held: Amount,
    /// Consumed and not yet settled: what the account owes its parent. Below zero it is a credit.
    pub used: Amount,
    /// What can still be allocated, held or spent.
    pub available: Amount,
    /// Life-time total of settlements made to the parent.
    pub paid: Amount,
    /// Life-time total of settlements received from children.
    pub collected: Amount,
    /// What each ancestor below the provider will owe its own parent for this account's `used`.
    pub upstream: Vec<Amount>,
}

/// A figure that breaks an invariant; carries the rule in words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a position would break its invariant: {0}")]
pub struct BrokenInvariant(pub &'static str);

impl Figures {
    /// All zero, with room for `levels` ancestors in `upstream`.
    #[must_use]
    pub fn zero(levels: usize) -> Figures {
        Figures { upstream: vec![Amount::ZERO; levels], ..Figures::default() }
    }

    /// The scalar figures with their names, in the order in which they are shown.
    #[must_use]
    pub fn named(&self) -> [(&'static str, Amount); 7] {
        [
            ("granted", self.granted),
            ("allocated", self.allocated),
            ("held", self.held),
            ("used", self.used),
            ("available", self.available),
            ("paid", self.paid),
            ("collected", self.collected),
        ]
    }

    /// Figure by figure, `self + deltas`. An `upstream` that is shorter counts as zeros there.
    ///
    /// # Errors
    /// [`OutOfRange`] when any figure would be beyond 10^15.
    pub fn plus(&self, deltas: &Figures) -> Result<Figures, OutOfRange> {
        let levels = self.upstream.len().max(deltas.upstream.len());
        let at = |list: &[Amount], index: usize| list.get(index).copied().unwrap_or_default();
        Ok(Figures {
            granted: self.granted.plus(deltas.granted)?,
            allocated: self.allocated.plus(deltas.allocated)?,
            held: self.held.plus(deltas.held)?,
            used: self.used.plus(deltas.used)?,
            available: self.available.plus(deltas.available)?,
            paid: self.paid.plus(deltas.paid)?,
            collected: self.collected.plus(deltas.collected)?,
            upstream: (0..levels)
                .map(|index| at(&self.upstream, index).plus(at(&deltas.upstream, index)))
                .collect::<Result<_, _>>()?,
        })
    }

    /// Every figure with the other sign.
    #[must_use]
    pub fn negated(&self) -> Figures {
        Figures {
            granted: self.granted.negated(),
            allocated: self.allocated.negated(),
            held: self.held.negated(),
            used: self.used.negated(),
            available: self.available.negated(),
            paid: self.paid.negated(),
            collected: self.collected.negated(),
            upstream: self.upstream.iter().map(|figure| figure.negated()).collect(),
        }
    }

    /// Figure by figure, `self - deltas`: the position before a change, from the one after it.
    ///
    /// # Errors
    /// [`OutOfRange`] when any figure would be beyond 10^15.
    pub fn minus(&self, deltas: &Figures) -> Result<Figures, OutOfRange> {
        self.plus(&deltas.negated())
    }

    /// How much of `granted` is still available, in whole percent, rounded down; `None` while nothing is granted or less
    /// than nothing is available.
    #[must_use]
    pub fn whole_percent_available(&self) -> Option<u32> {
        let available = self.available.to_decimal().checked_mul(Decimal::ONE_HUNDRED)?;
        let percent = available.checked_div(self.granted.to_decimal())?.trunc();
        // More than fits is as good as the largest.
        (!percent.is_sign_negative() || percent.is_zero()).then(|| percent.to_u32().unwrap_or(u32::MAX))
    }

    /// Checks invariants 1 and 3 of a position: the sum, and what may never be below zero.
    ///
    /// # Errors
    /// Names the broken rule.
    pub fn check(&self) -> Result<(), BrokenInvariant> {
        if Amount::exact_sum([self.available, self.allocated, self.held, self.used]) != Some(self.granted.to_decimal())
        {
            return Err(BrokenInvariant("granted = available + allocated + held + used"));
        }
        for (figure, rule) in
            [(self.granted, "granted >= 0"), (self.allocated, "allocated >= 0"), (self.held, "held >= 0")]
        {
            if figure.is_negative() {
                return Err(BrokenInvariant(rule));
            }
        }
        Ok(())
    }
}
