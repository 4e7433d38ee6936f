//! `PaymentReceived`: a payment becomes a settlement.

use domain::{
    AccountId, By, Commit, IdempotencyKey, Mode, Occasion, Origin, Payment, PostingId, Record, Refusal, SettlementId,
};
use edge::{Fields, account_id, fingerprint, payment};
use events::Received;
use ledger::{Ledger, RecordKey};
use serde_json::Value;

use crate::deadline::Again;
use crate::detail::{data, is_of_program};
use crate::parking::Refused;
use crate::reason::Reason;
use crate::taken::Taken;

/// What became of a payment.
enum Outcome {
    Settled,
    /// It had been recorded before, by event or by request.
    Repeated,
}

/// How often a payment comes before a refusal by the present balances is final: queues keep no order, so a payment may
/// overtake the usage that it pays. That is about a quarter of an hour.
const DELIVERIES_BEFORE_PARKING: u64 = 4;

/// Records a payment, unless it was recorded before. `delivery` counts how often its message came, from 1 on.
///
/// # Errors
/// When the event has to come again.
pub async fn take(ledger: &Ledger, event: &Received, delivery: u64) -> Result<Taken, Again> {
    let (account, payment) = match read(&event.detail) {
        Ok(read) => read,
        Err(reason) => return Ok(Taken::refused(reason)),
    };
    let settled = match settle(ledger, event, account, &payment).await {
        Ok(outcome) => Ok(outcome),
        Err(error) => judge(ledger, account, &payment, error).await?,
    };
    let (posted, repeated) = match settled {
        Ok(Outcome::Settled) => (1, 0),
        Ok(Outcome::Repeated) => (0, 1),
        Err(reason) if may_pass(&reason) && delivery < DELIVERIES_BEFORE_PARKING => return Err(Again::TooEarly),
        Err(reason) => return Ok(Taken::refused(reason)),
    };
    Ok(Taken { posted, repeated, refused: Refused::Lines(Vec::new()) })
}

/// Whether it depends on balances that may be others soon.
fn may_pass(reason: &Reason) -> bool {
    matches!(reason.code(), "exceeds_outstanding" | "insufficient_quota")
}

/// The account is named with the payment, or else by the envelope.
fn read(detail: &Value) -> Result<(AccountId, Payment), Reason> {
    let mut data = data(detail)?.clone();
    if data.get("account_id").is_none_or(Value::is_null)
        && let Some(account) = detail.get("account_id")
    {
        data.insert("account_id".to_owned(), account.clone());
    }
    let mut fields = Fields::of(Value::Object(data));
    let account = fields.required("account_id", account_id);
    let payment = payment(&mut fields);
    Ok(fields.finish(account.zip(payment))?)
}

async fn settle(
    ledger: &Ledger,
    event: &Received,
    account: AccountId,
    payment: &Payment,
) -> Result<Outcome, ledger::Error> {
    let child = ledger.lineage(account).await?.filter(|child| is_of_program(child, &event.detail));
    let child = child.ok_or(Refusal::NotFound)?;
    let now = event.time;
    let commit = Commit {
        occasion: Occasion { posting_id: PostingId::new(now, rand::random()), now, by: By::default() },
        expected_seq: None,
        mode: Mode::Commit(key(account, payment)),
    };
    let posted = ledger.settle(&child, commit, payment, SettlementId::new(now, rand::random())).await?;
    Ok(match posted.origin {
        Origin::Replayed => Outcome::Repeated,
        Origin::Posted | Origin::Previewed => Outcome::Settled,
    })
}

/// One payment, one record: no key of a request and no line of a bill has a name of this form.
fn key(account: AccountId, payment: &Payment) -> IdempotencyKey {
    IdempotencyKey {
        record: format!("payment#{account}#{}", payment.reference),
        fingerprint: fingerprint(&[&payment.amount.to_string()]),
    }
}

/// Whatever refused it, a payment that was recorded before under its reference is a repeat if the amount is the same. It
/// may have come by request, where it has another key.
async fn judge(
    ledger: &Ledger,
    account: AccountId,
    payment: &Payment,
    error: ledger::Error,
) -> Result<Result<Outcome, Reason>, Again> {
    let reason = Again::or_reason(error)?;
    let reference = RecordKey::PaymentReference(payment.reference.clone());
    match ledger.record(account, &reference).await {
        Ok(Some(Record::PaymentReference(used))) if used.amount == payment.amount => Ok(Ok(Outcome::Repeated)),
        Ok(Some(_)) => Ok(Err(Reason::from(Refusal::DuplicatePayment))),
        Ok(None) => Ok(Err(reason)),
        Err(error) => Again::or_reason(error).map(Err),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::Timestamp;
    use serde_json::json;

    fn account(number: u128) -> AccountId {
        AccountId::new(Timestamp::from_unix_ms(0).unwrap(), number)
    }

    fn detail() -> Value {
        json!({
            "account_id": account(1).to_string(),
            "data": {
                "amount": "95.00", "payment_reference": " INV 1 ", "method": "bank_transfer",
                "paid_at": "2026-01-31T12:00:00Z", "backfill_amount": "0",
            },
        })
    }

    #[test]
    fn the_payer_is_named_with_the_payment_or_by_the_envelope() {
        let mut detail = detail();
        let (payer, payment) = read(&detail).unwrap();
        assert_eq!((payer, payment.reference.as_str()), (account(1), "INV 1"));
        detail["data"]["account_id"] = json!(account(2).to_string());
        assert_eq!(read(&detail).unwrap().0, account(2));
        detail["data"]["account_id"] = json!("acc_2");
        assert_eq!(read(&detail).unwrap_err().as_str(), "validation_failed: account_id is not an id of this kind.");
        detail["data"]["account_id"] = Value::Null;
        detail["account_id"] = Value::Null;
        assert_eq!(read(&detail).unwrap_err().as_str(), "validation_failed: account_id is required.");
    }

    #[test]
    fn what_a_request_may_not_say_an_event_may_not_either() {
        for (field, value, reason) in [
            ("amount", json!("0"), "validation_failed: amount must not be zero."),
            ("backfill", json!("1"), "validation_failed: backfill is not a field of this request."),
            ("paid_at", Value::Null, "validation_failed: paid_at is required."),
        ] {
            let mut detail = detail();
            detail["data"][field] = value;
            assert_eq!(read(&detail).unwrap_err().as_str(), reason);
        }
    }

    #[test]
    fn the_key_of_a_payment_is_fixed() {
        let (payer, payment) = read(&detail()).unwrap();
        let key = key(payer, &payment);
        assert_eq!(key.record, "payment#acc_00000000000000000000000001#INV 1");
        assert_eq!(key.fingerprint, fingerprint(&["95"]));
    }
}
