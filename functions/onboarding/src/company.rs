//! A company's data as requests write it.

use domain::amendment::Amendment;
use domain::company::{Company, Contact, is_console_account_id, is_country, registration_key};
use edge::{Fields, Wrong, email, locale, text, text_that};
use http::Uri;
use serde_json::Value;

/// The longest legal name, and name of a person.
const MAX_NAME: usize = 200;

/// The longest registration number.
const MAX_REGISTRATION_NUMBER: usize = 64;

/// The longest web address.
const MAX_WEBSITE: usize = 300;

/// Reads all of a company's data. Where `known` is given, a field that is left out keeps what is known.
pub fn read(fields: &mut Fields, known: Option<&Company>) -> Option<Company> {
    let console_account_id =
        read_field(fields, "console_account_id", console_account_id(), known, |company| &company.console_account_id);
    let legal_name = read_field(fields, "legal_name", legal_name(), known, |company| &company.legal_name);
    let country = read_field(fields, "country", country(), known, |company| &company.country);
    let number =
        read_field(fields, "registration_number", registration_number(), known, |company| &company.registration_number);
    let website = read_field(fields, "website", website(), known, |company| &company.website);
    let contact = contact(fields, known);
    let locale = read_field(fields, "locale", locale, known, |company| &company.locale);
    Some(Company {
        console_account_id: console_account_id?,
        legal_name: legal_name?,
        country: country?,
        registration_number: number?,
        website: website?,
        contact: contact?,
        locale: locale?,
    })
}

fn read_field(
    fields: &mut Fields,
    name: &str,
    read: impl Fn(&Value) -> Result<String, Wrong>,
    known: Option<&Company>,
    of: impl Fn(&Company) -> &String,
) -> Option<String> {
    match known {
        Some(company) if !fields.has(name) => fields.optional(name, read).map(|_| of(company).clone()),
        _ => fields.required(name, read),
    }
}

fn contact(fields: &mut Fields, known: Option<&Company>) -> Option<Contact> {
    if let (Some(company), false) = (known, fields.has("contact")) {
        return fields.optional("contact", text(1)).map(|_| company.contact.clone());
    }
    fields.object("contact", |contact| {
        let name = read_field(contact, "name", text(MAX_NAME), known, |company| &company.contact.name);
        let email = read_field(contact, "email", email, known, |company| &company.contact.email);
        let phone = read_field(contact, "phone", phone(), known, |company| &company.contact.phone);
        Some(Contact { name: name?, email: email?, phone: phone? })
    })
}

/// The fields of a profile that may change after a company was verified.
pub const CHANGING: [&str; 3] = ["website", "contact", "locale"];

/// The fields that were verified and never change.
pub const VERIFIED: [&str; 4] = ["console_account_id", "legal_name", "country", "registration_number"];

/// Reads the wish to change how a company is reached: any of the fields that may change, of the contact any part.
pub fn amendment(fields: &mut Fields) -> Option<Amendment> {
    for name in VERIFIED {
        never(fields, name, "was verified and never changes");
    }
    let website = fields.optional("website", website());
    let contact = if fields.has("contact") {
        fields.object("contact", |contact| {
            let name = contact.optional("name", text(MAX_NAME));
            let email = contact.optional("email", email);
            let phone = contact.optional("phone", phone());
            Some((name?, email?, phone?))
        })
    } else {
        fields.optional("contact", text(1)).map(|_| (None, None, None))
    };
    let locale = fields.optional("locale", locale);
    let (contact_name, contact_email, contact_phone) = contact?;
    let (website, locale) = (website?, locale?);
    Some(Amendment { website, contact_name, contact_email, contact_phone, locale, discount: None })
}

/// Refuses a field that is there; `message` is the rest of a sentence that begins with its name.
pub fn never(fields: &mut Fields, name: &str, message: &str) {
    fields.optional(name, |_| Err::<(), Wrong>(Wrong::new("immutable", message)));
}

/// A console account id.
pub fn console_account_id() -> impl Fn(&Value) -> Result<String, Wrong> {
    text_that(is_console_account_id, "not_a_console_account_id", "must have 10 to 12 ASCII digits")
}

/// A company's name. It stands in mails that carry the vendor's name to people who never heard of the company: an address to
/// be lured to has no place in it.
fn legal_name() -> impl Fn(&Value) -> Result<String, Wrong> {
    |value| {
        let name = text(MAX_NAME)(value)?;
        let message = "must not contain a web address";
        if has_web_address(&name) { Err(Wrong::new("contains_web_address", message)) } else { Ok(name) }
    }
}

/// A dot alone is none: companies are called after their domain.
fn has_web_address(name: &str) -> bool {
    name.contains("://") || name.to_ascii_lowercase().contains("www.")
}

/// A country code.
pub fn country() -> impl Fn(&Value) -> Result<String, Wrong> {
    text_that(is_country, "not_a_country", "must be an upper-case country code of ISO 3166-1 alpha-2, such as \"KR\"")
}

/// A registration number: a letter or digit has to be in it, because punctuation does not count when numbers are compared.
pub fn registration_number() -> impl Fn(&Value) -> Result<String, Wrong> {
    |value| {
        let number = text(MAX_REGISTRATION_NUMBER)(value)?;
        let message = "must contain a letter or a digit";
        if registration_key(&number).is_empty() { Err(Wrong::new("not_a_number", message)) } else { Ok(number) }
    }
}

fn website() -> impl Fn(&Value) -> Result<String, Wrong> {
    text_that(is_website, "not_a_website", "must be an http or https address of at most 300 characters")
}

fn is_website(text: &str) -> bool {
    let Ok(uri) = text.parse::<Uri>() else { return false };
    let is_web = matches!(uri.scheme_str(), Some("http" | "https"));
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    let is_label = |label: &str| !label.is_empty() && label.bytes().all(is_name);
    let has_host = uri.host().is_some_and(|host| host.contains('.') && host.split('.').all(is_label));
    // What may stand in an address (RFC 3986, 2), but neither what ends an attribute of a page nor the @ that names precede.
    let is_fit = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~:/?#[]!$&()*+,;=%".contains(&byte);
    let is_plain = text.bytes().all(is_fit) && !text.contains("..");
    text.len() <= MAX_WEBSITE && is_web && has_host && is_plain
}

fn phone() -> impl Fn(&Value) -> Result<String, Wrong> {
    text_that(is_phone, "not_a_phone_number", "must have 3 to 32 digits, spaces and the characters + - . ( )")
}

fn is_phone(text: &str) -> bool {
    let is_fit = |byte: u8| byte.is_ascii_digit() || b" +-.()/".contains(&byte);
    (3..=32).contains(&text.len()) && text.bytes().all(is_fit) && text.bytes().any(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn websites_have_a_scheme_and_a_host() {
        for fit in ["https://partner.example", "http://www.partner.example/about?x=1", "https://partner.example:8443/"]
        {
            assert!(is_website(fit), "{fit}");
        }
        for unfit in [
            "",
            "partner.example",
            "ftp://partner.example",
            "https://",
            "https://localhost",
            "javascript:alert(1)",
            "https://u:p@x.example",
            "https://x..example",
            "https://!.$",
            "https://.example",
            "https://partner.example/<b>",
            "https://[::1]/a.b",
        ] {
            assert!(!is_website(unfit), "{unfit}");
        }
    }

    #[test]
    fn names_lead_nowhere() {
        for fit in ["Hanbit Cloud Co., Ltd.", "Booking.com B.V.", "Møller A/S", "주식회사 한빛", "C: & Sons"] {
            assert!(legal_name()(&Value::from(fit)).is_ok(), "{fit}");
        }
        for unfit in ["Verify at https://evil.example", "ftp://x", "see WWW.evil.example"] {
            assert_eq!(legal_name()(&Value::from(unfit)).unwrap_err().code, "contains_web_address", "{unfit}");
        }
    }

    #[test]
    fn phones_have_digits() {
        assert!(is_phone("+82 (2) 123-4567"));
        assert!(!is_phone("+-()") && !is_phone("12a") && !is_phone("12"));
    }
}
