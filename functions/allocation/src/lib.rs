//! Quota is handed down: capacity to providers, allocations to direct children.

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
    Allocation { ledger }
}

struct Allocation {
    ledger: Ledger,
}

#[derive(Clone, Copy)]
enum Action {
    SetCapacity,
    Allocate,
}

impl Tree for Allocation {
    type Failure = ledger::Error;

    fn remembered(&self, node: Node) -> Option<Lineage> {
        self.ledger.remembered_node(node)
    }

    async fn find(&self, node: Node) -> Result<Option<Lineage>, ledger::Error> {
        self.ledger.find_node(node).await
    }
}

impl Service for Allocation {
    type Action = Action;

    const NAME: &'static str = "allocation";

    const ROUTES: &'static [Route<Action>] = &[
        Route::account("POST /v1/accounts/{id}/capacity", Operation::SetCapacity, PREVIEW, Action::SetCapacity),
        Route::account("POST /v1/accounts/{id}/allocations", Operation::Allocate, PREVIEW, Action::Allocate),
    ];

    async fn handle(&self, action: Action, request: &Authorised) -> Result<Reply, Problem> {
        match action {
            Action::SetCapacity => handlers::set_capacity(&self.ledger, request).await,
            Action::Allocate => handlers::allocate(&self.ledger, request).await,
        }
    }
}
