//! Roll-ups: per account the totals over its children, and its children by nearness to depletion.

use std::collections::HashMap;

use domain::account::{Lineage, Status};
use domain::rollup::{Contribution, Totals};
use domain::{Account, AccountId, Amount, Profile, Refusal, Timestamp};

use crate::account_item::{figures, read_figures};
use crate::client::Ledger;
use crate::error::{Corrupt, Error};
use crate::item::{Item, Reader, Writer};
use crate::keys::{self, Key, SORT_KEY};
use crate::list::{Page, each};
use crate::range::Range;
use crate::read::Items;
use crate::transaction::{Attempts, Write};

/// How many children one transaction takes: each needs three writes at most, the totals one.
const CHILDREN_AT_ONCE: usize = 30;

/// The totals of an account as they were stored.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct StoredTotals {
    /// The sums over its children.
    totals: Totals,
    /// The latest change that they hold.
    as_of: Option<Timestamp>,
    version: u64,
}

/// What an account came to owe its own parent for its children, as it was stored.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Owed {
    amount: Amount,
    /// The last entry that was added; it counts the versions.
    seq: u64,
    as_of: Option<Timestamp>,
}

/// An account and what its children come to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    /// The account as it stands.
    pub account: Account,
    /// Its ancestors, nearest first.
    pub ancestors: Vec<Account>,
    /// The sums over its children, some moments late.
    pub totals: Totals,
    /// What it came to owe its own parent for what its children paid it for; some moments late.
    pub owed_for_children: Amount,
    /// The latest change that those hold; `None` before there was any.
    pub as_of: Option<Timestamp>,
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

    /// Adds what an account came to owe for its children; `owed` names the number of each entry and what it added to `used`.
    /// What was added before changes nothing, as the stream brings an account's entries in their order.
    ///
    /// # Errors
    /// As [`Ledger::roll_up`].
    pub async fn add_owed_for_children(
        &self,
        account: AccountId,
        owed: &[(u64, Amount)],
        at: Timestamp,
    ) -> Result<(), Error> {
        let mut attempts = Attempts::new();
        loop {
            let stored = self.get(&keys::owed_for_children(account)).await?.map(|item| read_owed(&item)).transpose()?;
            let mut after = stored.clone().unwrap_or_default();
            for (seq, more) in owed.iter().filter(|(seq, _)| *seq > stored.as_ref().map_or(0, |stored| stored.seq)) {
                after.amount = after.amount.plus(*more).map_err(|_| Refusal::OutOfRange)?;
                after.seq = after.seq.max(*seq);
            }
            if after.seq == stored.as_ref().map_or(0, |stored| stored.seq) {
                return Ok(());
            }
            after.as_of = after.as_of.max(Some(at));
            let item = owed_item(account, &after);
            let write = match &stored {
                None => Write::create(item),
                Some(stored) => Write::replace(item, stored.seq),
            };
            if self.transact(vec![write]).await?.is_ok() {
                return Ok(());
            }
            attempts.pause().await?;
        }
    }

    /// An account with what its first screen shows of its children, in one round trip.
    ///
    /// # Errors
    /// When the store does not answer, or the account does not exist.
    pub async fn summary(&self, account: &Lineage) -> Result<Summary, Error> {
        let (totals, owed) = (keys::rollup(account.id), keys::owed_for_children(account.id));
        let position = keys::position(account.id);
        let ancestors: Vec<Key> = account.ancestors.iter().map(|ancestor| keys::position(*ancestor)).collect();
        let all = [&position, &totals, &owed].into_iter().chain(&ancestors);
        let items = self.batch(&all.cloned().collect::<Vec<Key>>()).await?;
        let totals = items.get(&totals).map(read_totals).transpose()?.unwrap_or_default();
        let owed = items.get(&owed).map(read_owed).transpose()?.unwrap_or_default();
        Ok(Summary {
            account: self.account_in(&items, &position)?,
            ancestors: ancestors.iter().map(|key| self.account_in(&items, key)).collect::<Result<_, _>>()?,
            as_of: totals.as_of.max(owed.as_of),
            totals: totals.totals,
            owed_for_children: owed.amount,
        })
    }

    /// An account's children of one status with their profiles, those nearest to depletion first. Follows the positions
    /// some moments later, but shows them as they are.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn nearest_children(
        &self,
        parent: AccountId,
        status: Status,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Page<(Account, Profile)>, Error> {
        let (partition, prefix) = (keys::nearest_children(parent), keys::nearest_of_status(status.name()));
        let one_more = i32::try_from(limit.saturating_add(1)).unwrap_or(i32::MAX);
        let range = Range { partition: &partition, beginning: &prefix, after, limit: one_more, is_newest_first: false };
        let (mut places, _) = self.query(range).await?;
        let has_more = places.len() > limit;
        places.truncate(limit);
        let ids = each(&places, |place| Reader(place).parsed("account_id", AccountId::parse))?;
        let next = match places.last() {
            Some(last) if has_more => Some(Reader(last).text(SORT_KEY)?.to_owned()),
            _ => None,
        };
        Ok(Page { items: self.profiled_accounts(&ids).await?, next })
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

fn owed_item(account: AccountId, stored: &Owed) -> Item {
    Writer::new(&keys::owed_for_children(account), "owed for children")
        .text("account_id", account)
        .amount("amount", stored.amount)
        .number("version", stored.seq)
        .optional_text("as_of", stored.as_of)
        .build()
}

fn read_owed(item: &Item) -> Result<Owed, Corrupt> {
    let item = Reader(item);
    Ok(Owed {
        amount: item.amount("amount")?,
        seq: item.number("version")?,
        as_of: item.optional_parsed("as_of", Timestamp::parse)?,
    })
}
