//! Charges: metered usage that has happened already.

use domain::amount::MAX_FRACTION_DIGITS;
use domain::plan::consumption;
use domain::{IdempotencyKey, Record, UsageLine};
use edge::{Authorised, Problem, Reply, Wrong, fingerprint, signed, text, time};
use ledger::{Command, Draft, Ledger, Needs, Words};

/// The longest `source_id`; the record of a charge is named by it.
const MAX_SOURCE_ID: usize = 255;

/// The longest name of a service.
const MAX_SERVICE: usize = 200;

/// `POST /accounts/{id}/charges` `{list_amount, source_id, service, period_start, period_end}`.
///
/// Needs no key: a line is known by the account and its `source_id`, for ever, whether it came here or by event.
pub async fn charge(ledger: &Ledger, request: &Authorised) -> Result<Reply, Problem> {
    let target = request.target()?;
    request.check_commit()?;
    let line = read(request)?;
    let commit = request.commit_under(key(target.id, &line))?;
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

fn read(request: &Authorised) -> Result<UsageLine, Problem> {
    let mut fields = request.fields()?;
    let list_amount = fields.required("list_amount", signed(MAX_FRACTION_DIGITS));
    let source_id = fields.required("source_id", text(MAX_SOURCE_ID));
    let service = fields.required("service", text(MAX_SERVICE));
    let period_start = fields.required("period_start", time);
    let period_end = fields.required("period_end", time);
    if let (Some(start), Some(end)) = (period_start, period_end)
        && end < start
    {
        fields.wrong("period_end", Wrong::new("before_start", "must not be before period_start"));
    }
    let line = || -> Option<UsageLine> {
        Some(UsageLine {
            list_amount: list_amount?,
            source_id: source_id?,
            service: service?,
            period_start: period_start?,
            period_end: period_end?,
        })
    };
    fields.finish(line())
}

/// The record of a line: named by account and `source_id`; the parsed line is compared.
fn key(account: domain::AccountId, line: &UsageLine) -> IdempotencyKey {
    let (start, end) = (line.period_start.to_string(), line.period_end.to_string());
    IdempotencyKey {
        record: format!("{account}#{}", line.source_id),
        fingerprint: fingerprint(&[&line.list_amount.to_string(), &line.service, &start, &end]),
    }
}
