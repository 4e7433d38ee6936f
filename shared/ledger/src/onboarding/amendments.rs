//! Changing accounts after they were verified: profile, price, names and the note of who did it, in one transaction.

use domain::account::{Account, Lineage};
use domain::amendment::Amendment;
use domain::{By, Profile, Timestamp};

use super::names::moved_names;
use crate::account_item::profile;
use crate::client::Ledger;
use crate::error::{Corrupt, Error};
use crate::item::{Item, Writer};
use crate::keys;
use crate::transaction::{Attempts, Write};

const NO_ACCOUNT: Corrupt = Corrupt { attribute: "account_id", problem: "names no account" };

impl Ledger {
    /// Changes an account as wished and writes down who did it; decides anew when it was changed meanwhile. Where
    /// nothing would change, nothing is written.
    ///
    /// # Errors
    /// Those of [`Amendment::apply`], [`domain::Refusal::Contention`], or a failure of the store.
    pub async fn amend_account(
        &self,
        target: &Lineage,
        amendment: &Amendment,
        by: &By,
        now: Timestamp,
    ) -> Result<(), Error> {
        let mut attempts = Attempts::new();
        loop {
            // Read before the account's status: a closure after that changes the profile's version.
            let known = self.profile(target.id).await?.ok_or(NO_ACCOUNT)?;
            let (account, ancestors) = self.account_line(target).await?;
            let (after, changed) = amendment.apply(&account, &ancestors, &known)?;
            if after == account && changed == known {
                return Ok(());
            }
            let changed = Profile { version: known.version.saturating_add(1), ..changed };
            let mut writes = vec![
                Write::version(profile(&changed), changed.version),
                Write::create(audit(&account, &after, &known, &changed, by, now)),
            ];
            if let (Some(before), Some(after)) = (&known.company, &changed.company) {
                writes.extend(moved_names(target.program_id, before, after, target.id));
            }
            if after != account {
                writes.push(Write::replace_account(after));
            }
            if self.transact(writes).await?.is_ok() {
                return Ok(());
            }
            attempts.pause().await?;
        }
    }
}

/// Which fields changed, without what they hold: of a person only that it is another. Prices are told.
fn audit(account: &Account, after: &Account, known: &Profile, changed: &Profile, by: &By, now: Timestamp) -> Item {
    let company = known.company.as_ref().zip(changed.company.as_ref());
    let fields = company.into_iter().flat_map(|(known, changed)| {
        [
            ("website", known.website != changed.website),
            ("contact", known.contact != changed.contact),
            ("locale", known.locale != changed.locale),
        ]
    });
    let is_repriced = account.discount != after.discount;
    let fields = fields.chain([("discount", is_repriced)]).filter_map(|(name, is_other)| is_other.then_some(name));
    let writer = Writer::new(&keys::account_change(account.id(), changed.version), "account change")
        .text("account_id", account.id())
        .texts("fields", fields)
        .optional_text("by_account_id", by.account_id)
        .optional_text("by_sub", by.sub.as_ref())
        .text("created_at", now);
    if is_repriced {
        let writer = writer.amount("discount_before", account.discount.share());
        return writer.amount("discount_after", after.discount.share()).build();
    }
    writer.build()
}
