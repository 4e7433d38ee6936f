//! Lines of bills and payments: what requests and events have in common.

use domain::amount::MAX_FRACTION_DIGITS;
use domain::{AccountId, Amount, Payment, Timestamp, UsageLine};
use edge::{Fields, Problem, strict_json, usage_key, usage_line};
use serde_json::{Value, json};

/// The longest texts in characters: `source_id`, `service`, `payment_reference`, `method`.
const LONGEST: [usize; 4] = [255, 200, 200, 100];

/// What is accepted obeys the limits and says the same when it is written again; what is refused names its fields.
pub fn target(input: &[u8]) {
    let Ok(body) = strict_json(input) else { return };
    match read_line(&body) {
        Ok(line) => {
            limits(line.list_amount, &[(&line.source_id, LONGEST[0]), (&line.service, LONGEST[1])]);
            assert!(line.period_start <= line.period_end);
            let again = read_line(&written_line(&line)).unwrap_or_else(|problem| panic!("{}", problem.reason()));
            assert_eq!(again, line);
            let account = AccountId::new(Timestamp::EPOCH, 1);
            assert_eq!(usage_key(account, &again), usage_key(account, &line));
        }
        Err(problem) => refused(&problem),
    }
    match read_payment(&body) {
        Ok(payment) => {
            limits(payment.amount, &[(&payment.reference, LONGEST[2]), (&payment.method, LONGEST[3])]);
            assert!(!payment.amount.is_zero());
            assert!(payment.backfill.is_none_or(|backfill| !backfill.is_negative() && payment.amount.is_positive()));
            let again =
                read_payment(&written_payment(&payment)).unwrap_or_else(|problem| panic!("{}", problem.reason()));
            assert_eq!(again, payment);
        }
        Err(problem) => refused(&problem),
    }
}

fn read_line(body: &Value) -> Result<UsageLine, Problem> {
    let mut fields = Fields::of(body.clone());
    let line = usage_line(&mut fields);
    fields.finish(line)
}

fn read_payment(body: &Value) -> Result<Payment, Problem> {
    let mut fields = Fields::of(body.clone());
    let payment = edge::payment(&mut fields);
    fields.finish(payment)
}

fn limits(amount: Amount, texts: &[(&String, usize)]) {
    assert_eq!(Amount::parse(&amount.to_string(), MAX_FRACTION_DIGITS), Ok(amount));
    for (text, most) in texts {
        assert!(!text.is_empty() && text.chars().count() <= *most, "{text:?}");
        assert!(text.trim() == *text && !text.chars().any(char::is_control), "{text:?}");
    }
}

fn refused(problem: &Problem) {
    assert_eq!(problem.code(), "validation_failed");
    assert!(!problem.errors().is_empty());
    for error in problem.errors() {
        assert!(!error.code.is_empty() && !error.message.is_empty());
        assert!(!error.field.is_empty() || matches!(error.code, "not_an_object" | "unknown_field"), "{error:?}");
    }
}

fn written_line(line: &UsageLine) -> Value {
    json!({
        "list_amount": line.list_amount.to_string(), "source_id": line.source_id, "service": line.service,
        "period_start": line.period_start.to_string(), "period_end": line.period_end.to_string(),
    })
}

fn written_payment(payment: &Payment) -> Value {
    json!({
        "amount": payment.amount.to_string(), "payment_reference": payment.reference, "method": payment.method,
        "paid_at": payment.paid_at.to_string(), "backfill_amount": payment.backfill.map(|amount| amount.to_string()),
    })
}
