//! Mail: to everybody who is to hear of something, once; twice only where nobody could know of the first one.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::alerts::{Raised, hearers};
use super::table::{Table, text, whole};
use super::told::first_occurrences;
use super::{Checked, ensure};
use crate::mailing::MailName;
use crate::world::World;

pub fn check(world: &World, table: &Table, raised: &[Raised]) -> Checked {
    let expected = expected(world, table, raised)?;
    let mut sent: BTreeMap<(String, String), usize> = BTreeMap::new();
    for mail in world.cloud.mails() {
        let key = (mail.event, mail.to);
        ensure(expected.contains(&key), || format!("a mail that nobody asked for: {key:?}"))?;
        *sent.entry(key).or_default() += 1;
    }
    let mut given_up = BTreeSet::new();
    for key in &expected {
        let name = MailName::new(&key.0, &key.1);
        let count = sent.get(key).copied().unwrap_or_default();
        let item = mail_item(table, &name)?;
        let unknown = world.cloud.with_mailings(|mailings| mailings.unknown_tries(&name));
        let is_settled = item["status"] == "sent";
        let said = || format!("{key:?} was sent {count} times, {unknown} tries had no known end: {item:#}");
        ensure(count <= 2 && count <= 1 + unknown, said)?;
        ensure(!is_settled || count > 0, said)?;
        if !is_settled {
            ensure(whole(item, "tries") == 2 && unknown >= 2, said)?;
            given_up.insert(key.0.clone());
        }
    }
    for dead in &world.dead {
        let event: Value = serde_json::from_str(dead).expect("JSON");
        let id = event["detail"]["id"].as_str().unwrap_or_default();
        ensure(given_up.contains(id), || format!("given up: {dead:#?}"))?;
    }
    Ok(())
}

/// Who is mailed of what: by event and address.
fn expected(world: &World, table: &Table, raised: &[Raised]) -> Result<BTreeSet<(String, String)>, String> {
    let mut expected = BTreeSet::new();
    for Raised { event, account } in raised {
        for hearer in hearers(table, account) {
            expected.extend(addresses(table, hearer).into_iter().map(|address| (event.clone(), address)));
        }
    }
    for event in first_occurrences(world)?.iter().filter(|event| event["detail-type"] == "MemberInvited") {
        expected.insert((text(&event["detail"], "id"), text(&event["detail"]["data"], "email")));
    }
    Ok(expected)
}

fn addresses(table: &Table, account: &str) -> Vec<String> {
    let profile = table.at(&format!("ACCOUNT#{account}"), "PROFILE").expect("a profile");
    let contact = profile["contact_email"].as_str().map(str::to_owned);
    let policy = table.at(&format!("ALERTS#{account}"), "POLICY");
    let added = policy.and_then(|policy| policy["recipients"].as_array()).into_iter().flatten();
    contact.into_iter().chain(added.map(|recipient| text(recipient, "email"))).collect()
}

/// What the notifier knows of a mail.
fn mail_item<'a>(table: &'a Table, name: &MailName) -> Result<&'a Value, String> {
    let item = table.at(&format!("MAILS#{}", name.event), &name.digest);
    item.ok_or_else(|| format!("nothing is known of the mail {name:?}"))
}
