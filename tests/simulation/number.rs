//! Exact numbers with twelve digits after the point, apart from the product's own.

/// One, in the units in which numbers are counted here.
pub const ONE: i128 = 1_000_000_000_000;

/// Reads a plain decimal.
pub fn number(text: &str) -> i128 {
    let (sign, digits) = text.strip_prefix('-').map_or((1, text), |digits| (-1, digits));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    assert!(fraction.len() <= 12, "{text} has too many digits");
    let padded = format!("{whole}{fraction:0<12}");
    sign * padded.parse::<i128>().unwrap_or_else(|_| panic!("{text} is no number"))
}

/// A number of so many hundredths, or of whole ones where the currency has no smaller unit.
pub fn amount(minor: i64, digits: usize) -> String {
    let sign = if minor < 0 { "-" } else { "" };
    let text = format!("{:0>width$}", minor.abs(), width = digits + 1);
    let (whole, fraction) = text.split_at(text.len() - digits);
    if digits == 0 { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") }
}

/// As texts of JSON have it.
pub fn shown(number: i128) -> String {
    let (sign, absolute) = (if number < 0 { "-" } else { "" }, number.unsigned_abs());
    format!("{sign}{}.{:012}", absolute / ONE.unsigned_abs(), absolute % ONE.unsigned_abs())
}

/// `value × factor ÷ divisor`, taken exactly and rounded once, half to even.
pub fn ratio(value: i128, factor: i128, divisor: i128) -> i128 {
    let product = value.checked_mul(factor).expect("histories move little money");
    let (product, divisor) = if divisor < 0 { (-product, -divisor) } else { (product, divisor) };
    let (whole, rest) = (product.div_euclid(divisor), product.rem_euclid(divisor));
    whole + i128::from(2 * rest > divisor || 2 * rest == divisor && whole % 2 != 0)
}
