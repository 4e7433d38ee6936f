//! Decisions on applications, and their withdrawal.

use domain::By;
use domain::application::{Application, ApplicationStatus, Decision};
use domain::{AccountId, Discount, Refusal, Timestamp};
use edge::{Acting, Authorised, Problem, Reply, Wrong, note, one_of, view};
use ledger::{Approval, Ledger, Parents, Replayed, Start};

use crate::applications::{find, program};

/// `POST /accounts/{id}/applications/{application_id}/decisions` `{decision, reason?}`: whoever's turn it is decides. A
/// reason is required unless it is an approval.
pub async fn decide(ledger: &Ledger, request: &Authorised) -> Result<Reply, Problem> {
    let parent = request.target()?;
    let id = request.application_id()?;
    let known = find(ledger, request).await?;
    let acting = reviewer(request, &known)?;
    let (decision, reason) = read(request)?;
    let default = default_discount(ledger, &known).await?;
    let account_id = AccountId::new(request.now(), request.random());
    let change = |application: &mut Application, parents: &Parents| {
        require_turn(application, acting)?;
        application.decide(decision, request.now(), acting.by(), reason.clone())?;
        admitted(application, parents, default, account_id, request.now())
    };
    let stored = ledger.change_application(parent, &Start::Stored(id), change).await?;
    answer(&stored, acting)
}

/// The way in which the caller decides: through the account whose turn it is. Nobody decides what they submitted.
pub fn reviewer<'a>(request: &'a Authorised, application: &Application) -> Result<&'a Acting, Problem> {
    if application.was_submitted_by(&request.identity.sub) {
        return Err(Problem::forbidden());
    }
    match application.pending_with() {
        Some(account) => request.acting_through(account).ok_or_else(Problem::forbidden),
        // It is nobody's turn: the refusal that follows says so.
        None => request.acting(),
    }
}

/// The turn may have passed on since the caller was let in.
fn require_turn(application: &Application, acting: &Acting) -> Result<(), Refusal> {
    match application.pending_with() {
        Some(account) if Some(account) != acting.account_id => {
            Err(Refusal::InvalidState("the application is with another account by now"))
        }
        _ => Ok(()),
    }
}

fn read(request: &Authorised) -> Result<(Decision, Option<String>), Problem> {
    let mut fields = request.fields()?;
    let decision = fields.required("decision", one_of(&["approve", "reject", "request_info"], Decision::from_name));
    let reason = fields.optional("reason", note);
    if let (Some(Decision::Reject | Decision::RequestInfo), Some(None)) = (decision, &reason) {
        fields.wrong("reason", Wrong::new("required", "is required for this decision"));
    }
    fields.finish(decision.zip(reason))
}

async fn default_discount(ledger: &Ledger, application: &Application) -> Result<Discount, Problem> {
    let program = program(ledger, application).await?;
    Ok(application.tier.and_then(|tier| program.discounts.get(tier)).unwrap_or(Discount::NONE))
}

fn admitted(
    application: &Application,
    parents: &Parents,
    default: Discount,
    account_id: AccountId,
    now: Timestamp,
) -> Result<Approval, Refusal> {
    match application.status {
        ApplicationStatus::Approved => {
            application.admit(&parents.parent, &parents.ancestors, default, account_id, now).map(Some)
        }
        _ => Ok(None),
    }
}

/// `POST /accounts/{id}/applications/{application_id}/withdrawal`: the applying parent takes it back.
pub async fn withdraw(ledger: &Ledger, request: &Authorised) -> Result<Reply, Problem> {
    let parent = request.target()?;
    let id = request.application_id()?;
    find(ledger, request).await?;
    request.optional_fields()?.finish(Some(()))?;
    let by: By = request.by()?;
    let change = |application: &mut Application, _: &Parents| {
        application.withdraw(request.now(), by.clone())?;
        Ok(None)
    };
    let stored = ledger.change_application(parent, &Start::Stored(id), change).await?;
    answer(&stored, request.acting()?)
}

fn answer(stored: &Replayed<Application>, acting: &Acting) -> Result<Reply, Problem> {
    let (Replayed::First(application) | Replayed::Again(application)) = stored;
    Reply::ok(&view::application(application, &acting.viewer()))
}
