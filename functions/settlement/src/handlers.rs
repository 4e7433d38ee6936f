//! What the routes do.

use domain::plan::settlement;
use domain::{Commit, Record, Refusal, SettlementId};
use edge::{Authorised, Problem, Reply, next_cursor, note, payment, view};
use ledger::{Accounts, Command, Draft, Ledger, Needs, RecordKey, Words};

/// `POST /accounts/{id}/settlements` `{amount, payment_reference, method, paid_at, backfill_amount?}`: the account's parent
/// records its payment.
pub async fn settle(ledger: &Ledger, request: &Authorised) -> Result<Reply, Problem> {
    let commit = request.commit()?;
    let mut fields = request.fields()?;
    let payment = payment(&mut fields);
    let payment = fields.finish(payment)?;
    let id = SettlementId::new(request.now(), request.random());
    let posted = ledger.settle(request.target()?, commit, &payment, id).await?;
    Reply::posted(&posted, &request.viewer()?)
}

/// `GET /accounts/{id}/settlements`: the payments that the account made, newest first.
pub async fn list(ledger: &Ledger, request: &Authorised) -> Result<Reply, Problem> {
    let (target, paging) = (request.target()?, request.paging(|place| SettlementId::parse(place).is_ok())?);
    let page = ledger.settlements(target.id, paging.after.as_deref(), paging.limit).await?;
    let items = page.items.iter().map(|settlement| view::settlement(settlement, target)).collect();
    Reply::ok(&view::page(items, next_cursor(&paging, page.next.as_deref())))
}

/// `POST /accounts/{id}/settlements/{settlement_id}/reversal` `{reason}`: undoes one settlement, also after the quota was
/// spent.
pub async fn reverse(ledger: &Ledger, request: &Authorised) -> Result<Reply, Problem> {
    let target = request.target()?;
    let key = RecordKey::Settlement(request.settlement_id()?);
    let (commit, reason) = read_reversal(request)?;
    let command =
        Command { reads: vec![key], words: Words::note(Some(reason)), ..Command::new(target, commit, Needs::Parent) };
    let posted = ledger.post(&command, draft_reversal).await?;
    Reply::posted(&posted, &request.viewer()?)
}

fn read_reversal(request: &Authorised) -> Result<(Commit, String), Problem> {
    let commit = request.commit()?;
    let mut fields = request.fields()?;
    let reason = fields.required("reason", note);
    Ok((commit, fields.finish(reason)?))
}

fn draft_reversal(accounts: &Accounts) -> Result<Draft, Refusal> {
    let reversed = accounts.settlement()?.reversed()?;
    let plan = settlement::reversal(accounts.parent()?, &accounts.target, &reversed.terms)?;
    Ok(Draft { records: vec![Record::Settlement(reversed)], ..Draft::from(plan) })
}
