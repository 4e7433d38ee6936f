//! Messages to the notifier: alerts, invitations, and what the mail service reports back.

use serde_json::Value;

use crate::store::is_fit_for_queue;
use crate::{program, text};

/// The longest subject that mail programs show.
const MAX_SUBJECT: usize = 998;

/// Whatever the message says, each mail has one recipient, both its parts and no line of its own in its head; a message
/// that is not understood does nothing at all.
pub fn target(input: &[u8]) {
    let Some(text) = text(input).filter(|text| !text.is_empty() && is_fit_for_queue(text)) else { return };
    program::with(|program| {
        let text =
            program.names.iter().fold(text.to_owned(), |text, (name, id)| text.replace(&format!("{{{name}}}"), id));
        let comes_again = program.services.notify(&text);
        let given = program.services.store.take();
        assert!(given.events.is_empty() && given.letters.is_empty());
        if comes_again {
            assert!(given.mails.is_empty(), "half a message was told: {text}");
        }
        for mail in &given.mails {
            let simple = &mail["Content"]["Simple"];
            let part = |pointer: &str| simple.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
            assert!(!part("/Body/Text/Data").is_empty() && !part("/Body/Html/Data").is_empty(), "{mail}");
            let subject = part("/Subject/Data");
            assert!(!subject.trim().is_empty() && subject.len() <= MAX_SUBJECT, "{subject:?}");
            assert!(!part("/Body/Html/Data").contains("<script"), "{mail}");
        }
    });
}
