//! Conditional transactions: everything that one request writes, at once or not at all.

use std::collections::HashMap;
use std::time::Duration;

use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{
    AttributeValue, CancellationReason, ConditionCheck, Delete, Put, ReturnValuesOnConditionCheckFailure,
    TransactWriteItem,
};
use domain::{Account, Refusal};
use tokio::time::Instant;

use crate::client::{Ledger, failed};
use crate::error::Error;
use crate::item::Item;
use crate::keys::{Key, PARTITION_KEY};

/// How often a transaction that others got in the way of is tried before the caller hears of contention.
const MAX_ATTEMPTS: u32 = 24;

/// No further attempt is made when the request was begun so long ago. What is under way then may take two more calls, and
/// all of it stays below the functions' timeout of 10 s.
const PATIENCE: Duration = Duration::from_millis(2_500);

/// The first pause is somewhere between nothing and this.
const PAUSE_MS: u64 = 4;

/// No pause is longer than this.
const LONGEST_PAUSE_MS: u64 = 250;

/// What has to be so for a write to happen; restates what was read.
enum Guard {
    /// Nothing stands at this key.
    New,
    /// The item is still the version that was read.
    Version(u64),
    /// Anything may stand there.
    Any,
}

enum Action {
    Put(Item),
    Delete(Key),
    Check(Key),
}

/// One write of a transaction.
pub(crate) struct Write {
    action: Action,
    guard: Guard,
    refusal: Option<Refusal>,
}

impl Write {
    fn new(action: Action, guard: Guard) -> Write {
        Write { action, guard, refusal: None }
    }

    /// Puts an item where nothing stands.
    pub fn create(item: Item) -> Write {
        Write::new(Action::Put(item), Guard::New)
    }

    /// Says what the caller is told when this write's condition fails: it is not worth another attempt.
    pub fn or_refuse(mut self, refusal: Refusal) -> Write {
        self.refusal = Some(refusal);
        self
    }

    /// The refusal of [`Write::or_refuse`].
    pub fn refusal(&self) -> Option<&Refusal> {
        self.refusal.as_ref()
    }

    /// Puts version `version` of an item that counts its versions: the first where nothing stands, later ones over the
    /// one before.
    pub fn version(item: Item, version: u64) -> Write {
        match version.checked_sub(1) {
            None | Some(0) => Write::create(item),
            Some(before) => Write::replace(item, before),
        }
    }

    /// Puts an item whatever stands there.
    pub fn put(item: Item) -> Write {
        Write::new(Action::Put(item), Guard::Any)
    }

    /// Puts the next version of an item that counts its versions.
    pub fn replace(item: Item, read_version: u64) -> Write {
        Write::new(Action::Put(item), Guard::Version(read_version))
    }

    /// Puts the next version of an account. `account` carries the version that was read.
    pub fn replace_account(mut account: Account) -> Write {
        let read_version = account.version;
        account.version = read_version.saturating_add(1);
        Write::replace(crate::account_item::position(&account), read_version)
    }

    /// Writes nothing, but fails the transaction when something stands there.
    pub fn absent(key: Key) -> Write {
        Write::new(Action::Check(key), Guard::New)
    }

    /// Writes nothing, but fails the transaction when the item is no longer the version that was read.
    pub fn unchanged(key: Key, read_version: u64) -> Write {
        Write::new(Action::Check(key), Guard::Version(read_version))
    }

    /// Removes an item that counts its versions, if it is still the version that was read.
    pub fn remove(key: Key, read_version: u64) -> Write {
        Write::new(Action::Delete(key), Guard::Version(read_version))
    }

    /// Removes an item, if it is there.
    pub fn delete(key: Key) -> Write {
        Write::new(Action::Delete(key), Guard::Any)
    }
}

/// Why one write of a cancelled transaction did not happen.
#[derive(Debug)]
pub(crate) enum Reason {
    /// It could have.
    Fine,
    /// Its condition failed; what stands there instead, if anything.
    Failed(Option<Item>),
    /// Another transaction was at the same item, or the store was busy: nothing is known of the item.
    Busy,
}

impl Ledger {
    /// Carries out all writes or none. The inner error has one reason a write, in their order.
    pub(crate) async fn transact(&self, writes: Vec<Write>) -> Result<Result<(), Vec<Reason>>, Error> {
        let items = writes.into_iter().map(|write| self.transact_item(write)).collect::<Result<_, _>>()?;
        let outcome = self.client.transact_write_items().set_transact_items(Some(items)).send().await;
        let Err(error) = outcome else { return Ok(Ok(())) };
        match error.as_service_error() {
            Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) => {
                let reasons: Option<Vec<Reason>> = cancelled.cancellation_reasons().iter().map(reason).collect();
                reasons.map(Err).map_or_else(|| Err(Error::Rejected(Box::new(error))), Ok)
            }
            // One that is still under way, which the SDK asked about again and again, may or may not come to pass: sent anew, it
            // could meet its own effect.
            _ => Err(failed(error)),
        }
    }

    /// Carries out writes that are right or wrong whoever else is at work: tries again while others are in the way, and
    /// answers whether they happened. False means that a condition failed.
    pub(crate) async fn write_all(&self, writes: impl Fn() -> Vec<Write>) -> Result<bool, Error> {
        let mut attempts = Attempts::new();
        loop {
            let Err(reasons) = self.transact(writes()).await? else { return Ok(true) };
            if reasons.iter().any(|reason| matches!(reason, Reason::Failed(_))) {
                return Ok(false);
            }
            attempts.pause().await?;
        }
    }

    fn transact_item(&self, write: Write) -> Result<TransactWriteItem, Error> {
        let (condition, names, values) = condition(&write.guard);
        let images = ReturnValuesOnConditionCheckFailure::AllOld;
        let built = match write.action {
            Action::Put(item) => Put::builder()
                .table_name(&self.table)
                .set_item(Some(item))
                .set_condition_expression(condition)
                .set_expression_attribute_names(names)
                .set_expression_attribute_values(values)
                .return_values_on_condition_check_failure(images)
                .build()
                .map(|put| TransactWriteItem::builder().put(put).build()),
            Action::Check(key) => ConditionCheck::builder()
                .table_name(&self.table)
                .set_key(Some(key.attributes()))
                .set_condition_expression(condition)
                .set_expression_attribute_names(names)
                .set_expression_attribute_values(values)
                .return_values_on_condition_check_failure(images)
                .build()
                .map(|check| TransactWriteItem::builder().condition_check(check).build()),
            Action::Delete(key) => Delete::builder()
                .table_name(&self.table)
                .set_key(Some(key.attributes()))
                .set_condition_expression(condition)
                .set_expression_attribute_names(names)
                .set_expression_attribute_values(values)
                .return_values_on_condition_check_failure(images)
                .build()
                .map(|delete| TransactWriteItem::builder().delete(delete).build()),
        };
        built.map_err(|error| Error::Rejected(Box::new(error)))
    }
}

type Condition = (Option<String>, Option<HashMap<String, String>>, Option<HashMap<String, AttributeValue>>);

fn condition(guard: &Guard) -> Condition {
    match guard {
        Guard::Any => (None, None, None),
        Guard::New => (Some(format!("attribute_not_exists({PARTITION_KEY})")), None, None),
        Guard::Version(version) => (
            Some("#version = :version".to_owned()),
            Some(HashMap::from([("#version".to_owned(), "version".to_owned())])),
            Some(HashMap::from([(":version".to_owned(), AttributeValue::N(version.to_string()))])),
        ),
    }
}

/// `None` for a reason that is a fault of ours, such as an invalid item.
fn reason(reason: &CancellationReason) -> Option<Reason> {
    match reason.code() {
        None | Some("None") => Some(Reason::Fine),
        Some("ConditionalCheckFailed") => Some(Reason::Failed(reason.item().cloned())),
        Some("TransactionConflict" | "ThrottlingError" | "ProvisionedThroughputExceeded") => Some(Reason::Busy),
        Some(_) => None,
    }
}

/// Milliseconds to wait before the next attempt: full jitter under a doubling, bounded ceiling.
pub(crate) fn jitter_ms(attempt: u32) -> u64 {
    let ceiling = PAUSE_MS.saturating_mul(2_u64.saturating_pow(attempt)).min(LONGEST_PAUSE_MS);
    rand::random_range(0..=ceiling)
}

/// Attempts at a transaction that others may get in the way of: bounded in number and time.
pub(crate) struct Attempts {
    made: u32,
    begun: Instant,
}

impl Attempts {
    pub fn new() -> Attempts {
        Attempts { made: 0, begun: Instant::now() }
    }

    /// Whether it has all taken so long that nothing more is to be begun.
    pub fn are_over(&self) -> bool {
        self.begun.elapsed() > PATIENCE
    }

    /// Waits before the next attempt.
    ///
    /// # Errors
    /// [`Refusal::Contention`] when there is none.
    pub async fn pause(&mut self) -> Result<(), Refusal> {
        tokio::time::sleep(Duration::from_millis(jitter_ms(self.made))).await;
        self.made = self.made.saturating_add(1);
        if self.made >= MAX_ATTEMPTS || self.are_over() { Err(Refusal::Contention) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_a_bound() {
        for attempt in 0..64 {
            let ceiling = PAUSE_MS.saturating_mul(1 << attempt.min(10)).min(LONGEST_PAUSE_MS);
            assert!((0..100).all(|_| jitter_ms(attempt) <= ceiling));
        }
    }
}
