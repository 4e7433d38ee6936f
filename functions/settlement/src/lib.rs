//! Payments from a child to its parent, and their reversal.

mod handlers;

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
    Settlement { ledger }
}

struct Settlement {
    ledger: Ledger,
}

#[derive(Clone, Copy)]
enum Action {
    Settle,
    ListSettlements,
    Reverse,
}

impl Tree for Settlement {
    type Failure = ledger::Error;

    fn remembered(&self, node: Node) -> Option<Lineage> {
        self.ledger.remembered_node(node)
    }

    async fn find(&self, node: Node) -> Result<Option<Lineage>, ledger::Error> {
        self.ledger.find_node(node).await
    }
}

impl Service for Settlement {
    type Action = Action;

    const NAME: &'static str = "settlement";

    const ROUTES: &'static [Route<Action>] = &[
        Route::account("POST /v1/accounts/{id}/settlements", Operation::Settle, PREVIEW, Action::Settle),
        Route::account("GET /v1/accounts/{id}/settlements", Operation::ReadLedger, PAGING, Action::ListSettlements),
        Route::account(
            "POST /v1/accounts/{id}/settlements/{settlement_id}/reversal",
            Operation::Settle,
            PREVIEW,
            Action::Reverse,
        ),
    ];

    async fn subject(&self, action: Action, request: &Authorised) -> Result<(), Problem> {
        let record = match action {
            Action::Reverse => RecordKey::Settlement(request.settlement_id()?),
            Action::Settle | Action::ListSettlements => return Ok(()),
        };
        self.ledger.record(request.target()?.id, &record).await?.map(drop).ok_or_else(Problem::not_found)
    }

    async fn handle(&self, action: Action, request: &Authorised) -> Result<Reply, Problem> {
        match action {
            Action::Settle => handlers::settle(&self.ledger, request).await,
            Action::ListSettlements => handlers::list(&self.ledger, request).await,
            Action::Reverse => handlers::reverse(&self.ledger, request).await,
        }
    }
}
