//! What may change of an account after it was verified: how its company is reached, and its price.

use crate::account::{Account, Status};
use crate::company::{Company, Contact};
use crate::price::require_within_parents;
use crate::{Discount, Profile, Refusal};

/// A wish to change an account; what is `None` stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Amendment {
    /// Its company's web address.
    pub website: Option<String>,
    /// The contact's name.
    pub contact_name: Option<String>,
    /// The contact's address. It does not change who is a member.
    pub contact_email: Option<String>,
    /// The contact's telephone number.
    pub contact_phone: Option<String>,
    /// The language of its mails and inbox.
    pub locale: Option<String>,
    /// Its own discount off list price.
    pub discount: Option<Discount>,
}

impl Amendment {
    /// Whether it would change nothing at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Amendment::default()
    }

    /// The account and its profile as they would be. `ancestors` are the account's, the parent first.
    ///
    /// # Errors
    /// [`Refusal::AccountNotActive`] for a closed account, [`Refusal::Invalid`] for a discount above the parent's.
    pub fn apply(
        &self,
        account: &Account,
        ancestors: &[Account],
        profile: &Profile,
    ) -> Result<(Account, Profile), Refusal> {
        if account.status == Status::Closed {
            return Err(Refusal::AccountNotActive { account_id: account.id(), status: account.status });
        }
        let mut after = account.clone();
        if let (Some(discount), Some((parent, above))) = (self.discount, ancestors.split_first()) {
            require_within_parents(discount, parent, above)?;
            after.discount = discount;
        }
        let company = profile.company.as_ref().map(|company| self.of_company(company));
        Ok((after, Profile { company, ..profile.clone() }))
    }

    fn of_company(&self, company: &Company) -> Company {
        let new = |wanted: &Option<String>, known: &String| wanted.as_ref().unwrap_or(known).clone();
        Company {
            website: new(&self.website, &company.website),
            contact: Contact {
                name: new(&self.contact_name, &company.contact.name),
                email: new(&self.contact_email, &company.contact.email),
                phone: new(&self.contact_phone, &company.contact.phone),
            },
            locale: new(&self.locale, &company.locale),
            ..company.clone()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::{Lineage, Tier};
    use crate::program::Purchases;
    use crate::{AccountId, Amount, Currency, ProgramId, Timestamp};

    fn discount(share: &str) -> Discount {
        Discount::new(Amount::parse(share, 6).unwrap()).unwrap()
    }

    /// A provider, a distributor and a reseller, with discounts.
    fn line() -> [Account; 3] {
        let at = Timestamp::EPOCH;
        let provider = Lineage {
            id: AccountId::new(at, 0),
            program_id: ProgramId::new(at, 0),
            tier: Tier::Provider,
            ancestors: Vec::new(),
            currency: Currency::parse("USD").unwrap(),
            purchases: Purchases::Partners,
        };
        let distributor = provider.child(AccountId::new(at, 1)).unwrap();
        let reseller = distributor.child(AccountId::new(at, 2)).unwrap();
        [
            Account::new(provider, Discount::NONE, at),
            Account::new(distributor, discount("0.2"), at),
            Account::new(reseller, discount("0.1"), at),
        ]
    }

    fn profile() -> Profile {
        Profile {
            account_id: AccountId::new(Timestamp::EPOCH, 2),
            legal_name: "Hanbit".into(),
            company: Some(Company::example()),
            version: 4,
        }
    }

    #[test]
    fn only_what_is_named_changes() {
        let [provider, distributor, reseller] = line();
        let amendment =
            Amendment { contact_phone: Some("456".into()), locale: Some("ja".into()), ..Amendment::default() };
        let (account, after) = amendment.apply(&reseller, &[distributor, provider], &profile()).unwrap();
        assert_eq!(account, reseller);
        let (before, after) = (profile().company.unwrap(), after.company.unwrap());
        let contact = Contact { phone: "456".into(), ..before.contact.clone() };
        assert_eq!(after, Company { contact, locale: "ja".into(), ..before });
        assert!(!amendment.is_empty() && Amendment::default().is_empty());
    }

    #[test]
    fn a_discount_has_the_parents_as_its_ceiling_but_a_distributors_none() {
        let [provider, distributor, reseller] = line();
        let to = |share| Amendment { discount: Some(discount(share)), ..Amendment::default() };
        let of_reseller = |share| to(share).apply(&reseller, &[distributor.clone(), provider.clone()], &profile());
        assert_eq!(of_reseller("0.2").unwrap().0.discount, discount("0.2"));
        assert!(matches!(of_reseller("0.200001"), Err(Refusal::Invalid(error)) if error.field == "discount"));
        let of_distributor = to("0.999999").apply(&distributor, std::slice::from_ref(&provider), &profile());
        assert_eq!(of_distributor.unwrap().0.discount, discount("0.999999"));
    }

    #[test]
    fn a_closed_account_stays_as_it_is() {
        let [provider, distributor, reseller] = line();
        let closed = Account { status: Status::Closed, ..reseller };
        let outcome = Amendment::default().apply(&closed, &[distributor, provider], &profile());
        assert!(matches!(outcome, Err(Refusal::AccountNotActive { .. })));
    }
}
