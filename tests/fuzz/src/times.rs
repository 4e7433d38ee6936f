//! Points in time, as requests, events and tables write them.

use domain::Timestamp;
use serde_json::json;

use crate::text;

/// How a time is always shown.
const FORM: &str = "0000-00-00T00:00:00.000Z";

/// What is read is shown in one form, which reads the same.
pub fn target(input: &[u8]) {
    let Some(text) = text(input) else { return };
    let parsed = Timestamp::parse(text);
    assert_eq!(edge::time(&json!(text)).ok(), parsed.ok());
    if let Ok(unix_ms) = text.parse()
        && let Ok(time) = Timestamp::from_unix_ms(unix_ms)
    {
        assert_eq!(time.unix_ms(), unix_ms);
        shown(time);
    }
    if let Ok(time) = parsed {
        shown(time);
        let begins = time.to_string();
        // An offset of nothing leaves the digits as they were written, but for a second that the calendar leaps over.
        let is_leap = text.get(17..19) == Some("60");
        if text.ends_with(['Z', 'z']) && !is_leap {
            assert_eq!(begins.get(..10), text.get(..10), "{text:?}");
            assert_eq!(begins.get(11..19), text.get(11..19), "{text:?}");
        }
    }
}

fn shown(time: Timestamp) {
    let shown = time.to_string();
    let form: String = shown.chars().map(|letter| if letter.is_ascii_digit() { '0' } else { letter }).collect();
    assert_eq!(form, FORM, "{shown}");
    assert_eq!(Timestamp::parse(&shown), Ok(time));
    assert_eq!(Timestamp::from_unix_ms(time.unix_ms()), Ok(time));
    assert!(time >= Timestamp::EPOCH);
}
