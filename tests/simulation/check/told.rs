//! What the bus was told: everything that was committed, under one id, and nothing else.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::table::{Entry, Table, text};
use super::{Checked, ensure, same};
use crate::world::World;

/// What each kind of posting is told as.
const TYPES: [(&str, &str); 13] = [
    ("capacity", "QuotaAdjusted"),
    ("allocation", "QuotaAllocated"),
    ("adjustment", "QuotaAdjusted"),
    ("rebalance", "QuotaAdjusted"),
    ("purchase", "PurchaseRecorded"),
    ("capture", "PurchaseRecorded"),
    ("charge", "ChargeRecorded"),
    ("refund", "PurchaseRefunded"),
    ("hold", "HoldPlaced"),
    ("release", "HoldReleased"),
    ("expiry", "HoldReleased"),
    ("settlement", "PaymentSettled"),
    ("reversal", "SettlementReversed"),
];

/// The product's events, each where it was told first; what came again has to be the same.
pub fn first_occurrences(world: &World) -> Result<Vec<Value>, String> {
    let mut known: BTreeMap<String, Value> = BTreeMap::new();
    let mut first = Vec::new();
    for event in world.cloud.told().into_iter().filter(|event| event["source"] == "partner-quota") {
        let id = text(&event["detail"], "id");
        match known.get(&id) {
            None => {
                known.insert(id, event.clone());
                first.push(event);
            }
            Some(before) => {
                same(&format!("what is told of {id}"), &event["detail-type"], &before["detail-type"])?;
                same(&format!("what is told of {id}"), &event["detail"], &before["detail"])?;
            }
        }
    }
    Ok(first)
}

pub fn check(world: &World, table: &Table) -> Checked {
    let events = first_occurrences(world)?;
    let expected = expected(world, table);
    let types: BTreeSet<&str> = TYPES.iter().map(|(_, told)| *told).collect();
    let mut told: BTreeMap<String, &Value> = BTreeMap::new();
    let mut last: BTreeMap<String, u64> = BTreeMap::new();
    for event in events.iter().filter(|event| types.contains(event["detail-type"].as_str().expect("a type"))) {
        let detail = &event["detail"];
        told.insert(text(detail, "id"), event);
        let (account, seq) = (text(detail, "account_id"), detail["data"]["seq"].as_u64().expect("a number"));
        let before = last.insert(account.clone(), seq).unwrap_or_default();
        ensure(before < seq, || format!("entry {seq} of {account} was told after {before}"))?;
    }
    for (id, (entry, told_as)) in &expected {
        let Some(event) = told.remove(id) else { return Err(format!("not told: {entry:#?}")) };
        same(&format!("type of {id}"), &text(event, "detail-type").as_str(), told_as)?;
        same(&format!("account of {id}"), &text(&event["detail"], "account_id"), &entry.account)?;
    }
    ensure(told.is_empty(), || format!("told, but not so: {told:#?}"))?;
    standing(world, table, &events)
}

/// The entries that are told: not the parent's half of what is about a child.
fn expected<'a>(world: &World, table: &'a Table) -> BTreeMap<String, (&'a Entry, &'static str)> {
    let mut expected = BTreeMap::new();
    for entries in table.postings().values() {
        let is_parent = |entry: &Entry| {
            let mut others = entries.iter().map(|other| &table.positions[&other.account]);
            others.any(|other| other.parent() == Some(&*entry.account))
        };
        for entry in entries.iter().filter(|entry| !is_parent(entry) && is_new(world, entry)) {
            if let Some((_, told)) = TYPES.iter().find(|(kind, _)| *kind == entry.kind) {
                expected.insert(entry.id.clone(), (*entry, *told));
            }
        }
    }
    expected
}

/// Whether it was made in the history.
pub fn is_new(world: &World, entry: &Entry) -> bool {
    world.prepared.seqs.get(&entry.account).is_none_or(|seq| entry.seq > *seq)
}

/// Each change of a status, each application, each new account and member is told once.
fn standing(world: &World, table: &Table, events: &[Value]) -> Checked {
    let count = |names: &[&str]| {
        events.iter().filter(|event| names.contains(&event["detail-type"].as_str().expect("a type"))).count()
    };
    let changes = table.of_kind("status change").count();
    same("changes of status", &count(&["AccountSuspended", "AccountReinstated", "AccountClosed"]), &changes)?;
    let prepared = world.prepared;
    let applications = table.of_kind("application").count() - prepared.applications.len();
    same("applications told", &count(&["ApplicationSubmitted"]), &applications)?;
    let accounts = table.positions.len() - prepared.accounts.len();
    same("new accounts told", &count(&["AccountActivated"]), &accounts)?;
    same("new members told", &count(&["MemberInvited"]), &accounts)
}
