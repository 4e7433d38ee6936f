//! The proof that a position follows from its entries.

use domain::recompute::{Break, Recomputed};
use edge::{Authorised, Problem, Reply, next_cursor};
use ledger::Ledger;
use serde::Serialize;

/// The most entries that one call recomputes.
const MAX_ENTRIES: u64 = 20_000;

/// How many entries are held at a time.
const CHUNK: u64 = 1_000;

#[derive(Serialize)]
struct Verification {
    consistent: bool,
    entries: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    first_break: Option<FirstBreak>,
    next_cursor: Option<String>,
}

#[derive(Serialize)]
struct FirstBreak {
    seq: u64,
    problem: &'static str,
}

fn is_number(place: &str) -> bool {
    place.parse::<u64>().is_ok_and(|number| number > 0)
}

/// `GET /accounts/{id}/verification`: recomputes the position from the entries, or says where that first fails. `entries`
/// counts those of this call.
pub async fn verify(ledger: &Ledger, request: &Authorised) -> Result<Reply, Problem> {
    let (target, paging) = (request.target()?, request.paging(is_number)?);
    // The position is read first: entries that come after it belong to a later verification.
    let account = ledger.account(target.id).await?.ok_or_else(Problem::not_found)?;
    let start: u64 = match &paging.after {
        None => 0,
        Some(place) => place.parse().map_err(|_| Problem::invalid_cursor())?,
    };
    let last = account.seq.min(start.saturating_add(MAX_ENTRIES));
    let mut state = match start {
        0 => Recomputed::before_the_first(target.tier),
        start if start > account.seq => return Err(Problem::invalid_cursor()),
        start => match ledger.entries_from(target.id, start, 1).await?.first() {
            Some(entry) => Recomputed::after(entry),
            None => return Err(Problem::invalid_cursor()),
        },
    };
    let mut seen: u64 = 0;
    let broken = loop {
        let from = start.saturating_add(seen).saturating_add(1);
        if from > last {
            break if last == account.seq { state.matches(&account).err() } else { None };
        }
        let wanted = CHUNK.min(last.saturating_sub(from).saturating_add(1));
        let entries = ledger.entries_from(target.id, from, usize::try_from(wanted).unwrap_or(usize::MAX)).await?;
        if let Some(broken) = state.take_all(&entries, from) {
            break Some(broken);
        }
        seen = seen.saturating_add(u64::try_from(entries.len()).unwrap_or(u64::MAX));
    };
    let next = (broken.is_none() && last < account.seq).then(|| last.to_string());
    Reply::ok(&Verification {
        consistent: broken.is_none(),
        entries: seen,
        first_break: broken.map(|Break { seq, problem }| FirstBreak { seq, problem }),
        next_cursor: next_cursor(&paging, next.as_deref()),
    })
}
