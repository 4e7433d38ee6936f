//! Programs: one vendor's rules for its partners.

use crate::account::{Lineage, Tier};
use crate::{AccountId, Currency, Discount, ProgramId, Timestamp};

/// How applications for a tier are verified once no automatic check has failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Policy {
    /// Approved at once when every check passes.
    Automatic,
    /// Decided by the provider's verifier.
    Manual,
    /// Decided by every account above the applicant's parent in turn, nearest first.
    EachLevel,
}

impl Policy {
    /// All of them.
    pub const ALL: [Policy; 3] = [Policy::Automatic, Policy::Manual, Policy::EachLevel];

    /// Its name in the API and the table.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Policy::Automatic => "automatic",
            Policy::Manual => "manual",
            Policy::EachLevel => "each_level",
        }
    }

    /// The policy with that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Policy> {
        Policy::ALL.into_iter().find(|policy| policy.name() == name)
    }
}

/// Who may place purchases and holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purchases {
    /// The buyer itself or its parent.
    Partners,
    /// The provider only.
    Provider,
}

impl Purchases {
    /// Both of them.
    pub const ALL: [Purchases; 2] = [Purchases::Partners, Purchases::Provider];

    /// Its name in the API and the table.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Purchases::Partners => "partners",
            Purchases::Provider => "provider",
        }
    }

    /// The setting with that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Purchases> {
        Purchases::ALL.into_iter().find(|purchases| purchases.name() == name)
    }
}

/// One value for each tier that can be onboarded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PerTier<T> {
    /// For distributors.
    pub distributor: T,
    /// For resellers.
    pub reseller: T,
    /// For customers.
    pub customer: T,
}

impl<T: Copy> PerTier<T> {
    /// The tier's value; providers are not onboarded and have none.
    #[must_use]
    pub fn get(&self, tier: Tier) -> Option<T> {
        match tier {
            Tier::Provider => None,
            Tier::Distributor => Some(self.distributor),
            Tier::Reseller => Some(self.reseller),
            Tier::Customer => Some(self.customer),
        }
    }
}

/// One vendor's partner program. It does not change after it was created.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program {
    /// Its id.
    pub id: ProgramId,
    /// What the vendor calls it.
    pub name: String,
    /// The currency of every amount in it.
    pub currency: Currency,
    /// The discount that a new account of a tier gets.
    pub discounts: PerTier<Discount>,
    /// How applications are verified.
    pub verification: PerTier<Policy>,
    /// Who may place purchases and holds.
    pub purchases: Purchases,
    /// The countries from which companies may join; `None` means all.
    pub countries: Option<Vec<String>>,
    /// The provider's account.
    pub root_account_id: AccountId,
    /// When it was created.
    pub created_at: Timestamp,
}

impl Program {
    /// Where its provider account stands.
    #[must_use]
    pub fn root(&self) -> Lineage {
        Lineage {
            id: self.root_account_id,
            program_id: self.id,
            tier: Tier::Provider,
            ancestors: Vec::new(),
            currency: self.currency,
            purchases: self.purchases,
        }
    }
}
