//! Currencies of ISO 4217.

use std::fmt;

/// A currency that amounts can be held in: one with minor digits of its own by ISO 4217 (not gold, not test codes).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Currency {
    code: &'static str,
    minor_digits: u32,
}

impl Currency {
    /// Reads an upper-case code such as `USD`; `None` when ISO 4217 has no such money.
    #[must_use]
    pub fn parse(code: &str) -> Option<Currency> {
        let known = iso_currency::Currency::from_code(code)?;
        if known.is_fund() || known.is_special() || known.is_superseded().is_some() {
            return None;
        }
        Some(Currency { code: known.code(), minor_digits: u32::from(known.exponent()?) })
    }

    /// The three-letter code.
    #[must_use]
    pub fn code(self) -> &'static str {
        self.code
    }

    /// How many fraction digits its smallest unit has: USD 2, KRW and VND 0, KWD 3.
    #[must_use]
    pub fn minor_digits(self) -> u32 {
        self.minor_digits
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn minor_digits_are_those_of_iso_4217() {
        for (code, digits) in
            [("USD", 2), ("EUR", 2), ("KRW", 0), ("VND", 0), ("JPY", 0), ("KWD", 3), ("IDR", 2), ("THB", 2)]
        {
            assert_eq!(Currency::parse(code).unwrap().minor_digits(), digits, "{code}");
        }
        for code in ["usd", "XAU", "ABC", "", "US", "USDD", "XAD", "HRK", "XTS"] {
            assert_eq!(Currency::parse(code), None, "{code}");
        }
    }
}
