//! The invariants of positions and entries, and of what is kept beside them.

use std::collections::{BTreeMap, BTreeSet};

use super::table::{Figures, Position, Table, text};
use super::{Checked, ensure, same};

/// What may take `available` below zero, or further below.
const OVERDRAWING: [&str; 4] = ["charge", "reversal", "settlement", "closure"];

pub fn check(table: &Table) -> Checked {
    for position in table.positions.values() {
        sums(table, position)?;
        history(table, position)?;
        counts(table, position)?;
        holds(table, position)?;
    }
    pointers(table)?;
    payments(table)?;
    twins(table)
}

fn of(figures: &Figures, name: &str) -> i128 {
    figures.get(name).copied().unwrap_or_default()
}

fn sums(table: &Table, position: &Position) -> Checked {
    let Position { id, figures, .. } = position;
    let parts = ["available", "allocated", "held", "used"].map(|name| of(figures, name));
    same(&format!("granted of {id}"), &of(figures, "granted"), &parts.iter().sum())?;
    let below: i128 = table.children(id).map(|child| of(&child.figures, "granted")).sum();
    same(&format!("allocated of {id}"), &of(figures, "allocated"), &below)?;
    for name in ["granted", "allocated", "held"] {
        ensure(of(figures, name) >= 0, || format!("{name} of {id} is negative: {figures:?}"))?;
    }
    Ok(())
}

fn history(table: &Table, position: &Position) -> Checked {
    let (mut before, mut seq, mut at) = (Figures::new(), 0, String::new());
    for entry in table.entries_of(&position.id) {
        seq += 1;
        same(&format!("number of an entry of {}", position.id), &entry.seq, &seq)?;
        for (name, after) in &entry.after {
            let expected = of(&before, name) + of(&entry.deltas, name);
            same(&format!("{name} after entry {seq} of {}", position.id), after, &expected)?;
        }
        let available = of(&entry.after, "available");
        let is_lowered = of(&entry.deltas, "available") < 0 && available < 0;
        ensure(!is_lowered || OVERDRAWING.contains(&&*entry.kind), || format!("overdrawn by {entry:?}"))?;
        ensure(at <= entry.created_at, || format!("time runs against seq at {entry:?}"))?;
        (before, at) = (entry.after.clone(), entry.created_at.clone());
    }
    same(&format!("seq of {}", position.id), &position.seq, &seq)?;
    ensure(seq == 0 || before == position.figures, || format!("{position:?} is not what entry {seq} says: {before:?}"))
}

fn counts(table: &Table, position: &Position) -> Checked {
    let open = table.children(&position.id).filter(|child| child.status != "closed").count() as u64;
    same(&format!("open children of {}", position.id), &position.open_children, &open)?;
    let is_open = |status: &str| ["submitted", "in_review", "info_requested"].contains(&status);
    let applications = table.of_kind("application").filter(|item| item["parent_id"] == *position.id);
    let open = applications.filter(|item| is_open(&text(item, "status"))).count() as u64;
    same(&format!("open applications of {}", position.id), &position.open_applications, &open)
}

/// What is held is what the open holds hold.
fn holds(table: &Table, position: &Position) -> Checked {
    let open = table.of_kind("hold").filter(|hold| hold["account_id"] == *position.id && hold["status"] == "open");
    let postings: BTreeSet<String> = open.map(|hold| text(hold, "posting_id")).collect();
    let held = table.entries_of(&position.id).filter(|entry| postings.contains(&entry.posting));
    same(&format!("held of {}", position.id), &of(&position.figures, "held"), &held.map(|entry| entry.amount).sum())
}

/// Each open hold is found by its time, and nothing else is.
fn pointers(table: &Table) -> Checked {
    let open = table.of_kind("hold").filter(|hold| hold["status"] == "open");
    let expected: BTreeSet<String> =
        open.map(|hold| format!("{}#{}", text(hold, "expires_at"), text(hold, "hold_id"))).collect();
    let items = table.others().filter(|item| text(item, "partition_key").starts_with("DUE#"));
    same("pointers to open holds", &items.map(|item| text(item, "sort_key")).collect(), &expected)
}

/// Each payment reference belongs to one settlement, and each settlement has one.
fn payments(table: &Table) -> Checked {
    let items = table.others().filter(|item| text(item, "partition_key").starts_with("PAYMENTS#"));
    let mut used: Vec<(String, String)> =
        items.map(|item| (text(item, "partition_key").replacen("PAYMENTS#", "", 1), text(item, "sort_key"))).collect();
    let settled = table.of_kind("settlement");
    let mut settled: Vec<(String, String)> =
        settled.map(|item| (text(item, "account_id"), text(item, "payment_reference"))).collect();
    used.sort();
    settled.sort();
    same("payment references", &used, &settled)?;
    let of_kind = |kind: &str| table.postings().values().filter(|entries| entries[0].kind == kind).count();
    same("settlements", &settled.len(), &of_kind("settlement"))?;
    let reversed = table.of_kind("settlement").filter(|item| item["reversed"] == true).count();
    same("reversals", &of_kind("reversal"), &reversed)?;
    let purchases = table.of_kind("purchase").count();
    same("purchases", &purchases, &(of_kind("purchase") + of_kind("capture")))?;
    let holds = table.of_kind("hold").count();
    same("holds", &holds, &of_kind("hold"))?;
    let ended = table.of_kind("hold").filter(|item| item["status"] != "open").count();
    same("ended holds", &ended, &(of_kind("capture") + of_kind("release") + of_kind("expiry")))
}

/// What one account gets, the other one gives.
fn twins(table: &Table) -> Checked {
    for (posting, entries) in table.postings() {
        let mut granted: BTreeMap<&str, i128> = BTreeMap::new();
        for entry in &entries {
            let position = &table.positions[&entry.account];
            if let Some(parent) = position.parent() {
                *granted.entry(parent).or_default() += of(&entry.deltas, "granted");
            }
        }
        for (parent, granted) in granted {
            let entry = entries.iter().find(|entry| entry.account == parent);
            let allocated = entry.map_or(0, |entry| of(&entry.deltas, "allocated"));
            same(&format!("allocated by {posting}"), &allocated, &granted)?;
        }
    }
    Ok(())
}
