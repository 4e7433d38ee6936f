//! What accounts and programs list: entries, orders, payments, children, applications.

use domain::account::Status;
use domain::application::{Application, ApplicationStatus};
use domain::{
    Account, AccountId, Entry, Hold, HoldId, HoldStatus, Kind, Profile, ProgramId, Purchase, Settlement, Timestamp,
};

use crate::application_item::read_application;
use crate::client::Ledger;
use crate::entry_item::read_entry;
use crate::error::Error;
use crate::hold_item::read_hold;
use crate::item::{Item, Reader};
use crate::keys::{self, Key};
use crate::list::{List, Page, Verdict, each};
use crate::purchase_item::read_purchase;
use crate::range::Range;
use crate::settlement_item::read_settlement;

/// Names an open hold whose time has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DueHold {
    /// The buyer.
    pub account_id: AccountId,
    /// The hold.
    pub hold_id: HoldId,
}

/// Which entries of an account are wanted.
#[derive(Clone, Copy, Debug, Default)]
pub struct EntryFilter {
    /// Created at this time or later.
    pub from: Option<Timestamp>,
    /// Created before this time.
    pub to: Option<Timestamp>,
    /// Of this kind.
    pub kind: Option<Kind>,
}

impl EntryFilter {
    fn verdict(&self, entry: &Entry) -> Verdict {
        if self.from.is_some_and(|from| entry.created_at < from) {
            return Verdict::Stop;
        }
        let is_early = self.to.is_none_or(|to| entry.created_at < to);
        Verdict::take_if(is_early && self.kind.is_none_or(|kind| entry.kind == kind))
    }

    fn is_any(&self) -> bool {
        self.from.is_some() || self.to.is_some() || self.kind.is_some()
    }
}

impl Ledger {
    /// An account's entries, newest first.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn entries(
        &self,
        account: AccountId,
        filter: EntryFilter,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Page<Entry>, Error> {
        let partition = keys::entries(account);
        let list = List { partition, after, limit, is_newest_first: true, is_filtered: filter.is_any() };
        let load = |items: Vec<Item>| async move { each(&items, read_entry) };
        self.list(list, load, |entry| filter.verdict(entry), |entry| keys::entry_sort(entry.seq)).await
    }

    /// An account's entries from number `from` on, oldest first, at most `limit`; for recomputing.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn entries_from(&self, account: AccountId, from: u64, limit: usize) -> Result<Vec<Entry>, Error> {
        let partition = keys::entries(account);
        let after = from.checked_sub(1).map(keys::entry_sort);
        let limit = i32::try_from(limit).unwrap_or(i32::MAX);
        let range =
            Range { partition: &partition, beginning: "", after: after.as_deref(), limit, is_newest_first: false };
        let (items, _) = self.query(range).await?;
        each(&items, read_entry)
    }

    /// The last entry of an account that was created at `at` or before; by halving, so that a long history costs a few
    /// reads more than a short one.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn entry_as_of(&self, account: &Account, at: Timestamp) -> Result<Option<Entry>, Error> {
        let (mut found, mut low, mut high) = (None, 1, account.seq);
        while low <= high {
            let middle = low.midpoint(high);
            let Some(item) = self.get(&keys::entry(account.id(), middle)).await? else { break };
            let entry = read_entry(&item)?;
            if entry.created_at <= at {
                found = Some(entry);
                low = middle.saturating_add(1);
            } else {
                high = middle.saturating_sub(1);
            }
        }
        Ok(found)
    }

    /// An account's purchases, newest first.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn purchases(
        &self,
        account: AccountId,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Page<Purchase>, Error> {
        let partition = keys::purchases(account);
        let list = List { partition, after, limit, is_newest_first: true, is_filtered: false };
        let load = |items: Vec<Item>| async move { each(&items, read_purchase) };
        self.list(list, load, |_| Verdict::Take, |purchase| purchase.id.to_string()).await
    }

    /// An account's holds, newest first, all of them or those that have one status at `now`.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn holds(
        &self,
        account: AccountId,
        status: Option<HoldStatus>,
        now: Timestamp,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Page<Hold>, Error> {
        let partition = keys::holds(account);
        let list = List { partition, after, limit, is_newest_first: true, is_filtered: status.is_some() };
        let load = |items: Vec<Item>| async move { each(&items, read_hold) };
        let verdict = |hold: &Hold| Verdict::take_if(status.is_none_or(|status| hold.status_at(now) == status));
        self.list(list, load, verdict, |hold| hold.id.to_string()).await
    }

    /// The payments that a child made, newest first.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn settlements(
        &self,
        account: AccountId,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Page<Settlement>, Error> {
        let partition = keys::settlements(account);
        let list = List { partition, after, limit, is_newest_first: true, is_filtered: false };
        let load = |items: Vec<Item>| async move { each(&items, read_settlement) };
        self.list(list, load, |_| Verdict::Take, |settlement| settlement.id.to_string()).await
    }

    /// Open holds of all accounts whose time had come at `now`, at most about `limit`.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn due_holds(&self, now: Timestamp, limit: usize) -> Result<Vec<DueHold>, Error> {
        let mut due = Vec::new();
        // Sort keys begin with the time, so the first one that is later ends the partition.
        let end = format!("{now}~");
        for partition in 0..keys::DUE_PARTITIONS {
            let range = Range {
                partition: &keys::due_holds(partition),
                beginning: "",
                after: None,
                limit: i32::try_from(limit).unwrap_or(i32::MAX),
                is_newest_first: false,
            };
            let (items, _) = self.query(range).await?;
            for item in &items {
                let item = Reader(item);
                if item.text("sort_key")? > end.as_str() {
                    break;
                }
                due.push(DueHold {
                    account_id: item.parsed("account_id", AccountId::parse)?,
                    hold_id: item.parsed("hold_id", HoldId::parse)?,
                });
            }
        }
        Ok(due)
    }

    /// An account's direct children with their profiles, oldest first, all of them or those of one status.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn children(
        &self,
        parent: AccountId,
        status: Option<Status>,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Page<(Account, Profile)>, Error> {
        let partition = keys::children(parent);
        let list = List { partition, after, limit, is_newest_first: false, is_filtered: status.is_some() };
        let load = |items: Vec<Item>| async move {
            let ids = each(&items, |item| Reader(item).parsed("account_id", AccountId::parse))?;
            self.profiled_accounts(&ids).await
        };
        let verdict =
            |(account, _): &(Account, Profile)| Verdict::take_if(status.is_none_or(|status| account.status == status));
        self.list(list, load, verdict, |(account, _)| account.id().to_string()).await
    }

    /// The applications for children of an account, newest first, all of them or those of one status.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn applications(
        &self,
        parent: AccountId,
        status: Option<ApplicationStatus>,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Page<Application>, Error> {
        let partition = keys::applications(parent);
        let list = List { partition, after, limit, is_newest_first: true, is_filtered: status.is_some() };
        let load = |items: Vec<Item>| async move { each(&items, read_application) };
        let verdict =
            |application: &Application| Verdict::take_if(status.is_none_or(|status| application.status == status));
        self.list(list, load, verdict, |application| application.id.to_string()).await
    }

    /// The applications of a program, all of them newest first, or those of one status oldest first: a queue.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn program_applications(
        &self,
        program: ProgramId,
        status: Option<ApplicationStatus>,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Page<Application>, Error> {
        let partition = keys::program_applications(program, status.map(ApplicationStatus::name));
        let list = List { partition, after, limit, is_newest_first: status.is_none(), is_filtered: false };
        let load = |pointers: Vec<Item>| async move {
            let keys = each(&pointers, pointed)?;
            let items = self.batch(&keys).await?;
            let found: Vec<Item> = keys.iter().filter_map(|key| items.get(key).cloned()).collect();
            each(&found, read_application)
        };
        // One that was decided between the two reads has left the queue.
        let verdict =
            |application: &Application| Verdict::take_if(status.is_none_or(|status| application.status == status));
        self.list(list, load, verdict, |application| application.id.to_string()).await
    }
}

fn pointed(item: &Item) -> Result<Key, Error> {
    let item = Reader(item);
    let parent = item.parsed("parent_id", AccountId::parse)?;
    let id = item.parsed("application_id", domain::ApplicationId::parse)?;
    Ok(keys::application(parent, id))
}
