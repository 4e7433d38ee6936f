//! The claim `memberships`: for whom a person may act, as `account_id:role` entries apart by a space.

use domain::{AccountId, Role};
use ledger::Page;

/// The most entries of a claim: as many as are understood.
pub const MAX_ENTRIES: usize = 200;

/// The longest claim. The gateway takes 10,240 bytes of headers in all; in a token, base64 makes the claim a third
/// longer, and other claims and headers need their place too.
const MAX_BYTES: usize = 6_000;

/// How the claim names the operator of the deployment.
const OPERATOR: &str = "platform:operator";

/// A claim.
#[derive(Debug, PartialEq, Eq)]
pub struct Claim {
    /// Its value.
    pub text: String,
    /// Whether there were memberships that it has no room for.
    pub left_out: bool,
}

/// The claim of a person; the oldest accounts come first. An account that was closed is among them: its members may read.
pub fn claim(is_operator: bool, memberships: Option<&Page<(AccountId, Vec<Role>)>>) -> Claim {
    let entries = memberships.iter().flat_map(|page| &page.items).flat_map(|(account, roles)| {
        // All roles of an account or none: half of them would be a puzzle.
        let entries: Vec<String> = roles.iter().map(|role| format!("{account}:{}", role.name())).collect();
        (!entries.is_empty()).then_some(entries)
    });
    let mut taken: Vec<String> = is_operator.then(|| OPERATOR.to_owned()).into_iter().collect();
    let mut bytes: usize = taken.iter().map(String::len).sum();
    let mut left_out = memberships.is_some_and(|page| page.next.is_some());
    for of_account in entries {
        let more = of_account.iter().fold(bytes, |bytes, entry| bytes.saturating_add(entry.len()).saturating_add(1));
        if taken.len().saturating_add(of_account.len()) > MAX_ENTRIES || more > MAX_BYTES {
            left_out = true;
            break;
        }
        bytes = more;
        taken.extend(of_account);
    }
    Claim { text: taken.join(" "), left_out }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::Timestamp;

    fn page(accounts: u128, roles: &[Role], next: Option<&str>) -> Page<(AccountId, Vec<Role>)> {
        let account = |number| (AccountId::new(Timestamp::EPOCH, number), roles.to_vec());
        Page { items: (0..accounts).map(account).collect(), next: next.map(str::to_owned) }
    }

    #[test]
    fn every_role_in_every_account_is_an_entry() {
        let page = page(2, &[Role::Admin, Role::Finance], None);
        let (one, other) = (page.items[0].0, page.items[1].0);
        let text = format!("platform:operator {one}:admin {one}:finance {other}:admin {other}:finance");
        assert_eq!(claim(true, Some(&page)), Claim { text, left_out: false });
    }

    #[test]
    fn nobody_has_an_empty_claim() {
        for memberships in [None, Some(&page(0, &[], None))] {
            assert_eq!(claim(false, memberships), Claim { text: String::new(), left_out: false });
        }
    }

    #[test]
    fn a_claim_fits_into_a_header() {
        for roles in [&[Role::Admin][..], &[Role::Admin, Role::Finance, Role::Sales, Role::Verifier]] {
            let long = claim(true, Some(&page(200, roles, None)));
            assert!(long.text.len() <= MAX_BYTES && long.left_out, "{}", long.text.len());
            assert!(long.text.split(' ').count() > 140);
            assert_eq!((long.text.split(' ').count() - 1) % roles.len(), 0, "all roles of an account or none");
        }
        assert!(claim(false, Some(&page(1, &[Role::Admin], Some("more")))).left_out);
    }
}
