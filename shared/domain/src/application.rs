//! Applications: the verification of a company that wants to join, from submission to decision.

use crate::account::{Account, Lineage, Status, Tier};
use crate::company::Company;
use crate::price::effective_discount;
use crate::program::Policy;
use crate::verification::{Check, Outcome};
use crate::{AccountId, ApplicationId, By, Discount, ProgramId, Refusal, Timestamp};

/// The most steps after which an applicant is still asked for more: it bounds what is stored.
pub const MAX_STEPS: usize = 50;

/// The state of an application.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ApplicationStatus {
    /// Handed in; never at rest, because it is stored together with the outcome of its verification.
    Submitted,
    /// A person has to decide.
    InReview,
    /// The applicant has to amend it.
    InfoRequested,
    /// The account exists.
    Approved,
    /// Refused.
    Rejected,
    /// Taken back by the applicant.
    Withdrawn,
}

impl ApplicationStatus {
    /// All of them.
    pub const ALL: [ApplicationStatus; 6] = [
        ApplicationStatus::Submitted,
        ApplicationStatus::InReview,
        ApplicationStatus::InfoRequested,
        ApplicationStatus::Approved,
        ApplicationStatus::Rejected,
        ApplicationStatus::Withdrawn,
    ];

    /// Its name in the API and the table.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            ApplicationStatus::Submitted => "submitted",
            ApplicationStatus::InReview => "in_review",
            ApplicationStatus::InfoRequested => "info_requested",
            ApplicationStatus::Approved => "approved",
            ApplicationStatus::Rejected => "rejected",
            ApplicationStatus::Withdrawn => "withdrawn",
        }
    }

    /// The status with that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<ApplicationStatus> {
        ApplicationStatus::ALL.into_iter().find(|status| status.name() == name)
    }

    /// Whether it is still to be decided.
    #[must_use]
    pub fn is_open(self) -> bool {
        match self {
            ApplicationStatus::Submitted | ApplicationStatus::InReview | ApplicationStatus::InfoRequested => true,
            ApplicationStatus::Approved | ApplicationStatus::Rejected | ApplicationStatus::Withdrawn => false,
        }
    }
}

/// One step of an application's history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The state that was reached.
    pub status: ApplicationStatus,
    /// When.
    pub at: Timestamp,
    /// By whom.
    pub by: By,
    /// Why, where somebody gave a reason.
    pub reason: Option<String>,
}

/// A request to onboard a company as a child of an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Application {
    /// Its id.
    pub id: ApplicationId,
    /// Its program.
    pub program_id: ProgramId,
    /// The account below which the company would stand.
    pub parent: Lineage,
    /// The tier that the company would have; `None` below a customer, where there is none.
    pub tier: Option<Tier>,
    /// Its state.
    pub status: ApplicationStatus,
    /// The account that it became.
    pub account_id: Option<AccountId>,
    /// What the company says about itself.
    pub company: Company,
    /// The discount that was asked for.
    pub discount: Option<Discount>,
    /// What the automatic checks found.
    pub checks: Vec<Check>,
    /// The accounts that still have to approve it, in turn.
    pub reviewers: Vec<AccountId>,
    /// Everything that happened to it, oldest first.
    pub history: Vec<Step>,
    /// Counts every write.
    pub version: u64,
}

/// Where an application stands after its checks: rejected by any failure, approved when everything passed and nobody
/// has to look, else in review.
#[must_use]
pub fn conclude(checks: &[Check], policy: Policy) -> ApplicationStatus {
    let has = |outcome| checks.iter().any(|check| check.outcome == outcome);
    if has(Outcome::Fail) {
        ApplicationStatus::Rejected
    } else if policy == Policy::Automatic && !has(Outcome::Manual) {
        ApplicationStatus::Approved
    } else {
        ApplicationStatus::InReview
    }
}

/// The accounts that have to approve an application below `parent`, in turn: with [`Policy::EachLevel`] every account
/// above the parent, nearest first; else, and where there is none above, the provider.
#[must_use]
pub fn reviewers(parent: &Lineage, policy: Policy) -> Vec<AccountId> {
    if policy == Policy::EachLevel && !parent.ancestors.is_empty() {
        parent.ancestors.clone()
    } else {
        vec![parent.provider()]
    }
}

/// What a reviewer decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Nothing against it at this level.
    Approve,
    /// No.
    Reject,
    /// The applicant has to amend it first.
    RequestInfo,
}

impl Decision {
    /// All of them.
    pub const ALL: [Decision; 3] = [Decision::Approve, Decision::Reject, Decision::RequestInfo];

    /// Its name in the API.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Decision::Approve => "approve",
            Decision::Reject => "reject",
            Decision::RequestInfo => "request_info",
        }
    }

    /// The decision with that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Decision> {
        Decision::ALL.into_iter().find(|decision| decision.name() == name)
    }
}

impl Application {
    /// Whose turn it is to decide; `None` unless it is in review.
    #[must_use]
    pub fn pending_with(&self) -> Option<AccountId> {
        match self.status {
            ApplicationStatus::InReview => self.reviewers.first().copied(),
            _ => None,
        }
    }

    /// Whether this person handed it in or amended it; such a person never decides it.
    #[must_use]
    pub fn was_submitted_by(&self, sub: &str) -> bool {
        self.history
            .iter()
            .any(|step| step.status == ApplicationStatus::Submitted && step.by.sub.as_deref() == Some(sub))
    }

    /// Takes the outcome of the checks: appends the step and sets whose turn it is.
    pub fn take_verification(&mut self, checks: Vec<Check>, policy: Policy, at: Timestamp) {
        self.status = conclude(&checks, policy);
        self.checks = checks;
        self.reviewers = match self.status {
            ApplicationStatus::InReview => reviewers(&self.parent, policy),
            _ => Vec::new(),
        };
        self.history.push(Step { status: self.status, at, by: By::default(), reason: None });
    }

    /// The account that an approved application becomes: active, with a zero position, and with the discount that was
    /// asked for or else `default`, in both cases no more than its parent's effective one.
    ///
    /// # Errors
    /// [`Refusal::AccountNotActive`] when the parent was closed meanwhile, [`Refusal::InvalidState`] below a customer.
    pub fn admit(
        &self,
        parent: &Account,
        ancestors: &[Account],
        default: Discount,
        id: AccountId,
        at: Timestamp,
    ) -> Result<Account, Refusal> {
        if parent.status == Status::Closed {
            return Err(Refusal::AccountNotActive { account_id: parent.id(), status: parent.status });
        }
        let lineage = parent.lineage.child(id).ok_or(Refusal::InvalidState("a customer cannot have children"))?;
        let wanted = self.discount.unwrap_or(default);
        let discount = match parent.lineage.tier {
            Tier::Provider => wanted,
            _ => wanted.min(effective_discount(parent, ancestors)),
        };
        Ok(Account::new(lineage, discount, at))
    }

    /// Takes a reviewer's decision. With further reviewers an approval leaves it in review, with the next one.
    ///
    /// # Errors
    /// [`Refusal::InvalidState`] unless it is in review, and for whoever submitted it.
    pub fn decide(&mut self, decision: Decision, at: Timestamp, by: By, reason: Option<String>) -> Result<(), Refusal> {
        if self.status != ApplicationStatus::InReview {
            return Err(Refusal::InvalidState("the application is not in review"));
        }
        if by.sub.as_deref().is_some_and(|sub| self.was_submitted_by(sub)) {
            return Err(Refusal::InvalidState("nobody decides what they submitted"));
        }
        self.status = match decision {
            Decision::Reject => ApplicationStatus::Rejected,
            Decision::RequestInfo if self.history.len() >= MAX_STEPS => {
                return Err(Refusal::InvalidState("the application went back and forth too often"));
            }
            Decision::RequestInfo => ApplicationStatus::InfoRequested,
            Decision::Approve => {
                self.reviewers = self.reviewers.get(1..).unwrap_or_default().to_vec();
                if self.reviewers.is_empty() { ApplicationStatus::Approved } else { ApplicationStatus::InReview }
            }
        };
        if self.status != ApplicationStatus::InReview {
            self.reviewers.clear();
        }
        self.history.push(Step { status: self.status, at, by, reason });
        Ok(())
    }

    /// Takes the applicant's amendment of the version that it has `seen`: submitted again, to be verified anew. What it left
    /// out stands as it was seen.
    ///
    /// # Errors
    /// [`Refusal::InvalidState`] unless information was requested and nothing has changed since.
    pub fn resubmit(
        &mut self,
        seen: u64,
        company: Company,
        discount: Option<Discount>,
        at: Timestamp,
        by: By,
    ) -> Result<(), Refusal> {
        if self.status != ApplicationStatus::InfoRequested {
            return Err(Refusal::InvalidState("no information was requested"));
        }
        if self.version != seen {
            return Err(Refusal::InvalidState("the application was changed meanwhile"));
        }
        self.status = ApplicationStatus::Submitted;
        self.company = company;
        self.discount = discount;
        self.history.push(Step { status: self.status, at, by, reason: None });
        Ok(())
    }

    /// Takes it back.
    ///
    /// # Errors
    /// [`Refusal::InvalidState`] when it is decided already.
    pub fn withdraw(&mut self, at: Timestamp, by: By) -> Result<(), Refusal> {
        if !self.status.is_open() {
            return Err(Refusal::InvalidState("the application is decided already"));
        }
        self.status = ApplicationStatus::Withdrawn;
        self.reviewers.clear();
        self.history.push(Step { status: self.status, at, by, reason: None });
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Currency;
    use crate::program::Purchases;

    fn in_review(steps: usize) -> Application {
        let (at, id) = (Timestamp::EPOCH, AccountId::new(Timestamp::EPOCH, 1));
        let program_id = ProgramId::new(at, 1);
        let step = Step { status: ApplicationStatus::InReview, at, by: By::default(), reason: None };
        Application {
            id: ApplicationId::new(at, 1),
            program_id,
            parent: Lineage {
                id,
                program_id,
                tier: Tier::Provider,
                ancestors: Vec::new(),
                currency: Currency::parse("KRW").unwrap(),
                purchases: Purchases::Partners,
            },
            tier: Some(Tier::Distributor),
            status: ApplicationStatus::InReview,
            account_id: None,
            company: Company::example(),
            discount: None,
            checks: Vec::new(),
            reviewers: vec![id],
            history: vec![step; steps],
            version: 1,
        }
    }

    #[test]
    fn an_applicant_is_asked_back_for_fifty_steps_and_then_decided() {
        let decide = |steps, decision| in_review(steps).decide(decision, Timestamp::EPOCH, By::default(), None);
        assert_eq!(decide(49, Decision::RequestInfo), Ok(()));
        assert!(matches!(decide(50, Decision::RequestInfo), Err(Refusal::InvalidState(_))));
        assert_eq!(decide(50, Decision::Approve), Ok(()));
        assert_eq!(decide(50, Decision::Reject), Ok(()));
    }

    #[test]
    fn nobody_decides_what_they_submitted() {
        let by = |sub: &str| By { account_id: None, sub: Some(sub.to_owned()) };
        let mut application = in_review(1);
        application.history[0] =
            Step { status: ApplicationStatus::Submitted, at: Timestamp::EPOCH, by: by("kim"), reason: None };
        let decided = |sub: &str| application.clone().decide(Decision::Approve, Timestamp::EPOCH, by(sub), None);
        assert!(matches!(decided("kim"), Err(Refusal::InvalidState(_))));
        assert_eq!(decided("lee"), Ok(()));
    }

    #[test]
    fn an_amendment_is_of_what_was_seen() {
        let asked = Application { status: ApplicationStatus::InfoRequested, version: 3, ..in_review(1) };
        let amend = |seen| {
            let mut amended = asked.clone();
            amended.resubmit(seen, Company::example(), None, Timestamp::EPOCH, By::default())
        };
        assert!(matches!(amend(2), Err(Refusal::InvalidState(_))));
        assert_eq!(amend(3), Ok(()));
    }
}
