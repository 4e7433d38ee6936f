//! An account's position and the entries that led to it.

use domain::account::Lineage;
use domain::{Figures, Kind, Timestamp};
use edge::{Authorised, Problem, Reply, next_cursor, view};
use ledger::{EntryFilter, Ledger};

use crate::export;

const TIME: &str = "must be a time such as 2026-11-21T10:00:00.000Z";

/// `GET /accounts/{id}/position` `?at=`: now, or after the last entry that was created at that time or before.
pub async fn position(ledger: &Ledger, request: &Authorised) -> Result<Reply, Problem> {
    let (target, viewer) = (request.target()?, request.viewer()?);
    let at = request.query_parsed("at", |text| Timestamp::parse(text).ok(), TIME)?;
    let account = ledger.account(target.id).await?.ok_or_else(Problem::not_found)?;
    let Some(at) = at else {
        let shown = view::position(&account.figures, target, account.seq, request.now(), &viewer);
        return Ok(Reply::ok(&shown)?.tagged(account.seq, request));
    };
    let (figures, seq) = match ledger.entry_as_of(&account, at).await? {
        Some(entry) => (entry.after, entry.seq),
        None => (zero(target), 0),
    };
    Reply::ok(&view::position(&figures, target, seq, at, &viewer))
}

fn zero(lineage: &Lineage) -> Figures {
    Figures::zero(lineage.tier.upstream_levels())
}

/// Entries are placed by their number, written with leading zeros.
fn is_entry_place(place: &str) -> bool {
    !place.is_empty() && place.len() <= 20 && place.bytes().all(|byte| byte.is_ascii_digit())
}

/// `GET /accounts/{id}/entries` `?from=&to=&kind=`: the statement, newest first; `from` is included, `to` is not. As CSV
/// with `Accept: text/csv`.
pub async fn entries(ledger: &Ledger, request: &Authorised) -> Result<Reply, Problem> {
    let (target, viewer, paging) = (request.target()?, request.viewer()?, request.paging(is_entry_place)?);
    let time = |name| request.query_parsed(name, |text| Timestamp::parse(text).ok(), TIME);
    let filter = EntryFilter {
        from: time("from")?,
        to: time("to")?,
        kind: request.query_parsed("kind", Kind::from_name, "must be a kind of posting")?,
    };
    if request.accepts("text/csv") {
        return export::export(ledger, request, filter, &paging).await;
    }
    let page = ledger.entries(target.id, filter, paging.after.as_deref(), paging.limit).await?;
    let items = page.items.iter().map(|entry| view::entry(entry, target, &viewer)).collect();
    Reply::ok(&view::page(items, next_cursor(&paging, page.next.as_deref())))
}
