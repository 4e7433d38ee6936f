//! Registration checks: is a company free, before anything is typed in?

use domain::account::Lineage;
use domain::verification::DirectoryAnswer;
use edge::{Authorised, Problem, Reply, Wrong};
use ledger::{CheckAudit, NameOwner, UniqueName};
use serde::Serialize;

use crate::Onboarding;
use crate::company::{console_account_id, country, registration_number};

/// What is asked for; at least one of the two.
struct Question {
    console_account_id: Option<String>,
    registration: Option<(String, String)>,
}

#[derive(Serialize)]
struct Answer {
    result: &'static str,
}

/// `POST /accounts/{id}/registration-checks` `{console_account_id}` and/or `{registration_number, country}`.
///
/// 30 a minute and account; each is written down.
pub async fn check(onboarding: &Onboarding, request: &Authorised) -> Result<Reply, Problem> {
    let target = request.target()?;
    let question = read(request)?;
    onboarding.ledger.count_check(target.id, request.now()).await?;
    let result = answer(onboarding, target, &question).await?;
    let (country, number) = match &question.registration {
        Some((country, number)) => (Some(country.as_str()), Some(number.as_str())),
        None => (None, None),
    };
    let audit = CheckAudit {
        account: target.id,
        check: request.random(),
        by: request.by()?,
        at: request.now(),
        console_account_id: question.console_account_id.as_deref(),
        registration_number: number,
        country,
        result,
    };
    onboarding.ledger.audit_check(&audit).await?;
    Reply::ok(&Answer { result })
}

fn read(request: &Authorised) -> Result<Question, Problem> {
    let mut fields = request.fields()?;
    if !fields.has("console_account_id") && !fields.has("registration_number") {
        let message = "or registration_number with country is required";
        fields.wrong("console_account_id", Wrong::new("required", message));
    }
    let has_registration = fields.has("registration_number") || fields.has("country");
    let console_account_id = fields.optional("console_account_id", console_account_id());
    let registration = if has_registration {
        let number = fields.required("registration_number", registration_number());
        let country = fields.required("country", country());
        country.zip(number).map(Some)
    } else {
        fields
            .optional("registration_number", registration_number())
            .and(fields.optional("country", country()))
            .map(|_| None)
    };
    let question = console_account_id
        .zip(registration)
        .map(|(console_account_id, registration)| Question { console_account_id, registration });
    fields.finish(question)
}

/// The first thing that stands in the way: a registration, an open application, a console account that does not exist.
async fn answer(onboarding: &Onboarding, target: &Lineage, question: &Question) -> Result<&'static str, Problem> {
    let console_account = question.console_account_id.clone().map(UniqueName::ConsoleAccountId);
    let registration =
        question.registration.clone().map(|(country, number)| UniqueName::RegistrationNumber { country, number });
    let mut is_in_review = false;
    for name in console_account.into_iter().chain(registration) {
        match onboarding.ledger.name_owner(target.program_id, &name, None).await? {
            NameOwner::Account(owner) => {
                let owner = onboarding.ledger.lineage(owner).await?;
                let is_below = owner.is_some_and(|owner| owner.is_or_is_below(target.id));
                return Ok(if is_below { "registered_with_you" } else { "registered_elsewhere" });
            }
            NameOwner::Application(_) => is_in_review = true,
            NameOwner::Nobody => {}
        }
    }
    if is_in_review {
        return Ok("in_review");
    }
    let Some(id) = &question.console_account_id else { return Ok("available") };
    match onboarding.directory.look_up(id).await {
        DirectoryAnswer::Known => Ok("available"),
        DirectoryAnswer::Unknown => Ok("not_found"),
        DirectoryAnswer::Unreachable => Err(Problem::unavailable("the account directory did not answer")),
    }
}
