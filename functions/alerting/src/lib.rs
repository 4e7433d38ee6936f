//! When an account hears of its quota, and the inbox in which it does.

mod inbox;
mod policy;

use domain::account::{Lineage, Node};
use edge::{Authorised, Operation, PREVIEW, Problem, Reply, Route, Service, StartError, Tree};
use ledger::{Ledger, StoreConfig};

/// Serves this function's requests until the environment ends.
///
/// # Errors
/// When the environment lacks something, or the runtime gives up.
pub fn run() -> Result<(), StartError> {
    edge::run(async || {
        let ledger = Ledger::new(StoreConfig::from_environment()?);
        ledger.warm_up().await;
        Ok(service(ledger))
    })
}

/// What answers this function's requests.
#[must_use]
pub fn service(ledger: Ledger) -> impl Service {
    Alerting { ledger }
}

struct Alerting {
    ledger: Ledger,
}

#[derive(Clone, Copy)]
enum Action {
    GetPolicy,
    SetPolicy,
    ListNotifications,
    MarkRead,
    MarkAllRead,
}

impl Tree for Alerting {
    type Failure = ledger::Error;

    fn remembered(&self, node: Node) -> Option<Lineage> {
        self.ledger.remembered_node(node)
    }

    async fn find(&self, node: Node) -> Result<Option<Lineage>, ledger::Error> {
        self.ledger.find_node(node).await
    }
}

impl Service for Alerting {
    type Action = Action;

    const NAME: &'static str = "alerting";

    const ROUTES: &'static [Route<Action>] = &[
        Route::account("GET /v1/accounts/{id}/alert-policy", Operation::ReadLedger, &[], Action::GetPolicy),
        Route::account("PUT /v1/accounts/{id}/alert-policy", Operation::SetAlertPolicy, PREVIEW, Action::SetPolicy),
        Route::account(
            "GET /v1/accounts/{id}/notifications",
            Operation::ReadLedger,
            &["unread", "limit", "cursor"],
            Action::ListNotifications,
        ),
        Route::account(
            "POST /v1/accounts/{id}/notifications/{notification_id}/read",
            Operation::MarkRead,
            &[],
            Action::MarkRead,
        ),
        Route::account("POST /v1/accounts/{id}/notifications/read", Operation::MarkRead, &[], Action::MarkAllRead),
    ];

    async fn subject(&self, action: Action, request: &Authorised) -> Result<(), Problem> {
        let id = match action {
            Action::MarkRead => request.notification_id()?,
            Action::GetPolicy | Action::SetPolicy | Action::ListNotifications | Action::MarkAllRead => return Ok(()),
        };
        self.ledger.notification(request.target()?.id, id).await?.map(drop).ok_or_else(Problem::not_found)
    }

    async fn handle(&self, action: Action, request: &Authorised) -> Result<Reply, Problem> {
        match action {
            Action::GetPolicy => policy::get(&self.ledger, request).await,
            Action::SetPolicy => policy::set(&self.ledger, request).await,
            Action::ListNotifications => inbox::list(&self.ledger, request).await,
            Action::MarkRead => inbox::mark_read(&self.ledger, request).await,
            Action::MarkAllRead => inbox::mark_all_read(&self.ledger, request).await,
        }
    }
}
