//! `UsageRecorded`: the lines of a bill become charges, account by account.

use std::sync::Arc;

use domain::account::{Lineage, Tier};
use domain::{AccountId, By, Occasion, PostingId, Timestamp};
use events::Received;
use ledger::{Bill, Counted, Ledger, MAX_BILL_LINES};
use serde_json::Value;
use tokio::task::JoinSet;

use crate::deadline::{Again, Deadline};
use crate::detail::{data, is_of_program};
use crate::lines::{self, Line, Refused as RefusedLine, Sorted};
use crate::parking::Refused;
use crate::reason::Reason;
use crate::taken::Taken;

/// How many accounts are posted to at a time. They do not get in each other's way, and each waits for the store only.
const ACCOUNTS_AT_ONCE: usize = 8;

/// The longest id of an event that stands as a reference in an entry.
const MAX_REFERENCE: usize = 255;

/// Lines of one account, on their way into its ledger.
struct Share {
    lineage: Lineage,
    lines: Vec<Line>,
    now: Timestamp,
    reference: String,
}

/// What became of lines.
#[derive(Debug, Default, PartialEq, Eq)]
struct Progress {
    posted: usize,
    repeated: usize,
    refused: Vec<RefusedLine>,
}

/// Counts every line that can be counted and has not been counted before.
///
/// # Errors
/// When the event has to come again, because of a part of its lines at least. The others have been counted as far as
/// possible, so that less is left to do then.
pub async fn take(ledger: &Arc<Ledger>, event: &Received, deadline: &Deadline) -> Result<Taken, Again> {
    let sorted = match data(&event.detail).and_then(lines::read) {
        Ok(sorted) => sorted,
        Err(reason) => return Ok(Taken::refused(reason)),
    };
    let Sorted { accounts, repeated, refused } = sorted;
    let mut progress = Progress { posted: 0, repeated, refused };
    let shares = match place(ledger, event, accounts, &mut progress).await {
        Ok(shares) => shares,
        Err(error) => return Ok(Taken::refused(Again::or_reason(error)?)),
    };
    post(ledger, shares, *deadline, &mut progress).await?;
    let Progress { posted, repeated, refused } = progress;
    Ok(Taken { posted, repeated, refused: Refused::Lines(refused) })
}

/// Looks where the accounts stand. Lines of those that cannot be charged are refused.
async fn place(
    ledger: &Ledger,
    event: &Received,
    accounts: Vec<(AccountId, Vec<Line>)>,
    progress: &mut Progress,
) -> Result<Vec<Share>, ledger::Error> {
    let ids: Vec<AccountId> = accounts.iter().map(|(id, _)| *id).collect();
    let mut lineages = ledger.lineages(&ids).await?;
    let reference = reference(event);
    let mut shares = Vec::with_capacity(accounts.len());
    for (id, lines) in accounts {
        match chargeable(lineages.remove(&id), &event.detail) {
            Ok(lineage) => shares.push(Share { lineage, lines, now: event.time, reference: reference.clone() }),
            Err(reason) => progress.refused.extend(lines.iter().map(|line| (line.index, reason.clone()))),
        }
    }
    Ok(shares)
}

fn chargeable(lineage: Option<Lineage>, detail: &Value) -> Result<Lineage, Reason> {
    let lineage = lineage.filter(|lineage| is_of_program(lineage, detail)).ok_or_else(Reason::no_such_account)?;
    match lineage.tier {
        Tier::Provider => Err(Reason::new("forbidden", "A provider's own account cannot be charged.")),
        Tier::Distributor | Tier::Reseller | Tier::Customer => Ok(lineage),
    }
}

/// The event's own id, if it has one that is fit to be shown, or else that of its delivery.
fn reference(event: &Received) -> String {
    let own = event.detail.get("id").and_then(|id| edge::text(MAX_REFERENCE)(id).ok());
    own.unwrap_or_else(|| event.id.clone())
}

/// Posts to several accounts at a time. When the store does not answer, no further account is begun; one that others keep
/// changing does not keep the rest waiting.
async fn post(
    ledger: &Arc<Ledger>,
    shares: Vec<Share>,
    deadline: Deadline,
    progress: &mut Progress,
) -> Result<(), Again> {
    let mut waiting = shares.into_iter();
    let mut running = JoinSet::new();
    let mut again = None;
    loop {
        while running.len() < ACCOUNTS_AT_ONCE
            && matches!(again, None | Some(Again::Contention))
            && let Some(share) = waiting.next()
        {
            running.spawn(post_share(Arc::clone(ledger), share, deadline));
        }
        let Some(outcome) = running.join_next().await else { break };
        match outcome.unwrap_or(Err(Again::Lost)) {
            Ok(of_share) => {
                progress.posted = progress.posted.saturating_add(of_share.posted);
                progress.repeated = progress.repeated.saturating_add(of_share.repeated);
                progress.refused.extend(of_share.refused);
            }
            Err(Again::Contention) => again = again.or(Some(Again::Contention)),
            Err(graver) => again = Some(graver),
        }
    }
    again.map_or(Ok(()), Err)
}

/// One account's lines, one posting after the other: at the same time they would be in each other's way.
async fn post_share(ledger: Arc<Ledger>, share: Share, deadline: Deadline) -> Result<Progress, Again> {
    let mut progress = Progress::default();
    for part in share.lines.chunks(MAX_BILL_LINES) {
        deadline.check()?;
        let bill = Bill {
            target: &share.lineage,
            occasion: Occasion {
                posting_id: PostingId::new(share.now, rand::random()),
                now: share.now,
                by: By::default(),
            },
            reference: share.reference.clone(),
            lines: part.iter().map(|line| line.billed.clone()).collect(),
        };
        match ledger.post_bill(&bill).await {
            Ok(outcomes) => {
                for (line, outcome) in part.iter().zip(outcomes) {
                    match outcome {
                        Ok(Counted::Now) => progress.posted = progress.posted.saturating_add(1),
                        Ok(Counted::Before) => progress.repeated = progress.repeated.saturating_add(1),
                        Err(refusal) => progress.refused.push((line.index, Reason::from(refusal))),
                    }
                }
            }
            Err(error) => {
                let reason = Again::or_reason(error)?;
                progress.refused.extend(part.iter().map(|line| (line.index, reason.clone())));
            }
        }
    }
    Ok(progress)
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::program::Purchases;
    use domain::{Currency, ProgramId};
    use serde_json::json;

    fn at() -> Timestamp {
        Timestamp::parse("2026-11-21T10:00:00Z").unwrap()
    }

    fn lineage(tier: Tier) -> Lineage {
        Lineage {
            id: AccountId::new(at(), 1),
            program_id: ProgramId::new(at(), 2),
            tier,
            ancestors: Vec::new(),
            currency: Currency::parse("USD").unwrap(),
            purchases: Purchases::Partners,
        }
    }

    #[test]
    fn only_accounts_of_the_program_below_its_provider_are_charged() {
        let reseller = lineage(Tier::Reseller);
        let named = json!({ "program_id": reseller.program_id.to_string() });
        let other = json!({ "program_id": ProgramId::new(at(), 3).to_string() });
        for detail in [&named, &json!({}), &json!({ "program_id": null })] {
            assert_eq!(chargeable(Some(reseller.clone()), detail), Ok(reseller.clone()));
        }
        for detail in [&other, &json!({ "program_id": 3 })] {
            assert_eq!(chargeable(Some(reseller.clone()), detail), Err(Reason::no_such_account()));
        }
        assert_eq!(chargeable(None, &named), Err(Reason::no_such_account()));
        let refused = chargeable(Some(lineage(Tier::Provider)), &named).unwrap_err();
        assert_eq!(refused.as_str(), "forbidden: A provider's own account cannot be charged.");
    }

    #[test]
    fn an_entry_for_several_lines_refers_to_the_event() {
        let with = |id: Value| {
            let (source, detail_type) = ("cloud-console".into(), "UsageRecorded".into());
            let event = Received { id: "e-1".into(), source, detail_type, time: at(), detail: json!({ "id": id }) };
            reference(&event)
        };
        assert_eq!(with(json!("u-1")), "u-1");
        for unfit in [Value::Null, json!(""), json!(7), json!("x".repeat(256)), json!("a\nb")] {
            assert_eq!(with(unfit), "e-1");
        }
    }
}
