//! Companies: addresses, and the names by which duplicates are found.

use domain::company::{email_domain_key, is_email, legal_name_key, registration_key};
use serde_json::json;

use crate::text;

/// The most bytes of an address.
const MAX_EMAIL: usize = 254;

/// Names that differ in case, width or spacing alone are the same name; an address is one that can be written to.
pub fn target(input: &[u8]) {
    let Some(text) = text(input) else { return };
    addresses(text);
    let number = registration_key(text);
    assert!(!number.contains([' ', '-', '.', '/', '#']), "{number:?}");
    let name = legal_name_key(text);
    assert!(!name.contains([' ', ',', '.', '#']), "{name:?}");
    let spaced = format!("  {text}\u{3000}");
    assert_eq!((registration_key(&spaced), legal_name_key(&spaced)), (number.clone(), name.clone()));
    if text.is_ascii() {
        for other in [text.to_uppercase(), text.to_lowercase(), wide(text)] {
            assert_eq!(registration_key(&other), number, "{text:?} and {other:?}");
            assert_eq!(legal_name_key(&other), name, "{text:?} and {other:?}");
        }
        assert_eq!(registration_key(&number), number);
    }
}

fn addresses(text: &str) {
    assert_eq!(edge::email(&json!(text)).is_ok(), is_email(text));
    let domain = email_domain_key(text);
    assert!(domain.is_none_or(|domain| domain == domain.to_lowercase()), "{text:?}");
    if is_email(text) {
        assert!(text.len() <= MAX_EMAIL, "{text:?}");
        assert!(text.bytes().all(|byte| byte.is_ascii_graphic()), "{text:?} cannot stand in a header");
        assert!(!text.contains(['"', '<', '>', '(', ')', '\\', ',', ';', ':']), "{text:?} names several addresses");
        assert_eq!(text.matches('@').count(), 1, "{text:?}");
        assert!(text.split_once('@').is_some_and(|(_, host)| host.contains('.')), "{text:?}");
    }
}

/// The same text in full-width letters.
fn wide(text: &str) -> String {
    let wide = |letter: char| match letter {
        '!'..='~' => char::from_u32(letter as u32 + 0xfee0).unwrap(),
        _ => letter,
    };
    text.chars().map(wide).collect()
}
