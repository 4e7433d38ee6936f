//! An alert: into the inboxes, then to everybody's mailbox.

use domain::alert::Alert;
use domain::{AccountId, EventType, Notification, NotificationId, Timestamp};
use events::{AlertData, Received, stable_random};
use futures_util::{StreamExt, stream};
use ledger::{Audience, MailKind};
use serde::Deserialize;

use crate::audience::{Addressee, addressees, hearer};
use crate::delivery::{Again, Delivery, Notifier};
use crate::mailing::{self, Envelope};
use crate::render::{self, Facts};

/// How many mails of one alert are sent side by side.
const MAILS_AT_ONCE: usize = 2;

#[derive(Deserialize)]
struct Detail {
    id: String,
    occurred_at: String,
    account_id: String,
    parent_id: Option<String>,
    data: serde_json::Value,
}

/// An alert and the account that it is about.
struct Told {
    event_id: String,
    event_type: EventType,
    occurred_at: Timestamp,
    about: AccountId,
    parent: Option<AccountId>,
    alert: Alert,
    data: AlertData,
}

/// Tells an alert to the account that it is about and to its parent. However often that is done, each inbox holds it once,
/// and everybody gets one mail; one more where nothing is known of the first.
pub async fn tell(notifier: &Notifier, event: &Received, delivery: &Delivery<'_>) -> Result<(), Again> {
    let told = read(event).ok_or(Again::NotUnderstood("its detail"))?;
    if !told.data.notify {
        return Ok(());
    }
    let accounts: Vec<AccountId> = std::iter::once(told.about).chain(told.parent).collect();
    let audiences = notifier.ledger.audiences(&accounts).await?;
    for audience in &audiences {
        notifier.ledger.notify(&notification(notifier, &told, audience, &audiences)?).await?;
    }
    mail_all(notifier, &told, &audiences, delivery).await
}

fn read(event: &Received) -> Option<Told> {
    let detail = Detail::deserialize(&event.detail).ok()?;
    let data = AlertData::from_value(&detail.data)?;
    let event_type = EventType::from_name(&event.detail_type)?;
    let alert = match event_type {
        EventType::QuotaThresholdCrossed => {
            let (threshold, level) = data.crossed?;
            Alert::ThresholdCrossed { threshold, level }
        }
        EventType::QuotaDepleted => Alert::Depleted,
        EventType::QuotaOverdrawn => Alert::Overdrawn,
        EventType::QuotaReplenished => Alert::Replenished,
        _ => return None,
    };
    Some(Told {
        event_id: detail.id,
        event_type,
        occurred_at: Timestamp::parse(&detail.occurred_at).ok()?,
        about: AccountId::parse(&detail.account_id).ok()?,
        parent: detail.parent_id.map(|id| AccountId::parse(&id)).transpose().ok()?,
        alert,
        data,
    })
}

fn notification(
    notifier: &Notifier,
    told: &Told,
    audience: &Audience,
    audiences: &[Audience],
) -> Result<Notification, Again> {
    let hearer = hearer(audience, told.about);
    let facts = facts(notifier, told, audiences, hearer.account_id, hearer.is_own);
    let (title, body) =
        render::notification(hearer.locale, &facts).map_err(|_| Again::NotUnderstood("what to say of it"))?;
    Ok(Notification {
        id: notification_id(told, hearer.account_id),
        account_id: hearer.account_id,
        about_account_id: told.about,
        event_type: told.event_type,
        title,
        body,
        is_read: false,
        created_at: told.occurred_at,
    })
}

/// The same event makes the same notification in the same inbox.
fn notification_id(told: &Told, inbox: AccountId) -> NotificationId {
    NotificationId::new(told.occurred_at, stable_random(&[&told.event_id, &inbox.to_string()]))
}

fn facts(notifier: &Notifier, told: &Told, audiences: &[Audience], reader: AccountId, is_own: bool) -> Facts {
    let about = audiences.iter().find(|audience| audience.profile.account_id == told.about);
    Facts {
        kind: told.alert,
        about: about.map(|audience| audience.profile.legal_name.clone()).unwrap_or_default(),
        is_own,
        granted: told.data.granted,
        available: told.data.available,
        currency: told.data.currency,
        link: format!("{}/accounts/{}", notifier.portal_url, told.about),
        settings_link: format!("{}/accounts/{reader}/alert-policy", notifier.portal_url),
        occurred_at: told.occurred_at,
        is_last: false,
    }
}

async fn mail_all(
    notifier: &Notifier,
    told: &Told,
    audiences: &[Audience],
    delivery: &Delivery<'_>,
) -> Result<(), Again> {
    let everybody = addressees(audiences, told.about);
    let addresses: Vec<&str> = everybody.iter().map(|addressee| addressee.email.as_str()).collect();
    let suppressed = notifier.ledger.suppressed(&addresses).await?;
    let wanted = everybody.iter().filter(|addressee| !suppressed.contains(&addressee.email.as_str()));
    let unsent = stream::iter(wanted)
        .map(async |addressee| mail(notifier, told, audiences, addressee, delivery).await)
        .buffer_unordered(MAILS_AT_ONCE)
        .filter(|is_settled| std::future::ready(!is_settled))
        .count()
        .await;
    if unsent == 0 { Ok(()) } else { Err(Again::Mails { unsent }) }
}

async fn mail(
    notifier: &Notifier,
    told: &Told,
    audiences: &[Audience],
    addressee: &Addressee,
    delivery: &Delivery<'_>,
) -> bool {
    let facts = facts(notifier, told, audiences, addressee.account_id, addressee.is_own);
    let envelope = Envelope {
        kind: MailKind::Alert,
        event_id: &told.event_id,
        about: told.about,
        to: &addressee.email,
        settings_link: Some(&facts.settings_link),
    };
    let write = |is_last| render::mail(addressee.locale, &Facts { is_last, ..facts.clone() });
    mailing::mail(notifier, envelope, delivery, write).await
}
