//! Gathering what the automatic checks need to know.

use domain::account::Account;
use domain::application::Application;
use domain::company::Company;
use domain::program::Program;
use domain::verification::{Facts, NameUse};
use edge::Problem;
use ledger::{NameOwner, UniqueName};

use crate::Onboarding;

/// The names of a company as they are used in the program by others than the application itself.
struct Uses {
    console_account_id: NameUse,
    registration_number: NameUse,
    is_legal_name_used: bool,
    is_email_domain_used: bool,
}

/// What the automatic checks of an application below `parent` need to know.
pub async fn facts(
    onboarding: &Onboarding,
    program: &Program,
    parent: &Account,
    application: &Application,
) -> Result<Facts, Problem> {
    let company = &application.company;
    let uses = uses(onboarding, application).await?;
    Ok(Facts {
        directory: onboarding.directory.look_up(&company.console_account_id).await,
        console_account_id: uses.console_account_id,
        registration_number: uses.registration_number,
        is_legal_name_used: uses.is_legal_name_used,
        is_email_domain_used: uses.is_email_domain_used,
        is_country_allowed: admits(program, company),
        parent_status: parent.status,
        has_tier: application.tier.is_some(),
    })
}

fn admits(program: &Program, company: &Company) -> bool {
    program.countries.as_ref().is_none_or(|countries| countries.contains(&company.country))
}

async fn uses(onboarding: &Onboarding, application: &Application) -> Result<Uses, Problem> {
    let [console_account, registration] = UniqueName::exclusive(&application.company);
    let domain = UniqueName::email_domain(&application.company);
    Ok(Uses {
        console_account_id: name_use(onboarding, application, &console_account).await?,
        registration_number: name_use(onboarding, application, &registration).await?,
        is_legal_name_used: is_used(onboarding, application, &UniqueName::legal_name(&application.company)).await?,
        is_email_domain_used: match domain {
            Some(domain) => is_used(onboarding, application, &domain).await?,
            None => false,
        },
    })
}

async fn name_use(onboarding: &Onboarding, application: &Application, name: &UniqueName) -> Result<NameUse, Problem> {
    let owner = onboarding.ledger.name_owner(application.program_id, name, Some(application.id)).await?;
    Ok(match owner {
        NameOwner::Nobody => NameUse::Free,
        NameOwner::Account(_) => NameUse::Registered,
        NameOwner::Application(_) => NameUse::Rival,
    })
}

async fn is_used(onboarding: &Onboarding, application: &Application, name: &UniqueName) -> Result<bool, Problem> {
    Ok(name_use(onboarding, application, name).await? == NameUse::Registered)
}
