//! Holds: quota set aside, captured or given back.

use domain::plan::consumption::Order;
use domain::plan::{Kind, order};
use domain::{Amount, Commit, FieldError, Hold, HoldId, HoldStatus, Purchase, PurchaseId, Record, Refusal, Timestamp};
use edge::{Authorised, Problem, Reply, next_cursor, positive, text, time, view};
use ledger::{Accounts, Command, Draft, Ledger, Needs, RecordKey, Words};

use crate::purchases::{MAX_PRODUCT, MAX_REFERENCE};

/// What a new hold says.
struct NewHold {
    order: Order,
    product: String,
    reference: Option<String>,
    expires_at: Timestamp,
}

/// `POST /accounts/{id}/holds` `{list_amount, product, expires_at, reference?, expected_cost?}`.
pub async fn place(ledger: &Ledger, request: &Authorised) -> Result<Reply, Problem> {
    let commit = request.commit()?;
    let new = read_hold(request)?;
    let id = HoldId::new(request.now(), request.random());
    let target = request.target()?;
    let command =
        Command { words: Words::reference(new.reference.clone()), ..Command::new(target, commit, Needs::Ancestors) };
    let posted = ledger.post(&command, |accounts| draft_hold(&new, id, &command, accounts)).await?;
    Reply::posted(&posted, &request.viewer()?)
}

fn read_hold(request: &Authorised) -> Result<NewHold, Problem> {
    let digits = request.target()?.currency.minor_digits();
    let mut fields = request.fields()?;
    let list_amount = fields.required("list_amount", positive(digits));
    let product = fields.required("product", text(MAX_PRODUCT));
    let expires_at = fields.required("expires_at", time);
    let reference = fields.optional("reference", text(MAX_REFERENCE));
    let expected_cost = fields.optional("expected_cost", positive(digits));
    let new = || -> Option<NewHold> {
        Some(NewHold {
            order: Order { list_amount: list_amount?, expected_cost: expected_cost? },
            product: product?,
            reference: reference?,
            expires_at: expires_at?,
        })
    };
    fields.finish(new())
}

fn draft_hold(new: &NewHold, id: HoldId, command: &Command<'_>, accounts: &Accounts) -> Result<Draft, Refusal> {
    if new.expires_at <= command.commit.occasion.now {
        return Err(Refusal::Invalid(FieldError::new("expires_at", "in_the_past", "has passed")));
    }
    let priced = order::hold(&accounts.target, accounts.ancestors(), new.order)?;
    let hold = Hold {
        id,
        account_id: accounts.target.id(),
        posting_id: command.commit.occasion.posting_id,
        list_amount: new.order.list_amount,
        product: new.product.clone(),
        reference: new.reference.clone(),
        waterfall: priced.waterfall,
        expires_at: new.expires_at,
        status: HoldStatus::Open,
        created_at: accounts.target.entry_time(command.commit.occasion.now),
        version: 1,
    };
    Ok(Draft { records: vec![Record::Hold(hold)], ..Draft::from(priced.plan) })
}

/// `GET /accounts/{id}/holds` `?status=`: newest first.
pub async fn list(ledger: &Ledger, request: &Authorised) -> Result<Reply, Problem> {
    let (target, viewer, paging) =
        (request.target()?, request.viewer()?, request.paging(|place| HoldId::parse(place).is_ok())?);
    let message = "must be open, captured, released or expired";
    let status = request.query_parsed("status", HoldStatus::from_name, message)?;
    let page = ledger.holds(target.id, status, request.now(), paging.after.as_deref(), paging.limit).await?;
    let items = page.items.iter().map(|hold| view::hold(hold, target, &viewer, request.now())).collect();
    Reply::ok(&view::page(items, next_cursor(&paging, page.next.as_deref())))
}

/// `GET /accounts/{id}/holds/{hold_id}`.
pub async fn get(ledger: &Ledger, request: &Authorised) -> Result<Reply, Problem> {
    let (target, viewer) = (request.target()?, request.viewer()?);
    let record = ledger.record(target.id, &RecordKey::Hold(request.hold_id()?)).await?;
    let Some(Record::Hold(hold)) = record else { return Err(Problem::not_found()) };
    Reply::ok(&view::hold(&hold, target, &viewer, request.now()))
}

/// `POST /accounts/{id}/holds/{hold_id}/capture` `{list_amount?}`: the hold becomes a purchase, wholly, or a part of its
/// list amount; the rest returns.
pub async fn capture(ledger: &Ledger, request: &Authorised) -> Result<Reply, Problem> {
    let target = request.target()?;
    let key = RecordKey::Hold(request.hold_id()?);
    let (commit, list_amount) = read_capture(request)?;
    let id = PurchaseId::new(request.now(), request.random());
    let command = Command { reads: vec![key], ..Command::new(target, commit, Needs::Ancestors) };
    let posted = ledger.post(&command, |accounts| draft_capture(list_amount, id, &command, accounts)).await?;
    Reply::posted(&posted, &request.viewer()?)
}

fn read_capture(request: &Authorised) -> Result<(Commit, Option<Amount>), Problem> {
    let commit = request.commit()?;
    let mut fields = request.optional_fields()?;
    let list_amount = fields.optional("list_amount", positive(request.target()?.currency.minor_digits()));
    Ok((commit, fields.finish(list_amount)?))
}

fn draft_capture(
    list_amount: Option<Amount>,
    id: PurchaseId,
    command: &Command<'_>,
    accounts: &Accounts,
) -> Result<Draft, Refusal> {
    let hold = accounts.hold()?;
    hold.require_open()?;
    if hold.has_run_out(command.commit.occasion.now) {
        return Err(Refusal::InvalidState("the hold has run out"));
    }
    let list_amount = list_amount.unwrap_or(hold.list_amount);
    let priced = order::capture(&accounts.target, accounts.ancestors(), &hold.frozen(), list_amount)?;
    let purchase = Purchase {
        id,
        account_id: accounts.target.id(),
        posting_id: command.commit.occasion.posting_id,
        list_amount,
        product: hold.product.clone(),
        quantity: 1,
        reference: hold.reference.clone(),
        refunded: Amount::ZERO,
        waterfall: priced.waterfall,
        created_at: accounts.target.entry_time(command.commit.occasion.now),
        version: 1,
    };
    let records = vec![Record::Hold(hold.ended(HoldStatus::Captured)), Record::Purchase(purchase)];
    Ok(Draft { records, ..Draft::from(priced.plan) })
}

/// `POST /accounts/{id}/holds/{hold_id}/release`: the quota returns.
pub async fn release(ledger: &Ledger, request: &Authorised) -> Result<Reply, Problem> {
    let target = request.target()?;
    let key = RecordKey::Hold(request.hold_id()?);
    let commit = request.commit()?;
    request.optional_fields()?.finish(Some(()))?;
    let command = Command { reads: vec![key], ..Command::new(target, commit, Needs::Nothing) };
    let posted = ledger.post(&command, draft_release).await?;
    Reply::posted(&posted, &request.viewer()?)
}

fn draft_release(accounts: &Accounts) -> Result<Draft, Refusal> {
    let hold = accounts.hold()?;
    hold.require_open()?;
    let plan = order::release(&accounts.target, &hold.frozen(), Kind::Release)?;
    Ok(Draft { records: vec![Record::Hold(hold.ended(HoldStatus::Released))], ..Draft::from(plan) })
}
