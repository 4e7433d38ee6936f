//! A line of a bill as it comes in, by request or by event: how it is read, and by what it is known for ever.

use domain::amount::MAX_FRACTION_DIGITS;
use domain::{AccountId, IdempotencyKey, UsageLine};

use crate::digest::fingerprint;
use crate::fields::Fields;
use crate::read::{Wrong, signed, text, time};

/// The longest `source_id`; the record of a line is named by it.
const MAX_SOURCE_ID: usize = 255;

/// The longest name of a service.
const MAX_SERVICE: usize = 200;

/// Reads `list_amount`, `source_id`, `service`, `period_start` and `period_end`; what is wrong with them is noted.
pub fn usage_line(fields: &mut Fields) -> Option<UsageLine> {
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
    Some(UsageLine {
        list_amount: list_amount?,
        source_id: source_id?,
        service: service?,
        period_start: period_start?,
        period_end: period_end?,
    })
}

/// The key of a line: its record is named by account and `source_id`; the parsed line is compared.
#[must_use]
pub fn usage_key(account: AccountId, line: &UsageLine) -> IdempotencyKey {
    let (start, end) = (line.period_start.to_string(), line.period_end.to_string());
    IdempotencyKey {
        record: format!("{account}#{}", line.source_id),
        fingerprint: fingerprint(&[&line.list_amount.to_string(), &line.service, &start, &end]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::Timestamp;
    use serde_json::json;

    fn read(list_amount: &str) -> UsageLine {
        let mut fields = Fields::of(json!({
            "list_amount": list_amount, "source_id": " line 1 ", "service": "Object storage",
            "period_start": "2026-01-01T00:00:00Z", "period_end": "2026-01-01T01:00:00Z",
        }));
        let line = usage_line(&mut fields);
        fields.finish(line).map_err(|problem| problem.reason()).unwrap()
    }

    #[test]
    fn the_key_of_a_line_is_fixed() {
        let account = AccountId::new(Timestamp::from_unix_ms(0).unwrap(), 1);
        let key = usage_key(account, &read("1.10"));
        assert_eq!(key.record, "acc_00000000000000000000000001#line 1");
        assert_eq!(key.fingerprint, "4ea8b0b5afb2062f7ea9ffbfeab434f4bf588c561cd9dfd83fc23b51b7854744");
        assert_eq!(usage_key(account, &read("1.1000")), key);
        assert_ne!(usage_key(account, &read("1.11")).fingerprint, key.fingerprint);
    }

    #[test]
    fn everything_that_is_wrong_is_given_as_the_reason() {
        let mut fields = Fields::of(json!({
            "list_amount": 1, "source_id": " ", "service": "Object storage", "fax": "1",
            "period_start": "2026-01-01T00:00:00Z", "period_end": "2025-12-31T23:59:59.999Z",
        }));
        let line = usage_line(&mut fields);
        let Err(problem) = fields.finish(line) else { panic!("must be refused") };
        let expected = "validation_failed: list_amount must be a decimal number in a string, such as \"1250.00\"; \
            source_id must not be empty; period_end must not be before period_start; \
            fax is not a field of this request.";
        assert_eq!(problem.reason(), expected);
    }
}
