//! Companies to onboard.

use serde_json::{Value, json};

/// The company number `number`: whatever has to be unique in a program differs between two numbers.
#[must_use]
pub fn numbered(number: u32) -> Value {
    json!({
        "console_account_id": format!("31{number:07}1"),
        "legal_name": format!("{} Trading", in_letters(number)),
        "country": "KR",
        "registration_number": format!("110-81-{number:05}"),
        "website": format!("https://www.company-{number}.example"),
        "contact": { "name": "Kim Min-ji", "email": format!("partners@company-{number}.example"), "phone": "+82 2 1234 5678" },
        "locale": "ko",
    })
}

/// `company` with the fields of `changes` in place of its own.
///
/// # Panics
/// When either is no object.
#[must_use]
pub fn with(company: &Value, changes: &Value) -> Value {
    let mut company = company.clone();
    let fields = company.as_object_mut().expect("an object");
    for (name, value) in changes.as_object().expect("an object") {
        fields.insert(name.clone(), value.clone());
    }
    company
}

/// A name of letters only, as digits in names are rare.
fn in_letters(number: u32) -> String {
    number.to_string().bytes().map(|digit| char::from(digit - b'0' + b'a')).collect()
}
