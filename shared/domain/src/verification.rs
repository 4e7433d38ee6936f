//! The automatic checks of an application.

use crate::account::Status;

/// What an automatic check looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CheckName {
    /// The account directory knows the console account.
    Directory,
    /// The console account is not used in the program.
    ConsoleAccountId,
    /// The registration number is not used in the program.
    RegistrationNumber,
    /// The legal name is not used by another company in the country.
    LegalName,
    /// The e-mail domain is not used by another company.
    EmailDomain,
    /// The program admits the country.
    Country,
    /// The parent account is active.
    Parent,
    /// The parent's tier has a tier below it.
    Tier,
}

impl CheckName {
    /// All of them, in the order in which they are shown.
    pub const ALL: [CheckName; 8] = [
        CheckName::Directory,
        CheckName::ConsoleAccountId,
        CheckName::RegistrationNumber,
        CheckName::LegalName,
        CheckName::EmailDomain,
        CheckName::Country,
        CheckName::Parent,
        CheckName::Tier,
    ];

    /// Its name in the API and the table.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            CheckName::Directory => "directory",
            CheckName::ConsoleAccountId => "console_account_id",
            CheckName::RegistrationNumber => "registration_number",
            CheckName::LegalName => "legal_name",
            CheckName::EmailDomain => "email_domain",
            CheckName::Country => "country",
            CheckName::Parent => "parent",
            CheckName::Tier => "tier",
        }
    }

    /// The check with that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<CheckName> {
        CheckName::ALL.into_iter().find(|check| check.name() == name)
    }
}

/// What a check found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Nothing against the company.
    Pass,
    /// The application cannot be approved.
    Fail,
    /// A person has to look.
    Manual,
}

impl Outcome {
    /// All of them.
    pub const ALL: [Outcome; 3] = [Outcome::Pass, Outcome::Fail, Outcome::Manual];

    /// Its name in the API and the table.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Outcome::Pass => "pass",
            Outcome::Fail => "fail",
            Outcome::Manual => "manual",
        }
    }

    /// The outcome with that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Outcome> {
        Outcome::ALL.into_iter().find(|outcome| outcome.name() == name)
    }
}

/// One automatic check of an application.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// What was looked at.
    pub name: CheckName,
    /// What was found.
    pub outcome: Outcome,
    /// In words.
    pub reason: String,
}

/// How a unique name is used in a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameUse {
    /// By nobody.
    Free,
    /// By an account that is not closed.
    Registered,
    /// By another open application.
    Rival,
}

/// What the account directory says of a console account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DirectoryAnswer {
    /// It exists.
    Known,
    /// It does not.
    Unknown,
    /// The directory did not answer.
    Unreachable,
}

/// Everything that the automatic checks need to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Facts {
    /// What the directory says of the console account.
    pub directory: DirectoryAnswer,
    /// How the console account is used.
    pub console_account_id: NameUse,
    /// How the registration number is used.
    pub registration_number: NameUse,
    /// Whether another company of the country has the same legal name.
    pub is_legal_name_used: bool,
    /// Whether another company has addresses in the same domain.
    pub is_email_domain_used: bool,
    /// Whether the program admits the country.
    pub is_country_allowed: bool,
    /// The parent's status.
    pub parent_status: Status,
    /// Whether the parent can have children.
    pub has_tier: bool,
}

/// Runs all automatic checks.
#[must_use]
pub fn verify(facts: &Facts) -> Vec<Check> {
    CheckName::ALL
        .into_iter()
        .map(|name| {
            let (outcome, reason) = verdict(name, facts);
            Check { name, outcome, reason: reason.to_owned() }
        })
        .collect()
}

fn verdict(name: CheckName, facts: &Facts) -> (Outcome, &'static str) {
    use Outcome::{Fail, Manual, Pass};
    let pass_or =
        |is_fine: bool, fine: &'static str, other: (Outcome, &'static str)| if is_fine { (Pass, fine) } else { other };
    match name {
        CheckName::Directory => match facts.directory {
            DirectoryAnswer::Known => (Pass, "the account directory knows the console account"),
            DirectoryAnswer::Unknown => (Fail, "the account directory does not know the console account"),
            DirectoryAnswer::Unreachable => (Manual, "the account directory did not answer"),
        },
        CheckName::ConsoleAccountId => name_use(facts.console_account_id),
        CheckName::RegistrationNumber => name_use(facts.registration_number),
        CheckName::LegalName => pass_or(
            !facts.is_legal_name_used,
            "no other company in the country has this name",
            (Manual, "another company in the country has this name"),
        ),
        CheckName::EmailDomain => pass_or(
            !facts.is_email_domain_used,
            "no other company uses this e-mail domain",
            (Manual, "another company uses this e-mail domain"),
        ),
        CheckName::Country => pass_or(
            facts.is_country_allowed,
            "the program admits the country",
            (Fail, "the program does not admit the country"),
        ),
        CheckName::Parent => pass_or(
            facts.parent_status == Status::Active,
            "the parent account is active",
            (Fail, "the parent account is not active"),
        ),
        CheckName::Tier => {
            pass_or(facts.has_tier, "the parent account may have children", (Fail, "a customer cannot have children"))
        }
    }
}

fn name_use(name: NameUse) -> (Outcome, &'static str) {
    match name {
        NameUse::Free => (Outcome::Pass, "not used in the program"),
        NameUse::Registered => (Outcome::Fail, "registered in the program already"),
        NameUse::Rival => (Outcome::Manual, "another open application names it"),
    }
}
