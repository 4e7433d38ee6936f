//! The table of rights: for every operation, who may do it.

use domain::Role;
use domain::account::{Lineage, Tier};
use domain::program::Purchases;

/// Something that a caller can ask for. Every route names one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Operation {
    /// Create a program.
    CreateProgram,
    /// Read a program, or the applications of all of it.
    ReadProgram,
    /// Ask whether a company is free.
    CheckRegistration,
    /// Apply for a child; amend or withdraw an application.
    Apply,
    /// Read applications below an account.
    ReadApplications,
    /// Decide an application, as far as it is the acting account's turn.
    DecideApplication,
    /// Read an account's profile.
    ReadAccount,
    /// Read an account's position, entries, purchases, children, inbox and alert policy.
    ReadLedger,
    /// Read one's own memberships.
    ReadOwn,
    /// Set a provider's capacity.
    SetCapacity,
    /// Hand quota to a direct child, or change it.
    Allocate,
    /// Change the quota of several direct children at once.
    Rebalance,
    /// Buy, or set quota aside and make use of it.
    Purchase,
    /// Record metered usage, or take a purchase back.
    Charge,
    /// Record a direct child's payment, or undo it.
    Settle,
    /// Suspend an account below, or lift that.
    Suspend,
    /// Close an account below for good.
    Close,
    /// Say when the account wants to hear of its quota, and who hears of it.
    SetAlertPolicy,
    /// Mark notifications of the account as read.
    MarkRead,
    /// Read and change who acts for an account, and in which roles.
    ManageMembers,
    /// Change something of an account: its profile or its price.
    AmendAccount,
    /// Change how an account's company is reached.
    AmendProfile,
    /// Change an account's discount.
    SetDiscount,
}

/// Which of a caller's accounts count, seen from the account that the operation is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Relation {
    /// The account itself.
    Own,
    /// Its direct parent.
    Parent,
    /// The account itself or its direct parent.
    OwnOrParent,
    /// The account itself or any ancestor.
    AtOrAbove,
    /// Any ancestor.
    Above,
    /// The provider, for accounts below it.
    ProviderAbove,
    /// None.
    Nobody,
}

/// Roles that may read what is not personal to a task.
const READERS: &[Role] = &[Role::Admin, Role::Finance, Role::Sales, Role::Viewer];

impl Operation {
    /// Whether roles in an account `steps` above `target` (0 is the target itself) allow it.
    #[must_use]
    pub fn is_allowed(self, target: &Lineage, steps: usize, roles: &[Role]) -> bool {
        let is_provider = target.tier == Tier::Provider && steps == 0 || steps > 0 && steps == target.ancestors.len();
        let is_related = match self.relation(target) {
            Relation::Own => steps == 0,
            Relation::Parent => steps == 1,
            Relation::OwnOrParent => steps <= 1,
            Relation::AtOrAbove => true,
            Relation::Above => steps > 0,
            Relation::ProviderAbove => steps > 0 && is_provider,
            Relation::Nobody => false,
        };
        is_related && roles.iter().any(|role| self.admits(*role, is_provider, steps))
    }

    /// Whether the operator of the deployment may do it.
    #[must_use]
    pub fn is_allowed_to_operator(self, target: Option<&Lineage>) -> bool {
        match self {
            Operation::CreateProgram
            | Operation::ReadProgram
            | Operation::ReadApplications
            | Operation::ReadAccount
            | Operation::ReadLedger
            | Operation::ReadOwn => true,
            Operation::SetCapacity | Operation::Suspend => target.is_some_and(|target| target.tier == Tier::Provider),
            Operation::CheckRegistration
            | Operation::Apply
            | Operation::DecideApplication
            | Operation::Allocate
            | Operation::Rebalance
            | Operation::Purchase
            | Operation::Charge
            | Operation::Settle
            | Operation::Close
            | Operation::SetAlertPolicy
            | Operation::MarkRead
            | Operation::ManageMembers
            | Operation::AmendAccount
            | Operation::AmendProfile
            | Operation::SetDiscount => false,
        }
    }

    /// Whether a refusal looks as if nothing were there, even to those who see the account.
    #[must_use]
    pub fn is_hidden_from_others(self) -> bool {
        self == Operation::ReadProgram
    }

    fn relation(self, target: &Lineage) -> Relation {
        match self {
            Operation::ReadProgram
            | Operation::CheckRegistration
            | Operation::Apply
            | Operation::Rebalance
            | Operation::SetAlertPolicy
            | Operation::MarkRead => Relation::Own,
            Operation::ReadApplications
            | Operation::DecideApplication
            | Operation::ReadAccount
            | Operation::ReadLedger => Relation::AtOrAbove,
            Operation::Allocate | Operation::Settle | Operation::SetDiscount => Relation::Parent,
            Operation::ManageMembers | Operation::AmendAccount | Operation::AmendProfile => Relation::OwnOrParent,
            Operation::Suspend | Operation::Close => Relation::Above,
            Operation::Charge => Relation::ProviderAbove,
            Operation::Purchase => match target.purchases {
                Purchases::Partners if target.tier == Tier::Provider => Relation::Nobody,
                Purchases::Partners => Relation::OwnOrParent,
                Purchases::Provider => Relation::ProviderAbove,
            },
            Operation::CreateProgram | Operation::SetCapacity | Operation::ReadOwn => Relation::Nobody,
        }
    }

    fn admits(self, role: Role, is_provider: bool, steps: usize) -> bool {
        let is_verifier = role == Role::Verifier && is_provider;
        match self {
            Operation::ReadProgram | Operation::ReadApplications | Operation::ReadAccount => {
                READERS.contains(&role) || is_verifier
            }
            Operation::ReadLedger | Operation::MarkRead => READERS.contains(&role),
            Operation::CheckRegistration | Operation::Apply => matches!(role, Role::Admin | Role::Sales),
            Operation::DecideApplication => {
                is_verifier || (!is_provider && steps > 0 && matches!(role, Role::Admin | Role::Sales))
            }
            Operation::Allocate
            | Operation::Rebalance
            | Operation::Charge
            | Operation::Settle
            | Operation::SetDiscount => matches!(role, Role::Admin | Role::Finance),
            // A parent's finance may change the price alone.
            Operation::AmendAccount => role == Role::Admin || steps > 0 && role == Role::Finance,
            Operation::Suspend
            | Operation::Close
            | Operation::SetAlertPolicy
            | Operation::ManageMembers
            | Operation::AmendProfile => role == Role::Admin,
            Operation::Purchase => matches!(role, Role::Admin | Role::Finance | Role::Sales),
            Operation::CreateProgram | Operation::SetCapacity | Operation::ReadOwn => false,
        }
    }
}
