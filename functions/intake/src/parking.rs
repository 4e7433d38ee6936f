//! What is put into the dead-letter queue: the event again, with only what was wrong with it.
//!
//! A letter has the form of what the queue of this function delivers, so that it can be sent there again once the cause is
//! mended.

use serde_json::Value;

use crate::reason::Reason;

/// What of an event cannot be accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refused {
    /// All of it.
    Event(Reason),
    /// Some of its lines, by their place; possibly none.
    Lines(Vec<(usize, Reason)>),
}

/// One message for the dead-letter queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    /// The event, with the lines that were refused for this reason.
    pub body: String,
    /// Why.
    pub reason: Reason,
    /// How many lines it holds; one for an event without lines.
    pub count: usize,
}

/// The letters about what was refused of an event: one a reason.
pub fn letters(event: &str, refused: Refused) -> Vec<Letter> {
    match refused {
        Refused::Event(reason) => vec![Letter { body: event.to_owned(), reason, count: 1 }],
        Refused::Lines(lines) => by_reason(lines)
            .into_iter()
            .map(|(reason, places)| Letter { body: with_lines(event, &places), reason, count: places.len() })
            .collect(),
    }
}

fn by_reason(mut lines: Vec<(usize, Reason)>) -> Vec<(Reason, Vec<usize>)> {
    // What stands first in the event comes first, in whichever order it was found out.
    lines.sort_by_key(|(place, _)| *place);
    let mut groups: Vec<(Reason, Vec<usize>)> = Vec::new();
    for (place, reason) in lines {
        match groups.iter_mut().find(|(known, _)| *known == reason) {
            Some((_, places)) => places.push(place),
            None => groups.push((reason, vec![place])),
        }
    }
    groups
}

/// The event with some of its lines; unchanged should it not be one after all.
fn with_lines(event: &str, places: &[usize]) -> String {
    let Ok(mut value) = serde_json::from_str::<Value>(event) else { return event.to_owned() };
    if let Some(Value::Array(lines)) = value.pointer_mut("/detail/data/lines") {
        let all = std::mem::take(lines);
        let kept = all.into_iter().enumerate().filter(|(place, _)| places.contains(place));
        lines.extend(kept.map(|(_, line)| line));
    }
    // A queue does not take these two as they are. They can only stand within a string, and there they can be escaped.
    value.to_string().replace('\u{fffe}', "\\ufffe").replace('\u{ffff}', "\\uffff")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn event() -> String {
        json!({
            "version": "0", "id": "e-1", "source": "cloud-console", "detail-type": "UsageRecorded",
            "detail": {"id": "u-1", "data": {"lines": [{"n": 0}, {"n": 1}, {"n": 2, "s": "\u{ffff}"}, {"n": 3}]}},
        })
        .to_string()
    }

    #[test]
    fn a_letter_a_reason_holds_the_event_with_those_lines() {
        let (one, other) = (Reason::new("one", "One."), Reason::new("other", "Other."));
        let refused = Refused::Lines(vec![(3, one.clone()), (2, other.clone()), (1, one.clone())]);
        let letters = letters(&event(), refused);
        let lines = |at: usize| serde_json::from_str::<Value>(&letters[at].body).unwrap()["detail"]["data"].take();
        assert_eq!(letters.len(), 2);
        assert_eq!((&letters[0].reason, letters[0].count), (&one, 2));
        assert_eq!(lines(0), json!({"lines": [{"n": 1}, {"n": 3}]}));
        assert_eq!((&letters[1].reason, letters[1].count), (&other, 1));
        assert_eq!(lines(1), json!({"lines": [{"n": 2, "s": "\u{ffff}"}]}));
        assert!(!letters[1].body.contains('\u{ffff}'));
        let whole: Value = serde_json::from_str(&letters[0].body).unwrap();
        assert_eq!([&whole["id"], &whole["source"], &whole["detail"]["id"]], ["e-1", "cloud-console", "u-1"]);
    }

    #[test]
    fn what_is_refused_as_a_whole_is_parked_as_it_came() {
        let reason = Reason::new("invalid_json", "The body is not JSON.");
        let parked = letters("{", Refused::Event(reason.clone()));
        assert_eq!(parked, [Letter { body: "{".into(), reason, count: 1 }]);
        assert_eq!(letters(&event(), Refused::Lines(Vec::new())), []);
    }
}
