//! Profiles of accounts.

use domain::Discount;
use domain::account::Tier;
use domain::amendment::Amendment;
use domain::price::effective_discount;
use edge::{Acting, Authorised, Fields, Operation, Problem, Reply, discount, view};
use ledger::Ledger;

use crate::company;

/// `GET /accounts/{id}`: the profile; from below, only what those below may know.
pub async fn get(ledger: &Ledger, request: &Authorised) -> Result<Reply, Problem> {
    let target = request.target()?;
    let profile = ledger.profile(target.id).await?.ok_or_else(Problem::not_found)?;
    if !request.viewer()?.sees(target) {
        return Reply::ok(&view::ancestor(target, &profile.legal_name));
    }
    let (account, ancestors) = ledger.account_line(target).await?;
    let discount = match target.tier {
        Tier::Provider => Discount::NONE,
        _ => effective_discount(&account, &ancestors),
    };
    Reply::ok(&view::account(&account, discount, &profile))
}

/// `PATCH /accounts/{id}` `{website?, contact?, locale?, discount?}`: what is left out stays. Changing the contact changes
/// neither who is a member nor what was verified.
pub async fn amend(ledger: &Ledger, request: &Authorised) -> Result<Reply, Problem> {
    let target = request.target()?;
    let fields = request.optional_fields()?;
    let acting = entitled(&fields, request)?;
    let amendment = read(fields, target.tier)?;
    if !amendment.is_empty() {
        ledger.amend_account(target, &amendment, &acting.by(), request.now()).await?;
    }
    get(ledger, request).await
}

/// How the caller acts, when it may change each of the fields that are there. A price is the parent's to change, so with
/// one among them it acts as the parent.
fn entitled(fields: &Fields, request: &Authorised) -> Result<Acting, Problem> {
    let is_about_profile = company::CHANGING.iter().any(|name| fields.has(name));
    let profile = is_about_profile.then(|| request.require(Operation::AmendProfile)).transpose()?;
    let price = fields.has("discount").then(|| request.require(Operation::SetDiscount)).transpose()?;
    match price.or(profile) {
        Some(acting) => Ok(acting),
        None => request.acting().cloned(),
    }
}

fn read(mut fields: Fields, tier: Tier) -> Result<Amendment, Problem> {
    if tier == Tier::Provider {
        for name in company::CHANGING {
            company::never(&mut fields, name, "is not a field of a provider, which has no company data");
        }
    }
    let amendment = company::amendment(&mut fields);
    let discount = fields.optional("discount", discount);
    fields.finish(amendment.zip(discount).map(|(amendment, discount)| Amendment { discount, ..amendment }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    /// The fields that are wrong, each with its code.
    fn wrong(body: Value, tier: Tier) -> Vec<(String, &'static str)> {
        let Err(problem) = read(Fields::of(body), tier) else { return Vec::new() };
        problem.errors().iter().map(|error| (error.field.clone(), error.code)).collect()
    }

    #[test]
    fn what_was_verified_is_refused_by_name() {
        let body = json!({
            "console_account_id": "1234567890", "legal_name": "Hanbit", "country": "KR", "registration_number": "1",
            "locale": "ko",
        });
        let expected = company::VERIFIED.map(|name| (name.to_owned(), "immutable"));
        assert_eq!(wrong(body, Tier::Reseller), expected);
        assert_eq!(wrong(json!({ "legal_name": null }), Tier::Reseller), []);
    }

    #[test]
    fn any_part_of_a_contact_will_do() {
        let body = json!({ "contact": { "phone": "+82 2 123" }, "website": "https://hanbit.example" });
        let amendment = read(Fields::of(body), Tier::Customer).ok().unwrap();
        assert_eq!((amendment.contact_phone.as_deref(), amendment.contact_email), (Some("+82 2 123"), None));
        let body =
            json!({ "contact": { "email": "kim", "fax": "1" }, "locale": "xx", "discount": "1", "tier": "customer" });
        let named = wrong(body, Tier::Customer);
        let fields: Vec<&str> = named.iter().map(|(field, _)| field.as_str()).collect();
        assert_eq!(fields, ["contact.email", "contact.fax", "locale", "discount", "tier"]);
    }

    #[test]
    fn nothing_asked_for_is_nothing_changed() {
        for body in [json!({}), json!({ "contact": {} }), json!({ "contact": null, "discount": null })] {
            assert!(read(Fields::of(body), Tier::Customer).ok().unwrap().is_empty());
        }
    }

    #[test]
    fn a_provider_has_no_company_to_change() {
        let body = json!({ "website": "https://vendor.example", "locale": "ko" });
        let expected = [("website".to_owned(), "immutable"), ("locale".to_owned(), "immutable")];
        assert_eq!(wrong(body, Tier::Provider), expected);
    }
}
