//! The lines of a `UsageRecorded`: read one by one, sorted by account, each counted once.

use std::collections::HashMap;

use domain::AccountId;
use edge::{Fields, account_id, usage_key, usage_line};
use ledger::BilledLine;
use serde_json::{Map, Value};

use crate::reason::Reason;

/// The most lines of an event.
const MAX_LINES: usize = 500;

/// A line that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Its place in the event.
    pub index: usize,
    /// Whose usage it is.
    pub account: AccountId,
    /// The line and its key.
    pub billed: BilledLine,
}

/// A line, by its place in the event, that cannot be counted.
pub type Refused = (usize, Reason);

/// The lines of an event, before the store was asked.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Sorted {
    /// By account, in the order in which they came.
    pub accounts: Vec<(AccountId, Vec<Line>)>,
    /// How many say what another line of the event says.
    pub repeated: usize,
    /// Those that cannot be counted.
    pub refused: Vec<Refused>,
}

/// Reads and sorts the lines.
///
/// # Errors
/// Why the event as a whole cannot be accepted.
pub fn read(data: &Map<String, Value>) -> Result<Sorted, Reason> {
    let lines = data.get("lines").and_then(Value::as_array);
    let lines = lines.ok_or_else(|| Reason::invalid("lines", "must be a list of lines"))?;
    if lines.len() > MAX_LINES {
        return Err(Reason::invalid("lines", &format!("must have at most {MAX_LINES} elements")));
    }
    let mut sorted = Sorted::default();
    let mut sorter = Sorter::default();
    for (index, line) in lines.iter().enumerate() {
        match read_line(index, line) {
            Ok(line) => sorter.add(line, &mut sorted),
            Err(reason) => sorted.refused.push((index, reason)),
        }
    }
    Ok(sorted)
}

fn read_line(index: usize, line: &Value) -> Result<Line, Reason> {
    let mut fields = Fields::of(line.clone());
    let account = fields.required("account_id", account_id);
    let line = usage_line(&mut fields);
    let (account, line) = fields.finish(account.zip(line))?;
    Ok(Line { index, account, billed: BilledLine { key: usage_key(account, &line), line } })
}

/// Remembers where which account and which line stand.
#[derive(Default)]
struct Sorter {
    accounts: HashMap<AccountId, usize>,
    fingerprints: HashMap<String, String>,
}

impl Sorter {
    /// A line whose name stood before says the same again, or is refused: the first one has the name.
    fn add(&mut self, line: Line, sorted: &mut Sorted) {
        let key = &line.billed.key;
        match self.fingerprints.get(&key.record) {
            Some(first) if *first == key.fingerprint => sorted.repeated = sorted.repeated.saturating_add(1),
            Some(_) => sorted.refused.push((line.index, Reason::from(domain::Refusal::KeyReused))),
            None => {
                self.fingerprints.insert(key.record.clone(), key.fingerprint.clone());
                let place = *self.accounts.entry(line.account).or_insert(sorted.accounts.len());
                match sorted.accounts.get_mut(place) {
                    Some((_, lines)) => lines.push(line),
                    None => sorted.accounts.push((line.account, vec![line])),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::Timestamp;
    use serde_json::json;

    fn account(number: u128) -> String {
        AccountId::new(Timestamp::from_unix_ms(0).unwrap(), number).to_string()
    }

    fn line(account_id: &str, source_id: &str, list_amount: &str) -> Value {
        json!({
            "account_id": account_id, "list_amount": list_amount, "source_id": source_id, "service": "Object storage",
            "period_start": "2026-01-01T00:00:00Z", "period_end": "2026-01-01T01:00:00Z",
        })
    }

    fn sorted(lines: &[Value]) -> Sorted {
        read(json!({ "lines": lines }).as_object().unwrap()).unwrap()
    }

    fn indices(sorted: &Sorted) -> Vec<Vec<usize>> {
        sorted.accounts.iter().map(|(_, lines)| lines.iter().map(|line| line.index).collect()).collect()
    }

    #[test]
    fn lines_are_sorted_by_account() {
        let (one, other) = (account(1), account(2));
        let lines = [line(&one, "a", "1"), line(&other, "a", "1"), line(&one, "b", "-1"), line(&other, "b", "0")];
        let sorted = sorted(&lines);
        assert_eq!(indices(&sorted), [[0, 2], [1, 3]]);
        assert_eq!((sorted.repeated, sorted.refused.len()), (0, 0));
        let key = &sorted.accounts[0].1[0].billed.key;
        assert_eq!(key.record, format!("{one}#a"));
    }

    #[test]
    fn a_name_that_stands_twice_is_a_repeat_or_another_line() {
        let one = account(1);
        let lines = [
            line(&one, "a", "1"),
            line(&one, " a ", "1.0"),
            line(&one, "a", "2"),
            line(&account(2), "a", "2"),
            line(&one, "a", "1.00"),
        ];
        let sorted = sorted(&lines);
        assert_eq!(indices(&sorted), [[0], [3]]);
        assert_eq!(sorted.repeated, 2);
        let reason = "idempotency_key_reused: The source_id was used for another line of this account.";
        assert_eq!(sorted.refused.iter().map(|(at, why)| (*at, why.as_str())).collect::<Vec<_>>(), [(2, reason)]);
    }

    #[test]
    fn a_bad_line_is_refused_alone_and_with_all_that_is_wrong_with_it() {
        let one = account(1);
        let mut odd = line(&one, "odd", "1");
        odd["region"] = json!("eu");
        let lines = [
            line(&one, "a", "1e3"),
            line("acc_1", "", "1"),
            json!("line"),
            odd,
            line(&one, "fine", "0.000000000001"),
            json!({}),
        ];
        let sorted = sorted(&lines);
        assert_eq!(indices(&sorted), [[4]]);
        let reasons: Vec<(usize, &str)> = sorted.refused.iter().map(|(at, why)| (*at, why.as_str())).collect();
        let required = "account_id is required; list_amount is required; source_id is required; service is required; \
            period_start is required; period_end is required";
        assert_eq!(
            reasons,
            [
                (0, "validation_failed: list_amount must be a plain decimal number such as \"1250.00\"."),
                (1, "validation_failed: account_id is not an id of this kind; source_id must not be empty."),
                (2, format!("validation_failed: must be a JSON object; {required}.").as_str()),
                (3, "validation_failed: region is not a field of this request."),
                (5, format!("validation_failed: {required}.").as_str()),
            ]
        );
    }

    #[test]
    fn an_event_holds_up_to_five_hundred_lines() {
        let lines: Vec<Value> = (0..MAX_LINES).map(|number| line(&account(1), &format!("{number}"), "1")).collect();
        assert_eq!(sorted(&lines).accounts[0].1.len(), MAX_LINES);
        let more: Vec<&Value> = lines.iter().chain(lines.first()).collect();
        let refused = read(json!({ "lines": more }).as_object().unwrap()).unwrap_err();
        assert_eq!(refused.as_str(), "validation_failed: lines must have at most 500 elements.");
        for data in [json!({}), json!({"lines": null}), json!({"lines": {}})] {
            let refused = read(data.as_object().unwrap()).unwrap_err();
            assert_eq!(refused.as_str(), "validation_failed: lines must be a list of lines.");
        }
        assert_eq!(sorted(&[]), Sorted::default());
    }
}
