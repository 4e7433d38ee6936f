//! The inbox.

use domain::NotificationId;
use edge::{Authorised, Problem, Reply, next_cursor, view};
use ledger::Ledger;

/// `GET /accounts/{id}/notifications` `?unread=true`: newest first, with the number of unread ones in the whole inbox.
pub async fn list(ledger: &Ledger, request: &Authorised) -> Result<Reply, Problem> {
    let target = request.target()?;
    let paging = request.paging(|place| NotificationId::parse(place).is_ok())?;
    let is_unread = request.query_parsed("unread", |text| text.parse::<bool>().ok(), "must be true or false")?;
    let (after, limit) = (paging.after.as_deref(), paging.limit);
    let page = match is_unread {
        Some(true) => ledger.unread_notifications(target.id, after, limit).await?,
        Some(false) | None => ledger.notifications(target.id, after, limit).await?,
    };
    let unread = ledger.unread_count(target.id).await?;
    let items = page.items.iter().map(view::notification).collect();
    Reply::ok(&view::inbox(view::page(items, next_cursor(&paging, page.next.as_deref())), unread))
}

/// `POST /accounts/{id}/notifications/{notification_id}/read`: answers the notification; once more changes nothing.
pub async fn mark_read(ledger: &Ledger, request: &Authorised) -> Result<Reply, Problem> {
    let (target, id) = (request.target()?, request.notification_id()?);
    request.optional_fields()?.finish(Some(()))?;
    let notification = ledger.mark_read(target.id, id).await?.ok_or_else(Problem::not_found)?;
    Reply::ok(&view::notification(&notification))
}

/// `POST /accounts/{id}/notifications/read`: marks everything; where there is more than one call may do, `unread` says so.
pub async fn mark_all_read(ledger: &Ledger, request: &Authorised) -> Result<Reply, Problem> {
    let target = request.target()?;
    request.optional_fields()?.finish(Some(()))?;
    let marked = ledger.mark_all_read(target.id).await?;
    Reply::ok(&view::marked(marked, ledger.unread_count(target.id).await?))
}
