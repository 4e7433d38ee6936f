//! What a decided command writes, and what is told of it.

use domain::account::Status;
use domain::{
    Account, Effect, Entry, EntryId, IdempotencyKey, Kind, Leg, Occasion, Origin, Plan, Posted, Record, Timestamp,
};

use super::{Accounts, Command, Draft, Words};
use crate::entry_item::entry;
use crate::error::Error;
use crate::idempotency::{Effected, Effects, record, usage_record};
use crate::onboarding::freed_names;
use crate::record::{RecordKey, told, writes as record_writes};
use crate::standing::{StatusChange, audit};
use crate::transaction::Write;

/// The entries that a plan makes: numbered on from each account's last one, never earlier than it.
pub(super) fn entries_of(command: &Command<'_>, accounts: &Accounts, plan: &Plan) -> Result<Vec<Entry>, Error> {
    plan.legs
        .iter()
        .map(|leg| {
            let account = accounts.find(leg.account_id)?;
            Ok(entry_of(&command.commit.occasion, &command.words, account, plan.kind, leg))
        })
        .collect()
}

pub(crate) fn entry_of(occasion: &Occasion, words: &Words, account: &Account, kind: Kind, leg: &Leg) -> Entry {
    let created_at = account.entry_time(occasion.now);
    Entry {
        id: EntryId::new(created_at, rand::random()),
        account_id: leg.account_id,
        seq: account.seq.saturating_add(1),
        posting_id: occasion.posting_id,
        kind,
        currency: account.currency(),
        amount: leg.amount,
        deltas: leg.deltas.clone(),
        after: leg.after.clone(),
        by: occasion.by.clone(),
        reference: words.reference.clone(),
        note: words.note.clone(),
        created_at,
    }
}

/// The account as it stands after an entry, still with the version that was read.
pub(crate) fn account_after(account: &Account, entry: &Entry) -> Account {
    let mut after = account.clone();
    after.figures = entry.after.clone();
    after.seq = entry.seq;
    after.last_entry_at = Some(entry.created_at);
    after
}

/// Everything that is written, the idempotency record first.
pub(super) fn writes(
    command: &Command<'_>,
    key: &IdempotencyKey,
    accounts: &Accounts,
    draft: &Draft,
    entries: &[Entry],
) -> Result<Vec<Write>, Error> {
    let effects = effects(command, accounts, draft, entries);
    let now = command.commit.occasion.now;
    let usage = draft.records.iter().find_map(|record| match record {
        Record::Usage(line) => Some(line),
        _ => None,
    });
    let mut writes = vec![Write::create(match usage {
        Some(line) => usage_record(key, effects, now, line),
        None => record(key, &Effected::Posting(effects), now),
    })];
    for entry_made in entries {
        let account = accounts.find(entry_made.account_id)?;
        writes.push(Write::create(entry(entry_made, &account.lineage)));
    }
    writes.extend(changed(accounts, draft, entries)?.into_iter().map(Write::replace_account));
    writes.extend(draft.records.iter().flat_map(|record| record_writes(command.target.id, record)));
    if let Some(company) = &draft.closes {
        let closed = Account { status: Status::Closed, ..accounts.target.clone() };
        let (by, now) = (command.commit.occasion.by.clone(), command.commit.occasion.now);
        let change = StatusChange { by, now, reason: command.words.note.clone() };
        writes.push(Write::create(audit(&closed, &change)));
        writes.extend(freed_names(command.target.program_id, company, command.target.id));
    }
    Ok(writes)
}

fn effects(command: &Command<'_>, accounts: &Accounts, draft: &Draft, entries: &[Entry]) -> Effects {
    Effects {
        posting_id: command.commit.occasion.posting_id,
        kind: draft.plan.kind,
        amount: draft.plan.amount(),
        created_at: created_at(command, accounts),
        target: command.target.id,
        entries: entries.iter().map(|entry| (entry.account_id, entry.seq)).collect(),
        records: draft.records.iter().filter_map(told).collect::<Vec<RecordKey>>(),
    }
}

/// The accounts that change: those with an entry, and at a closure the account and its parent in any case.
fn changed(accounts: &Accounts, draft: &Draft, entries: &[Entry]) -> Result<Vec<Account>, Error> {
    let mut changed = Vec::with_capacity(entries.len().saturating_add(1));
    for entry in entries {
        changed.push(account_after(accounts.find(entry.account_id)?, entry));
    }
    if draft.closes.is_some() {
        update(&mut changed, &accounts.target, |target| target.status = Status::Closed);
        update(&mut changed, accounts.parent()?, |parent| {
            parent.open_children = parent.open_children.saturating_sub(1);
        });
    }
    Ok(changed)
}

/// Changes the account among those that change, or puts it there.
fn update(changed: &mut Vec<Account>, account: &Account, change: impl FnOnce(&mut Account)) {
    match changed.iter_mut().find(|other| other.id() == account.id()) {
        Some(known) => change(known),
        None => {
            let mut account = account.clone();
            change(&mut account);
            changed.push(account);
        }
    }
}

fn created_at(command: &Command<'_>, accounts: &Accounts) -> Timestamp {
    accounts.target.entry_time(command.commit.occasion.now)
}

pub(super) fn posted(
    command: &Command<'_>,
    accounts: &Accounts,
    draft: Draft,
    entries: &[Entry],
    origin: Origin,
) -> Result<Posted, Error> {
    let effect = |(leg, entry): (&Leg, &Entry)| {
        Ok::<_, Error>(Effect {
            lineage: accounts.find(entry.account_id)?.lineage.clone(),
            before: leg.before.clone(),
            after: leg.after.clone(),
            seq: entry.seq,
            at: entry.created_at,
        })
    };
    let is_told = |record: &Record| told(record).is_some();
    Ok(Posted {
        posting_id: command.commit.occasion.posting_id,
        kind: draft.plan.kind,
        amount: draft.plan.amount(),
        target: accounts.target.lineage.clone(),
        effects: draft.plan.legs.iter().zip(entries).map(effect).collect::<Result<_, _>>()?,
        records: draft.records.into_iter().filter(is_told).collect(),
        created_at: created_at(command, accounts),
        origin,
    })
}
