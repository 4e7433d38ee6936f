//! Quota is changed as usage varies: one child at a time, or several at once.

mod handlers;

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
    Adjustment { ledger }
}

struct Adjustment {
    ledger: Ledger,
}

#[derive(Clone, Copy)]
enum Action {
    Adjust,
    Rebalance,
}

impl Tree for Adjustment {
    type Failure = ledger::Error;

    fn remembered(&self, node: Node) -> Option<Lineage> {
        self.ledger.remembered_node(node)
    }

    async fn find(&self, node: Node) -> Result<Option<Lineage>, ledger::Error> {
        self.ledger.find_node(node).await
    }
}

impl Service for Adjustment {
    type Action = Action;

    const NAME: &'static str = "adjustment";

    const ROUTES: &'static [Route<Action>] = &[
        Route::account("POST /v1/accounts/{id}/adjustments", Operation::Allocate, PREVIEW, Action::Adjust),
        Route::account("POST /v1/accounts/{id}/rebalances", Operation::Rebalance, PREVIEW, Action::Rebalance),
    ];

    async fn handle(&self, action: Action, request: &Authorised) -> Result<Reply, Problem> {
        match action {
            Action::Adjust => handlers::adjust(&self.ledger, request).await,
            Action::Rebalance => handlers::rebalance(&self.ledger, request).await,
        }
    }
}
