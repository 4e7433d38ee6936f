//! One mail of one event to one recipient: claimed, handed over, and what came of it written down.

use std::time::Duration;

use domain::AccountId;
use ledger::{Claimed, MailClaim, MailKey, MailKind, MailOutcome};
use tokio::time::Instant;

use crate::delivery::{Delivery, Notifier};
use crate::post::{Letter, SENDING_TIMEOUT, Sent};
use crate::render::{Mail, RenderError};
use crate::time::FUNCTION_TIMEOUT;

/// The pauses between the tries to write down what became of a mail.
const WRITING_PAUSES: [Duration; 2] = [Duration::from_millis(200), Duration::from_millis(800)];

/// How long a claim holds: claiming may take half of it, sending the other half.
const CLAIM: Duration = SENDING_TIMEOUT.saturating_mul(2);

/// After this no further mail is begun: what was is ended before the function's time is up.
const BEGIN_UNTIL: Duration = FUNCTION_TIMEOUT.saturating_sub(SENDING_TIMEOUT.saturating_mul(4));

/// Whom a mail is for, and of what.
#[derive(Clone, Copy)]
pub struct Envelope<'a> {
    /// What it is: each kind has limits of its own.
    pub kind: MailKind,
    /// The event's stable id.
    pub event_id: &'a str,
    /// Which account it is about.
    pub about: AccountId,
    /// To whom.
    pub to: &'a str,
    /// Where the recipient changes what it hears of, where that can be changed.
    pub settings_link: Option<&'a str>,
}

/// Sends one mail unless that was done; answers whether there is nothing left to do for this recipient. `write` is told
/// whether the recipient gets no further mail for some time.
pub async fn mail(
    notifier: &Notifier,
    envelope: Envelope<'_>,
    delivery: &Delivery<'_>,
    write: impl FnOnce(bool) -> Result<Mail, RenderError>,
) -> bool {
    if delivery.clock.elapsed() > BEGIN_UNTIL {
        return false;
    }
    let claim = MailClaim {
        mail: MailKey { kind: envelope.kind, event_id: envelope.event_id, address: envelope.to, about: envelope.about },
        holder: &delivery.holder,
        now: delivery.clock.now(),
        deadline: delivery.clock.in_future(CLAIM),
    };
    let begun = Instant::now();
    let Envelope { event_id, about, .. } = envelope;
    let (version, is_last) = match notifier.ledger.claim_mail(&claim).await {
        Ok(Claimed::Done) => return true,
        Ok(Claimed::Limited) => {
            tracing::warn!(service = "notifier", event_id, account_id = %about, "mail limited");
            return true;
        }
        Ok(Claimed::Send { version, is_last }) => (version, is_last),
        Ok(Claimed::Busy) => return false,
        Ok(Claimed::Spent) => {
            tracing::error!(service = "notifier", event_id, "mail handed over twice without an answer");
            return false;
        }
        Err(_) => return false,
    };
    let limit = SENDING_TIMEOUT.saturating_sub(begun.elapsed());
    let sent = if limit.is_zero() {
        // Claiming took so long that the claim might end before the sending.
        Sent::NotTaken("no time".to_owned())
    } else {
        send(notifier, envelope, write(is_last), limit).await
    };
    settle(notifier, &claim, version, &sent, delivery).await
}

async fn send(
    notifier: &Notifier,
    envelope: Envelope<'_>,
    written: Result<Mail, RenderError>,
    limit: Duration,
) -> Sent {
    let mail = match written {
        Ok(mail) => mail,
        Err(error) => return Sent::NotTaken(error.to_string()),
    };
    let Envelope { event_id, to, settings_link, .. } = envelope;
    notifier.post.send(&Letter { to, mail: &mail, settings_link, event_id }, limit).await
}

async fn settle(
    notifier: &Notifier,
    claim: &MailClaim<'_>,
    version: u64,
    sent: &Sent,
    delivery: &Delivery<'_>,
) -> bool {
    let (outcome, is_settled) = match sent {
        Sent::Taken(id) => (MailOutcome::Sent(id), true),
        Sent::Refused(reason) => (MailOutcome::Refused(reason), true),
        Sent::NotTaken(_) => (MailOutcome::NotSent, false),
        Sent::Unknown(_) => (MailOutcome::Unknown, false),
    };
    if let Sent::Refused(code) | Sent::NotTaken(code) | Sent::Unknown(code) = sent {
        let MailKey { event_id, about, .. } = claim.mail;
        let message = if is_settled { "mail refused" } else { "mail not sent" };
        tracing::warn!(service = "notifier", event_id, account_id = %about, code, "{message}");
    }
    write_down(notifier, claim, version, outcome, delivery).await && is_settled
}

/// What cannot be written down counts as unknown when the message comes again, and the mail is repeated: it is worth some
/// tries.
async fn write_down(
    notifier: &Notifier,
    claim: &MailClaim<'_>,
    version: u64,
    outcome: MailOutcome<'_>,
    delivery: &Delivery<'_>,
) -> bool {
    for pause in WRITING_PAUSES {
        if notifier.ledger.settle_mail(claim, version, outcome, delivery.clock.now()).await.is_ok() {
            return true;
        }
        tokio::time::sleep(pause).await;
    }
    notifier.ledger.settle_mail(claim, version, outcome, delivery.clock.now()).await.is_ok()
}
