//! Who calls: what the verified token says.

use std::collections::HashMap;

use domain::{AccountId, Role};

/// The operator of the deployment, as the `memberships` claim names it.
const OPERATOR: &str = "platform:operator";

/// The most understood memberships of one token that count; the rest is ignored.
const MAX_MEMBERSHIPS: usize = 200;

/// The caller of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The identity provider's name of the person.
    pub sub: String,
    /// The roles in each account, in the order of the claim.
    pub memberships: Vec<(AccountId, Vec<Role>)>,
    /// Whether it is the operator of the deployment.
    pub is_operator: bool,
}

impl Identity {
    /// Reads the claims that the gateway verified; `None` when there is no `sub`.
    ///
    /// Entries of `memberships` that are not understood are ignored.
    #[must_use]
    pub fn from_claims(claims: &HashMap<String, String>) -> Option<Identity> {
        let sub = claims.get("sub").filter(|sub| !sub.is_empty())?.clone();
        let mut identity = Identity { sub, memberships: Vec::new(), is_operator: false };
        let entries = claims.get("memberships").map(String::as_str).unwrap_or_default();
        identity.is_operator = entries.split_ascii_whitespace().any(|entry| entry == OPERATOR);
        for (account, role) in entries.split_ascii_whitespace().filter_map(membership).take(MAX_MEMBERSHIPS) {
            identity.add(account, role);
        }
        Some(identity)
    }

    fn add(&mut self, account: AccountId, role: Role) {
        match self.memberships.iter_mut().find(|(known, _)| *known == account) {
            Some((_, roles)) if roles.contains(&role) => {}
            Some((_, roles)) => roles.push(role),
            None => self.memberships.push((account, vec![role])),
        }
    }
}

fn membership(entry: &str) -> Option<(AccountId, Role)> {
    let (account, role) = entry.split_once(':')?;
    Some((AccountId::parse(account).ok()?, Role::from_name(role)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::Timestamp;

    #[test]
    fn roles_in_one_account_add_up_and_unknown_entries_are_ignored() {
        let id = AccountId::new(Timestamp::from_unix_ms(0).unwrap(), 1);
        let claim = format!("{id}:sales nonsense {id}:viewer {id}:sales {id}:owner acc_x:admin platform:root :");
        let claims = HashMap::from([("sub".to_owned(), "kim".to_owned()), ("memberships".to_owned(), claim)]);
        let identity = Identity::from_claims(&claims).unwrap();
        assert_eq!(identity.memberships, [(id, vec![Role::Sales, Role::Viewer])]);
        assert!(!identity.is_operator);
        assert_eq!(Identity::from_claims(&HashMap::new()), None);
    }
}
