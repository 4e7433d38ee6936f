//! Programs.

use domain::plan::quota;
use domain::program::{PerTier, Policy, Program, Purchases};
use domain::{Account, AccountId, Amount, ApplicationId, Currency, Discount, ProgramId};
use edge::{
    Authorised, Fields, Problem, Reply, Wrong, discount, email, list, next_cursor, one_of, positive, text, view,
};
use ledger::{Ledger, NewProgram, Replayed};
use serde_json::Value;

/// The longest name of a program.
const MAX_NAME: usize = 200;

/// More countries than there are.
const MAX_COUNTRIES: usize = 300;

/// What a new program is told.
struct NewSettings {
    name: String,
    currency: Currency,
    capacity: Amount,
    discounts: PerTier<Discount>,
    verification: PerTier<Policy>,
    purchases: Purchases,
    countries: Option<Vec<String>>,
    admin: Option<String>,
}

/// `POST /programs`: the operator creates a program with its provider account, whose available quota is the capacity,
/// and with the provider's first admin, where one is named.
pub async fn create(ledger: &Ledger, request: &Authorised) -> Result<Reply, Problem> {
    let key = request.idempotency_key()?;
    let settings = read(request.fields()?)?;
    let now = request.now();
    let program = Program {
        id: ProgramId::new(now, request.random()),
        name: settings.name,
        currency: settings.currency,
        discounts: settings.discounts,
        verification: settings.verification,
        purchases: settings.purchases,
        countries: settings.countries,
        root_account_id: AccountId::new(now, request.random()),
        created_at: now,
    };
    let provider = Account::new(program.root(), Discount::NONE, now);
    let capacity = quota::capacity(&provider, settings.capacity)?;
    let new = NewProgram { program, provider, capacity, occasion: request.occasion()?, admin: settings.admin, key };
    match ledger.create_program(&new).await? {
        Replayed::First(program) => Reply::created(&view::program(&program)),
        Replayed::Again(program) => Ok(Reply::created(&view::program(&program))?.replayed(true)),
    }
}

fn read(mut fields: Fields) -> Result<NewSettings, Problem> {
    let name = fields.required("name", text(MAX_NAME));
    let currency = fields.required("currency", currency);
    // Without a currency the digits cannot be judged; the field is still looked at, so that its other faults are named.
    let digits = currency.map_or(domain::amount::MAX_FRACTION_DIGITS, Currency::minor_digits);
    let capacity = fields.required("capacity", positive(digits));
    let discounts = fields.object("discounts", |tiers| per_tier(tiers, discount));
    let policies: fn(&Value) -> Result<Policy, Wrong> =
        |value| one_of(&["automatic", "manual", "each_level"], Policy::from_name)(value);
    let verification = fields.object("verification", |tiers| per_tier(tiers, policies));
    let purchases = fields.optional("purchases", one_of(&["partners", "provider"], Purchases::from_name));
    let countries = fields.optional("countries", list(MAX_COUNTRIES, crate::company::country()));
    let admin = fields.optional("admin", email);
    let settings = || -> Option<NewSettings> {
        Some(NewSettings {
            name: name?,
            currency: currency?,
            capacity: capacity?,
            discounts: discounts?,
            verification: verification?,
            purchases: purchases?.unwrap_or(Purchases::Partners),
            countries: countries?,
            admin: admin?,
        })
    };
    fields.finish(settings())
}

fn currency(value: &Value) -> Result<Currency, Wrong> {
    let known = value.as_str().and_then(Currency::parse);
    known
        .ok_or_else(|| Wrong::new("not_a_currency", "must be an upper-case currency code of ISO 4217, such as \"USD\""))
}

fn per_tier<T>(tiers: &mut Fields, read: impl Fn(&Value) -> Result<T, Wrong>) -> Option<PerTier<T>> {
    let distributor = tiers.required("distributor", &read);
    let reseller = tiers.required("reseller", &read);
    let customer = tiers.required("customer", &read);
    Some(PerTier { distributor: distributor?, reseller: reseller?, customer: customer? })
}

/// `GET /programs/{program_id}`.
pub async fn get(ledger: &Ledger, request: &Authorised) -> Result<Reply, Problem> {
    let program = ledger.program(request.target()?.program_id).await?.ok_or_else(Problem::not_found)?;
    Reply::ok(&view::program(&program))
}

/// `GET /programs/{program_id}/applications` `?status=`: the verifiers' queue; of one status the oldest first, else all,
/// newest first.
pub async fn applications(ledger: &Ledger, request: &Authorised) -> Result<Reply, Problem> {
    let (viewer, paging) = (request.viewer()?, request.paging(|place| ApplicationId::parse(place).is_ok())?);
    let status = crate::applications::status(request)?;
    let program = request.target()?.program_id;
    let page = ledger.program_applications(program, status, paging.after.as_deref(), paging.limit).await?;
    let items = page.items.iter().map(|application| view::application(application, &viewer)).collect();
    Reply::ok(&view::page(items, next_cursor(&paging, page.next.as_deref())))
}
