//! Plans: what a command would do to each position, decided before anything is written.
//!
//! A plan function takes the accounts as they were read and returns either a [`Plan`] or a refusal; it changes nothing.
//! A preview shows the plan, a posting writes it. The rules are those of the design's sections 4 (postings) and 5
//! (prices and settlement).

pub mod closure;
pub mod consumption;
pub mod order;
pub mod quota;
pub mod settlement;

#[cfg(test)]
mod properties;
#[cfg(test)]
mod world;

use crate::account::{Account, Status};
use crate::{AccountId, Amount, Figures, Refusal};

/// The kinds of postings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// The operator sets what a provider may hand out.
    Capacity,
    /// A parent hands quota to a child.
    Allocation,
    /// A parent changes a child's quota.
    Adjustment,
    /// A parent changes several children's quota at once.
    Rebalance,
    /// An order, priced now.
    Purchase,
    /// Metered usage.
    Charge,
    /// Quota set aside.
    Hold,
    /// A hold becomes a purchase.
    Capture,
    /// A hold is given back.
    Release,
    /// A hold has run out.
    Expiry,
    /// A purchase is reversed, wholly or in part.
    Refund,
    /// A child's payment to its parent.
    Settlement,
    /// A settlement is undone.
    Reversal,
    /// An account is closed and what it will owe upstream moves to its parent.
    Closure,
}

impl Kind {
    /// All of them.
    pub const ALL: [Kind; 14] = [
        Kind::Capacity,
        Kind::Allocation,
        Kind::Adjustment,
        Kind::Rebalance,
        Kind::Purchase,
        Kind::Charge,
        Kind::Hold,
        Kind::Capture,
        Kind::Release,
        Kind::Expiry,
        Kind::Refund,
        Kind::Settlement,
        Kind::Reversal,
        Kind::Closure,
    ];

    /// Its name in the API and the table.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Kind::Capacity => "capacity",
            Kind::Allocation => "allocation",
            Kind::Adjustment => "adjustment",
            Kind::Rebalance => "rebalance",
            Kind::Purchase => "purchase",
            Kind::Charge => "charge",
            Kind::Hold => "hold",
            Kind::Capture => "capture",
            Kind::Release => "release",
            Kind::Expiry => "expiry",
            Kind::Refund => "refund",
            Kind::Settlement => "settlement",
            Kind::Reversal => "reversal",
            Kind::Closure => "closure",
        }
    }

    /// The kind with that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Kind> {
        Kind::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// What a posting does to one account: one ledger entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leg {
    /// The account.
    pub account_id: AccountId,
    /// The unsigned size of the posting for this account at its own price; a negative charge keeps its sign.
    pub amount: Amount,
    /// What changes.
    pub deltas: Figures,
    /// The position before.
    pub before: Figures,
    /// The position after.
    pub after: Figures,
}

/// One atomic change to one or more positions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// What kind of posting.
    pub kind: Kind,
    /// One leg an account. The account that the command is about comes first.
    pub legs: Vec<Leg>,
}

impl Plan {
    /// The size of the posting for the account that it is about.
    #[must_use]
    pub fn amount(&self) -> Amount {
        self.legs.first().map(|leg| leg.amount).unwrap_or_default()
    }
}

/// A change to an account, before it is known whether the account can bear it.
struct Change<'a> {
    account: &'a Account,
    amount: Amount,
    deltas: Figures,
}

/// Applies the changes and checks bounds and invariants: the one place where a [`Leg`] is made.
fn plan(kind: Kind, changes: Vec<Change<'_>>) -> Result<Plan, Refusal> {
    let legs = changes.into_iter().map(leg).collect::<Result<_, _>>()?;
    Ok(Plan { kind, legs })
}

fn leg(change: Change<'_>) -> Result<Leg, Refusal> {
    let Change { account, amount, deltas } = change;
    let after = account.figures.plus(&deltas)?;
    // The plan functions keep the invariants by construction; this stops a faulty one before it can write.
    after.check()?;
    Ok(Leg { account_id: account.id(), amount, deltas, before: account.figures.clone(), after })
}

/// No change, with room for the account's `upstream`.
fn no_change(account: &Account) -> Figures {
    Figures::zero(account.lineage.tier.upstream_levels())
}

fn require_active<'a>(accounts: impl IntoIterator<Item = &'a Account>) -> Result<(), Refusal> {
    require(accounts, |status| status == Status::Active)
}

fn require_not_closed<'a>(accounts: impl IntoIterator<Item = &'a Account>) -> Result<(), Refusal> {
    require(accounts, |status| status != Status::Closed)
}

fn require<'a>(
    accounts: impl IntoIterator<Item = &'a Account>,
    is_fit: impl Fn(Status) -> bool,
) -> Result<(), Refusal> {
    match accounts.into_iter().find(|account| !is_fit(account.status)) {
        Some(account) => Err(Refusal::AccountNotActive { account_id: account.id(), status: account.status }),
        None => Ok(()),
    }
}

fn require_available(account: &Account, requested: Amount) -> Result<(), Refusal> {
    let available = account.figures.available;
    if available < requested {
        return Err(Refusal::InsufficientQuota { account_id: account.id(), available, requested });
    }
    Ok(())
}
