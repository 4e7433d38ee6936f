//! Orders and usage: purchases, their refunds, holds and charges against the buyer's own quota.

mod charges;
mod holds;
mod purchases;

use domain::account::{Lineage, Node};
use edge::{Authorised, Operation, PAGING, PREVIEW, Problem, Reply, Route, Service, StartError, Tree};
use ledger::{Ledger, RecordKey, StoreConfig};

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
    Purchasing { ledger }
}

struct Purchasing {
    ledger: Ledger,
}

#[derive(Clone, Copy)]
enum Action {
    Purchase,
    ListPurchases,
    GetPurchase,
    Refund,
    Hold,
    ListHolds,
    GetHold,
    Capture,
    Release,
    Charge,
}

impl Tree for Purchasing {
    type Failure = ledger::Error;

    fn remembered(&self, node: Node) -> Option<Lineage> {
        self.ledger.remembered_node(node)
    }

    async fn find(&self, node: Node) -> Result<Option<Lineage>, ledger::Error> {
        self.ledger.find_node(node).await
    }
}

impl Service for Purchasing {
    type Action = Action;

    const NAME: &'static str = "purchasing";

    const ROUTES: &'static [Route<Action>] = &[
        Route::account("POST /v1/accounts/{id}/purchases", Operation::Purchase, PREVIEW, Action::Purchase),
        Route::account("GET /v1/accounts/{id}/purchases", Operation::ReadLedger, PAGING, Action::ListPurchases),
        Route::account(
            "GET /v1/accounts/{id}/purchases/{purchase_id}",
            Operation::ReadLedger,
            &[],
            Action::GetPurchase,
        ),
        Route::account(
            "POST /v1/accounts/{id}/purchases/{purchase_id}/refunds",
            Operation::Charge,
            PREVIEW,
            Action::Refund,
        ),
        Route::account("POST /v1/accounts/{id}/holds", Operation::Purchase, PREVIEW, Action::Hold),
        Route::account(
            "GET /v1/accounts/{id}/holds",
            Operation::ReadLedger,
            &["status", "limit", "cursor"],
            Action::ListHolds,
        ),
        Route::account("GET /v1/accounts/{id}/holds/{hold_id}", Operation::ReadLedger, &[], Action::GetHold),
        Route::account("POST /v1/accounts/{id}/holds/{hold_id}/capture", Operation::Purchase, PREVIEW, Action::Capture),
        Route::account("POST /v1/accounts/{id}/holds/{hold_id}/release", Operation::Purchase, PREVIEW, Action::Release),
        Route::account("POST /v1/accounts/{id}/charges", Operation::Charge, PREVIEW, Action::Charge),
    ];

    async fn subject(&self, action: Action, request: &Authorised) -> Result<(), Problem> {
        let record = match action {
            Action::GetPurchase | Action::Refund => RecordKey::Purchase(request.purchase_id()?),
            Action::GetHold | Action::Capture | Action::Release => RecordKey::Hold(request.hold_id()?),
            Action::Purchase | Action::ListPurchases | Action::Hold | Action::ListHolds | Action::Charge => {
                return Ok(());
            }
        };
        self.ledger.record(request.target()?.id, &record).await?.map(drop).ok_or_else(Problem::not_found)
    }

    async fn handle(&self, action: Action, request: &Authorised) -> Result<Reply, Problem> {
        match action {
            Action::Purchase => purchases::purchase(&self.ledger, request).await,
            Action::ListPurchases => purchases::list(&self.ledger, request).await,
            Action::GetPurchase => purchases::get(&self.ledger, request).await,
            Action::Refund => purchases::refund(&self.ledger, request).await,
            Action::Hold => holds::place(&self.ledger, request).await,
            Action::ListHolds => holds::list(&self.ledger, request).await,
            Action::GetHold => holds::get(&self.ledger, request).await,
            Action::Capture => holds::capture(&self.ledger, request).await,
            Action::Release => holds::release(&self.ledger, request).await,
            Action::Charge => charges::charge(&self.ledger, request).await,
        }
    }
}
