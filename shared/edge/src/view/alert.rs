//! Alert policies and the inbox.

use domain::account::Lineage;
use domain::alert::{AlertPolicy, Recipient, Threshold};
use domain::amount::OutOfRange;
use domain::{Figures, Notification};
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::{PageView, shown};

/// When an account hears of its quota, and where its thresholds stand now.
#[derive(Serialize)]
pub struct AlertPolicyView<'a> {
    account_id: String,
    currency: &'static str,
    thresholds: Vec<Value>,
    recipients: Vec<RecipientView<'a>>,
    levels: Vec<Value>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    preview: bool,
}

#[derive(Serialize)]
struct RecipientView<'a> {
    email: &'a str,
    locale: &'a str,
}

/// A policy, with the level of each threshold at the account's present figures and whether it is reached: a threshold
/// that is reached already is heard of again only after the quota was above it.
///
/// # Errors
/// [`OutOfRange`] when a level cannot be computed.
pub fn alert_policy<'a>(
    policy: &'a AlertPolicy,
    lineage: &Lineage,
    figures: &Figures,
    is_preview: bool,
) -> Result<AlertPolicyView<'a>, OutOfRange> {
    let thresholds = policy.thresholds();
    let recipient = |recipient: &'a Recipient| RecipientView { email: &recipient.email, locale: &recipient.locale };
    Ok(AlertPolicyView {
        account_id: shown(lineage.id),
        currency: lineage.currency.code(),
        thresholds: thresholds.iter().map(|known| Value::Object(threshold(*known, lineage))).collect(),
        recipients: policy.recipients.iter().map(recipient).collect(),
        levels: thresholds.iter().map(|known| level(*known, lineage, figures)).collect::<Result<_, _>>()?,
        preview: is_preview,
    })
}

fn threshold(threshold: Threshold, lineage: &Lineage) -> Map<String, Value> {
    let (name, text) = match threshold {
        Threshold::Percent(percent) => ("percent", percent.to_string()),
        Threshold::Amount(amount) => ("amount", amount.show(lineage.currency)),
    };
    Map::from_iter([(name.to_owned(), Value::String(text))])
}

fn level(known: Threshold, lineage: &Lineage, figures: &Figures) -> Result<Value, OutOfRange> {
    let level = known.level(figures)?;
    let mut shown = threshold(known, lineage);
    shown.insert("level".to_owned(), json!(level.show(lineage.currency)));
    shown.insert("is_reached".to_owned(), json!(known.is_reached(figures, level)));
    Ok(Value::Object(shown))
}

/// A notification.
#[derive(Serialize)]
pub struct NotificationView<'a> {
    id: String,
    account_id: String,
    about_account_id: String,
    #[serde(rename = "type")]
    event_type: &'static str,
    title: &'a str,
    body: &'a str,
    read: bool,
    created_at: String,
}

/// A notification in an inbox.
#[must_use]
pub fn notification(notification: &Notification) -> NotificationView<'_> {
    NotificationView {
        id: shown(notification.id),
        account_id: shown(notification.account_id),
        about_account_id: shown(notification.about_account_id),
        event_type: notification.event_type.name(),
        title: &notification.title,
        body: &notification.body,
        read: notification.is_read,
        created_at: shown(notification.created_at),
    }
}

/// A page of an inbox.
#[derive(Serialize)]
pub struct InboxView<'a> {
    #[serde(flatten)]
    page: PageView<NotificationView<'a>>,
    unread: usize,
}

/// A page of an inbox, with how many notifications in all of it nobody has read.
#[must_use]
pub fn inbox(page: PageView<NotificationView<'_>>, unread: usize) -> InboxView<'_> {
    InboxView { page, unread }
}

/// What marking everything as read did.
#[derive(Serialize)]
pub struct MarkedView {
    marked: usize,
    unread: usize,
}

/// How many notifications were marked as read, and how many are unread still.
#[must_use]
pub fn marked(marked: usize, unread: usize) -> MarkedView {
    MarkedView { marked, unread }
}
