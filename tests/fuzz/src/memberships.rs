//! The claim that says for whom a caller may act.

use std::collections::{HashMap, HashSet};

use domain::Role;
use edge::Identity;

use crate::text;

/// How the claim names the operator of the deployment.
const OPERATOR: &str = "platform:operator";

/// The most entries that count.
const MAX_MEMBERSHIPS: usize = 200;

/// Nobody is more than an entry of the claim says, letter by letter; what was understood reads the same when it is written
/// again.
pub fn target(input: &[u8]) {
    let Some(text) = text(input) else { return };
    let identity = read(text);
    let entries: HashSet<&str> = text.split(|letter: char| letter.is_ascii_whitespace()).collect();
    assert_eq!(identity.is_operator, entries.contains(OPERATOR), "{text:?}");
    let written = written(&identity);
    for entry in &written {
        assert!(entries.contains(entry.as_str()), "{entry} does not stand in {text:?}");
    }
    let distinct: HashSet<&String> = written.iter().collect();
    assert_eq!(distinct.len(), written.len(), "an entry counts twice");
    let memberships = written.len() - usize::from(identity.is_operator);
    assert!(memberships <= MAX_MEMBERSHIPS);
    assert_eq!(read(&written.join(" ")), identity);
    assert_eq!(Identity::from_claims(&claims("", text)), None, "nobody without a name");
}

fn read(memberships: &str) -> Identity {
    Identity::from_claims(&claims("kim", memberships)).expect("somebody")
}

fn claims(sub: &str, memberships: &str) -> HashMap<String, String> {
    HashMap::from([("sub".to_owned(), sub.to_owned()), ("memberships".to_owned(), memberships.to_owned())])
}

fn written(identity: &Identity) -> Vec<String> {
    let entry = |account: String, role: &Role| format!("{account}:{}", role.name());
    let of_accounts = identity
        .memberships
        .iter()
        .flat_map(|(account, roles)| roles.iter().map(|role| entry(account.to_string(), role)));
    identity.is_operator.then(|| OPERATOR.to_owned()).into_iter().chain(of_accounts).collect()
}
