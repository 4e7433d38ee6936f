//! Batches handed to functions: what a function says of one, and how long a failed one waits.

use std::time::Duration;

use serde::Deserialize;

const LONGEST_PAUSE_SECONDS: u64 = 5;

/// Which items of a batch are to come again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Failed {
    None,
    /// The batch, or what the function said of it made no sense.
    All,
    /// The identifiers of those that failed; there is at least one, and all of them were in the batch.
    Items(Vec<String>),
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    batch_item_failures: Option<Vec<ItemFailure>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ItemFailure {
    item_identifier: String,
}

/// Reads a function's answer about the batch of these identifiers. As on Lambda an answer without failures, an empty one
/// too, means that all went well; an identifier that was not in the batch makes it a failure of everything.
pub(crate) fn failed(answer: &[u8], reports_items: bool, identifiers: &[&str]) -> Failed {
    if !reports_items || answer.is_empty() {
        return Failed::None;
    }
    let Ok(answer) = serde_json::from_slice::<Option<Answer>>(answer) else { return Failed::All };
    let failures = answer.and_then(|answer| answer.batch_item_failures).unwrap_or_default();
    if failures.is_empty() {
        return Failed::None;
    }
    let failed: Vec<String> = failures.into_iter().map(|failure| failure.item_identifier).collect();
    let all_known = failed.iter().all(|failed| identifiers.contains(&failed.as_str()));
    if all_known { Failed::Items(failed) } else { Failed::All }
}

/// How long something waits that failed so many times in a row: a second, then twice as long each time, up to a bound.
pub(crate) fn pause_after(failures: u32) -> Duration {
    let seconds = 1_u64.checked_shl(failures.saturating_sub(1)).unwrap_or(LONGEST_PAUSE_SECONDS);
    Duration::from_secs(seconds.min(LONGEST_PAUSE_SECONDS))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_without_failures_means_that_all_went_well() {
        for answer in ["", "null", "{}", r#"{"batchItemFailures": []}"#, r#"{"batchItemFailures": null}"#] {
            assert_eq!(failed(answer.as_bytes(), true, &["a"]), Failed::None, "{answer}");
        }
        let named = r#"{"batchItemFailures": [{"itemIdentifier": "b"}, {"itemIdentifier": "a"}]}"#;
        let items = Failed::Items(vec!["b".to_owned(), "a".to_owned()]);
        assert_eq!(failed(named.as_bytes(), true, &["a", "b", "c"]), items);
        assert_eq!(failed(named.as_bytes(), false, &["a", "b", "c"]), Failed::None, "the mapping does not ask");
    }

    #[test]
    fn what_makes_no_sense_fails_the_whole_batch() {
        for answer in [
            "no JSON",
            "true",
            r#"{"batchItemFailures": {}}"#,
            r#"{"batchItemFailures": [{"itemIdentifier": ""}]}"#,
            r#"{"batchItemFailures": [{"itemIdentifier": null}]}"#,
            r#"{"batchItemFailures": [{"identifier": "a"}]}"#,
            r#"{"batchItemFailures": [{"itemIdentifier": "a"}, {"itemIdentifier": "of another batch"}]}"#,
        ] {
            assert_eq!(failed(answer.as_bytes(), true, &["a"]), Failed::All, "{answer}");
        }
    }

    #[test]
    fn pauses_double_up_to_five_seconds() {
        let pauses: Vec<u64> = [1, 2, 3, 4, 5, 100].map(|failures| pause_after(failures).as_secs()).into();
        assert_eq!(pauses, [1, 2, 4, 5, 5, 5]);
    }
}
