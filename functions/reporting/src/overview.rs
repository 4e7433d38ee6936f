//! The first screen.

use domain::account::Status;
use domain::amount::OutOfRange;
use domain::rollup::{Contribution, Totals};
use domain::{Account, AccountId, Amount, Profile, Timestamp};
use edge::view::{self, FiguresView, PositionView};
use edge::{Authorised, Problem, Reply};
use ledger::{Ledger, Summary};
use serde::Serialize;

use crate::hierarchy::{Child, shown};

/// How many children are shown that are nearest to depletion.
const NEAREST: usize = 5;

#[derive(Serialize)]
struct Overview<'a> {
    position: PositionView,
    children: Counts,
    totals: FiguresView,
    nearest: Vec<Child<'a>>,
    open_applications: u64,
    unread_notifications: usize,
    margin: String,
    as_of: String,
}

#[derive(Serialize)]
struct Counts {
    active: u64,
    suspended: u64,
    closed: u64,
}

/// `GET /accounts/{id}/overview`: everything that the first screen shows, in a number of reads that does not depend on how
/// many children there are. What is summed over children follows their positions some moments later; `as_of` says when.
pub async fn overview(ledger: &Ledger, request: &Authorised) -> Result<Reply, Problem> {
    let (target, viewer) = (request.target()?, request.viewer()?);
    let (summary, nearest, unread) =
        tokio::try_join!(ledger.summary(target), nearest(ledger, target.id), ledger.unread_count(target.id),)?;
    let Summary { account, ancestors, totals, owed_for_children, as_of } = &summary;
    let line: Vec<Account> = std::iter::once(account).chain(ancestors).cloned().collect();
    let Totals { active, suspended, closed, figures } = totals;
    // Sums over children are shown as the figures of any child are.
    let child = target.child(AccountId::new(Timestamp::EPOCH, 0)).unwrap_or_else(|| target.clone());
    let margin = margin(account, *owed_for_children).map_err(Problem::internal)?;
    Reply::ok(&Overview {
        position: view::position(&account.figures, target, account.seq, request.now(), &viewer),
        children: Counts { active: *active, suspended: *suspended, closed: *closed },
        totals: view::figures(figures, &child, &viewer),
        nearest: nearest.iter().map(|(account, profile)| shown(account, profile, &line, request, &viewer)).collect(),
        open_applications: account.open_applications,
        unread_notifications: unread,
        margin: margin.show(target.currency),
        as_of: as_of.unwrap_or(account.created_at).to_string(),
    })
}

/// Those children, active or suspended, of which the smallest part of their quota is left.
async fn nearest(ledger: &Ledger, parent: AccountId) -> Result<Vec<(Account, Profile)>, ledger::Error> {
    let of = |status| ledger.nearest_children(parent, status, None, NEAREST);
    let (active, suspended) = tokio::try_join!(of(Status::Active), of(Status::Suspended))?;
    let mut children: Vec<(Account, Profile)> = active.items.into_iter().chain(suspended.items).collect();
    children.sort_by_key(|(account, _)| Contribution::of(account).rank());
    children.truncate(NEAREST);
    Ok(children)
}

/// What the account has gained so far: what it received, less what it came to owe for that. It is the same as what it received
/// less what it paid and owes, but for its own consumption, as whatever it paid and owes it does for its children or itself.
fn margin(account: &Account, owed_for_children: Amount) -> Result<Amount, OutOfRange> {
    account.figures.collected.minus(owed_for_children)
}
