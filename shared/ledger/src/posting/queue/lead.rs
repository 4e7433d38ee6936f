//! Posting what waits.

use std::collections::{HashMap, HashSet};

use domain::{Account, Timestamp};

use super::batch::{Batch, MAX_BATCH};
use super::item::Waiting;
use crate::client::Ledger;
use crate::error::Error;
use crate::keys::{self, Key};
use crate::posting::Command;

/// An order that was asked for so long ago waits for nobody: its function has reached its timeout. It is not posted any
/// more, as nobody would expect that.
const MAX_AGE_MS: i64 = 10_000;

impl Ledger {
    /// Posts the orders that have waited longest, in one transaction, and answers whether that came to pass.
    ///
    /// Orders that are refused, too old, or have had their effect already leave the line with it; whoever waits for one
    /// finds that it is gone and asks by itself.
    pub(super) async fn lead(&self, command: &Command<'_>) -> Result<bool, Error> {
        let now = command.commit.occasion.now;
        let line = self.line(command.target.id, i32::try_from(MAX_BATCH).unwrap_or(i32::MAX)).await?;
        let (account, ancestors, done) = self.read_for_line(command, &line).await?;
        let last = last_of_each_key(&line);
        let (fit, unfit): (Vec<&Waiting>, Vec<&Waiting>) = line.iter().partition(|order| {
            let record = order.key.record.as_str();
            !is_too_old(order, now) && !done.contains(record) && last.get(record) == Some(&order.occasion.posting_id)
        });
        let mut batch = Batch::plan(&account, &ancestors, &fit);
        unfit.into_iter().for_each(|order| batch.leave_out(order));
        let writes = batch.writes();
        if writes.is_empty() || self.transact(writes).await?.is_err() {
            return Ok(false);
        }
        if batch.is_shared() {
            self.remember_shared(command.target.id, now);
        }
        Ok(true)
    }

    /// The account, its ancestors, and the records of those orders that have had their effect.
    async fn read_for_line<'a>(
        &self,
        command: &Command<'_>,
        line: &'a [Waiting],
    ) -> Result<(Account, Vec<Account>, HashSet<&'a str>), Error> {
        let target = keys::position(command.target.id);
        let ancestors: Vec<Key> = command.target.ancestors.iter().map(|id| keys::position(*id)).collect();
        let records = line.iter().map(|order| keys::idempotency(&order.key.record));
        let all: Vec<Key> = std::iter::once(target.clone()).chain(ancestors.iter().cloned()).chain(records).collect();
        let items = self.batch(&all).await?;
        let is_done = |record: &&str| items.get(&keys::idempotency(record)).is_some();
        Ok((
            self.account_in(&items, &target)?,
            ancestors.iter().map(|key| self.account_in(&items, key)).collect::<Result<_, _>>()?,
            line.iter().map(|order| order.key.record.as_str()).filter(is_done).collect(),
        ))
    }
}

fn is_too_old(order: &Waiting, now: Timestamp) -> bool {
    now.unix_ms().saturating_sub(order.occasion.now.unix_ms()) > MAX_AGE_MS
}

/// A request that was sent again while its first order still waits is in line twice: the last one counts, whose sender is
/// the likeliest to be there.
fn last_of_each_key(line: &[Waiting]) -> HashMap<&str, domain::PostingId> {
    line.iter().map(|order| (order.key.record.as_str(), order.occasion.posting_id)).collect()
}
