//! Members: the people who may act for an account, and in which roles.

use crate::account::{Status, Tier};
use crate::{AccountId, By, Refusal, Timestamp};

/// The most members of an account: they are shown and counted whole.
pub const MAX_MEMBERS: u64 = 100;

/// What a person is in an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// Everything that the account may do.
    Admin,
    /// Quota and payments.
    Finance,
    /// Onboarding and orders.
    Sales,
    /// Reading.
    Viewer,
    /// Decides applications; in a provider's account only.
    Verifier,
}

impl Role {
    /// All of them, in the order in which they are shown.
    pub const ALL: [Role; 5] = [Role::Admin, Role::Finance, Role::Sales, Role::Viewer, Role::Verifier];

    /// Its name in the claim, in the API and in the table.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Role::Admin => "admin",
            Role::Finance => "finance",
            Role::Sales => "sales",
            Role::Viewer => "viewer",
            Role::Verifier => "verifier",
        }
    }

    /// The role with that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Role> {
        Role::ALL.into_iter().find(|role| role.name() == name)
    }

    /// Whether there is such a role in an account of this tier.
    #[must_use]
    pub fn exists_at(self, tier: Tier) -> bool {
        self != Role::Verifier || tier == Tier::Provider
    }
}

/// A person who may act for an account, known by an e-mail address alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// The account.
    pub account_id: AccountId,
    /// The address as it was last written; compared without case.
    pub email: String,
    /// What the person is there: at least one, each once, in the order of [`Role::ALL`].
    pub roles: Vec<Role>,
    /// Since when.
    pub created_at: Timestamp,
    /// Who gave the present roles; nobody where an approval did.
    pub by: By,
    /// Counts every write.
    pub version: u64,
}

/// How many members an account has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Roster {
    /// All of them.
    pub members: u64,
    /// Those who are admins.
    pub admins: u64,
    /// Counts every write.
    pub version: u64,
}

impl Roster {
    /// What is counted of a new account whose only member is an admin.
    pub const FIRST_ADMIN: Roster = Roster { members: 1, admins: 1, version: 1 };

    /// What is counted after a member's roles changed; no roles mean no membership.
    ///
    /// # Errors
    /// [`Refusal::InvalidState`] when the last admin would go, or the account would have too many members.
    pub fn after(self, before: &[Role], after: &[Role]) -> Result<Roster, Refusal> {
        let members = counted(self.members, !before.is_empty(), !after.is_empty());
        let admins = counted(self.admins, before.contains(&Role::Admin), after.contains(&Role::Admin));
        if self.admins > 0 && admins == 0 {
            return Err(Refusal::InvalidState("the last admin of an account can neither be removed nor lose the role"));
        }
        if members > self.members && members > MAX_MEMBERS {
            return Err(Refusal::InvalidState("the account has as many members as it can have"));
        }
        Ok(Roster { members, admins, version: self.version.saturating_add(1) })
    }
}

fn counted(count: u64, was: bool, is: bool) -> u64 {
    match (was, is) {
        (false, true) => count.saturating_add(1),
        (true, false) => count.saturating_sub(1),
        _ => count,
    }
}

/// The member that an address becomes, with new roles in place of those of `before`.
///
/// # Errors
/// [`Refusal::AccountNotActive`] for a closed account.
pub fn admitted(
    account: (AccountId, Status),
    before: Option<&Member>,
    email: &str,
    roles: &[Role],
    by: &By,
    now: Timestamp,
) -> Result<Member, Refusal> {
    let (account_id, status) = account;
    if status == Status::Closed {
        return Err(Refusal::AccountNotActive { account_id, status });
    }
    Ok(Member {
        account_id,
        email: email.to_owned(),
        roles: Role::ALL.into_iter().filter(|role| roles.contains(role)).collect(),
        created_at: before.map_or(now, |before| before.created_at),
        by: by.clone(),
        version: before.map_or(1, |before| before.version.saturating_add(1)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_admin_stays() {
        let roster = Roster { members: 2, admins: 1, version: 3 };
        for after in [&[][..], &[Role::Finance]] {
            assert!(matches!(roster.after(&[Role::Admin, Role::Sales], after), Err(Refusal::InvalidState(_))));
        }
        let kept = roster.after(&[Role::Admin], &[Role::Admin, Role::Sales]).unwrap();
        assert_eq!(kept, Roster { members: 2, admins: 1, version: 4 });
        let gone = roster.after(&[Role::Viewer], &[]).unwrap();
        assert_eq!(gone, Roster { members: 1, admins: 1, version: 4 });
        let two = Roster { members: 2, admins: 2, version: 1 };
        assert_eq!(two.after(&[Role::Admin], &[]).unwrap().admins, 1);
    }

    #[test]
    fn an_account_that_never_had_an_admin_may_begin_with_others() {
        let one = Roster::default().after(&[], &[Role::Viewer]).unwrap();
        assert_eq!(one, Roster { members: 1, admins: 0, version: 1 });
        assert_eq!(one.after(&[Role::Viewer], &[]).unwrap().members, 0);
    }

    #[test]
    fn there_is_a_most_of_members() {
        let full = Roster { members: MAX_MEMBERS, admins: 1, version: 200 };
        assert!(matches!(full.after(&[], &[Role::Viewer]), Err(Refusal::InvalidState(_))));
        assert_eq!(full.after(&[Role::Viewer], &[Role::Sales]).unwrap().members, MAX_MEMBERS);
        assert_eq!(full.after(&[Role::Viewer], &[]).unwrap().members, MAX_MEMBERS - 1);
    }

    #[test]
    fn new_roles_take_the_place_of_the_old_and_the_time_stays() {
        let at = |ms| Timestamp::from_unix_ms(ms).unwrap();
        let account = (AccountId::new(at(0), 1), Status::Active);
        let by = By::default();
        let first = admitted(account, None, "Kim@x.example", &[Role::Sales, Role::Admin], &by, at(1)).unwrap();
        assert_eq!((first.roles.as_slice(), first.version), (&[Role::Admin, Role::Sales][..], 1));
        let again = admitted(account, Some(&first), "kim@x.example", &[Role::Viewer], &by, at(2)).unwrap();
        assert_eq!((again.email.as_str(), again.created_at, again.version), ("kim@x.example", at(1), 2));
        let closed = (account.0, Status::Closed);
        assert!(admitted(closed, Some(&first), "kim@x.example", &[Role::Viewer], &by, at(3)).is_err());
    }

    #[test]
    fn verifiers_exist_at_providers_only() {
        let at = |tier| Role::ALL.into_iter().filter(|role| role.exists_at(tier)).count();
        assert_eq!((at(Tier::Provider), at(Tier::Distributor), at(Tier::Customer)), (5, 4, 4));
    }
}
