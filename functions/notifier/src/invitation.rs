//! An invitation: one mail to somebody who became a member of an account.

use domain::{AccountId, EventType};
use events::{MemberData, Received};
use ledger::MailKind;
use serde::Deserialize;

use crate::delivery::{Again, Delivery, Notifier};
use crate::mailing::{self, Envelope};
use crate::render::{self, Invitation, Locale};

/// The event that an invitation is made of.
pub const EVENT: EventType = EventType::MemberInvited;

#[derive(Deserialize)]
struct Detail {
    id: String,
    account_id: String,
    data: serde_json::Value,
}

/// Mails the invitation, unless mail must not go there. However often that is done, the person gets one mail; one more
/// where nothing is known of the first.
pub async fn invite(notifier: &Notifier, event: &Received, delivery: &Delivery<'_>) -> Result<(), Again> {
    let (id, about, data) = read(event).ok_or(Again::NotUnderstood("its detail"))?;
    if !notifier.ledger.suppressed(&[&data.email]).await?.is_empty() {
        return Ok(());
    }
    let locale = data.locale.as_deref().map_or(Locale::FALLBACK, Locale::from_name);
    let invitation = Invitation { account: &data.legal_name, roles: &data.roles, link: &notifier.portal_url };
    let envelope = Envelope { kind: MailKind::Invitation, event_id: &id, about, to: &data.email, settings_link: None };
    let is_settled = mailing::mail(notifier, envelope, delivery, |_| render::invitation(locale, &invitation)).await;
    if is_settled { Ok(()) } else { Err(Again::Mails { unsent: 1 }) }
}

fn read(event: &Received) -> Option<(String, AccountId, MemberData)> {
    let detail = Detail::deserialize(&event.detail).ok()?;
    Some((detail.id, AccountId::parse(&detail.account_id).ok()?, MemberData::from_value(&detail.data)?))
}
