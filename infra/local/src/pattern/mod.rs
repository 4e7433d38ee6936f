//! Event patterns, as EventBridge's rules and Lambda's filters have them.
//!
//! A pattern names fields of an event, nested as they are there, and for each a list of alternatives. All fields must
//! match, each by any of its alternatives. A field that holds a list matches if any element does.

mod condition;
#[cfg(test)]
mod tests;

use serde_json::{Map, Value as Json};

use condition::Condition;

/// A key that lists whole patterns of which one must match, in place of a field.
const OR: &str = "$or";

/// What an event must look like.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Pattern {
    fields: Vec<(String, Expected)>,
    /// Of each list one must match.
    alternatives: Vec<Vec<Pattern>>,
}

/// What a field must hold.
#[derive(Clone, Debug, PartialEq)]
enum Expected {
    Nested(Pattern),
    AnyOf(Vec<Condition>),
}

/// What is wrong with a pattern, or beyond this stack.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum PatternError {
    /// A comparison that the local stack does not know.
    #[error("the operator {0} is not known to the local stack")]
    UnknownOperator(String),
    /// Something has not the form that EventBridge gives it.
    #[error("{field}: {problem}")]
    Malformed {
        /// The field in the pattern, or the operator.
        field: String,
        /// What is wrong with it.
        problem: &'static str,
    },
}

impl PatternError {
    fn malformed(field: &str, problem: &'static str) -> PatternError {
        PatternError::Malformed { field: field.to_owned(), problem }
    }
}

impl Pattern {
    /// Reads a pattern from its JSON.
    pub(crate) fn parse(json: &Json) -> Result<Pattern, PatternError> {
        match json.as_object() {
            Some(fields) => Pattern::nested(fields),
            None => Err(PatternError::malformed("the pattern", "is not an object")),
        }
    }

    fn nested(json: &Map<String, Json>) -> Result<Pattern, PatternError> {
        let mut pattern = Pattern { fields: Vec::new(), alternatives: Vec::new() };
        for (name, expected) in json {
            match expected {
                Json::Array(patterns) if name == OR => {
                    pattern.alternatives.push(patterns.iter().map(Pattern::parse).collect::<Result<_, _>>()?);
                }
                Json::Array(values) if values.is_empty() => {
                    return Err(PatternError::malformed(name, "has no alternative"));
                }
                Json::Array(values) => {
                    let conditions = values.iter().map(Condition::parse).collect::<Result<_, _>>()?;
                    pattern.fields.push((name.clone(), Expected::AnyOf(conditions)));
                }
                Json::Object(fields) => {
                    pattern.fields.push((name.clone(), Expected::Nested(Pattern::nested(fields)?)));
                }
                _ => return Err(PatternError::malformed(name, "is neither an object nor a list of alternatives")),
            }
        }
        Ok(pattern)
    }

    /// Whether an event matches.
    pub(crate) fn matches(&self, event: &Json) -> bool {
        self.matches_field(Some(event))
    }

    /// What is not there is looked at as well: a pattern may ask for its absence.
    fn matches_field(&self, value: Option<&Json>) -> bool {
        match value {
            Some(Json::Array(elements)) => elements.iter().any(|element| self.matches_field(Some(element))),
            value => {
                let object = value.and_then(Json::as_object);
                let field = |name: &str| object.and_then(|object| object.get(name));
                self.fields.iter().all(|(name, expected)| expected.matches(field(name)))
                    && self.alternatives.iter().all(|any| any.iter().any(|pattern| pattern.matches_field(value)))
            }
        }
    }
}

impl Expected {
    fn matches(&self, value: Option<&Json>) -> bool {
        match self {
            Expected::Nested(pattern) => pattern.matches_field(value),
            Expected::AnyOf(conditions) => {
                let mut leaves = Vec::new();
                gather_leaves(value, &mut leaves);
                conditions.iter().any(|condition| condition.matches(&leaves))
            }
        }
    }
}

/// The plain values that a field holds. EventBridge compares nothing else, and an object or an empty list counts as
/// nothing.
fn gather_leaves<'a>(value: Option<&'a Json>, leaves: &mut Vec<&'a Json>) {
    match value {
        None | Some(Json::Object(_)) => {}
        Some(Json::Array(elements)) => elements.iter().for_each(|element| gather_leaves(Some(element), leaves)),
        Some(leaf) => leaves.push(leaf),
    }
}
