//! The line of waiting orders in the table: joining it, looking at it, leaving it.

use std::time::Duration;

use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::error::ProvideErrorMetadata;
use aws_sdk_dynamodb::operation::delete_item::DeleteItemError;
use domain::AccountId;

use super::batch::MAX_BATCH;
use super::item::{Waiting, read_waiting, waiting};
use crate::client::{Ledger, failed, is_throttle};
use crate::error::Error;
use crate::keys::{self, Key};
use crate::range::Range;
use crate::transaction::jitter_ms;

/// More than ever wait: Lambda runs no more instances at a time unless asked to.
const MOST_WAITING: i32 = 1_000;

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
        let first = self.line(account, 1).await?.into_iter().next();
        Ok(first.map(|order| keys::queued(account, order.occasion.posting_id).sort))
    }

    /// How many orders have waited longer, as far as they are posted at once.
    pub(super) async fn place_in_line(&self, account: AccountId, own: &str) -> Result<u32, Error> {
        let line = self.line(account, i32::try_from(MAX_BATCH).unwrap_or(i32::MAX)).await?;
        let is_before = |order: &&Waiting| keys::queued(account, order.occasion.posting_id).sort.as_str() < own;
        Ok(u32::try_from(line.iter().filter(is_before).count()).unwrap_or(u32::MAX))
    }

    /// The orders that have waited longest, at most so many.
    pub(super) async fn line(&self, account: AccountId, most: i32) -> Result<Vec<Waiting>, Error> {
        let range =
            Range { partition: &keys::queue(account), beginning: "", after: None, limit: most, is_newest_first: false };
        let (items, _) = self.query(range).await?;
        Ok(items.iter().map(read_waiting).collect::<Result<_, _>>()?)
    }

    /// Takes every order with that idempotency record out of the line. Afterwards nobody posts one of them.
    pub(super) async fn leave_line(&self, account: AccountId, record: &str) -> Result<(), Error> {
        for order in self.line(account, MOST_WAITING).await?.iter().filter(|order| order.key.record == record) {
            self.take_out(&keys::queued(account, order.occasion.posting_id)).await?;
        }
        Ok(())
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
