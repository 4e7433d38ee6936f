//! What a batch changes in the roll-ups.

use std::collections::HashMap;

use domain::{Account, AccountId, Amount, Refusal, Timestamp};
use futures_util::{StreamExt, stream};
use ledger::{Change, Error, Ledger};
use tokio::time::Instant;

use crate::record::Record;
use crate::trouble::Trouble;

/// How many accounts' roll-ups are changed side by side.
const ROLLUPS_AT_ONCE: usize = 8;

/// What a batch says about one account's roll-up, each with the index of its record.
#[derive(Default)]
struct Share<'a> {
    /// New states of its children.
    children: Vec<(usize, &'a Account)>,
    /// What it came to owe for its children: the entry's number and what that added to `used`.
    owed: Vec<(usize, u64, Amount)>,
}

/// Takes everything that is new into the roll-ups, several accounts side by side. One that others are at holds up its own
/// records only.
pub async fn roll_up(ledger: &Ledger, records: &[Record], until: Instant) -> Trouble {
    let mut shares: HashMap<AccountId, Share<'_>> = HashMap::new();
    for (index, record) in records.iter().enumerate() {
        match record.told() {
            Some(Change::Account { after, .. }) => {
                if let Some(parent) = after.lineage.parent() {
                    shares.entry(parent).or_default().children.push((index, after.as_ref()));
                }
            }
            Some(Change::Entry { entry, .. }) => {
                if let Some(owed) = entry.owed_for_child() {
                    shares.entry(entry.account_id).or_default().owed.push((index, entry.seq, owed));
                }
            }
            _ => {}
        }
    }
    let at = records.iter().map(Record::time).max().unwrap_or(Timestamp::EPOCH);
    stream::iter(shares)
        .map(async |(account, share)| take(ledger, account, &share, at, until).await)
        .buffer_unordered(ROLLUPS_AT_ONCE)
        .fold(Trouble::default(), async |mut all, trouble| {
            all.failed.extend(trouble.failed);
            all.poison.extend(trouble.poison);
            all
        })
        .await
}

async fn take(ledger: &Ledger, account: AccountId, share: &Share<'_>, at: Timestamp, until: Instant) -> Trouble {
    let mut trouble = Trouble::default();
    if Instant::now() >= until {
        trouble.failed.extend(share.children.iter().map(|(index, _)| index));
        trouble.failed.extend(share.owed.iter().map(|(index, ..)| index));
        return trouble;
    }
    take_children(ledger, &share.children, at, &mut trouble).await;
    let owed: Vec<(u64, Amount)> = share.owed.iter().map(|(_, seq, owed)| (*seq, *owed)).collect();
    if !owed.is_empty()
        && let Err(error) = ledger.add_owed_for_children(account, &owed, at).await
    {
        for (index, ..) in &share.owed {
            trouble.add(*index, &error);
        }
    }
    trouble
}

async fn take_children(ledger: &Ledger, children: &[(usize, &Account)], at: Timestamp, trouble: &mut Trouble) {
    let all: Vec<Account> = children.iter().map(|(_, account)| (*account).clone()).collect();
    match ledger.roll_up(&all, at).await {
        Ok(()) => {}
        Err(error) if comes_again(&error) => trouble.failed.extend(children.iter().map(|(index, _)| index)),
        // One of them cannot be taken in: alone, it is known which.
        Err(_) => {
            for (index, account) in children {
                if let Err(error) = ledger.roll_up(std::slice::from_ref(*account), at).await {
                    trouble.add(*index, &error);
                }
            }
        }
    }
}

impl Trouble {
    fn add(&mut self, index: usize, error: &Error) {
        if comes_again(error) {
            self.failed.insert(index);
        } else {
            self.poison.push((index, format!("not rolled up: {error}")));
        }
    }
}

/// Whether the same may succeed later. A store that refuses us is mended by somebody; only what the table holds, or a sum
/// that has no room, stays as it is.
fn comes_again(error: &Error) -> bool {
    match error {
        Error::Unavailable(_) | Error::Rejected(_) | Error::Refused(Refusal::Contention) => true,
        Error::Refused(_) | Error::Corrupt(_) => false,
    }
}
