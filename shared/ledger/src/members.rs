//! Members of accounts, and the same the other way round: the accounts of a person, from which tokens are made.
//!
//! A member, the count of the account's members and the person's own list change in one transaction, each under the
//! version that was read.

use domain::account::Lineage;
use domain::member::{MAX_MEMBERS, Roster, admitted};
use domain::{AccountId, By, Member, Profile, ProgramId, Refusal, Role, Timestamp};

use crate::account_item::read_position;
use crate::client::Ledger;
use crate::error::{Corrupt, Error};
use crate::item::{Item, Reader, Writer};
use crate::keys;
use crate::range::Range;
use crate::transaction::{Attempts, Write};

const NO_ACCOUNT: Corrupt = Corrupt { attribute: "account_id", problem: "names no account" };

/// A new member, with what an invitation says besides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invited {
    /// The member.
    pub member: Member,
    /// The account's program.
    pub program_id: ProgramId,
    /// The account's parent.
    pub parent_id: Option<AccountId>,
    /// The name of the account's company.
    pub legal_name: String,
    /// The account's language; a provider is created without one.
    pub locale: Option<String>,
}

impl Invited {
    fn new(member: Member, lineage: &Lineage, profile: &Profile) -> Invited {
        Invited {
            member,
            program_id: lineage.program_id,
            parent_id: lineage.parent(),
            legal_name: profile.legal_name.clone(),
            locale: profile.company.as_ref().map(|company| company.locale.clone()),
        }
    }
}

/// How many memberships of a person are read at a time, and how often.
const MEMBERSHIP_PAGE: i32 = 500;
const MAX_MEMBERSHIP_PAGES: usize = 4;

impl Ledger {
    /// An account's members, those who have been there longest first, each with the place by which lists go on.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn members(&self, account: AccountId) -> Result<Vec<(String, Member)>, Error> {
        let partition = keys::members(account);
        // Beside the members there is the count of them.
        let limit = i32::try_from(MAX_MEMBERS.saturating_add(1)).unwrap_or(i32::MAX);
        let range = Range { partition: &partition, beginning: "", after: None, limit, is_newest_first: false };
        let (items, _) = self.query(range).await?;
        let mut members = Vec::with_capacity(items.len());
        for item in &items {
            if Reader(item).text("item")? == "member" {
                let member = read_member(item)?;
                let sort = Reader(item).text(keys::SORT_KEY)?;
                members.push((format!("{}#{sort}", member.created_at), member));
            }
        }
        members.sort_by(|(one, _), (other, _)| one.cmp(other));
        Ok(members)
    }

    /// Gives an address these roles in an account, in place of those that it had.
    ///
    /// # Errors
    /// Those of [`admitted`] and [`Roster::after`]; [`Refusal::Contention`] when others kept being faster, or a failure
    /// of the store.
    pub async fn put_member(
        &self,
        target: &Lineage,
        email: &str,
        roles: &[Role],
        by: &By,
        now: Timestamp,
    ) -> Result<Member, Error> {
        let mut attempts = Attempts::new();
        loop {
            // Read before the account's status: a closure after that changes the profile's version.
            let profile = self.profile(target.id).await?.ok_or(NO_ACCOUNT)?;
            let (position, member) = (keys::position(target.id), keys::member(target.id, email));
            let items = self.batch(&[position.clone(), member.clone(), keys::roster(target.id)]).await?;
            let status = read_position(items.get(&position).ok_or(NO_ACCOUNT)?)?.status;
            let before = items.get(&member).map(read_member).transpose()?;
            let after = admitted((target.id, status), before.as_ref(), email, roles, by, now)?;
            if let Some(same) =
                before.as_ref().filter(|before| before.email == after.email && before.roles == after.roles)
            {
                return Ok(same.clone());
            }
            let had = before.map(|before| before.roles).unwrap_or_default();
            let roster = read_roster(items.get(&keys::roster(target.id)))?.after(&had, &after.roles)?;
            let invited = Invited::new(after, target, &profile);
            let mut writes = vec![Write::unchanged(keys::profile(target.id), profile.version)];
            writes.extend(member_writes(&invited, roster));
            if self.transact(writes).await?.is_ok() {
                return Ok(invited.member);
            }
            attempts.pause().await?;
        }
    }

    /// Takes all roles in an account from an address.
    ///
    /// # Errors
    /// [`Refusal::NotFound`] when it has none; [`Refusal::InvalidState`] when it is the last admin's;
    /// [`Refusal::Contention`] when others kept being faster, or a failure of the store.
    pub async fn remove_member(&self, account: AccountId, email: &str) -> Result<(), Error> {
        let mut attempts = Attempts::new();
        loop {
            let (key, count) = (keys::member(account, email), keys::roster(account));
            let items = self.batch(&[key.clone(), count.clone()]).await?;
            let member = read_member(items.get(&key).ok_or(Refusal::NotFound)?)?;
            let roster = read_roster(items.get(&count))?.after(&member.roles, &[])?;
            let writes = vec![
                Write::remove(key, member.version),
                Write::version(roster_item(account, roster), roster.version),
                Write::delete(keys::membership(email, account)),
            ];
            if self.transact(writes).await?.is_ok() {
                return Ok(());
            }
            attempts.pause().await?;
        }
    }

    /// The accounts in which an address has roles, `most` at most: those in which it has been a member longest, so that
    /// nobody loses sight of an account by being named in others. Of very many the oldest accounts are looked at.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn memberships(&self, email: &str, most: usize) -> Result<Memberships, Error> {
        let partition = keys::memberships(email);
        let (mut all, mut after) = (Vec::new(), None);
        for _ in 0..MAX_MEMBERSHIP_PAGES {
            let range = Range {
                partition: &partition,
                beginning: "",
                after: after.as_deref(),
                limit: MEMBERSHIP_PAGE,
                is_newest_first: false,
            };
            let (items, next) = self.query(range).await?;
            for item in &items {
                let reader = Reader(item);
                let account = reader.parsed("account_id", AccountId::parse)?;
                all.push((reader.time("created_at")?, account, read_roles(item)?));
            }
            after = next;
            if after.is_none() {
                break;
            }
        }
        all.sort_by_key(|(since, account, _)| (*since, *account));
        let are_left_out = after.is_some() || all.len() > most;
        let oldest = all.into_iter().take(most).map(|(_, account, roles)| (account, roles)).collect();
        Ok(Memberships { oldest, are_left_out })
    }
}

/// The accounts in which a person has roles.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Memberships {
    /// Those in which the person has been a member longest, the longest first.
    pub oldest: Vec<(AccountId, Vec<Role>)>,
    /// Whether there are more.
    pub are_left_out: bool,
}

/// What is written for the first member of a new account, an admin.
pub(crate) fn first_admin(lineage: &Lineage, profile: &Profile, email: &str, by: By, now: Timestamp) -> Vec<Write> {
    let member = Member {
        account_id: lineage.id,
        email: email.to_owned(),
        roles: vec![Role::Admin],
        created_at: now,
        by,
        version: 1,
    };
    member_writes(&Invited::new(member, lineage, profile), Roster::FIRST_ADMIN)
}

fn member_writes(invited: &Invited, roster: Roster) -> Vec<Write> {
    let member = &invited.member;
    vec![
        Write::version(item(invited), member.version),
        Write::version(roster_item(member.account_id, roster), roster.version),
        Write::put(membership(member)),
    ]
}

fn item(invited: &Invited) -> Item {
    let member = &invited.member;
    Writer::new(&keys::member(member.account_id, &member.email), "member")
        .text("account_id", member.account_id)
        .text("program_id", invited.program_id)
        .optional_text("parent_id", invited.parent_id)
        .text("legal_name", &invited.legal_name)
        .optional_text("locale", invited.locale.as_ref())
        .text("email", &member.email)
        .texts("roles", member.roles.iter().map(|role| role.name()))
        .optional_text("by_account_id", member.by.account_id)
        .optional_text("by_sub", member.by.sub.as_ref())
        .text("created_at", member.created_at)
        .number("version", member.version)
        .build()
}

fn read_member(item: &Item) -> Result<Member, Corrupt> {
    let reader = Reader(item);
    Ok(Member {
        account_id: reader.parsed("account_id", AccountId::parse)?,
        email: reader.text("email")?.to_owned(),
        roles: read_roles(item)?,
        created_at: reader.time("created_at")?,
        by: By {
            account_id: reader.optional_parsed("by_account_id", AccountId::parse)?,
            sub: reader.optional_text("by_sub")?.map(str::to_owned),
        },
        version: reader.number("version")?,
    })
}

fn read_roles(item: &Item) -> Result<Vec<Role>, Corrupt> {
    Reader(item).list_parsed("roles", |name| Role::from_name(name).ok_or(()))
}

pub(crate) fn read_invited(item: &Item) -> Result<Invited, Corrupt> {
    let reader = Reader(item);
    Ok(Invited {
        member: read_member(item)?,
        program_id: reader.parsed("program_id", ProgramId::parse)?,
        parent_id: reader.optional_parsed("parent_id", AccountId::parse)?,
        legal_name: reader.text("legal_name")?.to_owned(),
        locale: reader.optional_text("locale")?.map(str::to_owned),
    })
}

fn roster_item(account: AccountId, roster: Roster) -> Item {
    Writer::new(&keys::roster(account), "count of members")
        .text("account_id", account)
        .number("members", roster.members)
        .number("admins", roster.admins)
        .number("version", roster.version)
        .build()
}

/// An account that never had a member has no count.
fn read_roster(item: Option<&Item>) -> Result<Roster, Corrupt> {
    let Some(item) = item else { return Ok(Roster::default()) };
    let item = Reader(item);
    Ok(Roster { members: item.number("members")?, admins: item.number("admins")?, version: item.number("version")? })
}

fn membership(member: &Member) -> Item {
    Writer::new(&keys::membership(&member.email, member.account_id), "membership")
        .text("account_id", member.account_id)
        .texts("roles", member.roles.iter().map(|role| role.name()))
        .text("created_at", member.created_at)
        .build()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn invited(locale: Option<&str>, parent: Option<AccountId>) -> Invited {
        let at = Timestamp::from_unix_ms(1_790_000_000_000).unwrap();
        let account_id = AccountId::new(at, 1);
        Invited {
            member: Member {
                account_id,
                email: "Kim@Partner.example".into(),
                roles: vec![Role::Admin, Role::Verifier],
                created_at: at,
                by: By { account_id: Some(account_id), sub: Some("lee".into()) },
                version: 7,
            },
            program_id: ProgramId::new(at, 2),
            parent_id: parent,
            legal_name: "Hanbit".into(),
            locale: locale.map(str::to_owned),
        }
    }

    #[test]
    fn a_member_comes_back_as_it_went() {
        let parent = AccountId::new(Timestamp::EPOCH, 3);
        for invited in [invited(Some("ko"), Some(parent)), invited(None, None)] {
            let item = item(&invited);
            assert_eq!(read_member(&item), Ok(invited.member.clone()));
            assert_eq!(read_invited(&item), Ok(invited));
        }
        let mut broken = item(&invited(None, None));
        broken.extend(Writer::default().texts("roles", ["owner"]).build());
        assert!(read_member(&broken).is_err(), "a role that nobody knows is not passed over");
    }

    #[test]
    fn the_count_comes_back_as_it_went_and_is_nothing_at_first() {
        let roster = Roster { members: 3, admins: 2, version: 9 };
        let item = roster_item(AccountId::new(Timestamp::EPOCH, 1), roster);
        assert_eq!(read_roster(Some(&item)), Ok(roster));
        assert_eq!(read_roster(None), Ok(Roster::default()));
    }

    #[test]
    fn spellings_of_an_address_are_one_member() {
        let account = AccountId::new(Timestamp::EPOCH, 1);
        assert_eq!(keys::member(account, "Kim@Partner.Example"), keys::member(account, "kim@partner.example"));
        assert_eq!(keys::memberships("Kim@Partner.Example"), keys::memberships(" kim@partner.example"));
        assert_ne!(keys::member(account, "kim@partner.example"), keys::roster(account));
    }
}
