//! Programs, registration checks, applications and their verification, profiles of accounts and their members.

mod accounts;
mod applications;
mod company;
mod decisions;
mod directory;
mod import;
mod members;
mod programs;
mod registration;
mod standing;
mod verification;

pub use directory::{Directory, DirectoryError};
use domain::account::{Lineage, Node};
use edge::{Authorised, Operation, PAGING, PREVIEW, Problem, Reply, Route, Service, StartError, Tree};
use ledger::{Ledger, StoreConfig};
use tokio::sync::Mutex;

/// Serves this function's requests until the environment ends.
///
/// # Errors
/// When the environment lacks something, or the runtime gives up.
pub fn run() -> Result<(), StartError> {
    edge::run(async || {
        let ledger = Ledger::new(StoreConfig::from_environment()?);
        let directory = Directory::from_environment()?;
        ledger.warm_up().await;
        Ok(service(ledger, directory))
    })
}

/// What answers this function's requests.
#[must_use]
pub fn service(ledger: Ledger, directory: Directory) -> impl Service {
    Onboarding { ledger, directory, storing: Mutex::new(()) }
}

struct Onboarding {
    ledger: Ledger,
    directory: Directory,
    /// Held while an application is stored.
    storing: Mutex<()>,
}

#[derive(Clone, Copy)]
enum Action {
    CreateProgram,
    GetProgram,
    ListProgramApplications,
    CheckRegistration,
    Apply,
    Import,
    ListApplications,
    GetApplication,
    AmendApplication,
    DecideApplication,
    WithdrawApplication,
    GetAccount,
    AmendAccount,
    ListMembers,
    PutMember,
    RemoveMember,
    Suspend,
    Reinstate,
    Close,
}

impl Tree for Onboarding {
    type Failure = ledger::Error;

    fn remembered(&self, node: Node) -> Option<Lineage> {
        self.ledger.remembered_node(node)
    }

    async fn find(&self, node: Node) -> Result<Option<Lineage>, ledger::Error> {
        self.ledger.find_node(node).await
    }
}

impl Service for Onboarding {
    type Action = Action;

    const NAME: &'static str = "onboarding";

    const ROUTES: &'static [Route<Action>] = &[
        Route::bare("POST /v1/programs", Operation::CreateProgram, Action::CreateProgram),
        Route::program("GET /v1/programs/{program_id}", Operation::ReadProgram, &[], Action::GetProgram),
        Route::program(
            "GET /v1/programs/{program_id}/applications",
            Operation::ReadProgram,
            &["status", "limit", "cursor"],
            Action::ListProgramApplications,
        ),
        Route::account(
            "POST /v1/accounts/{id}/registration-checks",
            Operation::CheckRegistration,
            &[],
            Action::CheckRegistration,
        ),
        Route::account("POST /v1/accounts/{id}/applications", Operation::Apply, &[], Action::Apply),
        Route::account("POST /v1/accounts/{id}/applications/import", Operation::Apply, &[], Action::Import).of_csv(),
        Route::account(
            "GET /v1/accounts/{id}/applications",
            Operation::ReadApplications,
            &["status", "limit", "cursor"],
            Action::ListApplications,
        ),
        Route::account(
            "GET /v1/accounts/{id}/applications/{application_id}",
            Operation::ReadApplications,
            &[],
            Action::GetApplication,
        ),
        Route::account(
            "PATCH /v1/accounts/{id}/applications/{application_id}",
            Operation::Apply,
            &[],
            Action::AmendApplication,
        ),
        Route::account(
            "POST /v1/accounts/{id}/applications/{application_id}/decisions",
            Operation::DecideApplication,
            &[],
            Action::DecideApplication,
        ),
        Route::account(
            "POST /v1/accounts/{id}/applications/{application_id}/withdrawal",
            Operation::Apply,
            &[],
            Action::WithdrawApplication,
        ),
        Route::account("GET /v1/accounts/{id}", Operation::ReadAccount, &[], Action::GetAccount),
        Route::account("PATCH /v1/accounts/{id}", Operation::AmendAccount, &[], Action::AmendAccount),
        Route::account("GET /v1/accounts/{id}/members", Operation::ManageMembers, PAGING, Action::ListMembers),
        Route::account("PUT /v1/accounts/{id}/members", Operation::ManageMembers, &[], Action::PutMember),
        Route::account("DELETE /v1/accounts/{id}/members", Operation::ManageMembers, &["email"], Action::RemoveMember),
        Route::account("POST /v1/accounts/{id}/suspension", Operation::Suspend, &[], Action::Suspend),
        Route::account("DELETE /v1/accounts/{id}/suspension", Operation::Suspend, &[], Action::Reinstate),
        Route::account("POST /v1/accounts/{id}/closure", Operation::Close, PREVIEW, Action::Close),
    ];

    async fn subject(&self, action: Action, request: &Authorised) -> Result<(), Problem> {
        match action {
            Action::GetApplication | Action::AmendApplication | Action::WithdrawApplication => {
                applications::find(&self.ledger, request).await.map(drop)
            }
            Action::DecideApplication => {
                let application = applications::find(&self.ledger, request).await?;
                decisions::reviewer(request, &application).map(drop)
            }
            Action::Reinstate => standing::lifter(&self.ledger, request).await.map(drop),
            Action::CreateProgram
            | Action::GetProgram
            | Action::ListProgramApplications
            | Action::CheckRegistration
            | Action::Apply
            | Action::Import
            | Action::ListApplications
            | Action::GetAccount
            | Action::AmendAccount
            | Action::ListMembers
            | Action::PutMember
            | Action::RemoveMember
            | Action::Suspend
            | Action::Close => Ok(()),
        }
    }

    async fn handle(&self, action: Action, request: &Authorised) -> Result<Reply, Problem> {
        match action {
            Action::CreateProgram => programs::create(&self.ledger, request).await,
            Action::GetProgram => programs::get(&self.ledger, request).await,
            Action::ListProgramApplications => programs::applications(&self.ledger, request).await,
            Action::CheckRegistration => registration::check(self, request).await,
            Action::Apply => applications::apply(self, request).await,
            Action::Import => import::import(self, request).await,
            Action::ListApplications => applications::list(&self.ledger, request).await,
            Action::GetApplication => applications::get(&self.ledger, request).await,
            Action::AmendApplication => applications::amend(self, request).await,
            Action::DecideApplication => decisions::decide(&self.ledger, request).await,
            Action::WithdrawApplication => decisions::withdraw(&self.ledger, request).await,
            Action::GetAccount => accounts::get(&self.ledger, request).await,
            Action::AmendAccount => accounts::amend(&self.ledger, request).await,
            Action::ListMembers => members::list(&self.ledger, request).await,
            Action::PutMember => members::put(&self.ledger, request).await,
            Action::RemoveMember => members::remove(&self.ledger, request).await,
            Action::Suspend => standing::suspend(&self.ledger, request).await,
            Action::Reinstate => standing::reinstate(&self.ledger, request).await,
            Action::Close => standing::close(&self.ledger, request).await,
        }
    }
}
