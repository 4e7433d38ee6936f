//! Companies: what an applicant says about itself, and the names by which duplicates are found.

use unicode_normalization::UnicodeNormalization;

use crate::AccountId;

/// A person to write to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contact {
    /// The person's name.
    pub name: String,
    /// An address as it was written.
    pub email: String,
    /// A telephone number.
    pub phone: String,
}

/// A company's data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Company {
    /// 10 to 12 ASCII digits.
    pub console_account_id: String,
    /// The registered name.
    pub legal_name: String,
    /// ISO 3166-1 alpha-2.
    pub country: String,
    /// 1 to 64 characters.
    pub registration_number: String,
    /// An `http` or `https` address.
    pub website: String,
    /// Whom to write to.
    pub contact: Contact,
    /// In which language.
    pub locale: String,
}

/// What is known of the company behind an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    /// The account.
    pub account_id: AccountId,
    /// The company's name; a provider's is its program's.
    pub legal_name: String,
    /// Everything else; a provider is created without.
    pub company: Option<Company>,
    /// Counts every write.
    pub version: u64,
}

/// The languages that mail is written in.
pub const LOCALES: [&str; 7] = ["en", "zh-CN", "ko", "vi", "id", "th", "ja"];

/// Domains that many companies share because anybody can have an address there.
const FREE_MAIL_DOMAINS: [&str; 28] = [
    "126.com",
    "163.com",
    "aol.com",
    "daum.net",
    "foxmail.com",
    "gmail.com",
    "gmx.de",
    "gmx.net",
    "googlemail.com",
    "hanmail.net",
    "hotmail.com",
    "icloud.com",
    "kakao.com",
    "live.com",
    "mail.com",
    "mail.ru",
    "me.com",
    "msn.com",
    "nate.com",
    "naver.com",
    "outlook.com",
    "proton.me",
    "protonmail.com",
    "qq.com",
    "yahoo.co.id",
    "yahoo.co.jp",
    "yahoo.com",
    "ymail.com",
];

/// Words that say what legal form a company has, not which company it is.
const LEGAL_FORMS: [&str; 36] = [
    "ab",
    "ag",
    "as",
    "bhd",
    "bv",
    "co",
    "company",
    "corp",
    "corporation",
    "gk",
    "gmbh",
    "inc",
    "incorporated",
    "jsc",
    "kg",
    "kk",
    "limited",
    "llc",
    "llp",
    "lp",
    "ltd",
    "nv",
    "oy",
    "plc",
    "pt",
    "pte",
    "pty",
    "public",
    "pvt",
    "sa",
    "sarl",
    "sas",
    "sdn",
    "spa",
    "srl",
    "tbk",
];

/// The same for scripts that write without spaces; met at either end of a name.
const LEGAL_FORM_AFFIXES: [&str; 12] = [
    "股份有限公司",
    "有限责任公司",
    "有限公司",
    "株式会社",
    "合同会社",
    "有限会社",
    "주식회사",
    "유한회사",
    "(주)",
    "(株)",
    "บริษัท",
    "จำกัด",
];

/// The name under which a registration number is unique in a country: letters and digits only, upper case, in their
/// compatible form (full-width digits are digits).
#[must_use]
pub fn registration_key(number: &str) -> String {
    number.nfkc().filter(|character| character.is_alphanumeric()).flat_map(char::to_uppercase).collect()
}

/// The name under which a company is looked for in a country: without case, width, punctuation and legal form.
#[must_use]
pub fn legal_name_key(name: &str) -> String {
    let fold = |text: &str| -> String { text.nfkc().flat_map(char::to_lowercase).collect() };
    let folded = fold(name);
    let affixes = LEGAL_FORM_AFFIXES.map(fold);
    let mut rest = folded.trim();
    while let Some(shorter) = affixes.iter().find_map(|form| without_affix(rest, form)) {
        rest = shorter;
    }
    // Dots go first, so that "S.A." and "Co., Ltd." become the words that the list knows.
    let undotted: String = rest.chars().filter(|character| *character != '.').collect();
    let words: Vec<&str> =
        undotted.split(|character: char| !character.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let is_form = |word: &&str| LEGAL_FORMS.contains(word);
    let first = words.iter().position(|word| !is_form(word));
    let last = words.iter().rposition(|word| !is_form(word));
    match (first, last) {
        (Some(first), Some(last)) => words.get(first..=last).unwrap_or_default().concat(),
        // A company whose whole name is a legal form keeps it.
        _ => words.concat(),
    }
}

fn without_affix<'a>(name: &'a str, form: &str) -> Option<&'a str> {
    let rest = name.strip_prefix(form).or_else(|| name.strip_suffix(form))?.trim();
    if rest.is_empty() { None } else { Some(rest) }
}

/// The domain by which a company's people are recognised: what stands after the @, without case; `None` for domains
/// where anybody can have an address.
#[must_use]
pub fn email_domain_key(email: &str) -> Option<String> {
    let (_, domain) = email.rsplit_once('@')?;
    let domain = domain.to_lowercase();
    if FREE_MAIL_DOMAINS.contains(&domain.as_str()) { None } else { Some(domain) }
}

/// Whether the text has the form of a console account id: 10 to 12 ASCII digits.
#[must_use]
pub fn is_console_account_id(text: &str) -> bool {
    (10..=12).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether the text is a country code of ISO 3166-1 alpha-2, upper case.
#[must_use]
pub fn is_country(text: &str) -> bool {
    text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_uppercase()) && rust_iso3166::from_alpha2(text).is_some()
}

/// Whether the text is an e-mail address that mail can be sent to: no display name, no bare host, ASCII only, as the mail
/// service takes no other. A domain in another script has its ASCII form, `xn--…`.
#[must_use]
pub fn is_email(text: &str) -> bool {
    let options = email_address::Options::default().with_required_tld().without_display_text().without_domain_literal();
    // Quoted local parts and addresses of hosts are allowed by the standard and used by nobody but attackers.
    let is_plain = !text.contains(['"', '<', '>', '(', ')', '\\']);
    let has_named_domain = text.rsplit('.').next().is_some_and(|top| !top.bytes().all(|byte| byte.is_ascii_digit()));
    let is_address = email_address::EmailAddress::parse_with_options(text, options).is_ok();
    text.len() <= 254 && text.is_ascii() && !text.contains("=?") && is_plain && has_named_domain && is_address
}

#[cfg(test)]
impl Company {
    /// One for tests.
    pub(crate) fn example() -> Company {
        Company {
            console_account_id: "1234567890".into(),
            legal_name: "Hanbit".into(),
            country: "KR".into(),
            registration_number: "1".into(),
            website: "https://hanbit.example".into(),
            contact: Contact { name: "Kim".into(), email: "kim@hanbit.example".into(), phone: "123".into() },
            locale: "ko".into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_company_in_other_clothes_is_found() {
        for (one, other) in [
            ("Hanbit Cloud Co., Ltd.", "HANBIT  CLOUD"),
            ("Hanbit Cloud", "Ｈａｎｂｉｔ Ｃｌｏｕｄ"),
            ("주식회사 한빛", "한빛 (주)"),
            ("한빛", "㈜한빛"),
            ("PT Nusantara Awan Tbk", "Nusantara Awan"),
            ("東京クラウド株式会社", "株式会社 東京クラウド"),
            ("Nube S.A.", "NUBE SA"),
            ("บริษัท กรุงเทพ จำกัด", "กรุงเทพ"),
        ] {
            assert_eq!(legal_name_key(one), legal_name_key(other), "{one} / {other}");
        }
        assert_ne!(legal_name_key("North Cloud Ltd"), legal_name_key("South Cloud Ltd"));
        assert_eq!(legal_name_key("Co Ltd"), "coltd");
    }

    #[test]
    fn every_legal_form_is_recognised() {
        for form in LEGAL_FORM_AFFIXES {
            assert_eq!(legal_name_key(&format!("{form}Hanbit")), "hanbit", "{form}");
        }
        for form in LEGAL_FORMS {
            assert_eq!(legal_name_key(&format!("Hanbit {form}")), "hanbit", "{form}");
        }
    }

    #[test]
    fn registration_numbers_ignore_spelling() {
        assert_eq!(registration_key("123-45-67890"), registration_key("１２３ 45 67890"));
        assert_eq!(registration_key("hrb 123/b"), "HRB123B");
        assert_eq!(registration_key(" - "), "");
    }

    #[test]
    fn free_mail_domains_say_nothing_about_a_company() {
        assert_eq!(email_domain_key("a@Partner.Example"), Some("partner.example".into()));
        assert_eq!(email_domain_key("a@GMAIL.com"), None);
    }

    #[test]
    fn forms_are_checked() {
        assert!(is_console_account_id("1234567890") && is_console_account_id("123456789012"));
        for bad in ["123456789", "1234567890123", "12345678x0", "１２３４５６７８９０", ""] {
            assert!(!is_console_account_id(bad), "{bad}");
        }
        assert!(is_country("KR") && !is_country("kr") && !is_country("XX") && !is_country("KOR"));
        assert!(is_email("kim@partner.example") && is_email("kim+cloud@xn--2q1bz6e.example"));
        for bad in [
            "kim",
            "kim@",
            "@partner.example",
            "Kim <kim@partner.example>",
            "kim@localhost",
            "a b@partner.example",
            "\"<b>\"@x.example",
            "kim@1.2.3.4",
            "kim@한빛.example",
            "김@partner.example",
            "=?UTF-8?q?a?=@partner.example",
        ] {
            assert!(!is_email(bad), "{bad}");
        }
    }
}
