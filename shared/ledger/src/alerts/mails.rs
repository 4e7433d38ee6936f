//! What became of every mail: one item an event and recipient, claimed before the mail is handed over and marked after.
//!
//! The mail service has no way to say "this one I have had already". So whoever wants to send a mail claims it first:
//! two deliveries of one event cannot send it side by side. Where nothing is known of a try — its process ended before
//! it could say, or the service's answer was lost — the mail may or may not be under way; then it is sent a second time,
//! and never a third.

use domain::Timestamp;

use crate::client::Ledger;
use crate::error::{Corrupt, Error};
use crate::item::{Item, Reader, Writer};
use crate::keys;
use crate::transaction::{Attempts, Reason, Write};

/// How often a mail is handed over when nothing is known of the tries before.
const MAX_UNKNOWN_TRIES: u64 = 2;

/// Names one mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MailKey<'a> {
    /// The event's stable id.
    pub event_id: &'a str,
    /// To whom.
    pub address: &'a str,
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
    /// Yes, now, by whoever claimed it; carries the version under which its outcome is written.
    Send(u64),
    /// It was sent, or will never be.
    Done,
    /// Somebody else may be sending it at this moment.
    Busy,
    /// It was handed over twice, and nothing is known of either.
    Spent,
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
        loop {
            let before = found.as_ref().map(read_state).transpose()?;
            let tries = match judge(before.as_ref(), claim) {
                Ok(tries) => tries,
                Err(verdict) => return Ok(verdict),
            };
            let version = before.as_ref().map_or(1, |before| before.version.saturating_add(1));
            let state = State {
                status: SENDING.to_owned(),
                tries,
                holder: claim.holder.to_owned(),
                deadline: claim.deadline,
                version,
            };
            let Err(reasons) = self.transact(vec![Write::version(item(claim.mail, &state).build(), version)]).await?
            else {
                return Ok(Claimed::Send(version));
            };
            attempts.pause().await?;
            found = match reasons.into_iter().next() {
                Some(Reason::Failed(Some(image))) => Some(image),
                _ => self.get(&key).await?,
            };
        }
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

/// How many unknown tries there are with this one, or why it must not be made.
fn judge(before: Option<&State>, claim: &MailClaim<'_>) -> Result<u64, Claimed> {
    let Some(before) = before else { return Ok(1) };
    match before.status.as_str() {
        SENT | REFUSED => Err(Claimed::Done),
        // Its answer was lost on the way to us.
        SENDING if before.holder == claim.holder => Err(Claimed::Send(before.version)),
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
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::parse(&format!("2026-11-21T10:{:02}:{:02}Z", seconds.div_euclid(60), seconds.rem_euclid(60))).unwrap()
    }

    fn judged(status: &str, tries: u64, deadline: i64, now: i64) -> Result<u64, Claimed> {
        let before = State { status: status.into(), tries, holder: "one".into(), deadline: at(deadline), version: 5 };
        let mail = MailKey { event_id: "evt_1", address: "kim@partner.example" };
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
