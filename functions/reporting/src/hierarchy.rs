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

/// A place in either order: an account's id, or its status, nearness and id.
fn is_place(place: &str) -> bool {
    let id = place.rsplit('#').next().unwrap_or_default();
    AccountId::parse(id).is_ok() && place.len() <= MAX_PLACE
}

/// The longest place: a status, a percentage and an id.
const MAX_PLACE: usize = 60;

/// `GET /accounts/{id}/children` `?status=&sort=`: direct children with their positions; oldest first, or with
/// `sort=nearest` those nearest to depletion first, of one status, which is `active` unless given.
pub async fn children(ledger: &Ledger, request: &Authorised) -> Result<Reply, Problem> {
    let (target, viewer, paging) = (request.target()?, request.viewer()?, request.paging(is_place)?);
    let status = request.query_parsed("status", Status::from_name, "must be active, suspended or closed")?;
    let order = request.query_parsed("sort", Order::from_name, "must be oldest or nearest")?.unwrap_or(Order::Oldest);
    let after = paging.after.as_deref();
    let page = match order {
        Order::Oldest => ledger.children(target.id, status, after, paging.limit).await?,
        Order::Nearest => {
            ledger.nearest_children(target.id, status.unwrap_or(Status::Active), after, paging.limit).await?
        }
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
