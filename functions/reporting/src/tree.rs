//! The tree below an account.

use std::collections::HashMap;

use domain::{Account, AccountId, Profile};
use edge::{Authorised, Problem, Reply};
use futures_util::{StreamExt, TryStreamExt, stream};
use ledger::Ledger;
use serde::Serialize;

use crate::hierarchy::{Child, shown};

/// The most accounts that a tree shows.
const MAX_NODES: usize = 1_000;

/// From a provider down to its customers.
const MAX_DEPTH: usize = 3;

/// How many accounts' children are read side by side.
const READS_AT_ONCE: usize = 8;

/// How many children are read at a time.
const PAGE: usize = 100;

#[derive(Serialize)]
struct Tree<'a> {
    #[serde(flatten)]
    node: Node<'a>,
    truncated: bool,
}

#[derive(Serialize)]
struct Node<'a> {
    #[serde(flatten)]
    account: Child<'a>,
    children: Vec<Node<'a>>,
}

/// The accounts of a tree, and whether there are more than it shows.
struct Found {
    /// Children by their parents, oldest first.
    children: HashMap<AccountId, Vec<(Account, Profile)>>,
    is_truncated: bool,
}

/// `GET /accounts/{id}/tree` `?depth=`: the account and what is below it, as many levels as asked for (1 to 3, all of them by
/// default), at most 1,000 accounts: whole levels first, then as much of the next as there is room for.
pub async fn tree(ledger: &Ledger, request: &Authorised) -> Result<Reply, Problem> {
    let target = request.target()?;
    let is_depth = |text: &str| text.parse().ok().filter(|depth| (1..=MAX_DEPTH).contains(depth));
    let depth = request.query_parsed("depth", is_depth, "must be a whole number from 1 to 3")?.unwrap_or(MAX_DEPTH);
    let (root, ancestors) = ledger.account_line(target).await?;
    let profile = ledger.profile(target.id).await?.ok_or_else(Problem::not_found)?;
    let found = find(ledger, target.id, depth).await?;
    let node = node(request, &root, &profile, &ancestors, &found)?;
    Reply::ok(&Tree { node, truncated: found.is_truncated })
}

/// Level by level, so that what is left out is at the bottom.
async fn find(ledger: &Ledger, root: AccountId, depth: usize) -> Result<Found, ledger::Error> {
    let mut found = Found { children: HashMap::new(), is_truncated: false };
    let (mut level, mut room, mut has_below) = (vec![root], MAX_NODES.saturating_sub(1), true);
    for _ in 0..depth {
        if room == 0 {
            found.is_truncated |= has_below;
            break;
        }
        // Each parent is asked for what fits if the others had nothing, and one more, which says that something is left out.
        let limit = room.saturating_add(1);
        let families: Vec<(AccountId, Vec<(Account, Profile)>)> = stream::iter(level)
            .map(async |parent| Ok::<_, ledger::Error>((parent, all_children(ledger, parent, limit).await?)))
            .buffered(READS_AT_ONCE)
            .try_collect()
            .await?;
        (level, has_below) = (Vec::new(), false);
        for (parent, mut children) in families {
            if children.len() > room {
                children.truncate(room);
                found.is_truncated = true;
            }
            room = room.saturating_sub(children.len());
            // Below a customer there is nothing to look for.
            let parents = children.iter().filter(|(account, _)| account.lineage.tier.below().is_some());
            has_below |= children.iter().any(|(account, _)| account.open_children > 0);
            level.extend(parents.map(|(account, _)| account.id()));
            found.children.insert(parent, children);
        }
    }
    Ok(found)
}

async fn all_children(
    ledger: &Ledger,
    parent: AccountId,
    limit: usize,
) -> Result<Vec<(Account, Profile)>, ledger::Error> {
    let mut children = Vec::new();
    let mut after: Option<String> = None;
    loop {
        let wanted = limit.saturating_sub(children.len()).min(PAGE);
        let page = ledger.children(parent, None, after.as_deref(), wanted).await?;
        children.extend(page.items);
        after = page.next;
        if after.is_none() || children.len() >= limit {
            return Ok(children);
        }
    }
}

fn node<'a>(
    request: &Authorised,
    account: &Account,
    profile: &'a Profile,
    ancestors: &[Account],
    found: &'a Found,
) -> Result<Node<'a>, Problem> {
    let line: Vec<Account> = std::iter::once(account).chain(ancestors).cloned().collect();
    let children = found.children.get(&account.id()).map(Vec::as_slice).unwrap_or_default();
    Ok(Node {
        account: shown(account, profile, ancestors, request, &request.viewer()?),
        children: children
            .iter()
            .map(|(child, profile)| node(request, child, profile, &line, found))
            .collect::<Result<_, _>>()?,
    })
}
