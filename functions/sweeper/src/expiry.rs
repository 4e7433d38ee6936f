//! Holds whose time has come.

use domain::By;
use domain::plan::{Kind, order};
use domain::{Commit, Failure, HoldStatus, IdempotencyKey, Mode, Occasion, PostingId, Record, Refusal, Timestamp};
use ledger::{Accounts, Command, Draft, DueHold, Error, Ledger, Needs, RecordKey};

use crate::Swept;

/// How many holds of one partition a round looks at.
const ROUND: usize = 200;

/// How many rounds one sweep makes; what is left is the next one's.
const MAX_ROUNDS: usize = 10;

/// Gives back every hold whose time had come at `now`.
///
/// # Errors
/// When the store does not answer. What was given back stays so, and the next sweep takes up the rest.
pub async fn sweep(ledger: &Ledger, now: Timestamp) -> Result<Swept, Error> {
    let mut swept = Swept::default();
    for _ in 0..MAX_ROUNDS {
        let due = ledger.due_holds(now, ROUND).await?;
        let before = swept.expired;
        for hold in due {
            match expire(ledger, hold, now).await {
                Ok(()) => swept.expired = swept.expired.saturating_add(1),
                // Captured or released in the meantime, or fought over: it is gone, or it stays due.
                Err(error) if error.refusal().is_some() => swept.skipped = swept.skipped.saturating_add(1),
                Err(error) if error.is_retryable() => return Err(error),
                // One that cannot be read must not keep the others waiting.
                Err(error) => {
                    tracing::error!(service = "sweeper", hold_id = %hold.hold_id, cause = %error, "hold not expired");
                    swept.skipped = swept.skipped.saturating_add(1);
                }
            }
        }
        if swept.expired == before {
            break;
        }
    }
    Ok(swept)
}

async fn expire(ledger: &Ledger, due: DueHold, now: Timestamp) -> Result<(), Error> {
    let target = ledger.lineage(due.account_id).await?.ok_or(Refusal::NotFound)?;
    let id = due.hold_id;
    let commit = Commit {
        occasion: Occasion { posting_id: PostingId::new(now, rand::random()), now, by: By::default() },
        expected_seq: None,
        // A hold expires once, however often it is swept.
        mode: Mode::Commit(IdempotencyKey { record: format!("expiry#{id}"), fingerprint: "expiry".to_owned() }),
    };
    let command = Command { reads: vec![RecordKey::Hold(id)], ..Command::new(&target, commit, Needs::Nothing) };
    ledger.post(&command, |accounts| draft(now, accounts)).await.map(drop)
}

fn draft(now: Timestamp, accounts: &Accounts) -> Result<Draft, Refusal> {
    let hold = accounts.hold()?;
    hold.require_open()?;
    if !hold.has_run_out(now) {
        return Err(Refusal::InvalidState("the hold has not run out"));
    }
    let plan = order::release(&accounts.target, &hold.frozen(), Kind::Expiry)?;
    Ok(Draft { records: vec![Record::Hold(hold.ended(HoldStatus::Expired))], ..Draft::from(plan) })
}
