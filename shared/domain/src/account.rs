//! Accounts: the nodes of a program's tree.

use std::fmt;

use crate::program::Purchases;
use crate::{AccountId, Currency, Discount, Figures, ProgramId, Refusal, Timestamp};

/// A level of the tree, from the top down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Tier {
    /// The vendor's own account, the root of a program.
    Provider,
    /// Below the provider.
    Distributor,
    /// Below a distributor.
    Reseller,
    /// Below a reseller; has no children.
    Customer,
}

impl Tier {
    /// All tiers, from the top down.
    pub const ALL: [Tier; 4] = [Tier::Provider, Tier::Distributor, Tier::Reseller, Tier::Customer];

    /// Its name in the API and the table.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Tier::Provider => "provider",
            Tier::Distributor => "distributor",
            Tier::Reseller => "reseller",
            Tier::Customer => "customer",
        }
    }

    /// The tier with that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Tier> {
        Tier::ALL.into_iter().find(|tier| tier.name() == name)
    }

    /// The tier of its children; customers have none.
    #[must_use]
    pub fn below(self) -> Option<Tier> {
        match self {
            Tier::Provider => Some(Tier::Distributor),
            Tier::Distributor => Some(Tier::Reseller),
            Tier::Reseller => Some(Tier::Customer),
            Tier::Customer => None,
        }
    }

    /// How many figures `upstream` has for an account of this tier: one for each ancestor below the provider.
    #[must_use]
    pub fn upstream_levels(self) -> usize {
        match self {
            Tier::Provider | Tier::Distributor => 0,
            Tier::Reseller => 1,
            Tier::Customer => 2,
        }
    }
}

impl fmt::Display for Tier {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// What an account may take part in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Status {
    /// Everything.
    Active,
    /// No purchase, hold or capture, no allocation into it or out of it.
    Suspended,
    /// Nothing, for ever.
    Closed,
}

impl Status {
    /// All of them.
    pub const ALL: [Status; 3] = [Status::Active, Status::Suspended, Status::Closed];

    /// Its name in the API and the table.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Status::Active => "active",
            Status::Suspended => "suspended",
            Status::Closed => "closed",
        }
    }

    /// The status with that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Status> {
        Status::ALL.into_iter().find(|status| status.name() == name)
    }
}

/// Who imposed a suspension.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Imposer {
    /// The operator of the deployment.
    Operator,
    /// An ancestor.
    Account(AccountId),
}

impl Imposer {
    /// Whether `other` stands higher above the suspended account than this imposer does.
    #[must_use]
    pub fn is_below(self, other: Imposer, suspended: &Lineage) -> bool {
        self != other && self.may_be_lifted_by(other, suspended)
    }

    /// Whether `other` stands at least as high above the suspended account as this imposer does, and so may lift what it
    /// imposed.
    #[must_use]
    pub fn may_be_lifted_by(self, other: Imposer, suspended: &Lineage) -> bool {
        match (self, other) {
            (_, Imposer::Operator) => true,
            (Imposer::Operator, Imposer::Account(_)) => false,
            (Imposer::Account(imposer), Imposer::Account(other)) => {
                suspended.steps_up_to(other) >= suspended.steps_up_to(imposer)
            }
        }
    }
}

/// What can be asked for by its place in a tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Node {
    /// An account.
    Account(AccountId),
    /// A program, for which its provider account stands.
    Program(ProgramId),
}

/// Where an account stands: its place in its program's tree and what the program fixes for all its accounts. It never
/// changes, so whoever has met it may remember it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lineage {
    /// The account itself.
    pub id: AccountId,
    /// Its program.
    pub program_id: ProgramId,
    /// Its level.
    pub tier: Tier,
    /// Its ancestors, the parent first, the provider last; empty for a provider.
    pub ancestors: Vec<AccountId>,
    /// The program's currency, in which all figures are.
    pub currency: Currency,
    /// Who may place purchases and holds in the program.
    pub purchases: Purchases,
}

impl Lineage {
    /// The parent; a provider has none.
    #[must_use]
    pub fn parent(&self) -> Option<AccountId> {
        self.ancestors.first().copied()
    }

    /// The root of the program: the last ancestor, or the account itself when it is the provider.
    #[must_use]
    pub fn provider(&self) -> AccountId {
        self.ancestors.last().copied().unwrap_or(self.id)
    }

    /// How many steps up it is from this account to `other`: 0 for itself, 1 for the parent, `None` when `other` is
    /// neither the account nor an ancestor of it.
    #[must_use]
    pub fn steps_up_to(&self, other: AccountId) -> Option<usize> {
        if other == self.id {
            return Some(0);
        }
        self.ancestors.iter().position(|ancestor| *ancestor == other).map(|index| index.saturating_add(1))
    }

    /// Whether it is `other` or stands below it.
    #[must_use]
    pub fn is_or_is_below(&self, other: AccountId) -> bool {
        self.steps_up_to(other).is_some()
    }

    /// The lineage of a new child; `None` below a customer.
    #[must_use]
    pub fn child(&self, id: AccountId) -> Option<Lineage> {
        let ancestors = std::iter::once(self.id).chain(self.ancestors.iter().copied()).collect();
        Some(Lineage { id, tier: self.tier.below()?, ancestors, ..self.clone() })
    }
}

/// An account as the posting engine knows it: its place, its status, its price and its position.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Its place in the tree.
    pub lineage: Lineage,
    /// What it may take part in.
    pub status: Status,
    /// Its own discount off list price, before the parent's ceiling; zero for a provider.
    pub discount: Discount,
    /// Its position.
    pub figures: Figures,
    /// The number of its last entry; 0 before the first.
    pub seq: u64,
    /// Counts every write to the stored account, with an entry or without.
    pub version: u64,
    /// When its last entry was created.
    pub last_entry_at: Option<Timestamp>,
    /// Who imposed its suspension, while it is suspended.
    pub suspended_by: Option<Imposer>,
    /// How many of its children are not closed.
    pub open_children: u64,
    /// How many applications for children of it are not decided.
    pub open_applications: u64,
    /// When it was created.
    pub created_at: Timestamp,
}

impl Account {
    /// A new active account with a zero position.
    #[must_use]
    pub fn new(lineage: Lineage, discount: Discount, created_at: Timestamp) -> Account {
        let figures = Figures::zero(lineage.tier.upstream_levels());
        Account {
            lineage,
            status: Status::Active,
            discount,
            figures,
            seq: 0,
            version: 1,
            last_entry_at: None,
            suspended_by: None,
            open_children: 0,
            open_applications: 0,
            created_at,
        }
    }

    /// The currency of its figures.
    #[must_use]
    pub fn currency(&self) -> Currency {
        self.lineage.currency
    }

    /// Its id.
    #[must_use]
    pub fn id(&self) -> AccountId {
        self.lineage.id
    }

    /// The account, suspended.
    ///
    /// # Errors
    /// [`Refusal::InvalidState`] when it is suspended already, [`Refusal::AccountNotActive`] when it is closed.
    pub fn suspended(&self, by: Imposer) -> Result<Account, Refusal> {
        match self.status {
            Status::Active => Ok(Account { status: Status::Suspended, suspended_by: Some(by), ..self.clone() }),
            // Somebody higher takes a suspension over, so that whoever imposed it first cannot lift it any more.
            Status::Suspended if self.suspended_by.is_some_and(|imposer| imposer.is_below(by, &self.lineage)) => {
                Ok(Account { suspended_by: Some(by), ..self.clone() })
            }
            Status::Suspended => Err(Refusal::InvalidState("the account is suspended already")),
            Status::Closed => Err(Refusal::AccountNotActive { account_id: self.id(), status: self.status }),
        }
    }

    /// The account, active again.
    ///
    /// # Errors
    /// [`Refusal::InvalidState`] when it is not suspended, [`Refusal::AccountNotActive`] when it is closed.
    pub fn reinstated(&self) -> Result<Account, Refusal> {
        match self.status {
            Status::Suspended => Ok(Account { status: Status::Active, suspended_by: None, ..self.clone() }),
            Status::Active => Err(Refusal::InvalidState("the account is not suspended")),
            Status::Closed => Err(Refusal::AccountNotActive { account_id: self.id(), status: self.status }),
        }
    }

    /// The time of its next entry: the later of `now` and its last entry's, so that time never runs against `seq`.
    #[must_use]
    pub fn entry_time(&self, now: Timestamp) -> Timestamp {
        self.last_entry_at.map_or(now, |last| last.max(now))
    }
}
