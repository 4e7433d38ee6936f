//! What the routes do.

use domain::plan::quota;
use edge::{Authorised, Problem, Reply, nonzero, note, positive};
use ledger::{Command, Draft, Ledger, Needs, Words};

/// `POST /accounts/{id}/capacity` `{delta}`: the operator gives a provider more to hand out, or takes back what is left.
pub async fn set_capacity(ledger: &Ledger, request: &Authorised) -> Result<Reply, Problem> {
    let commit = request.commit()?;
    let target = request.target()?;
    let mut fields = request.fields()?;
    let delta = fields.required("delta", nonzero(target.currency.minor_digits()));
    let delta = fields.finish(delta)?;
    let command = Command::new(target, commit, Needs::Nothing);
    let posted = ledger.post(&command, |accounts| quota::capacity(&accounts.target, delta).map(Draft::from)).await?;
    Reply::posted(&posted, &request.viewer()?)
}

/// `POST /accounts/{id}/allocations` `{amount, note?}`: a parent hands quota to the account.
pub async fn allocate(ledger: &Ledger, request: &Authorised) -> Result<Reply, Problem> {
    let commit = request.commit()?;
    let target = request.target()?;
    let mut fields = request.fields()?;
    let amount = fields.required("amount", positive(target.currency.minor_digits()));
    let note = fields.optional("note", note);
    let (amount, note) = fields.finish(amount.zip(note))?;
    let command = Command { words: Words::note(note), ..Command::new(target, commit, Needs::Parent) };
    let posted = ledger
        .post(&command, |accounts| quota::allocation(accounts.parent()?, &accounts.target, amount).map(Draft::from))
        .await?;
    Reply::posted(&posted, &request.viewer()?)
}
