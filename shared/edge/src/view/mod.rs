//! The shapes of answers. Everything is shown as the viewer may see it: the only place where that is decided is
//! [`domain::Viewer`].

mod account;
mod alert;
mod onboarding;
mod order;
mod posting;

pub use account::{AccountView, FiguresView, PositionView, account, ancestor, figures, position};
pub use alert::{AlertPolicyView, InboxView, MarkedView, NotificationView, alert_policy, inbox, marked, notification};
pub use onboarding::{MemberView, application, member, program};
pub use order::{hold, purchase, settlement};
pub use posting::{PostedView, entry, posted};

use domain::By;
use domain::Viewer;
use domain::account::Lineage;
use serde::Serialize;

/// Text of an id or a time.
fn shown(value: impl ToString) -> String {
    value.to_string()
}

#[derive(Serialize)]
pub(super) struct ByView {
    account_id: Option<String>,
    sub: Option<String>,
}

pub(super) fn by(by: &By, subject: &Lineage, viewer: &Viewer) -> ByView {
    let is_shown = viewer.sees_person(by.account_id, subject);
    ByView { account_id: by.account_id.map(shown), sub: by.sub.clone().filter(|_| is_shown) }
}

/// A page of a list.
#[derive(Serialize)]
pub struct PageView<T> {
    items: Vec<T>,
    next_cursor: Option<String>,
}

/// A page of a list; `next_cursor` is `null` on the last one.
#[must_use]
pub fn page<T: Serialize>(items: Vec<T>, next_cursor: Option<String>) -> PageView<T> {
    PageView { items, next_cursor }
}
