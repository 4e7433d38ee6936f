//! Many lines of a bill in one posting: one entry for all, and for each the record by which it is known.
//!
//! A line that is posted here and one that is posted alone leave the same record behind, so a line counts once however it
//! comes, and is found by its `source_id` either way.

use domain::account::Lineage;
use domain::plan::{Plan, consumption};
use domain::{Amount, IdempotencyKey, Occasion, Refusal, UsageLine};

use super::engine::{Cancelled, outrun};
use super::write::{account_after, entry_of};
use super::{Accounts, Words};
use crate::client::Ledger;
use crate::entry_item::entry;
use crate::error::Error;
use crate::idempotency::{Effected, Effects, read_record, usage_record};
use crate::item::Item;
use crate::keys::{self, Key};
use crate::transaction::{Attempts, Reason, Write};

/// The most lines of one posting. With the account, its entry and its ancestors they stay below the hundred items that a
/// transaction writes and a batch reads.
pub const MAX_BILL_LINES: usize = 90;

/// Lines of one account's bill that are to be posted together.
#[derive(Clone, Debug)]
pub struct Bill<'a> {
    /// The account.
    pub target: &'a Lineage,
    /// Who posts them, and when.
    pub occasion: Occasion,
    /// Where they come from: the entry's reference when it stands for several lines.
    pub reference: String,
    /// At most [`MAX_BILL_LINES`], no key twice.
    pub lines: Vec<BilledLine>,
}

/// A line with the key by which it is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BilledLine {
    /// The key, the same as that of a charge of this line alone.
    pub key: IdempotencyKey,
    /// The line.
    pub line: UsageLine,
}

/// A line counts; since when?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counted {
    /// It was just posted.
    Now,
    /// It had been posted before, by whichever way.
    Before,
}

type Outcome = Result<Counted, Refusal>;

/// What is known of the lines of a bill.
struct Lines<'a> {
    /// Those that are still to be posted, by their index.
    open: Vec<(usize, &'a BilledLine)>,
    /// Those of which it is known what became of them.
    done: Vec<(usize, Outcome)>,
}

/// Lines that a plan counts, with what they cost, and lines that it leaves out.
struct Planned<'a> {
    plan: Option<Plan>,
    fit: Vec<(usize, &'a BilledLine, Amount)>,
    unfit: Vec<(usize, &'a BilledLine, Refusal)>,
}

impl Ledger {
    /// Posts the lines of a bill that have not been posted before, in one transaction with one entry.
    ///
    /// Answers for every line, in their order: counted now, counted before, or refused, alone, with nothing changed by it.
    ///
    /// # Errors
    /// [`Refusal::Contention`] when others kept being faster, or a failure of the store. Then all of it may be sent again.
    pub async fn post_bill(&self, bill: &Bill<'_>) -> Result<Vec<Outcome>, Error> {
        let mut attempts = Attempts::new();
        let mut lines = Lines { open: bill.lines.iter().enumerate().collect(), done: Vec::new() };
        let mut accounts = self.read_bill(bill, &mut lines).await?;
        loop {
            let planned = plan_lines(&accounts, &lines.open);
            let Some(plan) = &planned.plan else {
                self.refuse(planned.unfit, &mut lines.done).await?;
                return Ok(in_order(lines.done));
            };
            let Err(reasons) = self.transact(writes(bill, &accounts, plan, &planned.fit)).await? else {
                lines.done.extend(planned.fit.iter().map(|(index, ..)| (*index, Ok(Counted::Now))));
                self.refuse(planned.unfit, &mut lines.done).await?;
                return Ok(in_order(lines.done));
            };
            match cancelled(reasons, planned.fit.len(), &mut accounts)? {
                Cancelled::Replan => attempts.pause().await?,
                // The records say by themselves which lines have been counted meanwhile.
                Cancelled::Reread | Cancelled::Done(_) | Cancelled::Refused(_) => {
                    attempts.pause().await?;
                    accounts = self.read_bill(bill, &mut lines).await?;
                }
            }
        }
    }

    /// The account, its ancestors and the records of all open lines, in one round trip. Lines that have a record are open
    /// no longer.
    async fn read_bill(&self, bill: &Bill<'_>, lines: &mut Lines<'_>) -> Result<Accounts, Error> {
        let target = keys::position(bill.target.id);
        let ancestors: Vec<Key> = bill.target.ancestors.iter().map(|id| keys::position(*id)).collect();
        let records = lines.open.iter().map(|(_, billed)| keys::idempotency(&billed.key.record));
        let all: Vec<Key> = std::iter::once(target.clone()).chain(ancestors.iter().cloned()).chain(records).collect();
        let items = self.batch(&all).await?;
        for (index, billed) in std::mem::take(&mut lines.open) {
            match items.get(&keys::idempotency(&billed.key.record)) {
                Some(record) => lines.done.push((index, counted_before(record, &billed.key)?)),
                None => lines.open.push((index, billed)),
            }
        }
        Ok(Accounts {
            target: self.account_in(&items, &target)?,
            others: ancestors.iter().map(|key| self.account_in(&items, key)).collect::<Result<_, _>>()?,
            records: Vec::new(),
        })
    }

    /// A refusal may stem from the very posting of the line, committed by a twin a moment ago: then the line counts.
    async fn refuse(
        &self,
        unfit: Vec<(usize, &BilledLine, Refusal)>,
        done: &mut Vec<(usize, Outcome)>,
    ) -> Result<(), Error> {
        let records: Vec<Key> = unfit.iter().map(|(_, billed, _)| keys::idempotency(&billed.key.record)).collect();
        let items = self.batch(&records).await?;
        for ((index, billed, refusal), record) in unfit.into_iter().zip(&records) {
            done.push((index, items.get(record).map_or(Ok(Err(refusal)), |item| counted_before(item, &billed.key))?));
        }
        Ok(())
    }
}

/// What a record says of the line: it was posted before, or another line has its name.
fn counted_before(record: &Item, key: &IdempotencyKey) -> Result<Outcome, Error> {
    match read_record(record, key) {
        Ok(Effected::Posting(_)) => Ok(Ok(Counted::Before)),
        Ok(Effected::Program(_) | Effected::Application(..)) => Ok(Err(Refusal::KeyReused)),
        Err(Error::Refused(refusal)) => Ok(Err(refusal)),
        Err(error) => Err(error),
    }
}

fn plan_lines<'a>(accounts: &Accounts, open: &[(usize, &'a BilledLine)]) -> Planned<'a> {
    let list_amounts: Vec<Amount> = open.iter().map(|(_, billed)| billed.line.list_amount).collect();
    let mut planned = Planned { plan: None, fit: Vec::new(), unfit: Vec::new() };
    match consumption::charges(&accounts.target, accounts.ancestors(), &list_amounts) {
        Ok(charged) => {
            planned.plan = charged.plan;
            for ((index, billed), cost) in open.iter().zip(charged.costs) {
                match cost {
                    Ok(cost) => planned.fit.push((*index, *billed, cost)),
                    Err(refusal) => planned.unfit.push((*index, *billed, refusal)),
                }
            }
        }
        Err(refusal) => {
            planned.unfit.extend(open.iter().map(|(index, billed)| (*index, *billed, refusal.clone())));
        }
    }
    planned
}

/// Everything that is written, the records of the lines first.
fn writes(bill: &Bill<'_>, accounts: &Accounts, plan: &Plan, fit: &[(usize, &BilledLine, Amount)]) -> Vec<Write> {
    let Bill { occasion, target, .. } = bill;
    let account = &accounts.target;
    let words = words(bill, fit);
    let entries: Vec<_> = plan.legs.iter().map(|leg| entry_of(occasion, &words, account, plan.kind, leg)).collect();
    let record = |(_, billed, cost): &(usize, &BilledLine, Amount)| {
        let effects = Effects {
            posting_id: occasion.posting_id,
            kind: plan.kind,
            amount: *cost,
            created_at: account.entry_time(occasion.now),
            target: target.id,
            entries: entries.iter().map(|entry| (entry.account_id, entry.seq)).collect(),
            records: Vec::new(),
        };
        Write::create(usage_record(&billed.key, effects, occasion.now, &billed.line))
    };
    let mut writes: Vec<Write> = fit.iter().map(record).collect();
    writes.extend(entries.iter().map(|made| Write::create(entry(made, &account.lineage))));
    writes.extend(entries.iter().map(|made| Write::replace_account(account_after(account, made))));
    writes
}

/// A line that is posted alone says in its entry what it says as a single charge.
fn words(bill: &Bill<'_>, fit: &[(usize, &BilledLine, Amount)]) -> Words {
    match fit {
        [(_, alone, _)] => {
            Words { reference: Some(alone.line.source_id.clone()), note: Some(alone.line.service.clone()) }
        }
        several => Words { reference: Some(bill.reference.clone()), note: Some(format!("{} lines", several.len())) },
    }
}

/// Sorts the reasons of a cancelled transaction, those of the records first: what else has changed does not matter as long
/// as it is not known which lines are still to be counted.
fn cancelled(mut reasons: Vec<Reason>, records: usize, accounts: &mut Accounts) -> Result<Cancelled, Error> {
    let others = reasons.split_off(records.min(reasons.len()));
    if reasons.iter().any(|reason| !matches!(reason, Reason::Fine)) {
        return Ok(Cancelled::Reread);
    }
    outrun(others.into_iter().map(|reason| (reason, None)), accounts)
}

fn in_order(mut done: Vec<(usize, Outcome)>) -> Vec<Outcome> {
    done.sort_by_key(|(index, _)| *index);
    done.into_iter().map(|(_, outcome)| outcome).collect()
}

#[cfg(test)]
mod tests;
