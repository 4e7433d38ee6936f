//! Names by which companies are told apart in a program, and who has them.

use std::collections::BTreeSet;

use domain::company::{Company, email_domain_key, legal_name_key, registration_key};
use domain::{AccountId, ApplicationId, ProgramId};

use crate::client::Ledger;
use crate::error::Error;
use crate::item::{Item, Reader, Writer};
use crate::keys::{self, Key};
use crate::range::Range;
use crate::transaction::Write;

/// A name of a company, in the spelling in which it is compared.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum UniqueName {
    /// The console account: one account of the program at most has it.
    ConsoleAccountId(String),
    /// The registration number in a country: one account of the program at most has it.
    RegistrationNumber {
        /// ISO 3166-1 alpha-2.
        country: String,
        /// As written; compared without punctuation, case and width.
        number: String,
    },
    /// The legal name in a country: a person looks when another account has it.
    LegalName {
        /// ISO 3166-1 alpha-2.
        country: String,
        /// As written; compared without case, width, punctuation and legal form.
        name: String,
    },
    /// The domain of the contact's address: a person looks when another account has it.
    EmailDomain(String),
}

/// Who has a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameOwner {
    /// Nobody.
    Nobody,
    /// An account that is not closed.
    Account(AccountId),
    /// An open application.
    Application(ApplicationId),
}

impl UniqueName {
    /// The names of which an account of a program claims sole use.
    #[must_use]
    pub fn exclusive(company: &Company) -> [UniqueName; 2] {
        [
            UniqueName::ConsoleAccountId(company.console_account_id.clone()),
            UniqueName::RegistrationNumber {
                country: company.country.clone(),
                number: company.registration_number.clone(),
            },
        ]
    }

    /// The company's legal name.
    #[must_use]
    pub fn legal_name(company: &Company) -> UniqueName {
        UniqueName::LegalName { country: company.country.clone(), name: company.legal_name.clone() }
    }

    /// The domain of the company's contact; `None` where anybody can have an address.
    #[must_use]
    pub fn email_domain(company: &Company) -> Option<UniqueName> {
        email_domain_key(&company.contact.email).map(UniqueName::EmailDomain)
    }

    /// All names of a company that are compared with others'.
    #[must_use]
    pub fn all(company: &Company) -> Vec<UniqueName> {
        let exclusive = UniqueName::exclusive(company).into_iter();
        exclusive.chain([UniqueName::legal_name(company)]).chain(UniqueName::email_domain(company)).collect()
    }

    /// Its kind, and the spelling in which it is compared.
    #[must_use]
    pub fn parts(&self) -> (&'static str, String) {
        match self {
            UniqueName::ConsoleAccountId(id) => ("console_account_id", id.clone()),
            UniqueName::RegistrationNumber { country, number } => {
                ("registration_number", format!("{country}#{}", registration_key(number)))
            }
            UniqueName::LegalName { country, name } => ("legal_name", format!("{country}#{}", legal_name_key(name))),
            UniqueName::EmailDomain(domain) => ("email_domain", domain.clone()),
        }
    }

    fn is_exclusive(&self) -> bool {
        matches!(self, UniqueName::ConsoleAccountId(_) | UniqueName::RegistrationNumber { .. })
    }
}

impl Ledger {
    /// Who has a name in a program, leaving aside one application: an account before an application.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn name_owner(
        &self,
        program: ProgramId,
        name: &UniqueName,
        except: Option<ApplicationId>,
    ) -> Result<NameOwner, Error> {
        let (kind, value) = name.parts();
        let partition = keys::claims(program, kind, &value);
        // Claims of accounts sort before those of applications, so the first one that counts tells: two are enough, however
        // many rivals there are.
        let range = Range { partition: &partition, beginning: "", after: None, limit: 2, is_newest_first: false };
        let (items, _) = self.query(range).await?;
        for item in &items {
            match owner(item)? {
                NameOwner::Application(id) if Some(id) == except => {}
                owner => return Ok(owner),
            }
        }
        Ok(NameOwner::Nobody)
    }
}

fn owner(item: &Item) -> Result<NameOwner, Error> {
    let item = Reader(item);
    if let Some(id) = item.optional_parsed("account_id", AccountId::parse)? {
        return Ok(NameOwner::Account(id));
    }
    Ok(NameOwner::Application(item.parsed("application_id", ApplicationId::parse)?))
}

/// The keys of all claims of an account.
fn account_keys(program: ProgramId, company: &Company, account: AccountId) -> Vec<Key> {
    let key = |name: UniqueName| {
        let (kind, value) = name.parts();
        match name.is_exclusive() {
            true => keys::claim(program, kind, &value),
            false => keys::account_claim(program, kind, &value, account),
        }
    };
    UniqueName::all(company).into_iter().map(key).collect()
}

/// The claims of a new account: exclusive ones fail the transaction where somebody has the name.
pub(super) fn account_claims(program: ProgramId, company: &Company, account: AccountId) -> Vec<Write> {
    let claim = |key: &Key| Write::create(Writer::new(key, "claim").text("account_id", account).build());
    account_keys(program, company, account).iter().map(claim).collect()
}

/// The domain of a company's contact is claimed in place of the one before; all its other names never change.
pub(super) fn moved_names(program: ProgramId, before: &Company, after: &Company, account: AccountId) -> Vec<Write> {
    let (before, after) = (UniqueName::email_domain(before), UniqueName::email_domain(after));
    if before == after {
        return Vec::new();
    }
    let key = |name: UniqueName| {
        let (kind, value) = name.parts();
        keys::account_claim(program, kind, &value, account)
    };
    let left = before.map(|name| Write::delete(key(name)));
    let taken = after.map(|name| Write::put(Writer::new(&key(name), "claim").text("account_id", account).build()));
    left.into_iter().chain(taken).collect()
}

/// The exclusive names of a company, as long as nobody has them.
pub(super) fn unclaimed(program: ProgramId, company: &Company) -> Vec<Write> {
    let absent = |name: UniqueName| {
        let (kind, value) = name.parts();
        Write::absent(keys::claim(program, kind, &value))
    };
    UniqueName::exclusive(company).into_iter().map(absent).collect()
}

/// The names of an account that is closed become free.
pub(crate) fn freed_names(program: ProgramId, company: &Company, account: AccountId) -> Vec<Write> {
    account_keys(program, company, account).into_iter().map(Write::delete).collect()
}

/// The marks by which an open application shows up as a rival: new ones are put, obsolete ones removed.
pub(super) fn rival_marks(
    program: ProgramId,
    id: ApplicationId,
    before: Option<&Company>,
    after: Option<&Company>,
) -> Vec<Write> {
    let names = |company: Option<&Company>| -> BTreeSet<(String, String)> {
        company
            .into_iter()
            .flat_map(UniqueName::exclusive)
            .map(|name| {
                let (kind, value) = name.parts();
                (kind.to_owned(), value)
            })
            .collect()
    };
    let (before, after) = (names(before), names(after));
    let key = |(kind, value): &(String, String)| -> Key { keys::rival_claim(program, kind, value, id) };
    let obsolete = before.difference(&after).map(|name| Write::delete(key(name)));
    let new = after
        .difference(&before)
        .map(|name| Write::put(Writer::new(&key(name), "open application").text("application_id", id).build()));
    obsolete.chain(new).collect()
}
