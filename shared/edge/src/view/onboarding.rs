//! Programs and applications.

use domain::application::Application;
use domain::program::Program;
use domain::{Member, Viewer};
use serde::Serialize;

use super::account::{CompanyView, company};
use super::{ByView, by, shown};

#[derive(Serialize)]
struct CheckView<'a> {
    name: &'static str,
    outcome: &'static str,
    reason: &'a str,
}

#[derive(Serialize)]
struct StepView<'a> {
    status: &'static str,
    at: String,
    by: ByView,
    reason: Option<&'a str>,
}

#[derive(Serialize)]
struct ApplicationView<'a> {
    id: String,
    program_id: String,
    parent_id: String,
    tier: Option<&'static str>,
    status: &'static str,
    account_id: Option<String>,
    pending_with: Option<String>,
    checks: Vec<CheckView<'a>>,
    history: Vec<StepView<'a>>,
    #[serde(flatten)]
    company: CompanyView<'a>,
    discount: Option<String>,
}

/// An application.
#[must_use]
pub fn application<'a>(application: &'a Application, viewer: &Viewer) -> impl Serialize + use<'a> {
    let checks = application.checks.iter().map(|check| CheckView {
        name: check.name.name(),
        outcome: check.outcome.name(),
        reason: &check.reason,
    });
    let history = application.history.iter().map(|step| StepView {
        status: step.status.name(),
        at: shown(step.at),
        by: by(&step.by, &application.parent, viewer),
        reason: step.reason.as_deref(),
    });
    ApplicationView {
        id: shown(application.id),
        program_id: shown(application.program_id),
        parent_id: shown(application.parent.id),
        tier: application.tier.map(domain::Tier::name),
        status: application.status.name(),
        account_id: application.account_id.map(shown),
        pending_with: application.pending_with().map(shown),
        checks: checks.collect(),
        history: history.collect(),
        company: company(&application.company.legal_name, Some(&application.company)),
        discount: application.discount.map(|discount| shown(discount.share())),
    }
}

/// A member of an account.
#[derive(Serialize)]
pub struct MemberView<'a> {
    email: &'a str,
    roles: Vec<&'static str>,
    created_at: String,
}

/// Somebody who may act for an account.
#[must_use]
pub fn member(member: &Member) -> MemberView<'_> {
    MemberView {
        email: &member.email,
        roles: member.roles.iter().map(|role| role.name()).collect(),
        created_at: shown(member.created_at),
    }
}

#[derive(Serialize)]
struct PerTierView<T> {
    distributor: T,
    reseller: T,
    customer: T,
}

#[derive(Serialize)]
struct ProgramView<'a> {
    id: String,
    name: &'a str,
    currency: &'static str,
    discounts: PerTierView<String>,
    verification: PerTierView<&'static str>,
    purchases: &'static str,
    countries: Option<&'a [String]>,
    root_account_id: String,
    created_at: String,
}

/// A program.
#[must_use]
pub fn program(program: &Program) -> impl Serialize + '_ {
    let discounts = &program.discounts;
    let verification = &program.verification;
    ProgramView {
        id: shown(program.id),
        name: &program.name,
        currency: program.currency.code(),
        discounts: PerTierView {
            distributor: shown(discounts.distributor.share()),
            reseller: shown(discounts.reseller.share()),
            customer: shown(discounts.customer.share()),
        },
        verification: PerTierView {
            distributor: verification.distributor.name(),
            reseller: verification.reseller.name(),
            customer: verification.customer.name(),
        },
        purchases: program.purchases.name(),
        countries: program.countries.as_deref(),
        root_account_id: shown(program.root_account_id),
        created_at: shown(program.created_at),
    }
}
