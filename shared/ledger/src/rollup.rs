//! Roll-ups: per account the totals over its children, and its children by nearness to depletion.

use std::collections::HashMap;

use domain::account::Status;
use domain::rollup::{Contribution, Totals};
use domain::{Account, AccountId, Refusal, Timestamp};

use crate::account_item::{figures, read_figures};
use crate::client::Ledger;
use crate::error::{Corrupt, Error};
use crate::item::{Item, Reader, Writer};
use crate::keys::{self, Key};
use crate::read::Items;
use crate::transaction::{Attempts, Write};

/// How many children one transaction takes: each needs three writes at most, the totals one.
const CHILDREN_AT_ONCE: usize = 30;

/// The totals of an account as they were stored.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StoredTotals {
    /// The sums over its children.
    pub totals: Totals,
    /// The latest change that they hold.
    pub as_of: Option<Timestamp>,
    version: u64,
}

impl Ledger {
    /// Takes new states of accounts into their parents' roll-ups. A state that is no newer than the one that was taken
    /// changes nothing, so any repeat and any order leads to the same.
    ///
    /// # Errors
    /// [`Refusal::OutOfRange`] when a sum is beyond 10^15, [`Refusal::Contention`], or a failure of the store.
    pub async fn roll_up(&self, accounts: &[Account], at: Timestamp) -> Result<(), Error> {
        for (parent, children) in by_parent(accounts) {
            for chunk in children.chunks(CHILDREN_AT_ONCE) {
                self.roll_up_children(parent, chunk, at).await?;
            }
        }
        Ok(())
    }

    /// The totals over an account's children; zero before the first one was taken in.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn totals(&self, parent: AccountId) -> Result<StoredTotals, Error> {
        match self.get(&keys::rollup(parent)).await? {
            Some(item) => Ok(read_totals(&item)?),
            None => Ok(StoredTotals::default()),
        }
    }

    async fn roll_up_children(&self, parent: AccountId, children: &[Contribution], at: Timestamp) -> Result<(), Error> {
        let mut attempts = Attempts::new();
        let totals_key = keys::rollup(parent);
        let child_keys: Vec<Key> = children.iter().map(|child| keys::contribution(parent, child.account_id)).collect();
        loop {
            let all: Vec<Key> = std::iter::once(totals_key.clone()).chain(child_keys.iter().cloned()).collect();
            let items = self.batch(&all).await?;
            let Some(writes) = writes(parent, children, &items, at)? else { return Ok(()) };
            if self.transact(writes).await?.is_ok() {
                return Ok(());
            }
            attempts.pause().await?;
        }
    }
}

/// The newest state of every account that has a parent, parent by parent.
fn by_parent(accounts: &[Account]) -> Vec<(AccountId, Vec<Contribution>)> {
    let mut newest: HashMap<AccountId, &Account> = HashMap::new();
    for account in accounts {
        let known = newest.entry(account.id()).or_insert(account);
        if known.version < account.version {
            *known = account;
        }
    }
    let mut parents: HashMap<AccountId, Vec<Contribution>> = HashMap::new();
    for account in newest.into_values() {
        if let Some(parent) = account.lineage.parent() {
            parents.entry(parent).or_default().push(Contribution::of(account));
        }
    }
    parents.into_iter().collect()
}

/// What has to be written; `None` when everything is known already.
fn writes(
    parent: AccountId,
    children: &[Contribution],
    items: &Items,
    at: Timestamp,
) -> Result<Option<Vec<Write>>, Error> {
    let stored = items.get(&keys::rollup(parent)).map(read_totals).transpose()?.unwrap_or_default();
    let mut totals = stored.totals.clone();
    let mut writes = Vec::new();
    for after in children {
        let item = items.get(&keys::contribution(parent, after.account_id));
        let before = item.map(read_contribution).transpose()?;
        if before.as_ref().is_some_and(|before| before.version >= after.version) {
            continue;
        }
        totals = totals.replace(before.as_ref(), after).map_err(|_| Refusal::OutOfRange)?;
        writes.push(match &before {
            None => Write::create(contribution(parent, after)),
            Some(before) => Write::replace(contribution(parent, after), before.version),
        });
        writes.extend(index(parent, before.as_ref(), after));
    }
    if writes.is_empty() {
        return Ok(None);
    }
    let after = StoredTotals { totals, as_of: stored.as_of.max(Some(at)), version: stored.version.saturating_add(1) };
    writes.push(Write::version(totals_item(parent, &after), after.version));
    Ok(Some(writes))
}

/// The child's place among its siblings: rewritten only when it is another.
fn index(parent: AccountId, before: Option<&Contribution>, after: &Contribution) -> Vec<Write> {
    let key = |child: &Contribution| keys::nearest(parent, child.status.name(), child.rank(), child.account_id);
    let place = key(after);
    let left = before.map(key).filter(|left| *left != place);
    if before.is_some() && left.is_none() {
        return Vec::new();
    }
    let item = Writer::new(&place, "child by nearness").text("account_id", after.account_id).build();
    left.map(Write::delete).into_iter().chain([Write::put(item)]).collect()
}

fn contribution(parent: AccountId, child: &Contribution) -> Item {
    let writer = Writer::new(&keys::contribution(parent, child.account_id), "contribution")
        .text("account_id", child.account_id)
        .text("status", child.status.name())
        .number("version", child.version);
    figures(writer, &child.figures).build()
}

fn read_contribution(item: &Item) -> Result<Contribution, Corrupt> {
    let item = Reader(item);
    Ok(Contribution {
        account_id: item.parsed("account_id", AccountId::parse)?,
        version: item.number("version")?,
        status: item.named("status", Status::from_name)?,
        figures: read_figures(item)?,
    })
}

fn totals_item(parent: AccountId, stored: &StoredTotals) -> Item {
    let StoredTotals { totals, as_of, version } = stored;
    let writer = Writer::new(&keys::rollup(parent), "totals")
        .text("account_id", parent)
        .number("active", totals.active)
        .number("suspended", totals.suspended)
        .number("closed", totals.closed)
        .optional_text("as_of", *as_of)
        .number("version", *version);
    figures(writer, &totals.figures).build()
}

fn read_totals(item: &Item) -> Result<StoredTotals, Corrupt> {
    let item = Reader(item);
    Ok(StoredTotals {
        totals: Totals {
            active: item.number("active")?,
            suspended: item.number("suspended")?,
            closed: item.number("closed")?,
            figures: read_figures(item)?,
        },
        as_of: item.optional_parsed("as_of", Timestamp::parse)?,
        version: item.number("version")?,
    })
}
