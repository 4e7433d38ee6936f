//! Storing applications: each change with its pointers, marks and counters, and with the account once it is approved.

use domain::account::Lineage;
use domain::application::{Application, ApplicationStatus};
use domain::{Account, AccountId, ApplicationId, IdempotencyKey, Profile, Refusal, Timestamp};

use super::names::{account_claims, rival_marks, unclaimed};
use crate::account_item::{position, profile};
use crate::application_item::{application, first_answer, read_application};
use crate::client::Ledger;
use crate::error::{Corrupt, Error};
use crate::idempotency::{Effected, read_record, record};
use crate::item::Writer;
use crate::keys;
use crate::members::first_admin;
use crate::replay::Replayed;
use crate::transaction::{Attempts, Reason, Write};

/// The account below which an application stands, as it was read.
#[derive(Clone, Debug)]
pub struct Parents {
    /// The account itself.
    pub parent: Account,
    /// Its ancestors, nearest first.
    pub ancestors: Vec<Account>,
}

/// Where a change of an application begins.
#[derive(Clone, Debug)]
pub enum Start {
    /// A new one, not stored yet.
    New {
        /// As it was submitted.
        application: Box<Application>,
        /// The caller's idempotency key, where it sent one.
        key: Option<IdempotencyKey>,
        /// When.
        now: Timestamp,
    },
    /// A stored one.
    Stored(ApplicationId),
}

/// What a decided change leads to: the account, once it is approved.
pub type Approval = Option<Account>;

/// Where in a change's writes those stand whose failure means something.
struct Places {
    /// Whether the first is the record of an idempotency key.
    has_record: bool,
    application: usize,
    first_claim: usize,
}

impl Places {
    /// Whether a unique name is another's. A name may also be taken because this very application was decided meanwhile,
    /// which its own writes show.
    fn has_lost_a_name(&self, reasons: &[Reason]) -> bool {
        let mut own = reasons.iter().take(self.application.saturating_add(1));
        let mut claims = reasons.iter().skip(self.first_claim);
        own.all(|reason| matches!(reason, Reason::Fine)) && claims.any(|reason| matches!(reason, Reason::Failed(_)))
    }
}

impl Ledger {
    /// An application below an account.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn application(&self, parent: AccountId, id: ApplicationId) -> Result<Option<Application>, Error> {
        match self.get(&keys::application(parent, id)).await? {
            Some(item) => Ok(Some(read_application(&item)?)),
            None => Ok(None),
        }
    }

    /// What an idempotency key did before: the application as it was first answered.
    ///
    /// # Errors
    /// [`Refusal::KeyReused`] when the key belongs to another request.
    pub async fn application_of_key(&self, key: Option<&IdempotencyKey>) -> Result<Option<Application>, Error> {
        let Some(key) = key else { return Ok(None) };
        let Some(item) = self.get(&keys::idempotency(&key.record)).await? else { return Ok(None) };
        match read_record(&item, key)? {
            Effected::Application(_, id) => {
                let missing = Corrupt { attribute: "application_id", problem: "names no application" };
                let item = self.get(&keys::first_answer(id)).await?.ok_or(missing)?;
                Ok(Some(read_application(&item)?))
            }
            Effected::Posting(_) | Effected::Program(_) => Err(Refusal::KeyReused.into()),
        }
    }

    /// Changes an application below `parent` as `decide` says, in one transaction with everything that follows from it;
    /// decides anew when the application or its parent was changed meanwhile.
    ///
    /// # Errors
    /// The refusal of `decide`; [`Refusal::AlreadyRegistered`] when another account has a unique name of an approved
    /// company; [`Refusal::Contention`] when others kept being faster; or a failure of the store.
    pub async fn change_application(
        &self,
        parent: &Lineage,
        start: &Start,
        decide: impl Fn(&mut Application, &Parents) -> Result<Approval, Refusal>,
    ) -> Result<Replayed<Application>, Error> {
        let mut attempts = Attempts::new();
        loop {
            let before = match start {
                Start::New { .. } => None,
                Start::Stored(id) => Some(
                    self.application(parent.id, *id)
                        .await?
                        .ok_or(Corrupt { attribute: "application_id", problem: "names no application" })?,
                ),
            };
            let (account, ancestors) = self.account_line(parent).await?;
            let parents = Parents { parent: account, ancestors };
            let mut after = match (&before, start) {
                (Some(before), _) => before.clone(),
                (None, Start::New { application, .. }) => application.as_ref().clone(),
                (None, Start::Stored(_)) => return Err(Refusal::InvalidState("the application is gone").into()),
            };
            let approved = decide(&mut after, &parents)?;
            let (writes, places) = change(start, before.as_ref(), &mut after, &parents, approved.as_ref());
            let Err(reasons) = self.transact(writes).await? else { return Ok(Replayed::First(after)) };
            if places.has_record && matches!(reasons.first(), Some(Reason::Failed(_))) {
                let Start::New { key, .. } = start else { return Err(Refusal::Contention.into()) };
                return match self.application_of_key(key.as_ref()).await? {
                    Some(first) => Ok(Replayed::Again(first)),
                    None => Err(Refusal::Contention.into()),
                };
            }
            if places.has_lost_a_name(&reasons) {
                return Err(Refusal::AlreadyRegistered.into());
            }
            attempts.pause().await?;
        }
    }
}

/// Gathers everything that follows from a change. Claims come last, so that their failure is told from the others'.
fn change(
    start: &Start,
    before: Option<&Application>,
    after: &mut Application,
    parents: &Parents,
    approved: Option<&Account>,
) -> (Vec<Write>, Places) {
    after.account_id = approved.map(Account::id).or(after.account_id);
    after.version = before.map_or(1, |before| before.version.saturating_add(1));
    let mut writes = Vec::new();
    let mut has_record = false;
    if let Start::New { key: Some(key), now, .. } = start {
        writes.push(Write::create(record(key, &Effected::Application(after.parent.id, after.id), *now)));
        writes.push(Write::create(first_answer(after)));
        has_record = true;
    }
    let place = writes.len();
    writes.push(match before {
        None => Write::create(application(after)),
        Some(before) => Write::replace(application(after), before.version),
    });
    writes.extend(pointers(before, after));
    let open = |application: &Application| application.status.is_open();
    let company = |application: &Application| open(application).then(|| application.company.clone());
    let (company_before, company_after) = (before.and_then(company), company(after));
    writes.extend(rival_marks(after.program_id, after.id, company_before.as_ref(), company_after.as_ref()));
    writes.extend(parent_account(before.is_some_and(open), open(after), parents, approved));
    let mut first_claim = writes.len();
    if let Some(account) = approved {
        writes.extend(new_account(account, after));
        first_claim = writes.len();
        writes.extend(account_claims(after.program_id, &after.company, account.id()));
    } else if is_fresh(before) && after.status == ApplicationStatus::InReview {
        // It was verified a moment ago: a rival that became an account since then has to show in the checks.
        writes.extend(unclaimed(after.program_id, &after.company));
    }
    (writes, Places { has_record, application: place, first_claim })
}

/// The pointers by which a program's applications are found: one for ever, one in the queue of the present state.
fn pointers(before: Option<&Application>, after: &Application) -> Vec<Write> {
    let pointer = |status: Option<&str>| {
        let key = keys::program_application(after.program_id, status, after.id);
        Writer::new(&key, "pointer").text("parent_id", after.parent.id).text("application_id", after.id).build()
    };
    match before {
        None => vec![Write::create(pointer(None)), Write::create(pointer(Some(after.status.name())))],
        Some(before) if before.status == after.status => Vec::new(),
        Some(before) => vec![
            Write::delete(keys::program_application(after.program_id, Some(before.status.name()), after.id)),
            Write::put(pointer(Some(after.status.name()))),
        ],
    }
}

/// The parent counts its open applications and children, so that it cannot be closed above them.
fn parent_account(was_open: bool, is_open: bool, parents: &Parents, approved: Option<&Account>) -> Option<Write> {
    if was_open == is_open && approved.is_none() {
        return None;
    }
    let mut parent = parents.parent.clone();
    parent.open_applications = match (was_open, is_open) {
        (false, true) => parent.open_applications.saturating_add(1),
        (true, false) => parent.open_applications.saturating_sub(1),
        _ => parent.open_applications,
    };
    if approved.is_some() {
        parent.open_children = parent.open_children.saturating_add(1);
    }
    Some(Write::replace_account(parent))
}

/// Whether the application was just verified: handed in, or amended.
fn is_fresh(before: Option<&Application>) -> bool {
    before.is_none_or(|before| before.status == ApplicationStatus::InfoRequested)
}

fn new_account(account: &Account, application: &Application) -> Vec<Write> {
    let company = application.company.clone();
    let email = company.contact.email.clone();
    let legal_name = company.legal_name.clone();
    let data = Profile { account_id: account.id(), legal_name, company: Some(company), version: 1 };
    let child = keys::child(application.parent.id, account.id());
    let mut writes = vec![
        Write::create(position(account)),
        Write::create(profile(&data)),
        Write::create(Writer::new(&child, "child").text("account_id", account.id()).build()),
    ];
    // The contact can sign in from now on, and add others.
    let by = application.history.last().map(|step| step.by.clone()).unwrap_or_default();
    writes.extend(first_admin(&account.lineage, &data, &email, by, account.created_at));
    writes
}
