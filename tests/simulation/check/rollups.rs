//! Roll-ups are the sums of what they roll up.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::table::{Figures, Position, Table, figures, text, whole};
use super::{Checked, same};
use crate::number::number;

pub fn check(table: &Table) -> Checked {
    for position in table.positions.values() {
        totals(table, position)?;
        owed(table, position)?;
        nearest(table, position)?;
    }
    Ok(())
}

fn totals(table: &Table, parent: &Position) -> Checked {
    let id = &parent.id;
    let mut expected = Figures::new();
    let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
    for child in table.children(id) {
        *counts.entry(&child.status).or_default() += 1;
        for (name, value) in &child.figures {
            *expected.entry(name.clone()).or_default() += value;
        }
        let held = table.at(&format!("ROLLUP#{id}"), &child.id);
        let version = held.map(|held| whole(held, "version"));
        same(&format!("version of {} that is rolled up", child.id), &version, &Some(child.version))?;
    }
    if counts.is_empty() {
        return Ok(());
    }
    let stored = table.at(&format!("ROLLUP#{id}"), "TOTALS").ok_or_else(|| format!("no totals of {id}"))?;
    let found = figures(stored);
    for (name, value) in &expected {
        same(&format!("total {name} of {id}"), &found.get(name).copied().unwrap_or_default(), value)?;
    }
    for status in ["active", "suspended", "closed"] {
        let count = counts.get(status).copied().unwrap_or_default();
        same(&format!("{status} children of {id}"), &whole(stored, status), &count)?;
    }
    Ok(())
}

/// What an account came to owe for its children is all that it paid and owes but for what it consumed by itself.
fn owed(table: &Table, position: &Position) -> Checked {
    const OWN: [&str; 4] = ["purchase", "capture", "charge", "refund"];
    let own = table.entries_of(&position.id).filter(|entry| OWN.contains(&&*entry.kind));
    let consumed: i128 = own.map(|entry| entry.deltas.get("used").copied().unwrap_or_default()).sum();
    let expected = position.figures["paid"] + position.figures["used"] - consumed;
    let stored = table.at(&format!("ROLLUP#{}", position.id), "OWED");
    let found = stored.map_or(0, |stored| number(&text(stored, "amount")));
    same(&format!("owed by {} for its children", position.id), &found, &expected)
}

/// Each child stands among its siblings once, by status and whole percent left.
fn nearest(table: &Table, parent: &Position) -> Checked {
    let partition = format!("NEAREST#{}", parent.id);
    let is_here = |item: &&Value| item["partition_key"] == *partition;
    let found: BTreeSet<String> = table.others().filter(is_here).map(|item| text(item, "sort_key")).collect();
    let expected: BTreeSet<String> =
        table.children(&parent.id).map(|child| format!("{}#{:04}#{}", child.status, rank(child), child.id)).collect();
    same(&format!("children of {} by nearness", parent.id), &found, &expected)
}

/// 0 when overdrawn, else one more than the whole percentage that is left, of a thousand at most; after all others where
/// nothing is granted.
fn rank(child: &Position) -> i128 {
    let (granted, available) = (child.figures["granted"], child.figures["available"]);
    match (granted, available) {
        (_, ..0) => 0,
        (0, _) => 1_002,
        _ => (available * 100 / granted).min(1_000) + 1,
    }
}
