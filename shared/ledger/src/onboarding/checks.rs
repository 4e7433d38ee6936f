//! Registration checks: how many an account may make, and the audit of each.

use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::AttributeValue;
use domain::By;
use domain::{AccountId, Refusal, Timestamp};

use crate::client::{Ledger, failed};
use crate::error::Error;
use crate::item::Writer;
use crate::keys;
use crate::transaction::Write;

/// How many registration checks an account may make in a minute.
const CHECKS_PER_MINUTE: u64 = 30;

const MINUTE_MS: i64 = 60_000;

/// How long a minute's counter is kept before the table drops it, in seconds.
const COUNTER_KEPT_SECONDS: i64 = 3_600;

/// One registration check, for the audit.
#[derive(Clone, Debug)]
pub struct CheckAudit<'a> {
    /// The account that asks.
    pub account: AccountId,
    /// Distinguishes checks of the same millisecond.
    pub check: u128,
    /// Who asks.
    pub by: By,
    /// When.
    pub at: Timestamp,
    /// The console account that was asked for.
    pub console_account_id: Option<&'a str>,
    /// The registration number that was asked for.
    pub registration_number: Option<&'a str>,
    /// Its country.
    pub country: Option<&'a str>,
    /// What was answered.
    pub result: &'static str,
}

impl Ledger {
    /// Counts a check in the present minute.
    ///
    /// # Errors
    /// [`Refusal::RateLimited`] beyond 30 in a minute, or a failure of the store.
    pub async fn count_check(&self, account: AccountId, at: Timestamp) -> Result<(), Error> {
        let minute = at.unix_ms().div_euclid(MINUTE_MS);
        let kept_until = at.unix_ms().div_euclid(1_000).saturating_add(COUNTER_KEPT_SECONDS);
        let outcome = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(keys::checks_in_minute(account, minute).attributes()))
            .update_expression("ADD checks :one SET kept_until = :kept_until")
            .condition_expression("attribute_not_exists(checks) OR checks < :most")
            .expression_attribute_values(":one", AttributeValue::N("1".to_owned()))
            .expression_attribute_values(":most", AttributeValue::N(CHECKS_PER_MINUTE.to_string()))
            .expression_attribute_values(":kept_until", AttributeValue::N(kept_until.to_string()))
            .send()
            .await;
        match outcome {
            Ok(_) => Ok(()),
            Err(error) => match error.as_service_error() {
                Some(UpdateItemError::ConditionalCheckFailedException(_)) => {
                    let left_ms = MINUTE_MS.saturating_sub(at.unix_ms().rem_euclid(MINUTE_MS));
                    let retry_after_seconds = left_ms.unsigned_abs().div_ceil(1_000);
                    Err(Refusal::RateLimited { retry_after_seconds }.into())
                }
                _ => Err(failed(error)),
            },
        }
    }

    /// Writes down that a check was made and what was answered.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn audit_check(&self, audit: &CheckAudit<'_>) -> Result<(), Error> {
        let id = format!("chk_{}_{:032x}", audit.at.unix_ms(), audit.check);
        let item = Writer::new(&keys::check(audit.account, &id), "registration check")
            .text("account_id", audit.account)
            .optional_text("by_account_id", audit.by.account_id)
            .optional_text("by_sub", audit.by.sub.as_ref())
            .optional_text("console_account_id", audit.console_account_id)
            .optional_text("registration_number", audit.registration_number)
            .optional_text("country", audit.country)
            .text("result", audit.result)
            .text("created_at", audit.at)
            .build();
        match self.transact(vec![Write::create(item)]).await? {
            Ok(()) => Ok(()),
            Err(_) => Err(Refusal::Contention.into()),
        }
    }
}
