//! Purchases and their refunds.

use domain::plan::consumption::Order;
use domain::plan::order;
use domain::{Amount, Commit, NewPurchase, Purchase, PurchaseId, Record, Refusal};
use edge::{Authorised, Problem, Reply, next_cursor, note, positive, positive_integer, text, view};
use ledger::{Accounts, Command, Draft, Ledger, Needs, RecordKey, Words};

/// The longest name of a product.
pub const MAX_PRODUCT: usize = 200;

/// The longest reference of a caller.
pub const MAX_REFERENCE: usize = 200;

/// `POST /accounts/{id}/purchases` `{list_amount, product, quantity?, reference?, expected_cost?}`.
pub async fn purchase(ledger: &Ledger, request: &Authorised) -> Result<Reply, Problem> {
    let commit = request.commit()?;
    let new = read_purchase(request)?;
    let command = Command {
        words: Words::reference(new.reference.clone()),
        ..Command::new(request.target()?, commit, Needs::Ancestors)
    };
    let posted = ledger.purchase(&command, &new).await?;
    Reply::posted(&posted, &request.viewer()?)
}

fn read_purchase(request: &Authorised) -> Result<NewPurchase, Problem> {
    let id = PurchaseId::new(request.now(), request.random());
    let digits = request.target()?.currency.minor_digits();
    let mut fields = request.fields()?;
    let list_amount = fields.required("list_amount", positive(digits));
    let product = fields.required("product", text(MAX_PRODUCT));
    let quantity = fields.optional("quantity", positive_integer);
    let reference = fields.optional("reference", text(MAX_REFERENCE));
    let expected_cost = fields.optional("expected_cost", positive(digits));
    let new = || -> Option<NewPurchase> {
        Some(NewPurchase {
            id,
            order: Order { list_amount: list_amount?, expected_cost: expected_cost? },
            product: product?,
            quantity: quantity?.unwrap_or(1),
            reference: reference?,
        })
    };
    fields.finish(new())
}

/// `GET /accounts/{id}/purchases`: newest first.
pub async fn list(ledger: &Ledger, request: &Authorised) -> Result<Reply, Problem> {
    let (target, viewer, paging) =
        (request.target()?, request.viewer()?, request.paging(|place| PurchaseId::parse(place).is_ok())?);
    let page = ledger.purchases(target.id, paging.after.as_deref(), paging.limit).await?;
    let items = page.items.iter().map(|purchase| view::purchase(purchase, target, &viewer)).collect();
    Reply::ok(&view::page(items, next_cursor(&paging, page.next.as_deref())))
}

/// `GET /accounts/{id}/purchases/{purchase_id}`.
pub async fn get(ledger: &Ledger, request: &Authorised) -> Result<Reply, Problem> {
    let (target, viewer) = (request.target()?, request.viewer()?);
    let record = ledger.record(target.id, &RecordKey::Purchase(request.purchase_id()?)).await?;
    let Some(Record::Purchase(purchase)) = record else { return Err(Problem::not_found()) };
    Reply::ok(&view::purchase(&purchase, target, &viewer))
}

/// `POST /accounts/{id}/purchases/{purchase_id}/refunds` `{list_amount?, reason}`: the provider takes a purchase back,
/// wholly, or a part of its list amount.
pub async fn refund(ledger: &Ledger, request: &Authorised) -> Result<Reply, Problem> {
    let target = request.target()?;
    let key = RecordKey::Purchase(request.purchase_id()?);
    let (commit, list_amount, reason) = read_refund(request)?;
    let command =
        Command { reads: vec![key], words: Words::note(Some(reason)), ..Command::new(target, commit, Needs::Nothing) };
    let posted = ledger.post(&command, |accounts| draft_refund(list_amount, accounts)).await?;
    Reply::posted(&posted, &request.viewer()?)
}

fn read_refund(request: &Authorised) -> Result<(Commit, Option<Amount>, String), Problem> {
    let commit = request.commit()?;
    let mut fields = request.fields()?;
    let list_amount = fields.optional("list_amount", positive(request.target()?.currency.minor_digits()));
    let reason = fields.required("reason", note);
    let (list_amount, reason) = fields.finish(list_amount.zip(reason))?;
    Ok((commit, list_amount, reason))
}

fn draft_refund(list_amount: Option<Amount>, accounts: &Accounts) -> Result<Draft, Refusal> {
    let purchase = accounts.purchase()?;
    let list_amount = match list_amount {
        Some(part) => part,
        None => purchase.list_amount.minus(purchase.refunded)?,
    };
    let priced = order::refund(&accounts.target, &purchase.frozen(), purchase.refunded, list_amount)?;
    let refunded = purchase.refunded.plus(list_amount)?;
    let purchase = Purchase { refunded, version: purchase.version.saturating_add(1), ..purchase.clone() };
    Ok(Draft { records: vec![Record::Purchase(purchase)], ..Draft::from(priced.plan) })
}
