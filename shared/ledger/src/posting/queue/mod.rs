//! Orders of an account that many buy for at once: whoever has lost to others stands in line, and whoever is first there
//! posts all that wait in one transaction.
//!
//! A transaction takes tens of milliseconds, and an account takes one at a time: orders that post each for itself get in each
//! other's way, and most of what they do is in vain. As every request has a function instance of its own, they meet in the
//! table. An order that nobody gets in the way of never comes here.
//!
//! Nothing rests on who leads. Each order is posted under the condition that its idempotency record does not exist and that
//! it still waits, and the position under the version that was read. So two who lead at once, or one who dies at it, can do
//! no harm, and an order that was taken out of the line is not posted afterwards. Whoever is refused in whatever way takes
//! its order out first, also one that an earlier request with the same key left there and died.

mod batch;
mod item;
mod lead;
mod line;

use std::time::Duration;

use domain::{AccountId, IdempotencyKey, Mode, NewPurchase, Posted, PostingId, Refusal, Timestamp};
use tokio::time::{Instant, sleep};

use self::batch::draft;
use self::item::Waiting;
use self::line::ahead_ms;
use super::{Accounts, Command};
use crate::client::Ledger;
use crate::error::Error;
use crate::keys;
use crate::transaction::Attempts;

/// How often an order is posted by itself before it stands in line.
const TRIES_ALONE: u32 = 2;

/// For how long after the beginning of a request that was posted together with others the next one stands in line at once:
/// longer than any of them waits, or those that wait longest would be the first to get in the way of all.
const SHARED_MS: i64 = 10_000;

/// Milliseconds between two looks at the line at least, drawn anew each time.
const LOOK_MS: std::ops::RangeInclusive<u64> = 20..=60;

/// By what the time is divided that the first in line came earlier, for the longest pause before the next look. While the
/// line moves it takes at most about that time to be first oneself; and all look at one partition, which the many at the
/// end of a long line would use up if they looked as often as those who are next.
const PAUSES_AHEAD: u64 = 2;

/// No pause is longer: whoever is first may have died, and somebody has to notice.
const LONGEST_LOOK_MS: u64 = 250;

/// When the first in line has not changed for so long, its request is taken for dead and the second one leads, once; the
/// third after twice the time, and so on. Two who lead at the same time get in each other's way at every item, so this is
/// much longer than it takes to lead.
const TAKE_OVER: Duration = Duration::from_millis(700);

impl Ledger {
    /// Posts a purchase: by itself, or together with others that are waiting when many buy for the account.
    ///
    /// # Errors
    /// As [`Ledger::post`]. What is refused is not posted later by somebody who found it waiting.
    pub async fn purchase(&self, command: &Command<'_>, new: &NewPurchase) -> Result<Posted, Error> {
        let occasion = &command.commit.occasion;
        let decide = |accounts: &Accounts| draft(new, occasion, &accounts.target, accounts.ancestors());
        let Mode::Commit(key) = &command.commit.mode else { return self.post(command, decide).await };
        match self.purchase_in_turn(command, key, new).await {
            Err(Error::Refused(refusal)) if refusal != Refusal::KeyReused => {
                self.leave_line(command.target.id, &key.record).await?;
                self.replay_or_refuse(command, refusal).await
            }
            outcome => outcome,
        }
    }

    async fn purchase_in_turn(
        &self,
        command: &Command<'_>,
        key: &IdempotencyKey,
        new: &NewPurchase,
    ) -> Result<Posted, Error> {
        let occasion = &command.commit.occasion;
        let decide = |accounts: &Accounts| draft(new, occasion, &accounts.target, accounts.ancestors());
        let order = Waiting { new: new.clone(), occasion: occasion.clone(), key: key.clone() };
        let mut attempts = Attempts::new();
        loop {
            let tries = self.tries_alone(command);
            if let Some(posted) = self.try_to_post(command, decide, &mut attempts, tries).await? {
                return Ok(posted);
            }
            if self.join_line(command.target.id, &order).await? {
                self.wait_in_line(command, &order, &attempts).await?;
            } else {
                attempts.pause().await?;
            }
        }
    }

    /// Whoever insists on a `seq` can only be first.
    fn tries_alone(&self, command: &Command<'_>) -> u32 {
        if command.commit.expected_seq.is_some() {
            return u32::MAX;
        }
        let is_recent = |at: Timestamp| command.commit.occasion.now.unix_ms().saturating_sub(at.unix_ms()) < SHARED_MS;
        if self.shared_at(command.target.id).is_some_and(is_recent) { 0 } else { TRIES_ALONE }
    }

    /// Waits until the order is in line no more, and leads when it is its turn. What became of it, its record tells.
    async fn wait_in_line(&self, command: &Command<'_>, order: &Waiting, attempts: &Attempts) -> Result<(), Error> {
        let (account, own_id) = (command.target.id, order.occasion.posting_id);
        let own = keys::queued(account, own_id).sort;
        let (mut seen, mut since, mut has_led) = (String::new(), Instant::now(), false);
        while !attempts.are_over() {
            let first = self.first_in_line(account).await?.unwrap_or_default();
            if first.is_empty() || first > own {
                if !has_led {
                    self.remember_shared(account, command.commit.occasion.now);
                }
                return Ok(());
            }
            if first != seen {
                (seen, since) = (first, Instant::now());
            }
            if self.is_to_lead(account, own_id, seen == own, since).await? {
                has_led = true;
                if self.lead(command).await? && seen == own {
                    return Ok(());
                }
                if seen != own {
                    since = Instant::now();
                }
            }
            sleep(pause(&seen, own_id)).await;
        }
        Err(Refusal::Contention.into())
    }

    async fn is_to_lead(
        &self,
        account: AccountId,
        own: PostingId,
        is_first: bool,
        since: Instant,
    ) -> Result<bool, Error> {
        if is_first || since.elapsed() < TAKE_OVER {
            return Ok(is_first);
        }
        let before = self.waiting_before(account, own).await?;
        Ok(since.elapsed() >= TAKE_OVER.saturating_mul(before))
    }
}

/// How long not to look at the line again whose first is `first`.
fn pause(first: &str, own: PostingId) -> Duration {
    let longest = ahead_ms(first, own).unwrap_or(0).div_euclid(PAUSES_AHEAD).min(LONGEST_LOOK_MS);
    let unhurried = rand::random_range(longest.div_euclid(2)..=longest);
    Duration::from_millis(unhurried.max(rand::random_range(LOOK_MS)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_is_far_behind_looks_less_often() {
        let order = |ms| PostingId::new(Timestamp::from_unix_ms(ms).unwrap(), 7);
        let pauses = |first: &str| (0..1_000).map(|_| pause(first, order(20_000)).as_millis()).collect::<Vec<_>>();
        for (first, shortest, longest) in [
            (order(20_000).to_string(), 20, 60),
            (order(19_960).to_string(), 20, 60),
            (order(19_800).to_string(), 50, 100),
            (order(18_000).to_string(), 125, 250),
            // One that was left behind, one that came later, and one that cannot be read.
            (order(15_000).to_string(), 20, 60),
            (order(29_000).to_string(), 20, 60),
            ("of another release".to_owned(), 20, 60),
        ] {
            let pauses = pauses(&first);
            assert!(pauses.iter().all(|pause| (shortest..=longest).contains(pause)), "{first}");
            assert!(pauses.iter().min() < pauses.iter().max(), "{first}: all look at once");
        }
    }
}
