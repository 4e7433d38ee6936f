//! An account's standing: suspension, its lifting, and closure.

use domain::account::{Imposer, Lineage};
use domain::plan::closure;
use domain::{Account, Profile, Record, Refusal};
use edge::{Acting, Authorised, Problem, Reply, note};
use ledger::{Command, Draft, Ledger, Needs, RecordKey, StatusChange, Words};

use crate::accounts;

/// `POST /accounts/{id}/suspension` `{reason}`: an ancestor stops the account's purchases and allocations, and purchases
/// everywhere below it.
pub async fn suspend(ledger: &Ledger, request: &Authorised) -> Result<Reply, Problem> {
    let target = request.target()?;
    let change = StatusChange { by: request.by()?, now: request.now(), reason: Some(read_reason(request)?) };
    let by = imposer(request.acting()?);
    ledger.change_status(target, &change, |account| account.suspended(by)).await?;
    accounts::get(ledger, request).await
}

/// `DELETE /accounts/{id}/suspension`: lifted by whoever imposed it, or by somebody above.
pub async fn reinstate(ledger: &Ledger, request: &Authorised) -> Result<Reply, Problem> {
    let target = request.target()?;
    let acting = lifter(ledger, request).await?;
    let change = StatusChange { by: acting.by(), now: request.now(), reason: None };
    let by = imposer(acting);
    ledger.change_status(target, &change, |account| lifted(account, by, target)).await?;
    accounts::get(ledger, request).await
}

/// The nearest way in which the caller stands high enough to lift the suspension.
pub async fn lifter<'a>(ledger: &Ledger, request: &'a Authorised) -> Result<&'a Acting, Problem> {
    let account = ledger.account(request.target()?.id).await?.ok_or_else(Problem::not_found)?;
    let Some(imposed) = account.suspended_by else { return request.acting() };
    let is_high = |acting: &&Acting| imposed.may_be_lifted_by(imposer(acting), &account.lineage);
    request.ways().iter().find(is_high).ok_or_else(Problem::forbidden)
}

/// Somebody higher may have imposed it anew since the caller was let in.
fn lifted(account: &Account, by: Imposer, target: &Lineage) -> Result<Account, Refusal> {
    match account.suspended_by {
        Some(imposed) if !imposed.may_be_lifted_by(by, target) => {
            Err(Refusal::InvalidState("the suspension was imposed from above by now"))
        }
        _ => account.reinstated(),
    }
}

fn imposer(acting: &Acting) -> Imposer {
    acting.account_id.map_or(Imposer::Operator, Imposer::Account)
}

/// `POST /accounts/{id}/closure` `{reason}`: an ancestor closes the empty account for good; its names become free.
pub async fn close(ledger: &Ledger, request: &Authorised) -> Result<Reply, Problem> {
    let commit = request.commit()?;
    let target = request.target()?;
    let reason = read_reason(request)?;
    // The profile is part of the decision: whoever changes it meanwhile moves a name that has to become free.
    let reads = vec![RecordKey::Profile];
    let command = Command { reads, words: Words::note(Some(reason)), ..Command::new(target, commit, Needs::Parent) };
    let posted = ledger
        .post(&command, |accounts| {
            let plan = closure::closure(accounts.parent()?, &accounts.target)?;
            let profile = accounts.profile()?.clone();
            let company = profile.company.clone().ok_or(Refusal::InvalidState("a provider cannot be closed"))?;
            // Its next version, so that nobody changes an account who still took it for open.
            let profile = Profile { version: profile.version.saturating_add(1), ..profile };
            Ok(Draft { closes: Some(company), records: vec![Record::Profile(profile)], ..Draft::from(plan) })
        })
        .await?;
    Reply::posted(&posted, &request.viewer()?)
}

fn read_reason(request: &Authorised) -> Result<String, Problem> {
    let mut fields = request.fields()?;
    let reason = fields.required("reason", note);
    fields.finish(reason)
}
