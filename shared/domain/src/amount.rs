//! Exact decimal amounts.

use num_bigint::BigInt;
use rust_decimal::Decimal;
use std::fmt;

use crate::Currency;

/// The most fraction digits that any figure carries.
pub const MAX_FRACTION_DIGITS: u32 = 12;

/// The largest magnitude of any amount or balance: 10^15.
pub const MAX_MAGNITUDE: u64 = 1_000_000_000_000_000;

/// The most integer digits that an amount within [`MAX_MAGNITUDE`] can be written with.
const MAX_INTEGER_DIGITS: usize = 16;

/// An exact decimal figure: at most 12 fraction digits, magnitude at most 10^15.
///
/// The currency is the program's and stands once on the account: amounts of two programs never meet. Arithmetic is
/// checked: a result beyond the bounds is [`OutOfRange`], never wrapped, never rounded behind the caller's back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Amount(Decimal);

/// A result whose magnitude would be beyond [`MAX_MAGNITUDE`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the magnitude is beyond 10^15")]
pub struct OutOfRange;

/// Why a text is not an amount.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AmountError {
    /// Not a plain decimal number in ASCII digits.
    #[error("must be a plain decimal number such as \"1250.00\"")]
    Malformed,
    /// More fraction digits than are allowed here.
    #[error("has more than {allowed} fraction digits")]
    TooPrecise {
        /// How many are allowed.
        allowed: u32,
    },
    /// Magnitude beyond 10^15.
    #[error("is beyond 10^15")]
    TooLarge,
}

impl Amount {
    /// Nothing.
    pub const ZERO: Amount = Amount(Decimal::ZERO);

    /// One: what a share that is not reduced is multiplied by.
    pub const ONE: Amount = Amount(Decimal::ONE);

    /// Takes a decimal that was made elsewhere (a stored number).
    ///
    /// # Errors
    /// When it has more than 12 fraction digits or is beyond 10^15.
    pub fn from_decimal(value: Decimal) -> Result<Amount, AmountError> {
        let value = value.normalize();
        if value.scale() > MAX_FRACTION_DIGITS {
            return Err(AmountError::TooPrecise { allowed: MAX_FRACTION_DIGITS });
        }
        if value.abs() > Decimal::from(MAX_MAGNITUDE) {
            return Err(AmountError::TooLarge);
        }
        Ok(Amount(value))
    }

    /// Reads an amount as a request writes it: `-?digits[.digits]`, ASCII, no exponent, no sign but `-`, no leading
    /// zeros, at most `fraction_digits` digits after the point, trailing zeros counted.
    ///
    /// # Errors
    /// Says which of the rules the text breaks.
    pub fn parse(text: &str, fraction_digits: u32) -> Result<Amount, AmountError> {
        let unsigned = text.strip_prefix('-').unwrap_or(text);
        let (integer, fraction) = match unsigned.split_once('.') {
            Some((integer, fraction)) if !fraction.is_empty() => (integer, fraction),
            Some(_) => return Err(AmountError::Malformed),
            None => (unsigned, ""),
        };
        let is_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        let has_leading_zero = integer.len() > 1 && integer.starts_with('0');
        if integer.is_empty() || has_leading_zero || !is_digits(integer) || !is_digits(fraction) {
            return Err(AmountError::Malformed);
        }
        if integer.len() > MAX_INTEGER_DIGITS {
            return Err(AmountError::TooLarge);
        }
        let allowed = fraction_digits.min(MAX_FRACTION_DIGITS);
        if fraction.len() > usize::try_from(allowed).unwrap_or(usize::MAX) {
            return Err(AmountError::TooPrecise { allowed });
        }
        Amount::from_decimal(Decimal::from_str_exact(text).map_err(|_| AmountError::TooLarge)?)
    }

    /// The figure as a decimal, without trailing zeros.
    #[must_use]
    pub fn to_decimal(self) -> Decimal {
        self.0
    }

    /// The sum.
    ///
    /// # Errors
    /// [`OutOfRange`] when its magnitude is beyond 10^15.
    pub fn plus(self, other: Amount) -> Result<Amount, OutOfRange> {
        // Both have at most 28 digits at a common scale of 12, and so has their sum: nothing is rounded.
        let sum = self.0.checked_add(other.0).ok_or(OutOfRange)?;
        Amount::from_decimal(sum).map_err(|_| OutOfRange)
    }

    /// The difference.
    ///
    /// # Errors
    /// [`OutOfRange`] when its magnitude is beyond 10^15.
    pub fn minus(self, other: Amount) -> Result<Amount, OutOfRange> {
        self.plus(other.negated())
    }

    /// The sum of a few amounts before it is known whether it is one: exact beyond 10^15, up to some forty of them.
    ///
    /// `None` when it has more digits than a decimal holds.
    #[must_use]
    pub fn exact_sum(amounts: impl IntoIterator<Item = Amount>) -> Option<Decimal> {
        // At a common scale of 12 the sum of forty has at most 4 × 10^28 units, which is below 2^96: nothing is rounded.
        amounts.into_iter().try_fold(Decimal::ZERO, |sum, amount| sum.checked_add(amount.0)).map(|sum| sum.normalize())
    }

    /// The same magnitude with the other sign.
    #[must_use]
    pub fn negated(self) -> Amount {
        let mut value = self.0;
        if !value.is_zero() {
            value.set_sign_positive(value.is_sign_negative());
        }
        Amount(value)
    }

    /// The magnitude.
    #[must_use]
    pub fn magnitude(self) -> Amount {
        if self.is_negative() { self.negated() } else { self }
    }

    /// `self × factor ÷ divisor`, exact in between, rounded once, half-even, to `fraction_digits`.
    ///
    /// # Errors
    /// [`OutOfRange`] when the result is beyond 10^15 or the divisor is zero.
    pub fn times_ratio(self, factor: Amount, divisor: Amount, fraction_digits: u32) -> Result<Amount, OutOfRange> {
        let digits = fraction_digits.min(MAX_FRACTION_DIGITS);
        // Units of 10^-12 keep all three integral. The product needs up to 54 digits, so it is taken in a big integer.
        let unit = BigInt::from(10).pow(MAX_FRACTION_DIGITS.saturating_sub(digits));
        let numerator = BigInt::from(self.units()) * BigInt::from(factor.units());
        let rounded = divide_half_even(&numerator, &(BigInt::from(divisor.units()) * unit)).ok_or(OutOfRange)?;
        let mantissa = i128::try_from(rounded).map_err(|_| OutOfRange)?;
        let value = Decimal::try_from_i128_with_scale(mantissa, digits).map_err(|_| OutOfRange)?;
        Amount::from_decimal(value).map_err(|_| OutOfRange)
    }

    /// Whether nothing is left.
    #[must_use]
    pub fn is_zero(self) -> bool {
        self.0.is_zero()
    }

    /// Whether it is below zero.
    #[must_use]
    pub fn is_negative(self) -> bool {
        self < Amount::ZERO
    }

    /// Whether it is above zero.
    #[must_use]
    pub fn is_positive(self) -> bool {
        self > Amount::ZERO
    }

    /// As it is shown: at least the currency's minor digits, and no more than needed.
    #[must_use]
    pub fn show(self, currency: Currency) -> String {
        show_decimal(self.0, currency)
    }

    fn units(self) -> i128 {
        let missing = MAX_FRACTION_DIGITS.saturating_sub(self.0.scale());
        // At most 10^27 by the bounds of the type, far inside i128.
        self.0.mantissa().saturating_mul(10_i128.saturating_pow(missing))
    }
}

/// A decimal as an amount of the currency is shown; also one that is beyond the bounds of amounts, such as a shortfall.
#[must_use]
pub fn show_decimal(mut value: Decimal, currency: Currency) -> String {
    if value.scale() < currency.minor_digits() {
        value.rescale(currency.minor_digits());
    }
    value.to_string()
}

/// The quotient rounded half-even; `None` when the divisor is zero.
fn divide_half_even(numerator: &BigInt, divisor: &BigInt) -> Option<BigInt> {
    use num_bigint::Sign;
    if divisor.sign() == Sign::NoSign {
        return None;
    }
    let quotient = numerator / divisor;
    let remainder = numerator - &quotient * divisor;
    let twice = BigInt::from(remainder.magnitude() * 2u32);
    let is_odd = quotient.bit(0);
    let away = match twice.cmp(&BigInt::from(divisor.magnitude().clone())) {
        std::cmp::Ordering::Less => false,
        std::cmp::Ordering::Equal => is_odd,
        std::cmp::Ordering::Greater => true,
    };
    let is_negative = (numerator.sign() == Sign::Minus) != (divisor.sign() == Sign::Minus);
    Some(match (away, is_negative) {
        (false, _) => quotient,
        (true, false) => quotient + 1,
        (true, true) => quotient - 1,
    })
}

impl fmt::Display for Amount {
    /// The plain number without trailing zeros.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn amount(text: &str) -> Amount {
        Amount::parse(text, 12).unwrap()
    }

    #[test]
    fn reads_plain_decimals_only() {
        for text in ["0", "0.01", "-2.6137", "1250.00", "1000000000000000", "0.000000000001"] {
            assert!(Amount::parse(text, 12).is_ok(), "{text}");
        }
        for text in
            ["", "-", ".", "1.", ".5", "+1", "1e3", "1E3", "01", "1,000", " 1", "1 ", "٣", "１", "0x1", "NaN", "--1"]
        {
            assert_eq!(Amount::parse(text, 12), Err(AmountError::Malformed), "{text}");
        }
        assert_eq!(Amount::parse("1.001", 2), Err(AmountError::TooPrecise { allowed: 2 }));
        assert_eq!(Amount::parse("1.000", 2), Err(AmountError::TooPrecise { allowed: 2 }));
        assert_eq!(Amount::parse("1000000000000000.01", 2), Err(AmountError::TooLarge));
        assert_eq!(Amount::parse(&"9".repeat(40), 2), Err(AmountError::TooLarge));
        assert_eq!(Amount::parse("-0.00", 2).unwrap().to_string(), "0");
    }

    #[test]
    fn shows_minor_digits_and_no_more_than_needed() {
        let (usd, vnd) = (Currency::parse("USD").unwrap(), Currency::parse("VND").unwrap());
        assert_eq!(amount("1250").show(usd), "1250.00");
        assert_eq!(amount("0.00000080").show(usd), "0.0000008");
        assert_eq!(amount("1250").show(vnd), "1250");
        assert_eq!(amount("-0.5").show(usd), "-0.50");
    }

    #[test]
    fn rounds_once_and_half_even() {
        let half = amount("0.5");
        for (value, expected) in
            [("0.05", "0.02"), ("0.07", "0.04"), ("-0.05", "-0.02"), ("-0.07", "-0.04"), ("0.03", "0.02")]
        {
            assert_eq!(amount(value).times_ratio(half, Amount::ONE, 2).unwrap(), amount(expected), "{value} × 0.5");
        }
        let third = amount("100").times_ratio(Amount::ONE, amount("3"), 12).unwrap();
        assert_eq!(third, amount("33.333333333333"));
        let large = amount("999999999999999.999999999999");
        assert_eq!(large.times_ratio(large, large, 12).unwrap(), large);
        assert_eq!(large.times_ratio(large, Amount::ONE, 12), Err(OutOfRange));
        assert_eq!(large.times_ratio(large, Amount::ZERO, 12), Err(OutOfRange));
    }

    #[test]
    fn refuses_what_is_beyond_the_bounds() {
        let most = amount("1000000000000000");
        assert_eq!(most.plus(amount("0.000000000001")), Err(OutOfRange));
        assert_eq!(most.negated().minus(amount("1")), Err(OutOfRange));
        assert_eq!(most.minus(most).unwrap(), Amount::ZERO);
    }

    fn any_amount() -> impl Strategy<Value = Amount> {
        (-1_000_000_000_000_000_000_000_000_000_i128..=1_000_000_000_000_000_000_000_000_000)
            .prop_map(|units| Amount::from_decimal(Decimal::from_i128_with_scale(units, 12)).unwrap())
    }

    proptest! {
        #[test]
        fn text_and_back_is_the_same(value in any_amount()) {
            prop_assert_eq!(Amount::parse(&value.to_string(), 12).unwrap(), value);
        }

        #[test]
        fn subtraction_undoes_addition(a in any_amount(), b in any_amount()) {
            if let Ok(sum) = a.plus(b) {
                prop_assert_eq!(sum.minus(b).unwrap(), a);
            }
        }

        #[test]
        fn a_ratio_is_never_further_off_than_half_a_digit(a in any_amount(), b in any_amount(), c in any_amount(), digits in 0_u32..=12) {
            if let Ok(result) = a.times_ratio(b, c, digits) {
                let exact = BigInt::from(a.units()) * BigInt::from(b.units());
                let off = BigInt::from(result.units()) * BigInt::from(c.units()) - exact;
                let half = BigInt::from(c.units().unsigned_abs()) * BigInt::from(10).pow(12_u32.saturating_sub(digits));
                prop_assert!(BigInt::from(off.magnitude() * 2u32) <= half);
            }
        }
    }
}
