//! Readers of single values: from JSON to the domain's types.

use domain::alert::PERCENT_DIGITS;
use domain::amount::AmountError;
use domain::company::{LOCALES, is_email};
use domain::{AccountId, Amount, Discount, Timestamp};
use rust_decimal::Decimal;
use serde_json::Value;

/// What is wrong with a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrong {
    /// A stable word for programs.
    pub code: &'static str,
    /// The rest of a sentence that begins with the field's name.
    pub message: String,
}

impl Wrong {
    /// Puts the two parts together.
    pub fn new(code: &'static str, message: impl Into<String>) -> Wrong {
        Wrong { code, message: message.into() }
    }
}

fn string(value: &Value) -> Result<&str, Wrong> {
    value.as_str().ok_or_else(|| Wrong::new("not_a_string", "must be a string"))
}

/// A text of 1 to `most` characters, not blank, without control characters; white space around it is cut off.
pub fn text(most: usize) -> impl Fn(&Value) -> Result<String, Wrong> {
    move |value| bounded(value, most, char::is_control)
}

fn bounded(value: &Value, most: usize, is_unfit: impl Fn(char) -> bool) -> Result<String, Wrong> {
    let text = string(value)?.trim();
    if text.is_empty() {
        return Err(Wrong::new("empty", "must not be empty"));
    }
    if text.chars().count() > most {
        return Err(Wrong::new("too_long", format!("must have at most {most} characters")));
    }
    if text.chars().any(is_unfit) {
        return Err(Wrong::new("control_characters", "must not contain control characters"));
    }
    Ok(text.to_owned())
}

/// The longest note or reason.
const MAX_NOTE: usize = 500;

/// A note or a reason: a text of at most 500 characters, on several lines if need be.
///
/// # Errors
/// As [`text`].
pub fn note(value: &Value) -> Result<String, Wrong> {
    bounded(value, MAX_NOTE, |character| character.is_control() && !matches!(character, '\n' | '\r' | '\t'))
}

/// An amount of any sign but zero with at most `fraction_digits`.
pub fn nonzero(fraction_digits: u32) -> impl Fn(&Value) -> Result<Amount, Wrong> {
    move |value| {
        let amount = signed(fraction_digits)(value)?;
        if amount.is_zero() { Err(Wrong::new("zero", "must not be zero")) } else { Ok(amount) }
    }
}

/// An amount of zero or more with at most `fraction_digits`.
pub fn not_negative(fraction_digits: u32) -> impl Fn(&Value) -> Result<Amount, Wrong> {
    move |value| {
        let amount = signed(fraction_digits)(value)?;
        if amount.is_negative() { Err(Wrong::new("negative", "must not be below zero")) } else { Ok(amount) }
    }
}

/// A text of a certain form, exactly as sent.
pub fn text_that(
    is_fit: impl Fn(&str) -> bool,
    code: &'static str,
    message: &'static str,
) -> impl Fn(&Value) -> Result<String, Wrong> {
    move |value| {
        let text = string(value)?;
        if is_fit(text) { Ok(text.to_owned()) } else { Err(Wrong::new(code, message)) }
    }
}

/// One of a fixed set of names.
pub fn one_of<T>(
    names: &'static [&'static str],
    from_name: impl Fn(&str) -> Option<T>,
) -> impl Fn(&Value) -> Result<T, Wrong> {
    move |value| {
        from_name(string(value)?)
            .ok_or_else(|| Wrong::new("unknown_value", format!("must be one of {}", names.join(", "))))
    }
}

/// An amount above zero with at most `fraction_digits`.
pub fn positive(fraction_digits: u32) -> impl Fn(&Value) -> Result<Amount, Wrong> {
    move |value| {
        let amount = signed(fraction_digits)(value)?;
        if amount.is_positive() { Ok(amount) } else { Err(Wrong::new("not_positive", "must be above zero")) }
    }
}

/// An amount of any sign with at most `fraction_digits`.
pub fn signed(fraction_digits: u32) -> impl Fn(&Value) -> Result<Amount, Wrong> {
    move |value| {
        let text = value
            .as_str()
            .ok_or_else(|| Wrong::new("not_a_string", "must be a decimal number in a string, such as \"1250.00\""))?;
        Amount::parse(text, fraction_digits).map_err(|error| {
            let code = match error {
                AmountError::Malformed => "not_an_amount",
                AmountError::TooPrecise { .. } => "too_many_fraction_digits",
                AmountError::TooLarge => "too_large",
            };
            Wrong::new(code, error.to_string())
        })
    }
}

/// A discount: a decimal number in a string, 0 ≤ d < 1, at most 6 fraction digits.
///
/// # Errors
/// Says which of the rules is broken.
pub fn discount(value: &Value) -> Result<Discount, Wrong> {
    let share = signed(domain::price::DISCOUNT_DIGITS)(value)?;
    Discount::new(share).map_err(|error| Wrong::new("not_a_discount", error.to_string()))
}

/// A time of RFC 3339.
///
/// # Errors
/// For anything else.
pub fn time(value: &Value) -> Result<Timestamp, Wrong> {
    Timestamp::parse(string(value)?).map_err(|error| Wrong::new("not_a_time", error.to_string()))
}

/// A whole number of at least 1.
///
/// # Errors
/// For anything else, a number written with a fraction included.
pub fn positive_integer(value: &Value) -> Result<u64, Wrong> {
    let message = "must be a whole number above zero";
    value.as_u64().filter(|number| *number > 0).ok_or_else(|| Wrong::new("not_a_positive_integer", message))
}

/// A list of at least one text of a certain form.
pub fn list(
    most: usize,
    read: impl Fn(&Value) -> Result<String, Wrong>,
) -> impl Fn(&Value) -> Result<Vec<String>, Wrong> {
    move |value| {
        let elements = value.as_array().ok_or_else(|| Wrong::new("not_a_list", "must be a list"))?;
        if elements.is_empty() || elements.len() > most {
            return Err(Wrong::new("wrong_length", format!("must have 1 to {most} elements")));
        }
        elements.iter().map(&read).collect()
    }
}

/// The id of an account.
///
/// # Errors
/// When it is not one.
pub fn account_id(value: &Value) -> Result<AccountId, Wrong> {
    AccountId::parse(string(value)?).map_err(|error| Wrong::new("not_an_id", error.to_string()))
}

/// An e-mail address that mail can be sent to.
///
/// # Errors
/// For anything else.
pub fn email(value: &Value) -> Result<String, Wrong> {
    text_that(is_email, "not_an_email_address", "must be an e-mail address such as \"kim@partner.example\"")(value)
}

/// A language that mail is written in.
///
/// # Errors
/// Names the languages.
pub fn locale(value: &Value) -> Result<String, Wrong> {
    one_of(&LOCALES, |text| LOCALES.iter().find(|locale| **locale == text).map(|locale| (*locale).to_owned()))(value)
}

/// A percentage above 0 and below 100 with at most two fraction digits: a decimal number in a string, or a whole number.
///
/// # Errors
/// Says which of the rules is broken.
pub fn percent(value: &Value) -> Result<Amount, Wrong> {
    let text = value.as_u64().map(|number| Value::String(number.to_string()));
    let percent = positive(PERCENT_DIGITS)(text.as_ref().unwrap_or(value))?;
    let is_fit = percent.to_decimal() < Decimal::ONE_HUNDRED;
    if is_fit { Ok(percent) } else { Err(Wrong::new("too_large", "must be below 100")) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn code<T>(outcome: Result<T, Wrong>) -> &'static str {
        outcome.err().map_or("fine", |wrong| wrong.code)
    }

    #[test]
    fn amounts_are_strings_of_plain_digits() {
        let read = positive(2);
        assert_eq!(code(read(&json!("12.50"))), "fine");
        for (value, expected) in [
            (json!(12), "not_a_string"),
            (json!(12.5), "not_a_string"),
            (json!(null), "not_a_string"),
            (json!("0.00"), "not_positive"),
            (json!("-1"), "not_positive"),
            (json!("1.001"), "too_many_fraction_digits"),
            (json!("1e3"), "not_an_amount"),
            (json!("１２"), "not_an_amount"),
            (json!("1".repeat(40)), "too_large"),
        ] {
            assert_eq!(code(read(&value)), expected, "{value}");
        }
    }

    #[test]
    fn texts_are_trimmed_and_bounded() {
        assert_eq!(text(5)(&json!(" héllo ")).unwrap(), "héllo");
        assert_eq!(code(text(5)(&json!("  "))), "empty");
        assert_eq!(code(text(5)(&json!("abcdef"))), "too_long");
        assert_eq!(code(text(5)(&json!("a\u{0}b"))), "control_characters");
        assert_eq!(code(text(5)(&json!("a\nb"))), "control_characters");
        assert_eq!(note(&json!(" one\ntwo ")).unwrap(), "one\ntwo");
        assert_eq!(code(note(&json!("a\u{7}b"))), "control_characters");
    }

    #[test]
    fn a_quantity_is_a_whole_number() {
        assert_eq!(positive_integer(&json!(3)), Ok(3));
        for value in [json!(0), json!(-1), json!(1.0), json!(1.5), json!("1")] {
            assert_eq!(code(positive_integer(&value)), "not_a_positive_integer", "{value}");
        }
    }

    #[test]
    fn percentages_are_above_nothing_and_not_above_all() {
        assert_eq!(percent(&json!(20)), percent(&json!("20.00")));
        for value in [json!(0), json!(101), json!(-1), json!(12.5), json!("100"), json!("1.001"), json!("20%")] {
            assert!(percent(&value).is_err(), "{value}");
        }
    }

    #[test]
    fn discounts_lie_between_nothing_and_all() {
        assert_eq!(code(discount(&json!("0"))), "fine");
        for value in ["1", "-0.1", "0.0000001"] {
            assert_ne!(code(discount(&json!(value))), "fine", "{value}");
        }
    }
}
