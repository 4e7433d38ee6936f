//! Finds an order of what was accepted at once that the model agrees with.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::Value;

use crate::command::Command;
use crate::compare::{Difference, Lens, same};
use crate::concurrent::Done;
use crate::finish;
use crate::play::remember;
use crate::rules::{Verdict, carry_out, decide};
use crate::session::{Names, Session};
use crate::world::{AccountAt, World};

/// One posting as the ledgers have it: the account and number of each of its entries.
type Places = Vec<(AccountAt, usize)>;

/// Replays the postings in an order that keeps every account's own; each has to do what its entries say, and together
/// they have to lead to what can be read now.
pub async fn explain(mut session: Session, mut world: World, done: Vec<Done>) -> Result<(), Difference> {
    let mut ledgers: Vec<Vec<Value>> = Vec::new();
    for account in 0..world.accounts.len() {
        ledgers.push(finish::entries_after(&session, account, 0, 0).await);
    }
    let mut done: HashMap<String, Done> =
        done.into_iter().map(|done| (done.body["posting_id"].as_str().unwrap_or_default().to_owned(), done)).collect();
    let postings = by_posting(&ledgers);
    for id in done.keys() {
        if !postings.contains_key(id) {
            return Err(format!("accepted, and in no ledger: {id}"));
        }
    }
    let mut made = Names { accounts: std::mem::take(&mut session.names.accounts), ..Names::default() };
    std::mem::swap(&mut session.names, &mut made);
    for id in in_order(&postings, &ledgers)? {
        let Some(Done { command, body }) = done.remove(&id) else {
            return Err(format!("in the ledgers, and never accepted: {id}"));
        };
        let command = renamed(command, &made, &session.names)?;
        let posting = match decide(&world, &command) {
            Verdict::Posted(posting) => posting,
            verdict => return Err(format!("accepted, but the model says {verdict:?}\n{command:?}\n{body:#}")),
        };
        carry_out(&mut world, &posting);
        remember(&mut session, &posting, &body);
        let accounts: BTreeSet<AccountAt> = posting.legs.iter().map(|leg| leg.account).collect();
        let places = &postings[&id];
        let entered: BTreeSet<AccountAt> = places.iter().map(|(account, _)| *account).collect();
        same("accounts of a posting", &entered, &accounts)?;
        let lens = Lens { world: &world, names: &session.names, viewer: Some(0) };
        for (account, seq) in places {
            let shown = &ledgers[*account][*seq - 1];
            let entries = &world.accounts[*account].entries;
            same("seq", &entries.len(), seq)?;
            finish::entry(&lens, *account, shown, &entries[*seq - 1])
                .map_err(|difference| format!("{difference}\n{command:?}\n{shown:#}"))?;
        }
        world.check();
    }
    finish::check(&session, &world).await
}

/// The entries of each posting. The first of the provider's is the program's capacity, which came with the program.
fn by_posting(ledgers: &[Vec<Value>]) -> BTreeMap<String, Places> {
    let mut postings: BTreeMap<String, Places> = BTreeMap::new();
    for (account, entries) in ledgers.iter().enumerate() {
        for (at, entry) in entries.iter().enumerate().skip(usize::from(account == 0)) {
            let id = entry["posting_id"].as_str().unwrap_or_default().to_owned();
            postings.entry(id).or_default().push((account, at + 1));
        }
    }
    postings
}

/// An order of the postings in which each account's entries come one after the other.
fn in_order(postings: &BTreeMap<String, Places>, ledgers: &[Vec<Value>]) -> Result<Vec<String>, Difference> {
    let mut next: Vec<usize> = (0..ledgers.len()).map(|account| if account == 0 { 2 } else { 1 }).collect();
    let mut left: BTreeMap<&String, &Places> = postings.iter().collect();
    let mut order = Vec::with_capacity(left.len());
    while !left.is_empty() {
        let is_next = |places: &Places| places.iter().all(|(account, seq)| next[*account] == *seq);
        let ready: Vec<&String> = left.iter().filter(|(_, places)| is_next(places)).map(|(id, _)| *id).collect();
        if ready.is_empty() {
            return Err(format!("no order: of these each waits for another: {left:?}"));
        }
        // None of them shares an account with another, as each is the next one of all of its accounts.
        for id in ready {
            for (account, _) in left.remove(id).into_iter().flatten() {
                next[*account] += 1;
            }
            order.push(id.clone());
        }
    }
    Ok(order)
}

/// The command with the places that its purchase, hold or settlement has in the replay.
fn renamed(mut command: Command, made: &Names, replayed: &Names) -> Result<Command, Difference> {
    let place = |at: &mut usize, made: &[String], replayed: &[String]| {
        let id = &made[*at];
        let found = replayed.iter().position(|other| other == id);
        *at = found.ok_or_else(|| format!("used before it was made: {id}"))?;
        Ok::<(), Difference>(())
    };
    match &mut command {
        Command::Capture { hold, .. } | Command::Release { hold } => place(hold, &made.holds, &replayed.holds)?,
        Command::Refund { purchase, .. } => place(purchase, &made.purchases, &replayed.purchases)?,
        Command::Reversal { settlement } => place(settlement, &made.settlements, &replayed.settlements)?,
        _ => {}
    }
    Ok(command)
}
