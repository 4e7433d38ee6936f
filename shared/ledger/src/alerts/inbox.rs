//! The inbox: notifications, and pointers to those that nobody has read.

use domain::{AccountId, EventType, Notification, NotificationId};

use crate::client::Ledger;
use crate::error::{Corrupt, Error};
use crate::item::{Item, Reader, Writer};
use crate::keys::{self, Key};
use crate::list::{List, Page, Verdict, each};
use crate::transaction::Write;

/// Up to how many unread notifications are counted; more are told as this many.
pub const MAX_UNREAD_COUNTED: usize = 1_000;

/// How many notifications are marked in one transaction: each takes two of its hundred writes.
const MARKED_AT_ONCE: usize = 49;

/// How often the same is tried when others mark the same notifications.
const MARK_ROUNDS: usize = 20;

impl Ledger {
    /// Puts a notification into its inbox, unless it is there already.
    ///
    /// # Errors
    /// [`domain::Refusal::Contention`] when others kept being faster, or a failure of the store.
    pub async fn notify(&self, notification: &Notification) -> Result<(), Error> {
        let writes = || vec![Write::create(item(notification)), Write::create(pointer(notification))];
        // Refused means that it is there, read or unread.
        self.write_all(writes).await.map(drop)
    }

    /// A notification in an account's inbox.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn notification(&self, account: AccountId, id: NotificationId) -> Result<Option<Notification>, Error> {
        match self.get(&keys::notification(account, id)).await? {
            Some(item) => Ok(Some(read_notification(&item)?)),
            None => Ok(None),
        }
    }

    /// An account's notifications, newest first.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn notifications(
        &self,
        account: AccountId,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Page<Notification>, Error> {
        let partition = keys::notifications(account);
        let list = List { partition, after, limit, is_newest_first: true, is_filtered: false };
        let load = |items: Vec<Item>| async move { each(&items, read_notification) };
        self.list(list, load, |_| Verdict::Take, |notification| notification.id.to_string()).await
    }

    /// An account's notifications that nobody has read, newest first.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn unread_notifications(
        &self,
        account: AccountId,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Page<Notification>, Error> {
        let partition = keys::unread(account);
        let list = List { partition, after, limit, is_newest_first: true, is_filtered: false };
        let load = |pointers: Vec<Item>| async move {
            let keys = each(&pointers, |pointer| pointed(account, pointer))?;
            let items = self.batch(&keys).await?;
            let found: Vec<Item> = keys.iter().filter_map(|key| items.get(key).cloned()).collect();
            each(&found, read_notification)
        };
        self.list(list, load, |_| Verdict::Take, |notification| notification.id.to_string()).await
    }

    /// How many notifications nobody has read, [`MAX_UNREAD_COUNTED`] at most.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn unread_count(&self, account: AccountId) -> Result<usize, Error> {
        self.count(&keys::unread(account), MAX_UNREAD_COUNTED).await
    }

    /// Marks a notification as read; `None` when there is none.
    ///
    /// # Errors
    /// [`domain::Refusal::Contention`] when others kept being faster, or a failure of the store.
    pub async fn mark_read(&self, account: AccountId, id: NotificationId) -> Result<Option<Notification>, Error> {
        let Some(mut notification) = self.notification(account, id).await? else { return Ok(None) };
        if !notification.is_read {
            notification.is_read = true;
            // Refused means that somebody else has just read it.
            self.write_all(|| marks(std::slice::from_ref(&notification))).await?;
        }
        Ok(Some(notification))
    }

    /// Marks everything in an inbox as read that was there when the call began, or as much of it as one call may do.
    /// Answers how many it marked.
    ///
    /// # Errors
    /// When the store does not answer; what was marked stays so.
    pub async fn mark_all_read(&self, account: AccountId) -> Result<usize, Error> {
        let (mut marked, mut after): (usize, Option<String>) = (0, None);
        for _ in 0..MARK_ROUNDS {
            let mut page = self.unread_notifications(account, after.as_deref(), MARKED_AT_ONCE).await?;
            for notification in &mut page.items {
                notification.is_read = true;
            }
            if !page.items.is_empty() && self.write_all(|| marks(&page.items)).await? {
                marked = marked.saturating_add(page.items.len());
                after = page.next;
                if after.is_none() {
                    break;
                }
            } else if page.items.is_empty() {
                break;
            }
            // Where somebody read one of them meanwhile, the same place is looked at again.
        }
        Ok(marked)
    }
}

fn item(notification: &Notification) -> Item {
    Writer::new(&keys::notification(notification.account_id, notification.id), "notification")
        .text("notification_id", notification.id)
        .text("account_id", notification.account_id)
        .text("about_account_id", notification.about_account_id)
        .text("type", notification.event_type.name())
        .text("title", &notification.title)
        .text("body", &notification.body)
        .flag("read", notification.is_read)
        .number("version", u64::from(notification.is_read))
        .text("created_at", notification.created_at)
        .build()
}

fn pointer(notification: &Notification) -> Item {
    Writer::new(&keys::unread_notification(notification.account_id, notification.id), "unread notification")
        .text("notification_id", notification.id)
        .build()
}

/// A notification is written twice in its life: unread, version 0, and read, version 1.
fn marks(read: &[Notification]) -> Vec<Write> {
    let mark = |notification: &Notification| {
        let pointer = keys::unread_notification(notification.account_id, notification.id);
        [Write::replace(item(notification), 0), Write::delete(pointer)]
    };
    read.iter().flat_map(mark).collect()
}

fn pointed(account: AccountId, pointer: &Item) -> Result<Key, Error> {
    let id = Reader(pointer).parsed("notification_id", NotificationId::parse)?;
    Ok(keys::notification(account, id))
}

fn read_notification(item: &Item) -> Result<Notification, Corrupt> {
    let item = Reader(item);
    Ok(Notification {
        id: item.parsed("notification_id", NotificationId::parse)?,
        account_id: item.parsed("account_id", AccountId::parse)?,
        about_account_id: item.parsed("about_account_id", AccountId::parse)?,
        event_type: item.named("type", EventType::from_name)?,
        title: item.text("title")?.to_owned(),
        body: item.text("body")?.to_owned(),
        is_read: item.flag("read")?,
        created_at: item.time("created_at")?,
    })
}
