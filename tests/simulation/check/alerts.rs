//! Alerts: recomputed from the entries by a watcher who remembers states, then compared with what was told and with the
//! inboxes.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::table::{Entry, Table, text};
use super::told::{first_occurrences, is_new};
use super::{Checked, ensure, same};
use crate::number::{ONE, number, ratio};
use crate::world::World;

/// An alert that is to be mailed.
#[derive(Clone, Debug)]
pub struct Raised {
    pub event: String,
    pub account: String,
}

/// A threshold: its level is a part of what is granted, or fixed.
#[derive(Clone, Copy, Debug)]
enum Threshold {
    Percent(i128),
    Amount(i128),
}

/// What is known of an account after an entry.
struct State {
    granted: i128,
    available: i128,
}

impl Threshold {
    /// Twelve digits, rounded half to even.
    fn level(self, state: &State) -> i128 {
        match self {
            Threshold::Amount(amount) => amount,
            Threshold::Percent(percent) => ratio(state.granted, percent, 100 * ONE),
        }
    }

    fn is_above(self, state: &State) -> bool {
        state.available > self.level(state)
    }

    fn is_silent(self, state: &State) -> bool {
        matches!(self, Threshold::Percent(_)) && state.granted == 0
    }
}

impl State {
    fn is_alarming(&self) -> bool {
        self.available < 0 || self.available == 0 && self.granted != 0
    }
}

/// Alerts by account, number of the entry and type: whether it is to be mailed, and the level of a threshold.
type Alerts = BTreeMap<(String, u64, String), (bool, Option<i128>)>;

pub fn check(world: &World, table: &Table) -> Result<Vec<Raised>, String> {
    let expected = expected(world, table);
    let mut told: Alerts = BTreeMap::new();
    let mut raised = Vec::new();
    for event in first_occurrences(world)? {
        let (detail, data) = (&event["detail"], &event["detail"]["data"]);
        let Some(is_mailed) = data["notify"].as_bool() else { continue };
        let account = text(detail, "account_id");
        let key = (account.clone(), data["seq"].as_u64().expect("a number"), text(&event, "detail-type"));
        let level = data["level"].as_str().map(number);
        ensure(told.insert(key.clone(), (is_mailed, level)).is_none(), || format!("told under two ids: {key:?}"))?;
        if is_mailed {
            raised.push(Raised { event: text(detail, "id"), account });
        }
    }
    for (key, alert) in &expected {
        ensure(told.get(key) == Some(alert), || format!("alert {key:?} {alert:?}, but told {:?}", told.get(key)))?;
    }
    let more: Vec<_> = told.keys().filter(|key| !expected.contains_key(*key)).collect();
    ensure(more.is_empty(), || format!("alerts without a cause: {more:?}"))?;
    inboxes(world, table, &raised)?;
    Ok(raised)
}

/// The numbers of entries with which a position was written: where several purchases were posted together, that of the last.
fn written(world: &World) -> BTreeSet<(String, u64)> {
    let (mut written, mut last) = (BTreeSet::new(), world.prepared.last_change.clone());
    loop {
        let changes = world.cloud.store.changes(Some(&last));
        let Some(newest) = changes.last() else { return written };
        last = text(&newest["dynamodb"], "SequenceNumber");
        let images = changes.iter().map(|change| &change["dynamodb"]["NewImage"]);
        written.extend(images.filter(|image| image["item"]["S"] == "position").map(|image| {
            let seq = text(&image["seq"], "N").parse().expect("a number");
            (text(&image["account_id"], "S"), seq)
        }));
    }
}

fn expected(world: &World, table: &Table) -> Alerts {
    let (mut alerts, written) = (Alerts::new(), written(world));
    for account in table.positions.keys() {
        let thresholds = thresholds(table, account);
        let mut before = State { granted: 0, available: 0 };
        for entry in table.entries_of(account) {
            let after = State { granted: entry.after["granted"], available: entry.after["available"] };
            if is_new(world, entry) {
                if !written.contains(&(account.clone(), entry.seq)) {
                    assert_eq!(entry.kind, "purchase", "posted together with others: {entry:?}");
                    continue;
                }
                raise(entry, &before, &after, &thresholds, &mut alerts);
            }
            before = after;
        }
    }
    alerts
}

fn raise(entry: &Entry, before: &State, after: &State, thresholds: &[Threshold], alerts: &mut Alerts) {
    let mut types: Vec<(&str, Option<i128>)> = Vec::new();
    if after.available < 0 && before.available >= 0 {
        types.push(("QuotaOverdrawn", None));
    }
    if before.available > 0 && after.available <= 0 && after.granted != 0 {
        types.push(("QuotaDepleted", None));
    }
    let crossed = thresholds
        .iter()
        .filter(|threshold| threshold.is_above(before) && !threshold.is_above(after) && !threshold.is_silent(after));
    if let Some(lowest) = crossed.map(|threshold| threshold.level(after)).min() {
        types.push(("QuotaThresholdCrossed", Some(lowest)));
    }
    if before.is_alarming() && !after.is_alarming() && after.available > before.available {
        types.push(("QuotaReplenished", None));
    }
    for (place, (kind, level)) in types.into_iter().enumerate() {
        alerts.insert((entry.account.clone(), entry.seq, kind.to_owned()), (place == 0, level));
    }
}

fn thresholds(table: &Table, account: &str) -> Vec<Threshold> {
    let policy = table.at(&format!("ALERTS#{account}"), "POLICY");
    let Some(own) = policy.and_then(|policy| policy["thresholds"].as_array()) else {
        return vec![Threshold::Percent(20 * ONE), Threshold::Percent(10 * ONE)];
    };
    let read = |threshold: &Value| match (threshold["percent"].as_str(), threshold["amount"].as_str()) {
        (Some(percent), _) => Threshold::Percent(number(percent)),
        (_, Some(amount)) => Threshold::Amount(number(amount)),
        _ => panic!("no threshold: {threshold}"),
    };
    own.iter().map(read).collect()
}

/// Who hears of an account: itself and its parent.
pub fn hearers<'a>(table: &'a Table, account: &'a str) -> impl Iterator<Item = &'a str> {
    std::iter::once(account).chain(table.positions[account].parent())
}

/// Each alert that is mailed is in the inboxes once, and nothing else is.
fn inboxes(world: &World, table: &Table, raised: &[Raised]) -> Checked {
    let mut expected: BTreeMap<(String, String), usize> = BTreeMap::new();
    for Raised { account, .. } in raised {
        for inbox in hearers(table, account) {
            *expected.entry((inbox.to_owned(), account.clone())).or_default() += 1;
        }
    }
    let mut found: BTreeMap<(String, String), usize> = BTreeMap::new();
    let mut unread = BTreeSet::new();
    for item in table.of_kind("notification") {
        let id = text(item, "notification_id");
        if world.prepared.notifications.contains(&id) {
            continue;
        }
        unread.insert(id);
        *found.entry((text(item, "account_id"), text(item, "about_account_id"))).or_default() += 1;
    }
    same("notifications", &found, &expected)?;
    let pointers = table.of_kind("unread notification").map(|item| text(item, "notification_id"));
    let pointers: BTreeSet<String> = pointers.filter(|id| !world.prepared.notifications.contains(id)).collect();
    same("unread notifications", &pointers, &unread)
}
