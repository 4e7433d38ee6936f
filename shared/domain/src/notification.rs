//! Notifications: messages in an account's inbox.

use crate::event::EventType;
use crate::{AccountId, NotificationId, Timestamp};

/// A message in the inbox of an account. Its texts are written once, in the account's language, and never change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notification {
    /// Its id; the same event makes the same id in the same inbox, so it is there once however often it is told.
    pub id: NotificationId,
    /// In whose inbox it is.
    pub account_id: AccountId,
    /// Which account it is about: the same, or a child of it.
    pub about_account_id: AccountId,
    /// What happened.
    pub event_type: EventType,
    /// One line.
    pub title: String,
    /// A few sentences.
    pub body: String,
    /// Whether somebody has read it.
    pub is_read: bool,
    /// When it happened.
    pub created_at: Timestamp,
}
