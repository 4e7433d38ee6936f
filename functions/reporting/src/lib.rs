//! Reading: positions, statements, the hierarchy, one's own memberships, the proof that positions follow from entries, and
//! the description of the whole API.

mod export;
mod hierarchy;
mod openapi;
mod overview;
mod statement;
mod tree;
mod verification;

use domain::account::{Lineage, Node};
use edge::{Authorised, Document, Operation, Problem, Reply, Route, Service, StartError, Tree};
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
    Reporting { ledger }
}

struct Reporting {
    ledger: Ledger,
}

#[derive(Clone, Copy)]
enum Action {
    GetOwn,
    ListChildren,
    GetTree,
    GetOverview,
    GetPosition,
    ListEntries,
    Verify,
}

impl Tree for Reporting {
    type Failure = ledger::Error;

    fn remembered(&self, node: Node) -> Option<Lineage> {
        self.ledger.remembered_node(node)
    }

    async fn find(&self, node: Node) -> Result<Option<Lineage>, ledger::Error> {
        self.ledger.find_node(node).await
    }
}

impl Service for Reporting {
    type Action = Action;

    const NAME: &'static str = "reporting";

    const ROUTES: &'static [Route<Action>] = &[
        Route::bare("GET /v1/me", Operation::ReadOwn, Action::GetOwn),
        Route::account(
            "GET /v1/accounts/{id}/children",
            Operation::ReadLedger,
            &["status", "sort", "limit", "cursor"],
            Action::ListChildren,
        ),
        Route::account("GET /v1/accounts/{id}/tree", Operation::ReadLedger, &["depth"], Action::GetTree),
        Route::account("GET /v1/accounts/{id}/overview", Operation::ReadLedger, &[], Action::GetOverview),
        Route::account("GET /v1/accounts/{id}/position", Operation::ReadLedger, &["at"], Action::GetPosition),
        Route::account(
            "GET /v1/accounts/{id}/entries",
            Operation::ReadLedger,
            &["from", "to", "kind", "limit", "cursor"],
            Action::ListEntries,
        ),
        Route::account("GET /v1/accounts/{id}/verification", Operation::ReadLedger, &["cursor"], Action::Verify),
    ];

    const COMPRESSES: bool = true;

    const DOCUMENTS: &'static [Document] = &[openapi::DESCRIPTION];

    async fn handle(&self, action: Action, request: &Authorised) -> Result<Reply, Problem> {
        match action {
            Action::GetOwn => hierarchy::own(&self.ledger, request).await,
            Action::ListChildren => hierarchy::children(&self.ledger, request).await,
            Action::GetTree => tree::tree(&self.ledger, request).await,
            Action::GetOverview => overview::overview(&self.ledger, request).await,
            Action::GetPosition => statement::position(&self.ledger, request).await,
            Action::ListEntries => statement::entries(&self.ledger, request).await,
            Action::Verify => verification::verify(&self.ledger, request).await,
        }
    }
}
