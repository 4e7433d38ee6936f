//! Accounts as items: the position item, which postings read and write, and the profile beside it.

use domain::account::{Imposer, Lineage, Status, Tier};
use domain::company::{Company, Contact};
use domain::id::MalformedId;
use domain::program::Purchases;
use domain::{Account, AccountId, Currency, Discount, Figures, Profile, ProgramId, Timestamp};

use crate::error::Corrupt;
use crate::item::{Item, Reader, Writer};
use crate::keys;

pub(crate) fn figures(writer: Writer, figures: &Figures) -> Writer {
    let writer = figures.named().into_iter().fold(writer, |writer, (name, value)| writer.amount(name, value));
    writer.amounts("upstream", &figures.upstream)
}

pub(crate) fn read_figures(item: Reader<'_>) -> Result<Figures, Corrupt> {
    Ok(Figures {
        granted: item.amount("granted")?,
        allocated: item.amount("allocated")?,
        held: item.amount("held")?,
        used: item.amount("used")?,
        available: item.amount("available")?,
        paid: item.amount("paid")?,
        collected: item.amount("collected")?,
        upstream: item.amounts("upstream")?,
    })
}

/// The position item of an account; under 1 KB, so that writing it in a transaction costs two units.
pub(crate) fn position(account: &Account) -> Item {
    let lineage = &account.lineage;
    let writer = Writer::new(&keys::position(lineage.id), "position")
        .text("account_id", lineage.id)
        .text("program_id", lineage.program_id)
        .text("tier", lineage.tier)
        .texts("ancestors", &lineage.ancestors)
        .text("status", account.status.name())
        .text("currency", lineage.currency)
        .text("purchases", lineage.purchases.name())
        .amount("discount", account.discount.share())
        .number("seq", account.seq)
        .number("version", account.version)
        .optional_text("suspended_by", account.suspended_by.map(imposer))
        .number("open_children", account.open_children)
        .number("open_applications", account.open_applications)
        .text("created_at", account.created_at)
        .optional_text("last_entry_at", account.last_entry_at);
    figures(writer, &account.figures).build()
}

const OPERATOR: &str = "operator";

fn imposer(imposer: Imposer) -> String {
    match imposer {
        Imposer::Operator => OPERATOR.to_owned(),
        Imposer::Account(id) => id.to_string(),
    }
}

fn read_imposer(text: &str) -> Result<Imposer, MalformedId> {
    if text == OPERATOR { Ok(Imposer::Operator) } else { AccountId::parse(text).map(Imposer::Account) }
}

pub(crate) fn read_position(item: &Item) -> Result<Account, Corrupt> {
    let item = Reader(item);
    let figures = read_figures(item)?;
    figures.check().map_err(|broken| Corrupt { attribute: "granted", problem: broken.0 })?;
    Ok(Account {
        lineage: Lineage {
            id: item.parsed("account_id", AccountId::parse)?,
            program_id: item.parsed("program_id", ProgramId::parse)?,
            tier: item.named("tier", Tier::from_name)?,
            ancestors: item.list_parsed("ancestors", AccountId::parse)?,
            currency: item.named("currency", Currency::parse)?,
            purchases: item.named("purchases", Purchases::from_name)?,
        },
        status: item.named("status", Status::from_name)?,
        discount: required_discount(item, "discount")?,
        figures,
        seq: item.number("seq")?,
        version: item.number("version")?,
        last_entry_at: item.optional_parsed("last_entry_at", Timestamp::parse)?,
        suspended_by: item.optional_parsed("suspended_by", read_imposer)?,
        open_children: item.number("open_children")?,
        open_applications: item.number("open_applications")?,
        created_at: item.time("created_at")?,
    })
}

pub(crate) fn required_discount(item: Reader<'_>, name: &'static str) -> Result<Discount, Corrupt> {
    read_discount(item, name)?.ok_or(Corrupt { attribute: name, problem: "is missing" })
}

pub(crate) fn read_discount(item: Reader<'_>, name: &'static str) -> Result<Option<Discount>, Corrupt> {
    let share = item.optional_amount(name)?;
    share
        .map(|share| Discount::new(share).map_err(|_| Corrupt { attribute: name, problem: "is not a discount" }))
        .transpose()
}

pub(crate) fn company(writer: Writer, company: &Company) -> Writer {
    writer
        .text("console_account_id", &company.console_account_id)
        .text("legal_name", &company.legal_name)
        .text("country", &company.country)
        .text("registration_number", &company.registration_number)
        .text("website", &company.website)
        .text("contact_name", &company.contact.name)
        .text("contact_email", &company.contact.email)
        .text("contact_phone", &company.contact.phone)
        .text("locale", &company.locale)
}

pub(crate) fn read_company(item: Reader<'_>) -> Result<Company, Corrupt> {
    Ok(Company {
        console_account_id: item.text("console_account_id")?.to_owned(),
        legal_name: item.text("legal_name")?.to_owned(),
        country: item.text("country")?.to_owned(),
        registration_number: item.text("registration_number")?.to_owned(),
        website: item.text("website")?.to_owned(),
        contact: Contact {
            name: item.text("contact_name")?.to_owned(),
            email: item.text("contact_email")?.to_owned(),
            phone: item.text("contact_phone")?.to_owned(),
        },
        locale: item.text("locale")?.to_owned(),
    })
}

pub(crate) fn profile(profile: &Profile) -> Item {
    let writer = Writer::new(&keys::profile(profile.account_id), "profile")
        .text("account_id", profile.account_id)
        .number("version", profile.version);
    match &profile.company {
        Some(data) => company(writer, data).build(),
        None => writer.text("legal_name", &profile.legal_name).build(),
    }
}

pub(crate) fn read_profile(item: &Item) -> Result<Profile, Corrupt> {
    let item = Reader(item);
    let has_company = item.optional_text("console_account_id")?.is_some();
    Ok(Profile {
        account_id: item.parsed("account_id", AccountId::parse)?,
        legal_name: item.text("legal_name")?.to_owned(),
        company: if has_company { Some(read_company(item)?) } else { None },
        version: item.number("version")?,
    })
}
