//! What the routes do.

use domain::amount::MAX_FRACTION_DIGITS;
use domain::plan::settlement;
use domain::{Amount, Commit, Record, Refusal, Settlement, SettlementId, Timestamp};
use edge::{Authorised, Problem, Reply, Wrong, next_cursor, nonzero, not_negative, note, text, time, view};
use ledger::{Accounts, Command, Draft, Ledger, Needs, RecordKey, Words};

/// The longest payment reference.
const MAX_REFERENCE: usize = 200;

/// The longest name of a method.
const MAX_METHOD: usize = 100;

/// A payment as its receiver records it.
struct Payment {
    amount: Amount,
    backfill: Option<Amount>,
    reference: String,
    method: String,
    paid_at: Timestamp,
}

/// `POST /accounts/{id}/settlements` `{amount, payment_reference, method, paid_at, backfill_amount?}`: the account's parent
/// records its payment.
pub async fn settle(ledger: &Ledger, request: &Authorised) -> Result<Reply, Problem> {
    let commit = request.commit()?;
    let payment = read_payment(request)?;
    let id = SettlementId::new(request.now(), request.random());
    let command = Command {
        reads: vec![RecordKey::PaymentReference(payment.reference.clone())],
        words: Words::reference(Some(payment.reference.clone())),
        ..Command::new(request.target()?, commit, Needs::Parent)
    };
    let posted = ledger.post(&command, |accounts| draft_settlement(&payment, id, &command, accounts)).await?;
    Reply::posted(&posted, &request.viewer()?)
}

fn read_payment(request: &Authorised) -> Result<Payment, Problem> {
    let mut fields = request.fields()?;
    let amount = fields.required("amount", nonzero(MAX_FRACTION_DIGITS));
    let backfill = fields.optional("backfill_amount", not_negative(MAX_FRACTION_DIGITS));
    let reference = fields.required("payment_reference", text(MAX_REFERENCE));
    let method = fields.required("method", text(MAX_METHOD));
    let paid_at = fields.required("paid_at", time);
    if let (Some(amount), Some(Some(_))) = (amount, backfill)
        && amount.is_negative()
    {
        fields.wrong("backfill_amount", Wrong::new("of_a_payout", "cannot be chosen when a credit is paid out"));
    }
    let payment = || -> Option<Payment> {
        Some(Payment {
            amount: amount?,
            backfill: backfill?,
            reference: reference?,
            method: method?,
            paid_at: paid_at?,
        })
    };
    fields.finish(payment())
}

fn draft_settlement(
    payment: &Payment,
    id: SettlementId,
    command: &Command<'_>,
    accounts: &Accounts,
) -> Result<Draft, Refusal> {
    if accounts.is_payment_reference_used() {
        return Err(Refusal::DuplicatePayment);
    }
    let child = &accounts.target;
    let settled = settlement::settlement(accounts.parent()?, child, payment.amount, payment.backfill)?;
    let record = Settlement {
        id,
        account_id: child.id(),
        posting_id: command.commit.occasion.posting_id,
        terms: settled.terms,
        payment_reference: payment.reference.clone(),
        method: payment.method.clone(),
        paid_at: payment.paid_at,
        is_reversed: false,
        created_at: child.entry_time(command.commit.occasion.now),
        version: 1,
    };
    let records = vec![Record::Settlement(record), Record::PaymentReference(payment.reference.clone())];
    Ok(Draft { records, ..Draft::from(settled.plan) })
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
