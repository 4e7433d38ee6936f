//! What orders and bills cost the account and, further up, everybody above it: computed anew from list amounts and
//! discounts. No discount changes in a history.

use std::collections::BTreeMap;

use serde_json::Value;

use super::table::{Entry, Figures, Table, text};
use super::{Checked, ensure, same};
use crate::number::{ONE, number, ratio};
use crate::world::World;

pub fn check(world: &World, table: &Table) -> Checked {
    let digits = u32::try_from(world.prepared.digits).expect("few digits");
    let unit = 10_i128.pow(12 - digits);
    let postings = table.postings();
    for order in table.of_kind("purchase") {
        let entry = entry_of(&postings, order)?;
        let from = if entry.kind == "capture" { "held" } else { "available" };
        same(&format!("purchase {order}"), &entry.deltas, &consumed(from, &costs(table, order, unit)))?;
    }
    for order in table.of_kind("hold") {
        let own = costs(table, order, unit)[0];
        let expected = figures([("available".to_owned(), -own), ("held".to_owned(), own)]);
        same(&format!("hold {order}"), &entry_of(&postings, order)?.deltas, &expected)?;
    }
    bills(table)?;
    refunds(table, unit)
}

fn entry_of<'a>(postings: &BTreeMap<&str, Vec<&'a Entry>>, order: &Value) -> Result<&'a Entry, String> {
    match postings.get(&*text(order, "posting_id")).map(Vec::as_slice) {
        Some([entry]) => Ok(entry),
        other => Err(format!("not the one entry of {order}: {other:?}")),
    }
}

fn figures(changes: impl IntoIterator<Item = (String, i128)>) -> Figures {
    changes.into_iter().filter(|(_, value)| *value != 0).collect()
}

/// Quota of an account becomes use: of itself, and of each account above it.
fn consumed(from: &str, costs: &[i128]) -> Figures {
    let upstream = costs.iter().skip(1).enumerate().map(|(level, cost)| (format!("upstream {level}"), *cost));
    figures([(from.to_owned(), -costs[0]), ("used".to_owned(), costs[0])].into_iter().chain(upstream))
}

/// What an account and those above it pay of a list amount of one: all but the provider, the account first. Nobody has a
/// larger discount than the account above.
fn shares(table: &Table, account: &str) -> Vec<i128> {
    let ancestors = &table.positions[account].ancestors;
    let below_provider = ancestors.iter().take(ancestors.len() - 1).map(String::as_str);
    let line: Vec<i128> =
        std::iter::once(account).chain(below_provider).map(|id| table.positions[id].discount).collect();
    (0..line.len()).map(|place| ONE - line[place..].iter().min().expect("a discount")).collect()
}

/// What an order costs, the account first, in whole units of the currency.
fn costs(table: &Table, order: &Value, unit: i128) -> Vec<i128> {
    let list = number(&text(order, "list_amount"));
    let shares = shares(table, &text(order, "account_id"));
    shares.into_iter().map(|share| ratio(list, share, ONE * unit) * unit).collect()
}

/// A bill takes from an account what its lines cost it, and tells those above what they cost them.
fn bills(table: &Table) -> Checked {
    for (posting, entries) in table.postings().iter().filter(|(_, entries)| entries[0].kind == "charge") {
        let lines: Vec<i128> = table
            .records
            .values()
            .filter(|record| record["posting_id"] == **posting)
            .map(|record| number(&text(record, "list_amount")))
            .collect();
        ensure(!lines.is_empty(), || format!("a bill without lines: {entries:#?}"))?;
        let of = |share: i128| lines.iter().map(|list| ratio(*list, share, ONE)).sum();
        let costs: Vec<i128> = shares(table, &entries[0].account).into_iter().map(of).collect();
        same(&format!("bill {entries:?}"), &entries[0].deltas, &consumed("available", &costs))?;
    }
    Ok(())
}

/// What an account was given back is, purchase by purchase, the part of the costs that goes with the refunded part of the
/// list amount.
fn refunds(table: &Table, unit: i128) -> Checked {
    for account in table.positions.keys() {
        let entries = table.entries_of(account).filter(|entry| entry.kind == "refund");
        let mut found = Figures::new();
        for (name, by) in entries.flat_map(|entry| &entry.deltas) {
            *found.entry(name.clone()).or_default() += by;
        }
        let mut expected = Figures::new();
        for order in table.of_kind("purchase").filter(|order| order["account_id"] == *account) {
            let (list, refunded) = (number(&text(order, "list_amount")), number(&text(order, "refunded")));
            let part = |cost: i128| -ratio(cost, refunded, list * unit) * unit;
            let costs: Vec<i128> = costs(table, order, unit).into_iter().map(part).collect();
            for (name, by) in consumed("available", &costs) {
                *expected.entry(name).or_default() += by;
            }
        }
        same(&format!("refunds of {account}"), &found, &expected)?;
    }
    Ok(())
}
