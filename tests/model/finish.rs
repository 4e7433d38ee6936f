//! What has to hold at the end of a history: positions, entries, verification, records.

use std::time::Duration;

use serde_json::Value;
use tests::program::items;

use crate::compare::{Difference, Lens, same};
use crate::play::name;
use crate::session::Session;
use crate::world::{AccountAt, Entry, HoldState, World};

/// A hang ends the test; nothing is measured.
const HANG: Duration = Duration::from_secs(60);

/// Compares everything that can be read with the model.
pub async fn check(session: &Session, world: &World) -> Result<(), Difference> {
    world.check();
    let lens = Lens { world, names: &session.names, viewer: Some(0) };
    for (at, account) in world.accounts.iter().enumerate() {
        let position = get(session, at, "/position").await;
        lens.position(&position, at, &account.figures, account.seq())?;
        let entries = entries_after(session, at, 0, account.seq()).await;
        same(&format!("entries of account {at}"), &entries.len(), &account.seq())?;
        for (place, (shown, entry)) in entries.iter().zip(&account.entries).enumerate() {
            let compared = same("seq", &shown["seq"], &(place + 1)).and_then(|()| self::entry(&lens, at, shown, entry));
            compared.map_err(|difference| format!("{difference}\nentry {} of account {at}\n{shown:#}", place + 1))?;
        }
        let verification = get(session, at, "/verification").await;
        same(&format!("verification of account {at}"), &verification["consistent"], &true)?;
        same("entries that were verified", &verification["entries"], &account.seq())?;
        if account.depth > 0 {
            same(&format!("status of account {at}"), &get(session, at, "").await["status"], &name(account.status))?;
        }
    }
    records(session, world).await
}

/// An entry as the provider sees it.
pub fn entry(lens: &Lens<'_>, at: AccountAt, shown: &Value, entry: &Entry) -> Result<(), Difference> {
    let minor = lens.world.minor;
    same("kind", &shown["kind"], &entry.kind)?;
    same("amount", &shown["amount"], &entry.amount.show(minor))?;
    lens.figures(&shown["after"], at, &entry.after)?;
    let mut expected = serde_json::Map::new();
    for (name, delta) in entry.deltas.named().into_iter().filter(|(_, delta)| !delta.is_zero()) {
        expected.insert(name.to_owned(), delta.show(minor).into());
    }
    if entry.deltas.upstream.iter().any(|delta| !delta.is_zero()) {
        let upstream: Vec<String> = entry.deltas.upstream.iter().map(|delta| delta.show(minor)).collect();
        expected.insert("upstream".to_owned(), upstream.into());
    }
    same("deltas", &shown["deltas"], &Value::from(expected))
}

async fn records(session: &Session, world: &World) -> Result<(), Difference> {
    let names = &session.names;
    for account in 0..world.accounts.len() {
        let minor = world.minor;
        let of = |owner: AccountAt| owner == account;
        if world.purchases.iter().any(|purchase| of(purchase.account)) {
            let shown = all(session, account, "purchases").await;
            for (purchase, id) in world.purchases.iter().zip(&names.purchases).filter(|(it, _)| of(it.account)) {
                same("refunded", &find(&shown, id)?["refunded"], &purchase.refunded.show(minor))?;
            }
        }
        if world.holds.iter().any(|hold| of(hold.account)) {
            let shown = all(session, account, "holds").await;
            for (hold, id) in world.holds.iter().zip(&names.holds).filter(|(it, _)| of(it.account)) {
                same("status of a hold", &find(&shown, id)?["status"], &state(hold.state))?;
            }
        }
        if world.settlements.iter().any(|settlement| of(settlement.account)) {
            let shown = all(session, account, "settlements").await;
            for (settlement, id) in world.settlements.iter().zip(&names.settlements).filter(|(it, _)| of(it.account)) {
                let shown = find(&shown, id)?;
                same("amount of a settlement", &shown["amount"], &settlement.amount.show(minor))?;
                same("backfilled", &shown["backfilled"], &settlement.backfilled.show(minor))?;
                same("reversed", &shown["reversed"], &settlement.is_reversed)?;
            }
        }
    }
    Ok(())
}

fn state(state: HoldState) -> &'static str {
    match state {
        HoldState::Open => "open",
        HoldState::Captured => "captured",
        HoldState::Released => "released",
        HoldState::Expired => "expired",
    }
}

fn find<'a>(shown: &'a [Value], id: &str) -> Result<&'a Value, Difference> {
    shown.iter().find(|item| item["id"] == id).ok_or_else(|| format!("{id} is not listed"))
}

async fn get(session: &Session, account: AccountAt, what: &str) -> Value {
    let path = format!("/v1/accounts/{}{what}", session.names.accounts[account]);
    session.caller(Some(0)).get(path).await.expect(200)
}

/// Every item of a list, first shown first.
pub async fn all(session: &Session, account: AccountAt, list: &str) -> Vec<Value> {
    let (mut found, mut cursor) = (vec![], String::new());
    loop {
        let page = get(session, account, &format!("/{list}?limit=200{cursor}")).await;
        found.extend(items(&page));
        let Some(next) = page["next_cursor"].as_str() else { return found };
        cursor = format!("&cursor={next}");
    }
}

/// The entries after `seq`, oldest first; waits until there are at least `count`.
pub async fn entries_after(session: &Session, account: AccountAt, seq: usize, count: usize) -> Vec<Value> {
    let waited = tokio::time::timeout(HANG, async {
        loop {
            let mut entries = all(session, account, "entries").await;
            entries.reverse();
            let later = entries.split_off(seq.min(entries.len()));
            if later.len() >= count {
                return later;
            }
        }
    });
    waited.await.unwrap_or_else(|_| panic!("account {account} does not get to {} entries", seq + count))
}
