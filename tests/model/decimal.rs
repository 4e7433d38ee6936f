//! Exact decimals in units of 10^-12: the model's own arithmetic.

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, Neg, Sub};

use num_bigint::{BigInt, Sign};

/// The most fraction digits of any figure.
pub const DIGITS: u32 = 12;

/// One, in units.
const ONE: i128 = 10_i128.pow(DIGITS);

/// An exact number. Figures stay below 10^15, so sums of a few of them are far inside the type.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Decimal(i128);

impl Decimal {
    pub const ZERO: Decimal = Decimal(0);
    pub const ONE: Decimal = Decimal(ONE);
    /// The largest magnitude of a figure.
    pub const LARGEST: Decimal = Decimal(10_i128.pow(15) * ONE);

    /// `count` of the smallest unit that `digits` fraction digits can show.
    pub const fn of_units(count: i128, digits: u32) -> Decimal {
        Decimal(count * 10_i128.pow(DIGITS - digits))
    }

    pub fn parse(text: &str) -> Decimal {
        let (magnitude, is_negative) = match text.strip_prefix('-') {
            Some(rest) => (rest, true),
            None => (text, false),
        };
        let (whole, fraction) = magnitude.split_once('.').unwrap_or((magnitude, ""));
        assert!(fraction.len() <= DIGITS as usize, "at most 12 fraction digits: {text}");
        let digits = format!("{whole}{fraction:0<12}");
        let units: i128 = digits.parse().unwrap_or_else(|_| panic!("no decimal: {text}"));
        Decimal(if is_negative { -units } else { units })
    }

    /// As the API shows it: at least `digits` fraction digits, and no more than needed.
    pub fn show(self, digits: u32) -> String {
        let sign = if self.0 < 0 { "-" } else { "" };
        let (whole, fraction) = (self.0.abs() / ONE, self.0.abs() % ONE);
        let all = format!("{fraction:012}");
        let needed = all.trim_end_matches('0').len().max(digits as usize);
        if needed == 0 { format!("{sign}{whole}") } else { format!("{sign}{whole}.{}", all.split_at(needed).0) }
    }

    /// `self × factor ÷ divisor`, taken exactly and rounded once, half to even.
    pub fn times_ratio(self, factor: Decimal, divisor: Decimal, digits: u32) -> Decimal {
        let step = 10_i128.pow(DIGITS - digits);
        let product = BigInt::from(self.0) * BigInt::from(factor.0);
        let steps = half_even(&product, &(BigInt::from(divisor.0) * BigInt::from(step)));
        Decimal(i128::try_from(steps).expect("a figure") * step)
    }

    /// Rounded towards zero.
    pub fn truncated(self, digits: u32) -> Decimal {
        let step = 10_i128.pow(DIGITS - digits);
        Decimal(self.0 / step * step)
    }

    pub fn magnitude(self) -> Decimal {
        Decimal(self.0.abs())
    }

    pub fn is_zero(self) -> bool {
        self.0 == 0
    }

    pub fn is_negative(self) -> bool {
        self.0 < 0
    }

    pub fn is_positive(self) -> bool {
        self.0 > 0
    }
}

/// The nearest whole quotient; of two that are equally near the even one.
fn half_even(numerator: &BigInt, divisor: &BigInt) -> BigInt {
    let is_negative = (numerator.sign() == Sign::Minus) != (divisor.sign() == Sign::Minus);
    let (above, below) = (numerator.magnitude(), divisor.magnitude());
    let (floor, twice_rest) = (above / below, (above % below) * 2_u32);
    let is_up = twice_rest > *below || twice_rest == *below && floor.bit(0);
    let nearest = BigInt::from(if is_up { floor + 1_u32 } else { floor });
    if is_negative { -nearest } else { nearest }
}

impl Add for Decimal {
    type Output = Decimal;

    fn add(self, other: Decimal) -> Decimal {
        Decimal(self.0 + other.0)
    }
}

impl Sub for Decimal {
    type Output = Decimal;

    fn sub(self, other: Decimal) -> Decimal {
        Decimal(self.0 - other.0)
    }
}

impl Neg for Decimal {
    type Output = Decimal;

    fn neg(self) -> Decimal {
        Decimal(-self.0)
    }
}

impl Sum for Decimal {
    fn sum<I: Iterator<Item = Decimal>>(all: I) -> Decimal {
        all.fold(Decimal::ZERO, Add::add)
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.show(0))
    }
}

impl fmt::Debug for Decimal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.show(0))
    }
}

#[test]
fn shows_what_it_parsed_and_rounds_half_to_even() {
    for (text, shown) in [("1250", "1250.00"), ("0.0000008", "0.0000008"), ("-0.5", "-0.50"), ("0", "0.00")] {
        assert_eq!(Decimal::parse(text).show(2), shown);
    }
    assert_eq!(Decimal::parse("1250").show(0), "1250");
    let half = Decimal::parse("0.5");
    for (value, expected) in
        [("0.05", "0.02"), ("0.07", "0.04"), ("-0.05", "-0.02"), ("0.03", "0.02"), ("0.051", "0.03")]
    {
        assert_eq!(Decimal::parse(value).times_ratio(half, Decimal::ONE, 2), Decimal::parse(expected), "{value} / 2");
    }
    let third = Decimal::parse("100").times_ratio(Decimal::ONE, Decimal::parse("3"), DIGITS);
    assert_eq!(third, Decimal::parse("33.333333333333"));
    assert_eq!(Decimal::LARGEST.times_ratio(Decimal::LARGEST, Decimal::LARGEST, DIGITS), Decimal::LARGEST);
}
