//! The posting engine's second half: a plan becomes one conditional transaction.
//!
//! What the plan needs is read in one round trip, together with the idempotency record; then one transaction carries
//! the record, the new positions, their entries and whatever else the kind of posting makes. Every position is written
//! under the version that was read. When somebody was faster, the failed transaction returns what stands there now, and
//! the plan is made again from that. Purchases of an account that many buy for are posted together, see `queue`.

mod bill;
mod engine;
mod payment;
mod queue;
mod write;

pub use bill::{Bill, BilledLine, Counted, MAX_BILL_LINES};
pub(crate) use write::{account_after, entry_of};

use domain::account::Lineage;
use domain::company::Company;
use domain::{Account, AccountId, Commit, Hold, Plan, Profile, Purchase, Record, Refusal, Settlement};

use crate::error::Corrupt;
use crate::record::RecordKey;

/// Which accounts a plan reads besides the one that it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Needs {
    /// None.
    Nothing,
    /// The parent.
    Parent,
    /// Every ancestor, for statuses and prices.
    Ancestors,
    /// Some of its children; those that do not exist are left out.
    Children(Vec<AccountId>),
}

/// One request to post to the ledger.
#[derive(Clone, Debug)]
pub struct Command<'a> {
    /// The account that it is about.
    pub target: &'a Lineage,
    /// Who asks, when, and whether it is to take effect.
    pub commit: Commit,
    /// Which other accounts have to be read.
    pub needs: Needs,
    /// Which records of the target have to be read; those that do not exist are left out.
    pub reads: Vec<RecordKey>,
    /// What its entries say.
    pub words: Words,
}

/// What the caller says in the entries of a posting.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Words {
    /// A reference of its own.
    pub reference: Option<String>,
    /// A note or a reason.
    pub note: Option<String>,
}

impl Words {
    /// A note or a reason alone.
    #[must_use]
    pub fn note(note: Option<String>) -> Words {
        Words { reference: None, note }
    }

    /// A reference alone.
    #[must_use]
    pub fn reference(reference: Option<String>) -> Words {
        Words { reference, note: None }
    }
}

impl<'a> Command<'a> {
    /// A command that needs its target and `needs`, and says nothing in its entries.
    #[must_use]
    pub fn new(target: &'a Lineage, commit: Commit, needs: Needs) -> Command<'a> {
        Command { target, commit, needs, reads: Vec::new(), words: Words::default() }
    }
}

/// What was read for a plan.
#[derive(Clone, Debug)]
pub struct Accounts {
    /// The account that the command is about.
    pub target: Account,
    /// The others: ancestors, the parent first, or children, as the command needs them.
    pub others: Vec<Account>,
    /// Records of the target.
    pub records: Vec<Record>,
}

impl Accounts {
    /// The target's parent.
    ///
    /// # Errors
    /// [`Refusal::InvalidState`] when it has none or none was asked for.
    pub fn parent(&self) -> Result<&Account, Refusal> {
        self.others.first().ok_or(Refusal::InvalidState("a provider has no parent"))
    }

    /// The ancestors, the parent first.
    #[must_use]
    pub fn ancestors(&self) -> &[Account] {
        &self.others
    }

    /// The purchase that the command is about.
    ///
    /// # Errors
    /// [`Refusal::NotFound`] when there is none.
    pub fn purchase(&self) -> Result<&Purchase, Refusal> {
        let found = self.records.iter().find_map(|record| match record {
            Record::Purchase(purchase) => Some(purchase),
            _ => None,
        });
        found.ok_or(Refusal::NotFound)
    }

    /// The hold that the command is about.
    ///
    /// # Errors
    /// [`Refusal::NotFound`] when there is none.
    pub fn hold(&self) -> Result<&Hold, Refusal> {
        let found = self.records.iter().find_map(|record| match record {
            Record::Hold(hold) => Some(hold),
            _ => None,
        });
        found.ok_or(Refusal::NotFound)
    }

    /// The settlement that the command is about.
    ///
    /// # Errors
    /// [`Refusal::NotFound`] when there is none.
    pub fn settlement(&self) -> Result<&Settlement, Refusal> {
        let found = self.records.iter().find_map(|record| match record {
            Record::Settlement(settlement) => Some(settlement),
            _ => None,
        });
        found.ok_or(Refusal::NotFound)
    }

    /// The company behind the target.
    ///
    /// # Errors
    /// [`Refusal::NotFound`] when it was not asked for.
    pub fn profile(&self) -> Result<&Profile, Refusal> {
        let found = self.records.iter().find_map(|record| match record {
            Record::Profile(profile) => Some(profile),
            _ => None,
        });
        found.ok_or(Refusal::NotFound)
    }

    /// Whether the payment reference that was asked for has been used.
    #[must_use]
    pub fn is_payment_reference_used(&self) -> bool {
        self.records.iter().any(|record| matches!(record, Record::PaymentReference(_)))
    }

    fn find(&self, id: AccountId) -> Result<&Account, Corrupt> {
        std::iter::once(&self.target)
            .chain(&self.others)
            .find(|account| account.id() == id)
            .ok_or(Corrupt { attribute: "account_id", problem: "was not read" })
    }

    fn take(&mut self, fresh: Account) {
        let known = std::iter::once(&mut self.target).chain(&mut self.others);
        for account in known {
            if account.id() == fresh.id() {
                *account = fresh;
                return;
            }
        }
    }
}

/// A decided command: its plan and what else it makes or changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// What changes in positions.
    pub plan: Plan,
    /// Records of the target that come into being or change.
    pub records: Vec<Record>,
    /// The company of the target, when this closes the account for good: its names become free.
    pub closes: Option<Company>,
}

impl From<Plan> for Draft {
    fn from(plan: Plan) -> Draft {
        Draft { plan, records: Vec::new(), closes: None }
    }
}
