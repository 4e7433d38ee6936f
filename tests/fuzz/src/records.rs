//! Batches of the table's stream.

use ledger::Change;
use serde_json::Value;

use crate::{program, text};

/// What can be told is told, what cannot be dealt with is parked, whole, and nothing holds up the stream for ever. Each
/// event has what every event has.
pub fn target(input: &[u8]) {
    let Some(text) = text(input) else { return };
    program::with(|program| {
        let text =
            program.names.iter().fold(text.to_owned(), |text, (name, id)| text.replace(&format!("{{{name}}}"), id));
        let Ok(batch) = serde_json::from_str::<Value>(&text) else { return };
        let Some(failed) = program.services.relay(&batch) else { return };
        let given = program.services.store.take();
        assert_eq!(failed, Vec::<String>::new(), "comes again for ever");
        for event in &given.events {
            assert!(event["id"].as_str().is_some_and(|id| !id.is_empty()), "{event}");
            assert!(event["program_id"].is_string() && event["occurred_at"].is_string(), "{event}");
            assert_eq!(event["version"], "1");
            assert!(!event.to_string().contains("upstream"), "prices above are told: {event}");
        }
        let records = batch["Records"].as_array().expect("records");
        let unreadable = records.iter().filter(|record| is_unreadable(record)).count();
        assert!((unreadable..=records.len()).contains(&given.letters.len()), "{unreadable} of them are to be parked");
        for (body, reason) in &given.letters {
            let letter: Value = serde_json::from_str(body).expect("JSON");
            let number = &letter["dynamodb"]["SequenceNumber"];
            assert!(!reason.is_empty() && records.iter().any(|record| record["dynamodb"]["SequenceNumber"] == *number));
        }
    });
}

/// Whether a record that has a place in the stream holds what nobody can make sense of.
fn is_unreadable(record: &Value) -> bool {
    let images = &record["dynamodb"];
    let image = |name: &str| images.get(name).filter(|image| !image.is_null());
    images["SequenceNumber"].is_string() && Change::read(image("OldImage"), image("NewImage")).is_err()
}
