//! One alternative for one field: a plain value, or an object with an operator.

use std::cmp::Ordering;

use serde_json::{Number, Value as Json};

use super::PatternError;

/// What a field's value is compared with.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Condition {
    Exists(bool),
    Value(Test),
    /// A value that passes none of these; a field that is not there does not.
    AnythingBut(Vec<Test>),
}

/// What is asked of one value.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Test {
    Equals(Json),
    EqualsIgnoringCase(String),
    Prefix(String),
    Suffix(String),
    PrefixIgnoringCase(String),
    SuffixIgnoringCase(String),
    /// All of these hold.
    Numeric(Vec<(Comparison, Number)>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Comparison {
    Equal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Condition {
    pub(super) fn parse(json: &Json) -> Result<Condition, PatternError> {
        let Some((operator, operand)) = operation(json)? else {
            return Ok(Condition::Value(plain("an alternative", json)?));
        };
        match operator {
            "exists" => operand
                .as_bool()
                .map(Condition::Exists)
                .ok_or_else(|| PatternError::malformed(operator, "expects true or false")),
            "anything-but" => anything_but(operand).map(Condition::AnythingBut),
            _ => test(operator, operand).map(Condition::Value),
        }
    }

    /// Whether any of a field's values will do; there is none when the field is not there.
    pub(super) fn matches(&self, leaves: &[&Json]) -> bool {
        match self {
            Condition::Exists(expected) => leaves.is_empty() != *expected,
            Condition::Value(test) => leaves.iter().any(|leaf| test.passes(leaf)),
            Condition::AnythingBut(tests) => leaves.iter().any(|leaf| !tests.iter().any(|test| test.passes(leaf))),
        }
    }
}

/// The operator and operand of `{"prefix": "a"}`; `None` for a plain value.
fn operation(json: &Json) -> Result<Option<(&str, &Json)>, PatternError> {
    let Some(object) = json.as_object() else { return Ok(None) };
    match object.iter().next().filter(|_| object.len() == 1) {
        Some((operator, operand)) => Ok(Some((operator, operand))),
        None => Err(PatternError::malformed("an alternative", "has not exactly one operator")),
    }
}

/// A value or a list of them, or what one operator says of a value or of any of a list.
fn anything_but(operand: &Json) -> Result<Vec<Test>, PatternError> {
    let each = |operand: &Json, read: &dyn Fn(&Json) -> Result<Test, PatternError>| match operand {
        Json::Array(operands) => operands.iter().map(read).collect(),
        operand => Ok(vec![read(operand)?]),
    };
    match operation(operand)? {
        None => each(operand, &|operand| plain("anything-but", operand)),
        Some(("numeric", operand)) => Ok(vec![test("numeric", operand)?]),
        Some((operator, operand)) => each(operand, &|operand| test(operator, operand)),
    }
}

fn test(operator: &str, operand: &Json) -> Result<Test, PatternError> {
    match operator {
        "equals-ignore-case" => text(operator, operand).map(Test::EqualsIgnoringCase),
        "prefix" => Ok(match ignoring_case(operand)? {
            Some(prefix) => Test::PrefixIgnoringCase(prefix),
            None => Test::Prefix(text(operator, operand)?),
        }),
        "suffix" => Ok(match ignoring_case(operand)? {
            Some(suffix) => Test::SuffixIgnoringCase(suffix),
            None => Test::Suffix(text(operator, operand)?),
        }),
        "numeric" => comparisons(operand).map(Test::Numeric),
        unknown => Err(PatternError::UnknownOperator(unknown.to_owned())),
    }
}

/// The text of `{"equals-ignore-case": "text"}` within a prefix or suffix, lower case.
fn ignoring_case(operand: &Json) -> Result<Option<String>, PatternError> {
    match operation(operand)? {
        Some(("equals-ignore-case", operand)) => Ok(Some(text("equals-ignore-case", operand)?.to_lowercase())),
        Some((unknown, _)) => Err(PatternError::UnknownOperator(unknown.to_owned())),
        None => Ok(None),
    }
}

fn plain(field: &str, json: &Json) -> Result<Test, PatternError> {
    match json {
        Json::Array(_) | Json::Object(_) => Err(PatternError::malformed(field, "is not a plain value")),
        value => Ok(Test::Equals(value.clone())),
    }
}

fn text(operator: &str, operand: &Json) -> Result<String, PatternError> {
    operand.as_str().map(str::to_owned).ok_or_else(|| PatternError::malformed(operator, "expects a string"))
}

/// `["=", 1]`, or the two ends of a range: `[">", 0, "<=", 5]`.
fn comparisons(operand: &Json) -> Result<Vec<(Comparison, Number)>, PatternError> {
    let malformed = || PatternError::malformed("numeric", "expects comparisons, each followed by a number");
    let parts = operand.as_array().filter(|parts| matches!(parts.len(), 2 | 4)).ok_or_else(malformed)?;
    let pair = |pair: &[Json]| match pair {
        [Json::String(sign), Json::Number(number)] => Some((Comparison::parse(sign)?, number.clone())),
        _ => None,
    };
    parts.chunks(2).map(pair).collect::<Option<_>>().ok_or_else(malformed)
}

impl Test {
    fn passes(&self, value: &Json) -> bool {
        let of_text = |test: &dyn Fn(&str) -> bool| value.as_str().is_some_and(test);
        match self {
            Test::Equals(Json::Number(expected)) => {
                value.as_number().is_some_and(|number| compare(number, expected) == Some(Ordering::Equal))
            }
            Test::Equals(expected) => value == expected,
            Test::EqualsIgnoringCase(expected) => of_text(&|text| text.to_lowercase() == expected.to_lowercase()),
            Test::Prefix(prefix) => of_text(&|text| text.starts_with(prefix)),
            Test::Suffix(suffix) => of_text(&|text| text.ends_with(suffix)),
            Test::PrefixIgnoringCase(prefix) => of_text(&|text| text.to_lowercase().starts_with(prefix)),
            Test::SuffixIgnoringCase(suffix) => of_text(&|text| text.to_lowercase().ends_with(suffix)),
            Test::Numeric(comparisons) => value.as_number().is_some_and(|number| {
                comparisons.iter().all(|(comparison, bound)| {
                    compare(number, bound).is_some_and(|ordering| comparison.holds(ordering))
                })
            }),
        }
    }
}

/// Whole numbers exactly, others as EventBridge has them: as binary fractions.
fn compare(left: &Number, right: &Number) -> Option<Ordering> {
    match (left.as_i128(), right.as_i128()) {
        (Some(left), Some(right)) => Some(left.cmp(&right)),
        _ => left.as_f64()?.partial_cmp(&right.as_f64()?),
    }
}

impl Comparison {
    fn parse(sign: &str) -> Option<Comparison> {
        match sign {
            "=" => Some(Comparison::Equal),
            "<" => Some(Comparison::Less),
            "<=" => Some(Comparison::LessOrEqual),
            ">" => Some(Comparison::Greater),
            ">=" => Some(Comparison::GreaterOrEqual),
            _ => None,
        }
    }

    fn holds(self, ordering: Ordering) -> bool {
        match self {
            Comparison::Equal => ordering.is_eq(),
            Comparison::Less => ordering.is_lt(),
            Comparison::LessOrEqual => ordering.is_le(),
            Comparison::Greater => ordering.is_gt(),
            Comparison::GreaterOrEqual => ordering.is_ge(),
        }
    }
}
