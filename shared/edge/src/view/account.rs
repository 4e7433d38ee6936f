//! Accounts and their positions.

use domain::account::Lineage;
use domain::company::Company;
use domain::{Account, Amount, Discount, Figures, Profile, Timestamp, Viewer};
use serde::Serialize;

use super::shown;

/// The figures of a position, or sums of them.
#[derive(Serialize)]
pub struct FiguresView {
    granted: String,
    allocated: String,
    held: String,
    used: String,
    available: String,
    paid: String,
    collected: String,
    upstream: Vec<String>,
}

/// Figures, as far as the viewer may see them.
#[must_use]
pub fn figures(figures: &Figures, lineage: &Lineage, viewer: &Viewer) -> FiguresView {
    let show = |amount: Amount| amount.show(lineage.currency);
    FiguresView {
        granted: show(figures.granted),
        allocated: show(figures.allocated),
        held: show(figures.held),
        used: show(figures.used),
        available: show(figures.available),
        paid: show(figures.paid),
        collected: show(figures.collected),
        upstream: viewer.upstream(lineage, &figures.upstream).iter().map(|amount| show(*amount)).collect(),
    }
}

/// A position.
#[derive(Serialize)]
pub struct PositionView {
    account_id: String,
    currency: &'static str,
    #[serde(flatten)]
    figures: FiguresView,
    seq: u64,
    as_of: String,
}

/// A position as it stood after entry `seq`.
#[must_use]
pub fn position(of: &Figures, lineage: &Lineage, seq: u64, as_of: Timestamp, viewer: &Viewer) -> PositionView {
    PositionView {
        account_id: shown(lineage.id),
        currency: lineage.currency.code(),
        figures: figures(of, lineage, viewer),
        seq,
        as_of: shown(as_of),
    }
}

#[derive(Serialize)]
struct ContactView<'a> {
    name: &'a str,
    email: &'a str,
    phone: &'a str,
}

#[derive(Serialize)]
pub(super) struct CompanyView<'a> {
    legal_name: &'a str,
    console_account_id: Option<&'a str>,
    country: Option<&'a str>,
    registration_number: Option<&'a str>,
    website: Option<&'a str>,
    contact: Option<ContactView<'a>>,
    locale: Option<&'a str>,
}

/// A provider is created without company data: everything but its name is `null`.
pub(super) fn company<'a>(legal_name: &'a str, company: Option<&'a Company>) -> CompanyView<'a> {
    CompanyView {
        legal_name,
        console_account_id: company.map(|company| company.console_account_id.as_str()),
        country: company.map(|company| company.country.as_str()),
        registration_number: company.map(|company| company.registration_number.as_str()),
        website: company.map(|company| company.website.as_str()),
        contact: company.map(|company| ContactView {
            name: &company.contact.name,
            email: &company.contact.email,
            phone: &company.contact.phone,
        }),
        locale: company.map(|company| company.locale.as_str()),
    }
}

/// An account's profile.
#[derive(Serialize)]
pub struct AccountView<'a> {
    id: String,
    program_id: String,
    parent_id: Option<String>,
    tier: &'static str,
    status: &'static str,
    #[serde(flatten)]
    company: CompanyView<'a>,
    discount: String,
    created_at: String,
}

/// An account with its company's data; `discount` is its effective one.
#[must_use]
pub fn account<'a>(account: &Account, discount: Discount, profile: &'a Profile) -> AccountView<'a> {
    AccountView {
        id: shown(account.id()),
        program_id: shown(account.lineage.program_id),
        parent_id: account.lineage.parent().map(shown),
        tier: account.lineage.tier.name(),
        status: account.status.name(),
        company: company(&profile.legal_name, profile.company.as_ref()),
        discount: shown(discount.share()),
        created_at: shown(account.created_at),
    }
}

#[derive(Serialize)]
struct AncestorView<'a> {
    id: String,
    tier: &'static str,
    legal_name: &'a str,
}

/// What those below an account may know of it.
#[must_use]
pub fn ancestor<'a>(lineage: &Lineage, legal_name: &'a str) -> impl Serialize + use<'a> {
    AncestorView { id: shown(lineage.id), tier: lineage.tier.name(), legal_name }
}
