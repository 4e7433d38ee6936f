//! Changes of an account's status that move no quota: suspension and reinstatement.

use domain::By;
use domain::account::Lineage;
use domain::{Account, Refusal, Timestamp};

use crate::client::Ledger;
use crate::error::{Corrupt, Error};
use crate::item::{Item, Writer};
use crate::keys;
use crate::transaction::{Attempts, Write};

/// Who changes a status, when and why.
#[derive(Clone, Debug)]
pub struct StatusChange {
    /// Who.
    pub by: By,
    /// When.
    pub now: Timestamp,
    /// Why, where there is a reason to give.
    pub reason: Option<String>,
}

impl Ledger {
    /// Changes an account as `decide` says and writes down who did it; decides anew when it was changed meanwhile.
    ///
    /// # Errors
    /// The refusal of `decide`, [`Refusal::Contention`], or a failure of the store.
    pub async fn change_status(
        &self,
        target: &Lineage,
        change: &StatusChange,
        decide: impl Fn(&Account) -> Result<Account, Refusal>,
    ) -> Result<Account, Error> {
        let mut attempts = Attempts::new();
        loop {
            let missing = Corrupt { attribute: "account_id", problem: "names no account" };
            let before = self.account(target.id).await?.ok_or(missing)?;
            let after = decide(&before)?;
            let writes = vec![Write::replace_account(after.clone()), Write::create(audit(&after, change))];
            if self.transact(writes).await?.is_ok() {
                return Ok(after);
            }
            attempts.pause().await?;
        }
    }
}

pub(crate) fn audit(account: &Account, change: &StatusChange) -> Item {
    Writer::new(&keys::status_change(account.id(), account.version), "status change")
        .text("account_id", account.id())
        .text("program_id", account.lineage.program_id)
        .optional_text("parent_id", account.lineage.parent())
        .number("version", account.version)
        .text("status", account.status.name())
        .optional_text("by_account_id", change.by.account_id)
        .optional_text("by_sub", change.by.sub.as_ref())
        .optional_text("reason", change.reason.as_ref())
        .text("created_at", change.now)
        .build()
}
