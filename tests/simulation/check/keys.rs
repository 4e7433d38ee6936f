//! One key, one effect: what was accepted happened once, what was refused did not happen, and nothing else did.

use std::collections::{BTreeMap, BTreeSet};

use edge::fingerprint;
use serde_json::Value;

use super::table::{Table, text, whole};
use super::told::is_new;
use super::{Checked, ensure, same};
use crate::client::{Request, is_outcome};
use crate::machine::Died;
use crate::number::{ONE, number};
use crate::operation::Effect;
use crate::world::World;

/// Figures that the API shows to everybody who sees a position.
const FIGURES: [&str; 7] = ["granted", "allocated", "held", "used", "available", "paid", "collected"];

pub fn check(world: &World, table: &Table) -> Checked {
    let mut explained: BTreeSet<String> = world.prepared.records.iter().cloned().collect();
    let log = world.cloud.log();
    for client in &world.clients {
        let has_late = log.iter().any(|line| line.contains("Late(") && line.contains(client.name()));
        for request in &client.requests {
            in_order(request)?;
            position(table, request)?;
            if let Some(name) = record_name(request) {
                of_request(table, request, &name, has_late)?;
                explained.insert(name);
            }
        }
    }
    contention(&log)?;
    explained.extend(of_events(world));
    explained.extend(table.of_kind("hold").map(|hold| format!("expiry#{}", text(hold, "hold_id"))));
    for name in table.records.keys() {
        ensure(explained.contains(name), || format!("nobody asked for the effect of {name}"))?;
    }
    postings(world, table)?;
    applications(world, table)
}

/// The name of the record of a request's effect.
pub fn record_name(request: &Request) -> Option<String> {
    match &request.effect {
        Effect::Posting | Effect::Application => {
            let key = request.asked.key.as_deref().expect("a key");
            Some(fingerprint(&[&request.asked.sub, key]))
        }
        Effect::Charge { account, source } => Some(format!("{account}#{source}")),
        Effect::Position { .. } | Effect::Other => None,
    }
}

/// Whoever was told that something is done is not told otherwise later; and everybody is told something in time.
fn in_order(request: &Request) -> Checked {
    let is_late = |answer: &Result<_, Died>| matches!(answer, Err(Died::TimedOut));
    ensure(!request.answers.iter().any(is_late), || format!("no answer before the function's timeout: {request:#?}"))?;
    // The first two were under way at the same time.
    let one_by_one = request.answers.iter().skip(if request.is_twofold { 2 } else { 0 });
    let outcomes = one_by_one.filter_map(|answer| answer.as_ref().ok()).filter(|told| is_outcome(told));
    let mut statuses = outcomes.map(|told| told.status).skip_while(|status| *status >= 300);
    let is_kept = !request.effect.is_once() || statuses.all(|status| status < 300);
    ensure(is_kept, || format!("done, and refused afterwards: {request:#?}"))
}

/// Few clients alone never get in each other's way so often that one gives up: something must have gone wrong besides.
fn contention(log: &[String]) -> Checked {
    for line in log.iter().filter(|line| line.ends_with(": 409 contention")) {
        let step = line.split(" ms  ").nth(1).and_then(|rest| rest.split(':').next()).unwrap_or_default();
        let struck = format!(" ms  {step}: ");
        let is_excused = log.iter().any(|line| line.contains(&struck) && line.contains(" at "));
        ensure(is_excused, || format!("given up without a fault: {line}"))?;
    }
    Ok(())
}

/// What was shown at any time is what the account's entries say.
fn position(table: &Table, request: &Request) -> Checked {
    let (Effect::Position { account }, Some(told)) = (&request.effect, request.accepted()) else { return Ok(()) };
    let seq = told.body["seq"].as_u64().expect("a number");
    let entry = table.entries.get(&(account.clone(), seq));
    let is_true = match entry {
        Some(entry) => {
            FIGURES.iter().all(|name| number(told.body[*name].as_str().expect("a figure")) == entry.after[*name])
        }
        None => seq == 0,
    };
    ensure(is_true, || format!("a position that never was: {request:#?} {entry:#?}"))
}

fn of_request(table: &Table, request: &Request, name: &str, has_late: bool) -> Checked {
    let record = table.records.get(name);
    let accepted: Vec<&Value> = request
        .answers
        .iter()
        .filter_map(|answer| answer.as_ref().ok())
        .filter(|told| told.status < 300)
        .map(|told| &told.body)
        .collect();
    let Some(first) = accepted.first() else { return refused(request, record, has_late) };
    let Some(record) = record else { return Err(format!("accepted without a trace: {request:#?}")) };
    let (attribute, field) = match request.effect {
        Effect::Application => ("application_id", "id"),
        _ => ("posting_id", "posting_id"),
    };
    for answer in &accepted {
        same(&format!("effect of {name}"), &answer[field], &record[attribute])?;
        // A replay shows what was made as it is by now; what it did is what it did.
        for part in ["effects", "amount", "created_at"] {
            same(&format!("{part} of two answers of {name}"), &answer[part], &first[part])?;
        }
    }
    ensure(request.effect == Effect::Application || effects_are_entries(table, first), || {
        format!("what was answered is not what is written: {request:#?}")
    })
}

/// Something was refused at last: then it left nothing, unless somebody else asked for the same, or a call landed when
/// nobody waited for it any more.
fn refused(request: &Request, record: Option<&Value>, has_late: bool) -> Checked {
    let is_shared = matches!(request.effect, Effect::Charge { .. });
    let may_be_late = request.was_unknown() && has_late;
    ensure(record.is_none() || is_shared || may_be_late, || format!("refused, but done: {request:#?}"))
}

fn effects_are_entries(table: &Table, answer: &Value) -> bool {
    let shown = answer["effects"].as_array().expect("effects");
    shown.iter().all(|effect| {
        let (account, after) = (effect["account_id"].as_str().expect("an id"), &effect["after"]);
        let seq = after["seq"].as_u64().expect("a number");
        table.entries.get(&(account.to_owned(), seq)).is_some_and(|entry| {
            let is_same = |name: &str| number(after[name].as_str().expect("a figure")) == entry.after[name];
            answer["posting_id"] == *entry.posting && ["granted", "available", "held", "used"].into_iter().all(is_same)
        })
    })
}

/// The records that events from outside may leave.
fn of_events(world: &World) -> Vec<String> {
    let mut names = Vec::new();
    for event in world.cloud.told() {
        let data = &event["detail"]["data"];
        match event["detail-type"].as_str() {
            Some("UsageRecorded") => names.extend(
                data["lines"]
                    .as_array()
                    .expect("lines")
                    .iter()
                    .map(|line| format!("{}#{}", text(line, "account_id"), text(line, "source_id"))),
            ),
            Some("PaymentReceived") => {
                names.push(format!("payment#{}#{}", text(data, "account_id"), text(data, "payment_reference")));
            }
            _ => {}
        }
    }
    names
}

/// Each posting has its record, a bill one a line, and the record names all entries of the posting.
fn postings(world: &World, table: &Table) -> Checked {
    let mut records: BTreeMap<String, Vec<&Value>> = BTreeMap::new();
    for record in table.records.values().filter(|record| record["posting_id"].is_string()) {
        records.entry(text(record, "posting_id")).or_default().push(record);
    }
    for (posting, entries) in table.postings() {
        if !is_new(world, entries[0]) {
            records.remove(posting);
            continue;
        }
        let Some(of_posting) = records.remove(posting) else {
            return Err(format!("{posting} belongs to no key: {entries:#?}"));
        };
        let mut written: Vec<(String, u64)> = entries.iter().map(|entry| (entry.account.clone(), entry.seq)).collect();
        written.sort();
        for record in &of_posting {
            let named = record["entries"].as_array().expect("entries").iter();
            let mut named: Vec<(String, u64)> =
                named.map(|entry| (text(entry, "account_id"), whole(entry, "seq"))).collect();
            named.sort();
            same(&format!("entries of {posting}"), &named, &written)?;
        }
        let kind = &entries[0].kind;
        ensure(entries.iter().all(|entry| entry.kind == *kind), || format!("kinds of {posting}: {entries:#?}"))?;
        ensure(kind == "charge" || of_posting.len() == 1, || format!("{posting} has several keys: {of_posting:#?}"))?;
        if kind == "charge" {
            bill(table, &entries[0].account, entries[0].amount, &of_posting)?;
        }
    }
    // A closure may have nothing to post.
    records.retain(|_, records| records.iter().any(|record| record["kind"] != "closure"));
    ensure(records.is_empty(), || format!("records without entries: {records:#?}"))
}

/// A charge is as large as its lines at the account's price.
fn bill(table: &Table, account: &str, amount: i128, records: &[&Value]) -> Checked {
    let share = ONE - table.positions[account].discount;
    let list: i128 = records.iter().map(|record| number(&text(record, "list_amount"))).sum();
    // Lists have four digits and discounts two at most: nothing is rounded.
    same(&format!("a bill of {account}"), &amount, &(list * share / ONE))
}

/// Each application in the table was accepted under one key.
fn applications(world: &World, table: &Table) -> Checked {
    let asked: BTreeSet<String> = world
        .requests()
        .filter(|request| request.effect == Effect::Application)
        .filter_map(|request| Some(text(&request.accepted()?.body, "id")))
        .collect();
    for application in table.of_kind("application") {
        let id = text(application, "application_id");
        let is_old = world.prepared.applications.contains(&id);
        ensure(is_old || asked.contains(&id), || format!("nobody knows of {application:#}"))?;
    }
    let count = table.of_kind("application").count();
    same("applications", &count, &(asked.len() + world.prepared.applications.len()))
}
