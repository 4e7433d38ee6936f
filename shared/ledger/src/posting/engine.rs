//! Reading, planning, posting, and what to do when somebody was faster.

use domain::{Mode, Origin, Posted, Refusal};

use super::write::{entries_of, posted, writes};
use super::{Accounts, Command, Draft, Needs};
use crate::account_item::read_position;
use crate::client::Ledger;
use crate::entry_item::read_entry;
use crate::error::Error;
use crate::idempotency::{Effected, read_record};
use crate::item::{Item, Reader};
use crate::keys::{self, Key};
use crate::transaction::{Attempts, Reason};

/// What a cancelled transaction leaves us with.
pub(super) enum Cancelled {
    /// The key has had its effect already.
    Done(Item),
    /// Another attempt would meet the same.
    Refused(Refusal),
    /// Newer images were returned for every position that had changed: plan again from them.
    Replan,
    /// Something is unknown: read everything again.
    Reread,
}

impl Ledger {
    /// Carries out one command: reads what it needs, lets `decide` plan it, and posts the plan or shows it.
    ///
    /// `decide` is called again whenever what was read turned out to be old.
    ///
    /// # Errors
    /// The refusal of `decide`; [`Refusal::KeyReused`], [`Refusal::PositionChanged`]; [`Refusal::Contention`] when
    /// others kept being faster; or a failure of the store.
    pub async fn post(
        &self,
        command: &Command<'_>,
        decide: impl Fn(&Accounts) -> Result<Draft, Refusal>,
    ) -> Result<Posted, Error> {
        match self.try_to_post(command, decide, &mut Attempts::new(), u32::MAX).await {
            Ok(Some(posted)) => Ok(posted),
            Ok(None) => self.replay_or_refuse(command, Refusal::Contention).await,
            Err(Error::Refused(refusal)) if refusal != Refusal::KeyReused => {
                self.replay_or_refuse(command, refusal).await
            }
            Err(error) => Err(error),
        }
    }

    /// The same with at most so many transactions; `None` when others were faster each time. A refusal may stem from the
    /// very effect of the command's key: see [`Ledger::replay_or_refuse`].
    pub(super) async fn try_to_post(
        &self,
        command: &Command<'_>,
        decide: impl Fn(&Accounts) -> Result<Draft, Refusal>,
        attempts: &mut Attempts,
        most: u32,
    ) -> Result<Option<Posted>, Error> {
        let (mut accounts, done) = self.read_for(command).await?;
        if let Some(done) = done {
            return self.replay_posting(command, &done).await.map(Some);
        }
        let mut tries = 0..most;
        loop {
            check_seq(command, &accounts)?;
            let draft = decide(&accounts)?;
            let entries = entries_of(command, &accounts, &draft.plan)?;
            let Mode::Commit(key) = &command.commit.mode else {
                return posted(command, &accounts, draft, &entries, Origin::Previewed).map(Some);
            };
            if tries.next().is_none() {
                return Ok(None);
            }
            let writes = writes(command, key, &accounts, &draft, &entries)?;
            let refusals: Vec<Option<Refusal>> = writes.iter().map(|write| write.refusal().cloned()).collect();
            let Err(reasons) = self.transact(writes).await? else {
                return posted(command, &accounts, draft, &entries, Origin::Posted).map(Some);
            };
            match cancelled(reasons, refusals, &mut accounts)? {
                Cancelled::Done(done) => return self.replay_posting(command, &done).await.map(Some),
                Cancelled::Refused(refusal) => return Err(refusal.into()),
                Cancelled::Replan => attempts.pause().await?,
                Cancelled::Reread => {
                    attempts.pause().await?;
                    let (fresh, done) = self.read_for(command).await?;
                    if let Some(done) = done {
                        return self.replay_posting(command, &done).await.map(Some);
                    }
                    accounts = fresh;
                }
            }
        }
    }

    /// Everything that the command needs, in one round trip: accounts, records and the idempotency record.
    async fn read_for(&self, command: &Command<'_>) -> Result<(Accounts, Option<Item>), Error> {
        let target = keys::position(command.target.id);
        let (others, may_be_missing) = others(command);
        let records: Vec<Key> = command.reads.iter().map(|record| record.key(command.target.id)).collect();
        let done = match &command.commit.mode {
            Mode::Commit(key) => Some(keys::idempotency(&key.record)),
            Mode::Preview => None,
        };
        let all = std::iter::once(&target).chain(&others).chain(&records).chain(&done);
        let items = self.batch(&all.cloned().collect::<Vec<Key>>()).await?;
        let is_there = |key: &&Key| !may_be_missing || items.get(key).is_some();
        let accounts = Accounts {
            target: self.account_in(&items, &target)?,
            others: others.iter().filter(is_there).map(|key| self.account_in(&items, key)).collect::<Result<_, _>>()?,
            records: command
                .reads
                .iter()
                .zip(&records)
                .filter_map(|(record, key)| items.get(key).map(|item| record.read(item)))
                .collect::<Result<_, _>>()?,
        };
        Ok((accounts, done.and_then(|key| items.get(&key).cloned())))
    }

    /// A refusal may stem from the very effect of this key, committed by a twin of the request a moment ago: then that
    /// is the answer.
    pub(super) async fn replay_or_refuse(&self, command: &Command<'_>, refusal: Refusal) -> Result<Posted, Error> {
        let Mode::Commit(key) = &command.commit.mode else { return Err(refusal.into()) };
        match self.get(&keys::idempotency(&key.record)).await? {
            Some(done) => self.replay_posting(command, &done).await,
            None => Err(refusal.into()),
        }
    }

    async fn replay_posting(&self, command: &Command<'_>, done: &Item) -> Result<Posted, Error> {
        let Mode::Commit(key) = &command.commit.mode else { return Err(Refusal::KeyReused.into()) };
        match read_record(done, key)? {
            Effected::Posting(effects) => {
                let posted = self.rebuild(&effects).await?;
                // Posted by this very request, whoever carried it out and however late: it is its first answer.
                let is_own = posted.posting_id == command.commit.occasion.posting_id;
                Ok(Posted { origin: if is_own { Origin::Posted } else { Origin::Replayed }, ..posted })
            }
            Effected::Program(_) | Effected::Application(..) => Err(Refusal::KeyReused.into()),
        }
    }
}

/// The keys of the other accounts, and whether some of them may name nothing.
fn others(command: &Command<'_>) -> (Vec<Key>, bool) {
    let ancestors = |count| command.target.ancestors.iter().take(count).map(|id| keys::position(*id)).collect();
    match &command.needs {
        Needs::Nothing => (Vec::new(), false),
        Needs::Parent => (ancestors(1), false),
        Needs::Ancestors => (ancestors(usize::MAX), false),
        Needs::Children(ids) => (ids.iter().map(|id| keys::position(*id)).collect(), true),
    }
}

/// Sorts the reasons of a cancelled transaction, the idempotency record's first: a replay that also meets a changed
/// position is still a replay.
fn cancelled(
    reasons: Vec<Reason>,
    refusals: Vec<Option<Refusal>>,
    accounts: &mut Accounts,
) -> Result<Cancelled, Error> {
    let mut reasons = reasons.into_iter().zip(refusals);
    match reasons.next() {
        Some((Reason::Failed(Some(done)), _)) => Ok(Cancelled::Done(done)),
        Some((Reason::Fine, _)) => outrun(reasons, accounts),
        Some((Reason::Failed(None) | Reason::Busy, _)) | None => Ok(Cancelled::Reread),
    }
}

/// Sorts the reasons of everything but idempotency records, and takes over the positions that were returned.
pub(super) fn outrun(
    reasons: impl Iterator<Item = (Reason, Option<Refusal>)>,
    accounts: &mut Accounts,
) -> Result<Cancelled, Error> {
    let (mut fresh, mut outrun, mut has_unknown) = (Vec::new(), Vec::new(), false);
    for (reason, refusal) in reasons {
        match (reason, refusal) {
            (Reason::Fine, _) => {}
            (Reason::Failed(_), Some(refusal)) => return Ok(Cancelled::Refused(refusal)),
            (Reason::Failed(Some(image)), None) if is(&image, "position") => {
                let account = read_position(&image)?;
                fresh.push(account.id());
                accounts.take(account);
            }
            (Reason::Failed(Some(image)), None) if is(&image, "entry") => outrun.push(read_entry(&image)?.account_id),
            // A record that changed, or an item that somebody else is at.
            (Reason::Failed(_) | Reason::Busy, None) | (Reason::Busy, Some(_)) => has_unknown = true,
        }
    }
    // An entry stands already exactly where the position has moved on; its image then says where to.
    let is_known = !has_unknown && !fresh.is_empty() && outrun.iter().all(|account| fresh.contains(account));
    Ok(if is_known { Cancelled::Replan } else { Cancelled::Reread })
}

fn is(item: &Item, kind: &str) -> bool {
    Reader(item).text("item") == Ok(kind)
}

fn check_seq(command: &Command<'_>, accounts: &Accounts) -> Result<(), Refusal> {
    match command.commit.expected_seq {
        Some(expected) if expected != accounts.target.seq => {
            Err(Refusal::PositionChanged("the account has another seq than If-Match says"))
        }
        _ => Ok(()),
    }
}
