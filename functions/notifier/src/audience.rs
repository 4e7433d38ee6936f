//! Who hears of an alert: the account's contact and further recipients, and those of its parent.

use std::collections::HashSet;

use domain::AccountId;
use ledger::Audience;

use crate::render::Locale;

/// An account that hears of an alert.
pub struct Hearer {
    /// The account.
    pub account_id: AccountId,
    /// Whether the alert is about it; else it is about a child.
    pub is_own: bool,
    /// The language of its inbox.
    pub locale: Locale,
}

/// A person who is mailed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Addressee {
    /// Where to.
    pub email: String,
    /// In which language.
    pub locale: Locale,
    /// For whom: the account concerned, or its parent.
    pub account_id: AccountId,
    /// Whether it is the account concerned.
    pub is_own: bool,
}

/// The account as a hearer: a provider is created without a contact, so without a language.
pub fn hearer(audience: &Audience, about: AccountId) -> Hearer {
    let company = audience.profile.company.as_ref();
    Hearer {
        account_id: audience.profile.account_id,
        is_own: audience.profile.account_id == about,
        locale: company.map_or(Locale::FALLBACK, |company| Locale::from_name(&company.locale)),
    }
}

/// Everybody who is mailed, each address once. Contacts come before added recipients, and what the parent is to hear
/// before what the account adds: nobody can take away another's copy by adding its reader.
pub fn addressees(audiences: &[Audience], about: AccountId) -> Vec<Addressee> {
    let (own, above): (Vec<&Audience>, Vec<&Audience>) =
        audiences.iter().partition(|audience| audience.profile.account_id == about);
    let contacts = own.iter().chain(&above).filter_map(|audience| contact(audience, about));
    let added = above.iter().chain(&own).flat_map(|audience| added(audience, about));
    let mut seen = HashSet::new();
    contacts.chain(added).filter(|addressee| seen.insert(addressee.email.to_lowercase())).collect()
}

fn contact(audience: &Audience, about: AccountId) -> Option<Addressee> {
    let company = audience.profile.company.as_ref()?;
    Some(addressee(audience, about, &company.contact.email, &company.locale))
}

fn added(audience: &Audience, about: AccountId) -> impl Iterator<Item = Addressee> {
    audience.policy.recipients.iter().map(move |added| addressee(audience, about, &added.email, &added.locale))
}

fn addressee(audience: &Audience, about: AccountId, email: &str, locale: &str) -> Addressee {
    let account_id = audience.profile.account_id;
    Addressee { email: email.to_owned(), locale: Locale::from_name(locale), account_id, is_own: account_id == about }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::alert::{AlertPolicy, Recipient};
    use domain::company::{Company, Contact};
    use domain::{Profile, Timestamp};

    fn id(number: u128) -> AccountId {
        AccountId::new(Timestamp::EPOCH, number)
    }

    fn audience(number: u128, contact: Option<&str>, added: &[&str]) -> Audience {
        let company = contact.map(|email| Company {
            console_account_id: "1234567890".into(),
            legal_name: "Hanbit".into(),
            country: "KR".into(),
            registration_number: "1".into(),
            website: "https://hanbit.example".into(),
            contact: Contact { name: "Kim".into(), email: email.into(), phone: "123".into() },
            locale: "ko".into(),
        });
        let added = added.iter().map(|email| Recipient { email: (*email).into(), locale: "ja".into() });
        Audience {
            profile: Profile { account_id: id(number), legal_name: "Hanbit".into(), company, version: 1 },
            policy: AlertPolicy { thresholds: None, recipients: added.collect() },
        }
    }

    #[test]
    fn everybody_is_mailed_once_in_their_own_language() {
        let audiences = [
            audience(1, Some("kim@hanbit.example"), &["ops@hanbit.example", "KIM@hanbit.example"]),
            audience(2, Some("lee@dist.example"), &["ops@hanbit.example"]),
        ];
        let told: Vec<_> = addressees(&audiences, id(1))
            .into_iter()
            .map(|addressee| (addressee.email, addressee.locale.name(), addressee.is_own))
            .collect();
        let expected = [
            ("kim@hanbit.example".to_owned(), "ko", true),
            ("lee@dist.example".to_owned(), "ko", false),
            ("ops@hanbit.example".to_owned(), "ja", false),
        ];
        assert_eq!(told, expected);
    }

    #[test]
    fn adding_the_parents_reader_takes_nothing_from_the_parent() {
        let audiences = [
            audience(1, Some("kim@hanbit.example"), &["LEE@dist.example"]),
            audience(2, Some("lee@dist.example"), &[]),
        ];
        let told = addressees(&audiences, id(1));
        assert_eq!((told.len(), told[1].account_id, told[1].is_own), (2, id(2), false));
    }

    #[test]
    fn a_provider_has_only_the_recipients_that_it_added() {
        let provider = audience(3, None, &["desk@vendor.example"]);
        assert_eq!(addressees(std::slice::from_ref(&provider), id(1)).len(), 1);
        assert_eq!(hearer(&provider, id(1)).locale, Locale::FALLBACK);
    }
}
