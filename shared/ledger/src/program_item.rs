//! Programs as items.

use domain::program::{PerTier, Policy, Program, Purchases};
use domain::{AccountId, Currency, ProgramId};

use crate::account_item::required_discount;
use crate::error::Corrupt;
use crate::item::{Item, Reader, Writer};
use crate::keys;

pub(crate) fn program(program: &Program) -> Item {
    let discounts = Writer::default()
        .amount("distributor", program.discounts.distributor.share())
        .amount("reseller", program.discounts.reseller.share())
        .amount("customer", program.discounts.customer.share());
    let verification = Writer::default()
        .text("distributor", program.verification.distributor.name())
        .text("reseller", program.verification.reseller.name())
        .text("customer", program.verification.customer.name());
    let writer = Writer::new(&keys::program(program.id), "program")
        .text("program_id", program.id)
        .text("name", &program.name)
        .text("currency", program.currency)
        .map("discounts", discounts)
        .map("verification", verification)
        .text("purchases", program.purchases.name())
        .text("root_account_id", program.root_account_id)
        .text("created_at", program.created_at);
    match &program.countries {
        Some(countries) => writer.texts("countries", countries).build(),
        None => writer.build(),
    }
}

pub(crate) fn read_program(item: &Item) -> Result<Program, Corrupt> {
    let item = Reader(item);
    let discounts = item.map("discounts")?;
    let discount = |name| required_discount(discounts, name);
    let verification = item.map("verification")?;
    let policy = |name| verification.named(name, Policy::from_name);
    Ok(Program {
        id: item.parsed("program_id", ProgramId::parse)?,
        name: item.text("name")?.to_owned(),
        currency: item.named("currency", Currency::parse)?,
        discounts: PerTier {
            distributor: discount("distributor")?,
            reseller: discount("reseller")?,
            customer: discount("customer")?,
        },
        verification: PerTier {
            distributor: policy("distributor")?,
            reseller: policy("reseller")?,
            customer: policy("customer")?,
        },
        purchases: item.named("purchases", Purchases::from_name)?,
        countries: match item.0.contains_key("countries") {
            true => Some(item.list_parsed("countries", |text| Ok::<_, ()>(text.to_owned()))?),
            false => None,
        },
        root_account_id: item.parsed("root_account_id", AccountId::parse)?,
        created_at: item.time("created_at")?,
    })
}
