//! Registration checks: how many an account may make, and the audit of each.

use domain::By;
use domain::{AccountId, Refusal, Timestamp};

use crate::client::Ledger;
use crate::counter::Bound;
use crate::error::Error;
use crate::item::Writer;
use crate::keys;
use crate::transaction::Write;

/// How many registration checks an account may make in a minute.
const CHECKS_PER_MINUTE: u64 = 30;

const MINUTE_MS: i64 = 60_000;

const CHECKS: Bound = Bound { attribute: "checks", most: CHECKS_PER_MINUTE, kept_seconds: 3_600 };

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
        match self.count_up(&keys::checks_in_minute(account, minute), CHECKS, at).await? {
            Some(_) => Ok(()),
            None => {
                let left_ms = MINUTE_MS.saturating_sub(at.unix_ms().rem_euclid(MINUTE_MS));
                let retry_after_seconds = left_ms.unsigned_abs().div_ceil(1_000);
                Err(Refusal::RateLimited { retry_after_seconds }.into())
            }
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
        // Its key is new each time: there is nothing that it could meet.
        self.write_all(|| vec![Write::create(item.clone())]).await.map(drop)
    }
}
