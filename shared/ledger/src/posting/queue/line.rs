//! The line of waiting orders in the table: joining it, looking at it, leaving it.

use std::time::Duration;

use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::error::ProvideErrorMetadata;
use aws_sdk_dynamodb::operation::delete_item::DeleteItemError;
use domain::{AccountId, PostingId};

use super::batch::MAX_BATCH;
use super::item::{Waiting, read_waiting, waiting};
use crate::client::{Ledger, failed, is_throttle};
use crate::error::Error;
use crate::item::{Item, Reader};
use crate::keys::{self, Key, SORT_KEY};
use crate::range::Range;
use crate::transaction::jitter_ms;

/// How many orders are looked at in one call.
const PAGE: i32 = 1_000;

/// Whoever came so much earlier has stopped waiting, with the calls that were under way: such orders were left behind.
const LEFT_BEHIND_MS: u64 = 4_000;

/// How often somebody who wants to leave the line tries while a transaction is at the order.
const LEAVING_ATTEMPTS: u32 = 8;

impl Ledger {
    /// Puts an order into the line; false when the store refuses it for now.
    ///
    /// It is sent once only: a second copy of the call, which the first may outlive, could put the order there again after
    /// it was taken out.
    pub(super) async fn join_line(&self, account: AccountId, order: &Waiting) -> Result<bool, Error> {
        let once = aws_sdk_dynamodb::config::Builder::new().retry_config(RetryConfig::disabled());
        let request = self.client.put_item().table_name(&self.table).set_item(Some(waiting(account, order)));
        let Err(error) = request.customize().config_override(once).send().await else { return Ok(true) };
        let is_for_now = error
            .as_service_error()
            .is_some_and(|error| error.is_transaction_conflict_exception() || error.code().is_some_and(is_throttle));
        if is_for_now { Ok(false) } else { Err(failed(error)) }
    }

    /// The sort key of the order that has waited longest.
    pub(super) async fn first_in_line(&self, account: AccountId) -> Result<Option<String>, Error> {
        Ok(self.places(account, 1).await?.into_iter().next())
    }

    /// How many orders have waited longer, as far as they are posted at once; all that were left behind count as one.
    pub(super) async fn waiting_before(&self, account: AccountId, own: PostingId) -> Result<u32, Error> {
        let places = self.places(account, i32::try_from(MAX_BATCH).unwrap_or(i32::MAX)).await?;
        let own_place = keys::queued(account, own).sort;
        let before = places.iter().filter(|place| **place < own_place);
        let (waiting, left_behind): (Vec<_>, Vec<_>) = before.partition(|place| ahead_ms(place, own).is_some());
        let before = waiting.len().saturating_add(usize::from(!left_behind.is_empty()));
        Ok(u32::try_from(before).unwrap_or(u32::MAX))
    }

    /// The sort keys of the orders that have waited longest, which say nothing else of them.
    async fn places(&self, account: AccountId, most: i32) -> Result<Vec<String>, Error> {
        let (items, _) = self.waiting_items(account, most, None).await?;
        let place = |item: &Item| Reader(item).text(SORT_KEY).map(str::to_owned);
        Ok(items.iter().map(place).collect::<Result<_, _>>()?)
    }

    /// The orders that have waited longest, at most so many. What cannot be read, as it is of another release, is taken
    /// out: whoever waits for it finds that it is gone and asks by itself.
    pub(super) async fn line(&self, account: AccountId, most: i32) -> Result<Vec<Waiting>, Error> {
        let (items, _) = self.waiting_items(account, most, None).await?;
        let mut line = Vec::with_capacity(items.len());
        for item in items {
            match read_waiting(&item) {
                Ok(order) => line.push(order),
                Err(_) => self.take_out(&key_of(account, &item)?).await?,
            }
        }
        Ok(line)
    }

    /// Takes every order with that idempotency record out of the line that is in it now. None of them is posted afterwards,
    /// unless somebody else who sent the same request waits for it and asks again.
    pub(super) async fn leave_line(&self, account: AccountId, record: &str) -> Result<(), Error> {
        let mut after = None;
        loop {
            let (items, next) = self.waiting_items(account, PAGE, after.as_deref()).await?;
            for item in items.iter().filter(|item| Reader(item).text("record") == Ok(record)) {
                self.take_out(&key_of(account, item)?).await?;
            }
            let Some(next) = next else { return Ok(()) };
            after = Some(next);
        }
    }

    async fn waiting_items(
        &self,
        account: AccountId,
        most: i32,
        after: Option<&str>,
    ) -> Result<(Vec<Item>, Option<String>), Error> {
        let partition = keys::queue(account);
        self.query(Range { partition: &partition, beginning: "", after, limit: most, is_newest_first: false }).await
    }

    async fn take_out(&self, key: &Key) -> Result<(), Error> {
        for attempt in 0..LEAVING_ATTEMPTS {
            let request = self.client.delete_item().table_name(&self.table).set_key(Some(key.attributes()));
            let Err(error) = request.send().await else { return Ok(()) };
            match error.as_service_error() {
                Some(DeleteItemError::TransactionConflictException(_)) => {
                    tokio::time::sleep(Duration::from_millis(jitter_ms(attempt))).await;
                }
                _ => return Err(failed(error)),
            }
        }
        Err(Error::Unavailable("a transaction would not let go of an order".into()))
    }
}

/// How much earlier an order came; nothing for one that was left behind, or that cannot be read.
pub(super) fn ahead_ms(order: &str, own: PostingId) -> Option<u64> {
    let ahead_ms = own.unix_ms().saturating_sub(PostingId::parse(order).ok()?.unix_ms());
    (ahead_ms <= LEFT_BEHIND_MS).then_some(ahead_ms)
}

/// The key of an order, whatever else can be read of it.
fn key_of(account: AccountId, item: &Item) -> Result<Key, Error> {
    Ok(keys::queued(account, Reader(item).parsed(SORT_KEY, PostingId::parse)?))
}
