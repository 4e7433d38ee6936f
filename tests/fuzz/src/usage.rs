//! Events in: usage of the cloud console and payments of the finance system.

use std::collections::HashSet;

use serde_json::Value;

use crate::store::is_fit_for_queue;
use crate::{program, text};

/// The most characters of a reason.
const MAX_REASON: usize = 1_000;

/// Every line is counted, found to be counted already, or parked with a reason; nothing comes again for ever, nothing is
/// lost, and what is parked can be sent again.
pub fn target(input: &[u8]) {
    let Some(text) = text(input).filter(|text| !text.is_empty() && is_fit_for_queue(text)) else { return };
    program::with(|program| {
        let text =
            program.names.iter().fold(text.to_owned(), |text, (name, id)| text.replace(&format!("{{{name}}}"), id));
        let comes_again = program.services.take_in(&text);
        let given = program.services.store.take();
        assert!(!comes_again, "comes again for ever");
        let lines = |text: &str| {
            let event = serde_json::from_str::<Value>(text).ok()?;
            event.pointer("/detail/data/lines").and_then(Value::as_array).cloned()
        };
        let sent = lines(&text).unwrap_or_default();
        let mut dealt_with = given.writes.iter().filter(|(partition, _)| partition.starts_with("IDEMPOTENCY#")).count();
        for (body, reason) in &given.letters {
            assert!(reason.chars().count() <= MAX_REASON && reason.contains(": "), "{reason:?}");
            let parked = lines(body).unwrap_or_default();
            assert!(*body == text || !parked.is_empty() && parked.iter().all(|line| sent.contains(line)), "{body}");
            dealt_with += parked.len();
        }
        if !sent.is_empty() {
            let most = sent.len() - repeated(&sent);
            assert!((most..=sent.len()).contains(&dealt_with), "{dealt_with} of {} lines", sent.len());
        }
        assert!(given.mails.is_empty() && given.events.is_empty());
    });
}

/// How many lines bear the name of an earlier one.
fn repeated(lines: &[Value]) -> usize {
    let text = |line: &Value, name: &str| line[name].as_str().unwrap_or_default().trim().to_owned();
    let names: HashSet<(String, String)> =
        lines.iter().map(|line| (text(line, "account_id"), text(line, "source_id"))).collect();
    lines.len() - names.len()
}
