//! Who is mailed, in which language, and how often.

mod limits;
mod names;
mod once;
mod recipients;
mod suppression;

use serde_json::{Value, json};
use tests::program::text;
use tests::{Program, company};

/// A company that is written to at this address in this language.
fn reached_at(program: &Program, email: &str, locale: &str) -> Value {
    let contact = json!({ "name": "Contact", "email": email, "phone": "+82 2 1234 5678" });
    company::with(&program.company(), &json!({ "contact": contact, "locale": locale }))
}

/// A company's legal name.
fn name(company: &Value) -> String {
    text(company, "legal_name")
}

/// A policy with these recipients, and the default thresholds.
fn recipients(list: &[(&str, &str)]) -> Value {
    let list: Vec<Value> = list.iter().map(|(email, locale)| json!({ "email": email, "locale": locale })).collect();
    json!({ "recipients": list })
}
