//! Discounts, costs and margins.

use crate::account::{Account, Tier};
use crate::amount::OutOfRange;
use crate::refusal::{FieldError, Refusal};
use crate::{AccountId, Amount};

/// The most fraction digits of a discount.
pub const DISCOUNT_DIGITS: u32 = 6;

/// A discount off list price: 0 ≤ d < 1, at most 6 fraction digits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Discount(Amount);

/// A number that is no discount.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be at least 0 and below 1")]
pub struct NotADiscount;

impl Discount {
    /// No discount: list price.
    pub const NONE: Discount = Discount(Amount::ZERO);

    /// Takes a share of the list price.
    ///
    /// # Errors
    /// [`NotADiscount`] outside 0 ≤ d < 1 or with more than 6 fraction digits.
    pub fn new(share: Amount) -> Result<Discount, NotADiscount> {
        let is_short = share.to_decimal().scale() <= DISCOUNT_DIGITS;
        if share.is_negative() || share >= Amount::ONE || !is_short { Err(NotADiscount) } else { Ok(Discount(share)) }
    }

    /// The share of the list price that is taken off.
    #[must_use]
    pub fn share(self) -> Amount {
        self.0
    }

    /// `list × (1 − d)`, rounded half-even to `fraction_digits`.
    ///
    /// # Errors
    /// [`OutOfRange`] beyond 10^15.
    pub fn cost(self, list: Amount, fraction_digits: u32) -> Result<Amount, OutOfRange> {
        list.times_ratio(Amount::ONE.minus(self.0)?, Amount::ONE, fraction_digits)
    }
}

/// What counts as an account's discount: its own, but never more than its parent's effective one. A distributor's has
/// no ceiling.
///
/// `ancestors` are the account's, the parent first.
#[must_use]
pub fn effective_discount(account: &Account, ancestors: &[Account]) -> Discount {
    ancestors
        .iter()
        .filter(|ancestor| ancestor.lineage.tier != Tier::Provider)
        .fold(account.discount, |lowest, ancestor| lowest.min(ancestor.discount))
}

/// A child's discount is no higher than its parent's effective one; a distributor's has no ceiling.
///
/// `above` are the parent's ancestors, its own parent first.
///
/// # Errors
/// [`Refusal::Invalid`] for the field `discount`.
pub fn require_within_parents(wanted: Discount, parent: &Account, above: &[Account]) -> Result<(), Refusal> {
    let is_limited = parent.lineage.tier != Tier::Provider;
    if is_limited && wanted > effective_discount(parent, above) {
        let message = "must not be above the parent's own discount";
        return Err(Refusal::Invalid(FieldError::new("discount", "above_parent", message)));
    }
    Ok(())
}

/// One tier's line of a waterfall.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The tier.
    pub tier: Tier,
    /// The account of that tier.
    pub account_id: AccountId,
    /// Its effective discount when the price was taken.
    pub discount: Discount,
    /// What it owes the tier above for this.
    pub cost: Amount,
    /// What it gains: the cost of the tier below minus its own; zero for the buyer.
    pub margin: Amount,
}

/// The price of one order for every tier up to the distributor, buyer first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waterfall {
    /// Buyer first; never empty.
    pub lines: Vec<Line>,
}

impl Waterfall {
    /// Prices a list amount for an account and its ancestors below the provider.
    ///
    /// `ancestors` are the buyer's, the parent first, the provider last. Each cost is rounded half-even to
    /// `fraction_digits`.
    ///
    /// # Errors
    /// [`OutOfRange`] beyond 10^15.
    pub fn of(
        buyer: &Account,
        ancestors: &[Account],
        list: Amount,
        fraction_digits: u32,
    ) -> Result<Waterfall, OutOfRange> {
        let mut lines: Vec<Line> = Vec::with_capacity(ancestors.len());
        let mut above = ancestors;
        let mut next = Some(buyer);
        while let Some(account) = next.filter(|account| account.lineage.tier != Tier::Provider) {
            let discount = effective_discount(account, above);
            let cost = discount.cost(list, fraction_digits)?;
            let margin = lines.last().map_or(Ok(Amount::ZERO), |below| below.cost.minus(cost))?;
            lines.push(Line { tier: account.lineage.tier, account_id: account.id(), discount, cost, margin });
            next = above.first();
            above = above.get(1..).unwrap_or_default();
        }
        Ok(Waterfall { lines })
    }

    /// The same order in part: every cost in the proportion `part ÷ whole`, rounded half-even to `fraction_digits`.
    ///
    /// # Errors
    /// [`OutOfRange`] beyond 10^15.
    pub fn portion(&self, part: Amount, whole: Amount, fraction_digits: u32) -> Result<Waterfall, OutOfRange> {
        let mut lines: Vec<Line> = Vec::with_capacity(self.lines.len());
        for line in &self.lines {
            let cost = line.cost.times_ratio(part, whole, fraction_digits)?;
            let margin = lines.last().map_or(Ok(Amount::ZERO), |below| below.cost.minus(cost))?;
            lines.push(Line { cost, margin, ..line.clone() });
        }
        Ok(Waterfall { lines })
    }

    /// What the buyer itself pays.
    #[must_use]
    pub fn own_cost(&self) -> Amount {
        self.lines.first().map(|line| line.cost).unwrap_or_default()
    }

    /// The costs of the tiers above the buyer, nearest first: what its `upstream` grows by.
    #[must_use]
    pub fn upstream_costs(&self) -> Vec<Amount> {
        self.lines.iter().skip(1).map(|line| line.cost).collect()
    }
}
