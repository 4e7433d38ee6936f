//! Charges: metered usage that has happened already.

use domain::Record;
use domain::plan::consumption;
use edge::{Authorised, Problem, Reply, usage_key, usage_line};
use ledger::{Command, Draft, Ledger, Needs, Words};

/// `POST /accounts/{id}/charges` `{list_amount, source_id, service, period_start, period_end}`.
///
/// Needs no key: a line is known by the account and its `source_id`, for ever, whether it came here or by event.
pub async fn charge(ledger: &Ledger, request: &Authorised) -> Result<Reply, Problem> {
    let target = request.target()?;
    request.check_commit()?;
    let mut fields = request.fields()?;
    let line = usage_line(&mut fields);
    let line = fields.finish(line)?;
    let commit = request.commit_under(usage_key(target.id, &line))?;
    let command = Command {
        words: Words { reference: Some(line.source_id.clone()), note: Some(line.service.clone()) },
        ..Command::new(target, commit, Needs::Ancestors)
    };
    let posted = ledger
        .post(&command, |accounts| {
            let priced = consumption::charge(&accounts.target, accounts.ancestors(), line.list_amount)?;
            Ok(Draft { records: vec![Record::Usage(line.clone())], ..Draft::from(priced.plan) })
        })
        .await?;
    Reply::posted(&posted, &request.viewer()?)
}
