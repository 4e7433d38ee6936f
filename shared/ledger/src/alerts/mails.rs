//! What became of every mail: one item an event and recipient, claimed before the mail is handed over and marked after.
//!
//! The mail service has no way to say "this one I have had already". So whoever wants to send a mail claims it first:
//! two deliveries of one event cannot send it side by side. Where nothing is known of a try — its process ended before
//! it could say, or the service's answer was lost — the mail may or may not be under way; then it is sent a second time,
//! and never a third.

use domain::{AccountId, Timestamp};

use crate::client::Ledger;
use crate::counter::Bound;
use crate::error::{Corrupt, Error};
use crate::item::{Item, Reader, Writer};
use crate::keys::{self, Key};
use crate::transaction::{Attempts, Reason, Write};

/// How often a mail is handed over when nothing is known of the tries before.
const MAX_UNKNOWN_TRIES: u64 = 2;

/// How many alerts an address is mailed in an hour. Anybody may be named as a recipient, and whoever plays with quota makes
/// alerts: nobody's mailbox is to be flooded. What comes beyond is in the inbox.
pub const MAILS_PER_ADDRESS_AND_HOUR: u64 = 1_000;

/// How many of them may be about one account, so that whoever plays with one does not keep the alerts of others from being
/// mailed.
pub const MAILS_PER_ADDRESS_ACCOUNT_AND_HOUR: u64 = 100;

/// How many alerts about one account are mailed in an hour, so that none uses up what the deployment may send.
pub const MAILS_PER_ACCOUNT_AND_HOUR: u64 = 2_000;

/// How many invitations an address is mailed in an hour. They count by themselves: alerts do not use them up.
pub const INVITATIONS_PER_ADDRESS_AND_HOUR: u64 = 20;

/// How many invitations to one account are mailed in an hour: as many as it may have members.
pub const INVITATIONS_PER_ACCOUNT_AND_HOUR: u64 = 100;

const HOUR_MS: i64 = 3_600_000;

const fn mails(most: u64) -> Bound {
    Bound { attribute: "mails", most, kept_seconds: 7_200 }
}

/// What a mail is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MailKind {
    /// What happened to an account's quota.
    Alert,
    /// That somebody may act for an account.
    Invitation,
}

/// Names one mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MailKey<'a> {
    /// What it is.
    pub kind: MailKind,
    /// The event's stable id.
    pub event_id: &'a str,
    /// To whom.
    pub address: &'a str,
    /// Which account it is about.
    pub about: AccountId,
}

/// Somebody who wants to send a mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MailClaim<'a> {
    /// The mail.
    pub mail: MailKey<'a>,
    /// The delivery that would send it: another for every delivery of the same event.
    pub holder: &'a str,
    /// The time.
    pub now: Timestamp,
    /// By when it is certainly no longer sending.
    pub deadline: Timestamp,
}

/// Whether a mail is to be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Claimed {
    /// Yes, now, by whoever claimed it.
    Send {
        /// The version under which its outcome is written.
        version: u64,
        /// Whether the recipient gets no further mail in this hour.
        is_last: bool,
    },
    /// It was sent, or will never be.
    Done,
    /// Somebody else may be sending it at this moment.
    Busy,
    /// It was handed over twice, and nothing is known of either.
    Spent,
    /// The recipient, or the account that it is about, has had enough mail for this hour; it will not be sent.
    Limited,
}

/// What came of sending.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MailOutcome<'a> {
    /// The mail service took it and calls it so.
    Sent(&'a str),
    /// It will never be sent; says why.
    Refused(&'a str),
    /// It was not sent; it may be tried again.
    NotSent,
    /// Nothing is known.
    Unknown,
}

struct State {
    status: String,
    tries: u64,
    holder: String,
    deadline: Timestamp,
    version: u64,
    is_last: bool,
}

const SENDING: &str = "sending";
const WAITING: &str = "waiting";
const SENT: &str = "sent";
const REFUSED: &str = "refused";

impl Ledger {
    /// Claims a mail.
    ///
    /// # Errors
    /// [`domain::Refusal::Contention`] when others kept being faster, or a failure of the store.
    pub async fn claim_mail(&self, claim: &MailClaim<'_>) -> Result<Claimed, Error> {
        let key = keys::mail(claim.mail.event_id, claim.mail.address);
        let mut attempts = Attempts::new();
        let mut found = self.get(&key).await?;
        let (mut is_counted, mut is_last) = (false, false);
        loop {
            let before = found.as_ref().map(read_state).transpose()?;
            let tries = match judge(before.as_ref(), claim) {
                Ok(tries) => tries,
                Err(verdict) => return Ok(verdict),
            };
            if before.is_none() && !is_counted {
                is_counted = true;
                is_last = match self.count_mail(claim).await? {
                    Some(is_last) => is_last,
                    None => {
                        self.refuse_mail(claim).await?;
                        return Ok(Claimed::Limited);
                    }
                };
            }
            let version = before.as_ref().map_or(1, |before| before.version.saturating_add(1));
            let is_last = is_last || before.as_ref().is_some_and(|before| before.is_last);
            let state = State {
                status: SENDING.to_owned(),
                tries,
                holder: claim.holder.to_owned(),
                deadline: claim.deadline,
                version,
                is_last,
            };
            let Err(reasons) = self.transact(vec![Write::version(item(claim.mail, &state).build(), version)]).await?
            else {
                return Ok(Claimed::Send { version, is_last });
            };
            attempts.pause().await?;
            found = match reasons.into_iter().next() {
                Some(Reason::Failed(Some(image))) => Some(image),
                _ => self.get(&key).await?,
            };
        }
    }

    /// Counts a mail that was not tried before; answers whether it is the last one for this hour, or `None` when there have
    /// been enough. The narrowest count comes first: what it stops leaves the others as they are.
    async fn count_mail(&self, claim: &MailClaim<'_>) -> Result<Option<bool>, Error> {
        let mut is_last = false;
        for (key, most) in counts(claim) {
            match self.count_up(&key, mails(most), claim.now).await? {
                Some(count) => is_last = is_last || count >= most,
                None => return Ok(None),
            }
        }
        Ok(Some(is_last))
    }

    /// Writes down that a mail will not be sent, so that a later delivery in another hour does not bring it after all.
    async fn refuse_mail(&self, claim: &MailClaim<'_>) -> Result<(), Error> {
        let state = State {
            status: REFUSED.to_owned(),
            tries: 0,
            holder: claim.holder.to_owned(),
            deadline: claim.deadline,
            version: 1,
            is_last: false,
        };
        let item = item(claim.mail, &state).text("reason", "too many mails in this hour").build();
        // Refused means that somebody else has claimed it meanwhile.
        self.write_all(|| vec![Write::create(item.clone())]).await.map(drop)
    }

    /// Writes down what came of a claimed mail.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn settle_mail(
        &self,
        claim: &MailClaim<'_>,
        version: u64,
        outcome: MailOutcome<'_>,
        now: Timestamp,
    ) -> Result<(), Error> {
        let Some(found) = self.get(&keys::mail(claim.mail.event_id, claim.mail.address)).await? else { return Ok(()) };
        let before = read_state(&found)?;
        if before.version != version {
            return Ok(());
        }
        let (status, tries) = match outcome {
            MailOutcome::Sent(_) => (SENT, before.tries),
            MailOutcome::Refused(_) => (REFUSED, before.tries),
            MailOutcome::NotSent => (WAITING, before.tries.saturating_sub(1)),
            MailOutcome::Unknown => (WAITING, before.tries),
        };
        let state = State { status: status.to_owned(), tries, version: version.saturating_add(1), ..before };
        let writer = item(claim.mail, &state).text("settled_at", now);
        let item = match outcome {
            MailOutcome::Sent(id) => writer.text("message_id", id).build(),
            MailOutcome::Refused(reason) => writer.text("reason", reason).build(),
            MailOutcome::NotSent | MailOutcome::Unknown => writer.build(),
        };
        // False means that somebody claimed it after our time was over.
        self.write_all(|| vec![Write::replace(item.clone(), version)]).await.map(drop)
    }

    /// Those of some addresses that mail must not go to.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn suppressed<'a>(&self, addresses: &[&'a str]) -> Result<Vec<&'a str>, Error> {
        let keys: Vec<_> = addresses.iter().map(|address| keys::suppression(address)).collect();
        let items = self.batch(&keys).await?;
        let is_suppressed = addresses.iter().zip(&keys).filter(|(_, key)| items.get(key).is_some());
        Ok(is_suppressed.map(|(address, _)| *address).collect())
    }

    /// Notes that no mail must go to an address any more.
    ///
    /// # Errors
    /// [`domain::Refusal::Contention`] when others kept being faster, or a failure of the store.
    pub async fn suppress(&self, address: &str, reason: &str, at: Timestamp) -> Result<(), Error> {
        let item = Writer::new(&keys::suppression(address), "suppressed address")
            .text("email", address)
            .text("reason", reason)
            .text("created_at", at)
            .build();
        // Refused means that it is noted already; the first reason stays.
        self.write_all(|| vec![Write::create(item.clone())]).await.map(drop)
    }
}

/// Which counters a mail moves on, and how far each may go.
fn counts(claim: &MailClaim<'_>) -> Vec<(Key, u64)> {
    let MailKey { kind, address, about, .. } = claim.mail;
    let hour = claim.now.unix_ms().div_euclid(HOUR_MS);
    match kind {
        MailKind::Alert => vec![
            (keys::mails_to_about(address, about, hour), MAILS_PER_ADDRESS_ACCOUNT_AND_HOUR),
            (keys::mails_about(about, hour), MAILS_PER_ACCOUNT_AND_HOUR),
            (keys::mails_to(address, hour), MAILS_PER_ADDRESS_AND_HOUR),
        ],
        MailKind::Invitation => vec![
            (keys::invitations_about(about, hour), INVITATIONS_PER_ACCOUNT_AND_HOUR),
            (keys::invitations_to(address, hour), INVITATIONS_PER_ADDRESS_AND_HOUR),
        ],
    }
}

/// How many unknown tries there are with this one, or why it must not be made.
fn judge(before: Option<&State>, claim: &MailClaim<'_>) -> Result<u64, Claimed> {
    let Some(before) = before else { return Ok(1) };
    match before.status.as_str() {
        SENT | REFUSED => Err(Claimed::Done),
        // Its answer was lost on the way to us.
        SENDING if before.holder == claim.holder => {
            Err(Claimed::Send { version: before.version, is_last: before.is_last })
        }
        SENDING if before.deadline >= claim.now => Err(Claimed::Busy),
        _ if before.tries >= MAX_UNKNOWN_TRIES => Err(Claimed::Spent),
        _ => Ok(before.tries.saturating_add(1)),
    }
}

fn item(mail: MailKey<'_>, state: &State) -> Writer {
    Writer::new(&keys::mail(mail.event_id, mail.address), "mail")
        .text("event_id", mail.event_id)
        .text("status", &state.status)
        .number("tries", state.tries)
        .text("holder", &state.holder)
        .text("deadline", state.deadline)
        .number("version", state.version)
        .flag("is_last", state.is_last)
}

fn read_state(item: &Item) -> Result<State, Corrupt> {
    let item = Reader(item);
    let is_known = |status: &str| [SENDING, WAITING, SENT, REFUSED].contains(&status).then(|| status.to_owned());
    Ok(State {
        status: item.named("status", is_known)?,
        tries: item.number("tries")?,
        holder: item.text("holder")?.to_owned(),
        deadline: item.time("deadline")?,
        version: item.number("version")?,
        is_last: item.flag("is_last")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::parse(&format!("2026-11-21T10:{:02}:{:02}Z", seconds.div_euclid(60), seconds.rem_euclid(60)))
            .unwrap()
    }

    fn judged(status: &str, tries: u64, deadline: i64, now: i64) -> Result<u64, Claimed> {
        let before = State {
            status: status.into(),
            tries,
            holder: "one".into(),
            deadline: at(deadline),
            version: 5,
            is_last: false,
        };
        let about = AccountId::new(Timestamp::EPOCH, 1);
        let mail = MailKey { kind: MailKind::Alert, event_id: "evt_1", address: "kim@partner.example", about };
        judge(Some(&before), &MailClaim { mail, holder: "two", now: at(now), deadline: at(900) })
    }

    #[test]
    fn a_mail_is_sent_once_and_at_most_repeated_once() {
        assert_eq!(judged(SENT, 1, 60, 100), Err(Claimed::Done));
        assert_eq!(judged(REFUSED, 1, 60, 100), Err(Claimed::Done));
        assert_eq!(judged(SENDING, 1, 60, 50), Err(Claimed::Busy), "its sender may still be at work");
        assert_eq!(judged(SENDING, 1, 60, 61), Ok(2), "its sender is gone");
        assert_eq!(judged(SENDING, 2, 60, 61), Err(Claimed::Spent));
        assert_eq!(judged(WAITING, 1, 60, 50), Ok(2), "its sender knows nothing of it");
        assert_eq!(judged(WAITING, 0, 60, 50), Ok(1), "it was certainly not sent");
        assert_eq!(judged(WAITING, 2, 60, 50), Err(Claimed::Spent));
    }
}
