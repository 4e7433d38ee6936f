//! What came in by event: counted once, or parked with a reason that is one.

use std::collections::{BTreeMap, BTreeSet};

use super::table::{Table, text};
use super::{Checked, ensure};
use crate::world::World;

/// Why a good line may be parked.
const OF_LINES: [&str; 2] = ["account_not_active", "out_of_range"];

/// Why a good payment may be parked.
const OF_PAYMENTS: [&str; 4] = ["exceeds_outstanding", "insufficient_quota", "account_not_active", "duplicate_payment"];

pub fn check(world: &World, table: &Table) -> Checked {
    let (mut lines, mut payments) = (BTreeMap::new(), BTreeSet::new());
    for letter in world.cloud.letters() {
        let (code, data) = (letter.reason.split(':').next().unwrap_or_default(), &letter.body["detail"]["data"]);
        ensure(letter.queue == "IntakeDeadLetters", || format!("parked: {letter:#?}"))?;
        if let Some(parked) = data["lines"].as_array() {
            ensure(OF_LINES.contains(&code), || format!("parked: {letter:#?}"))?;
            for line in parked {
                lines.insert((text(line, "account_id"), text(line, "source_id")), letter.reason.clone());
            }
        } else {
            ensure(OF_PAYMENTS.contains(&code), || format!("parked: {letter:#?}"))?;
            payments.insert((text(data, "account_id"), text(data, "payment_reference"), text(data, "amount")));
        }
    }
    for event in world.cloud.told() {
        let data = &event["detail"]["data"];
        for line in data["lines"].as_array().into_iter().flatten() {
            let (account, source) = (text(line, "account_id"), text(line, "source_id"));
            let is_counted = table.records.contains_key(&format!("{account}#{source}"));
            let parked = lines.get(&(account, source));
            ensure(is_counted != parked.is_some(), || format!("{line}: counted {is_counted}, parked {parked:?}"))?;
        }
        if event["detail-type"] == "PaymentReceived" {
            let (account, reference) = (text(data, "account_id"), text(data, "payment_reference"));
            let is_settled = table.at(&format!("PAYMENTS#{account}"), &reference).is_some();
            let is_parked = payments.contains(&(account, reference, text(data, "amount")));
            ensure(is_settled || is_parked, || format!("a payment got lost: {event:#}"))?;
        }
    }
    Ok(())
}
