//! The claim `memberships`: for whom a person may act, as `account_id:role` entries apart by a space.

use ledger::Memberships;

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

/// The claim of a person; the oldest memberships come first. An account that was closed is among them: its members may read.
pub fn claim(is_operator: bool, memberships: Option<&Memberships>) -> Claim {
    let entries = memberships.iter().flat_map(|all| &all.oldest).flat_map(|(account, roles)| {
        // All roles of an account or none: half of them would be a puzzle.
        let entries: Vec<String> = roles.iter().map(|role| format!("{account}:{}", role.name())).collect();
        (!entries.is_empty()).then_some(entries)
    });
    let mut taken: Vec<String> = is_operator.then(|| OPERATOR.to_owned()).into_iter().collect();
    let mut bytes: usize = taken.iter().map(String::len).sum();
    let mut left_out = memberships.is_some_and(|all| all.are_left_out);
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
    use domain::{AccountId, Role, Timestamp};

    fn memberships(accounts: u128, roles: &[Role], are_left_out: bool) -> Memberships {
        let account = |number| (AccountId::new(Timestamp::EPOCH, number), roles.to_vec());
        Memberships { oldest: (0..accounts).map(account).collect(), are_left_out }
    }

    #[test]
    fn every_role_in_every_account_is_an_entry() {
        let all = memberships(2, &[Role::Admin, Role::Finance], false);
        let (one, other) = (all.oldest[0].0, all.oldest[1].0);
        let text = format!("platform:operator {one}:admin {one}:finance {other}:admin {other}:finance");
        assert_eq!(claim(true, Some(&all)), Claim { text, left_out: false });
    }

    #[test]
    fn nobody_has_an_empty_claim() {
        for none in [None, Some(&memberships(0, &[], false))] {
            assert_eq!(claim(false, none), Claim { text: String::new(), left_out: false });
        }
    }

    #[test]
    fn a_claim_fits_into_a_header() {
        for roles in [&[Role::Admin][..], &[Role::Admin, Role::Finance, Role::Sales, Role::Verifier]] {
            let long = claim(true, Some(&memberships(200, roles, false)));
            assert!(long.text.len() <= MAX_BYTES && long.left_out, "{}", long.text.len());
            assert!(long.text.split(' ').count() > 140);
            assert_eq!((long.text.split(' ').count() - 1) % roles.len(), 0, "all roles of an account or none");
        }
        assert!(claim(false, Some(&memberships(1, &[Role::Admin], true))).left_out);
    }
}
