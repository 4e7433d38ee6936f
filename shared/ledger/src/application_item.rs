//! Applications as items.

use domain::By;
use domain::account::{Lineage, Tier};
use domain::application::{Application, ApplicationStatus, Step};
use domain::program::Purchases;
use domain::verification::{Check, CheckName, Outcome};
use domain::{AccountId, ApplicationId, Currency, ProgramId};

use crate::account_item::{company, read_company, read_discount};
use crate::error::Corrupt;
use crate::item::{Item, Reader, Writer};
use crate::keys::{self, Key};

/// The application at its own place.
pub(crate) fn application(application: &Application) -> Item {
    application_at(&keys::application(application.parent.id, application.id), "application", application)
}

/// The application as it was first answered.
pub(crate) fn first_answer(application: &Application) -> Item {
    application_at(&keys::first_answer(application.id), "first answer", application)
}

fn application_at(key: &Key, kind: &str, application: &Application) -> Item {
    let checks = application.checks.iter().map(|check| {
        Writer::default()
            .text("name", check.name.name())
            .text("outcome", check.outcome.name())
            .text("reason", &check.reason)
    });
    let writer = Writer::new(key, kind)
        .text("application_id", application.id)
        .text("program_id", application.program_id)
        .text("parent_id", application.parent.id)
        .text("parent_tier", application.parent.tier)
        .texts("parent_ancestors", &application.parent.ancestors)
        .text("currency", application.parent.currency)
        .text("purchases", application.parent.purchases.name())
        .optional_text("tier", application.tier)
        .text("status", application.status.name())
        .optional_text("account_id", application.account_id)
        .list("checks", checks)
        .texts("reviewers", &application.reviewers)
        .list("history", application.history.iter().map(step))
        .number("version", application.version);
    let writer = match application.discount {
        Some(discount) => writer.amount("discount", discount.share()),
        None => writer,
    };
    company(writer, &application.company).build()
}

fn step(step: &Step) -> Writer {
    Writer::default()
        .text("status", step.status.name())
        .text("at", step.at)
        .optional_text("by_account_id", step.by.account_id)
        .optional_text("by_sub", step.by.sub.as_ref())
        .optional_text("reason", step.reason.as_ref())
}

fn read_step(item: Reader<'_>) -> Result<Step, Corrupt> {
    Ok(Step {
        status: item.named("status", ApplicationStatus::from_name)?,
        at: item.time("at")?,
        by: By {
            account_id: item.optional_parsed("by_account_id", AccountId::parse)?,
            sub: item.optional_text("by_sub")?.map(str::to_owned),
        },
        reason: item.optional_text("reason")?.map(str::to_owned),
    })
}

fn read_check(item: Reader<'_>) -> Result<Check, Corrupt> {
    Ok(Check {
        name: item.named("name", CheckName::from_name)?,
        outcome: item.named("outcome", Outcome::from_name)?,
        reason: item.text("reason")?.to_owned(),
    })
}

pub(crate) fn read_application(item: &Item) -> Result<Application, Corrupt> {
    let item = Reader(item);
    let program_id = item.parsed("program_id", ProgramId::parse)?;
    Ok(Application {
        id: item.parsed("application_id", ApplicationId::parse)?,
        program_id,
        parent: Lineage {
            id: item.parsed("parent_id", AccountId::parse)?,
            program_id,
            tier: item.named("parent_tier", Tier::from_name)?,
            ancestors: item.list_parsed("parent_ancestors", AccountId::parse)?,
            currency: item.named("currency", Currency::parse)?,
            purchases: item.named("purchases", Purchases::from_name)?,
        },
        tier: item.optional_parsed("tier", |text| Tier::from_name(text).ok_or(()))?,
        status: item.named("status", ApplicationStatus::from_name)?,
        account_id: item.optional_parsed("account_id", AccountId::parse)?,
        company: read_company(item)?,
        discount: read_discount(item, "discount")?,
        checks: item.list("checks")?.into_iter().map(read_check).collect::<Result<_, _>>()?,
        reviewers: item.list_parsed("reviewers", AccountId::parse)?,
        history: item.list("history")?.into_iter().map(read_step).collect::<Result<_, _>>()?,
        version: item.number("version")?,
    })
}
