//! A payment as it comes in, by request or by event.

use domain::Payment;
use domain::amount::MAX_FRACTION_DIGITS;

use crate::fields::Fields;
use crate::read::{Wrong, nonzero, not_negative, text, time};

/// The longest payment reference.
const MAX_REFERENCE: usize = 200;

/// The longest name of a method.
const MAX_METHOD: usize = 100;

/// Reads `amount`, `payment_reference`, `method`, `paid_at` and, if it is there, `backfill_amount`; what is wrong with them
/// is noted.
pub fn payment(fields: &mut Fields) -> Option<Payment> {
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
    Some(Payment { amount: amount?, backfill: backfill?, reference: reference?, method: method?, paid_at: paid_at? })
}
