//! Amounts, discounts and percentages, as requests and events write them.

use domain::amount::{AmountError, MAX_FRACTION_DIGITS, MAX_MAGNITUDE};
use domain::price::DISCOUNT_DIGITS;
use domain::{Amount, Currency};
use rust_decimal::Decimal;
use serde_json::{Value, json};

use crate::text;

/// One currency for each number of minor digits that there is.
const CURRENCIES: [&str; 3] = ["KRW", "USD", "KWD"];

/// The text is read as an amount with every number of fraction digits, and by every reader of a field.
pub fn target(input: &[u8]) {
    let Some(text) = text(input) else { return };
    for digits in 0..=MAX_FRACTION_DIGITS {
        let expected = expected(text, digits);
        let parsed = Amount::parse(text, digits);
        assert_eq!(parsed.is_ok(), expected.is_ok(), "{text:?} with {digits} digits: {parsed:?}, {expected:?}");
        match (parsed, expected) {
            (Ok(amount), _) => accepted(amount, text),
            (Err(AmountError::Malformed), Err(false)) | (Err(_), Err(true)) => {}
            (error, _) => panic!("{text:?} with {digits} digits is refused for another reason: {error:?}"),
        }
        fields(&json!(text), digits);
    }
    if let Ok(number) = serde_json::from_str::<Value>(text) {
        percent(&number);
    }
    sums(text);
}

/// Whether a text is an amount, worked out digit by digit; in an error, whether it is at least a number.
fn expected(text: &str, digits: u32) -> Result<(), bool> {
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let (integer, fraction) = unsigned.split_once('.').map_or((unsigned, None), |(left, right)| (left, Some(right)));
    let is_number = |part: &str| !part.is_empty() && part.chars().all(|digit| digit.is_ascii_digit());
    if !is_number(integer) || !fraction.is_none_or(is_number) || integer.len() > 1 && integer.starts_with('0') {
        return Err(false);
    }
    let fraction = fraction.unwrap_or_default();
    let most = MAX_MAGNITUDE.to_string();
    let is_most = integer == most && fraction.chars().all(|digit| digit == '0');
    let is_small = integer.len() < most.len() || is_most;
    if is_small && fraction.len() <= digits as usize { Ok(()) } else { Err(true) }
}

fn accepted(amount: Amount, text: &str) {
    assert!(amount.to_decimal().abs() <= Decimal::from(MAX_MAGNITUDE), "{text:?} is too large");
    assert!(amount.to_decimal().scale() <= MAX_FRACTION_DIGITS, "{text:?} has too many digits");
    let shown = amount.to_string();
    assert_eq!(Amount::parse(&shown, MAX_FRACTION_DIGITS), Ok(amount), "{text:?} shown as {shown:?}");
    // A number has one spelling, because digests of it are kept.
    assert!(!shown.contains('.') || !shown.ends_with('0'), "{text:?} shown as {shown:?}");
    assert_ne!(shown, "-0", "{text:?}");
    assert_eq!(amount.negated().negated(), amount);
    assert!(!amount.magnitude().is_negative());
    for currency in CURRENCIES.map(|code| Currency::parse(code).unwrap()) {
        let shown = amount.show(currency);
        assert_eq!(Amount::parse(&shown, MAX_FRACTION_DIGITS), Ok(amount), "{text:?} shown as {shown:?}");
        let digits = shown.split_once('.').map_or(0, |(_, fraction)| fraction.len());
        let needed = amount.to_decimal().scale().max(currency.minor_digits()) as usize;
        assert_eq!(digits, needed, "{text:?} shown as {shown:?} in {currency}");
    }
}

/// Every reader takes what the plain one takes, but for the signs that it excludes.
fn fields(value: &Value, digits: u32) {
    let plain = edge::signed(digits)(value);
    let is = |test: fn(Amount) -> bool| plain.as_ref().is_ok_and(|amount| test(*amount));
    assert_eq!(edge::positive(digits)(value).is_ok(), is(Amount::is_positive), "{value}");
    assert_eq!(edge::nonzero(digits)(value).is_ok(), is(|amount| !amount.is_zero()), "{value}");
    assert_eq!(edge::not_negative(digits)(value).is_ok(), is(|amount| !amount.is_negative()), "{value}");
    if digits == DISCOUNT_DIGITS {
        let is_share = is(|amount| !amount.is_negative() && amount < Amount::ONE);
        assert_eq!(edge::discount(value).is_ok(), is_share, "{value}");
        percent(value);
    }
}

fn percent(value: &Value) {
    let Ok(percent) = edge::percent(value) else { return };
    assert!(percent.is_positive() && percent.to_decimal() < Decimal::ONE_HUNDRED, "{value}");
    assert!(percent.to_decimal().scale() <= domain::alert::PERCENT_DIGITS, "{value}");
    assert_eq!(edge::percent(&json!(percent.to_string())), Ok(percent));
}

/// Two amounts in one text: what was added can be taken away again, and nothing leaves the bounds.
fn sums(text: &str) {
    let Some((one, other)) = text.split_once('+') else { return };
    let read = |text| Amount::parse(text, MAX_FRACTION_DIGITS).ok();
    let Some((one, other)) = read(one).zip(read(other)) else { return };
    let exact = Amount::exact_sum([one, other]).expect("a sum of two");
    let is_within = exact.abs() <= Decimal::from(MAX_MAGNITUDE);
    assert_eq!(one.plus(other).is_ok(), is_within);
    if let Ok(sum) = one.plus(other) {
        assert_eq!((sum.minus(other), sum.to_decimal()), (Ok(one), exact));
    }
    if let (Ok(product), true) = (one.times_ratio(other, Amount::ONE, MAX_FRACTION_DIGITS), !other.is_zero()) {
        // Rounded once, half a unit of the last digit at most: undoing it does not lead further away than that.
        if let Ok(back) = product.times_ratio(Amount::ONE, other, MAX_FRACTION_DIGITS) {
            let off = back.minus(one).map(Amount::magnitude);
            let unit = Amount::parse("0.000000000001", MAX_FRACTION_DIGITS).unwrap();
            let most = unit.times_ratio(Amount::ONE, other.magnitude(), MAX_FRACTION_DIGITS);
            if let (Ok(off), Ok(most)) = (off, most) {
                assert!(off <= most.plus(unit).unwrap(), "{one} × {other} = {product}, ÷ {other} = {back}");
            }
        }
    }
}
