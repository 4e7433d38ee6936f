//! The tree as one sees it from one's own place: memberships and children.

use domain::account::{Lineage, Status, Tier};
use domain::price::effective_discount;
use domain::{Account, AccountId, Profile, Viewer};
use edge::view::{self, AccountView, PositionView};
use edge::{Authorised, Problem, Reply, Role, next_cursor};
use ledger::Ledger;
use serde::Serialize;

#[derive(Serialize)]
struct Own {
    memberships: Vec<Membership>,
}

#[derive(Serialize)]
struct Membership {
    account_id: String,
    roles: Vec<&'static str>,
    tier: &'static str,
    legal_name: String,
    program_id: String,
    program_name: String,
    /// `None` for a verifier, who sees no positions.
    position: Option<PositionView>,
}

/// `GET /me`: the caller's memberships with account, program and position.
pub async fn own(ledger: &Ledger, request: &Authorised) -> Result<Reply, Problem> {
    let claimed = &request.identity.memberships;
    let ids: Vec<AccountId> = claimed.iter().map(|(account, _)| *account).collect();
    let mut memberships = Vec::with_capacity(ids.len());
    for (account, profile) in ledger.profiled_accounts(&ids).await? {
        let claimed = claimed.iter().filter(|(id, _)| *id == account.id()).flat_map(|(_, roles)| roles);
        let roles: Vec<Role> = claimed.copied().filter(|role| exists_in(*role, &account.lineage)).collect();
        if !roles.is_empty() {
            memberships.push(membership(ledger, request, &account, profile, &roles).await?);
        }
    }
    Reply::ok(&Own { memberships })
}

async fn membership(
    ledger: &Ledger,
    request: &Authorised,
    account: &Account,
    profile: Profile,
    roles: &[Role],
) -> Result<Membership, Problem> {
    let lineage = &account.lineage;
    let program = ledger.program(lineage.program_id).await?;
    let program = program.ok_or_else(|| Problem::internal("an account names a program that does not exist"))?;
    let sees_position = roles.iter().any(|role| *role != Role::Verifier);
    let viewer = Viewer::Account(lineage.id);
    let position = view::position(&account.figures, lineage, account.seq, request.now(), &viewer);
    Ok(Membership {
        account_id: lineage.id.to_string(),
        roles: roles.iter().map(|role| role.name()).collect(),
        tier: lineage.tier.name(),
        legal_name: profile.legal_name,
        program_id: lineage.program_id.to_string(),
        program_name: program.name,
        position: sees_position.then_some(position),
    })
}

/// Verifiers exist at providers only.
fn exists_in(role: Role, account: &Lineage) -> bool {
    role != Role::Verifier || account.tier == Tier::Provider
}

/// An account with its position.
#[derive(Serialize)]
pub struct Child<'a> {
    #[serde(flatten)]
    account: AccountView<'a>,
    position: PositionView,
}

/// In which order children are listed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Order {
    Oldest,
    /// Nearest to depletion first.
    Nearest,
}

impl Order {
    fn from_name(name: &str) -> Option<Order> {
        match name {
            "oldest" => Some(Order::Oldest),
            "nearest" => Some(Order::Nearest),
            _ => None,
        }
    }
}

impl Order {
    /// Whether a list in this order, of children of that status, may go on from there: oldest first from an account's id,
    /// nearest first from a status, a nearness and an id.
    fn has_place(self, place: &str, status: Status) -> bool {
        let is_id = |text: &str| AccountId::parse(text).is_ok();
        match self {
            Order::Oldest => is_id(place),
            Order::Nearest => {
                let parts: Vec<&str> = place.split('#').collect();
                let is_rank = |text: &str| text.len() == 4 && text.bytes().all(|byte| byte.is_ascii_digit());
                matches!(parts.as_slice(), [of, rank, id] if *of == status.name() && is_rank(rank) && is_id(id))
            }
        }
    }
}

/// `GET /accounts/{id}/children` `?status=&sort=`: direct children with their positions; oldest first, or with
/// `sort=nearest` those nearest to depletion first, of one status, which is `active` unless given.
pub async fn children(ledger: &Ledger, request: &Authorised) -> Result<Reply, Problem> {
    let (target, viewer) = (request.target()?, request.viewer()?);
    let status = request.query_parsed("status", Status::from_name, "must be active, suspended or closed")?;
    let order = request.query_parsed("sort", Order::from_name, "must be oldest or nearest")?.unwrap_or(Order::Oldest);
    let nearest_of = status.unwrap_or(Status::Active);
    let paging = request.paging(|place| order.has_place(place, nearest_of))?;
    let after = paging.after.as_deref();
    let page = match order {
        Order::Oldest => ledger.children(target.id, status, after, paging.limit).await?,
        Order::Nearest => ledger.nearest_children(target.id, nearest_of, after, paging.limit).await?,
    };
    let (parent, ancestors) = ledger.account_line(target).await?;
    let line: Vec<Account> = std::iter::once(parent).chain(ancestors).collect();
    let child = |(account, profile)| shown(account, profile, &line, request, &viewer);
    let items = page.items.iter().map(|(account, profile)| child((account, profile))).collect();
    Reply::ok(&view::page(items, next_cursor(&paging, page.next.as_deref())))
}

/// An account below `line`, which begins with its parent.
pub fn shown<'a>(
    account: &Account,
    profile: &'a Profile,
    line: &[Account],
    request: &Authorised,
    viewer: &Viewer,
) -> Child<'a> {
    Child {
        account: view::account(account, effective_discount(account, line), profile),
        position: view::position(&account.figures, &account.lineage, account.seq, request.now(), viewer),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::Timestamp;

    #[test]
    fn a_list_goes_on_from_its_own_places_only() {
        let id = AccountId::new(Timestamp::EPOCH, 1).to_string();
        let nearest = |place: &str| Order::Nearest.has_place(place, Status::Active);
        assert!(Order::Oldest.has_place(&id, Status::Active) && nearest(&format!("active#0005#{id}")));
        for place in [&*id, "", &format!("x#{id}"), &format!("suspended#0005#{id}"), &format!("active#5#{id}")] {
            assert!(!nearest(place), "{place}");
        }
        assert!(!nearest("active#0005#acc_") && !Order::Oldest.has_place(&format!("active#0005#{id}"), Status::Active));
    }
}
