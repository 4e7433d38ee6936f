//! Amounts and percentages as a locale writes them.
//!
//! Separators and digits come from the data of the Unicode CLDR in `icu_decimal`. It has no patterns and symbols of
//! currencies yet, so those of our locales stand here, taken from CLDR 48: `currencyFormats/standard`,
//! `percentFormats/standard`, `currencySpacing` and the `symbol` of every currency for `en-001`, `zh`, `ko`, `vi`, `id`,
//! `th` and `ja`. Differing from CLDR on purpose, an amount has the minor digits of ISO 4217, which the ledger counts in,
//! and more where it has more.

use domain::{Amount, Currency};
use icu_decimal::DecimalFormatter;
use icu_decimal::input::Decimal;
use icu_decimal::options::DecimalFormatterOptions;

use super::{Locale, RenderError};

const NO_BREAK_SPACE: char = '\u{a0}';

/// The minus sign of all our locales. None has a pattern of its own for negative amounts: the sign leads the whole.
const MINUS: &str = "-";

/// The amount with its currency: at least the currency's minor digits and no more than needed.
///
/// # Errors
/// [`RenderError::Number`] when the locale's data cannot be read.
pub(super) fn amount(locale: Locale, amount: Amount, currency: Currency) -> Result<String, RenderError> {
    let number = number(locale, &amount.magnitude().show(currency))?;
    let sign = if amount.is_negative() { MINUS } else { "" };
    let symbol = symbol(locale, currency);
    Ok(match locale {
        Locale::Vi => format!("{sign}{number}{NO_BREAK_SPACE}{symbol}"),
        Locale::En | Locale::ZhCn | Locale::Ko | Locale::Id | Locale::Th | Locale::Ja => {
            format!("{sign}{symbol}{}{number}", spacing(symbol))
        }
    })
}

/// The percentage, with no more digits than needed.
///
/// # Errors
/// [`RenderError::Number`] when the locale's data cannot be read.
pub(super) fn percent(locale: Locale, percent: Amount) -> Result<String, RenderError> {
    let number = number(locale, &percent.magnitude().to_string())?;
    let sign = if percent.is_negative() { MINUS } else { "" };
    // All our locales have the same pattern, without a space.
    Ok(format!("{sign}{number}%"))
}

/// A plain decimal number with the locale's separators and digits.
fn number(locale: Locale, plain: &str) -> Result<String, RenderError> {
    let formatter = DecimalFormatter::try_new(locale.numbers(), DecimalFormatterOptions::default())
        .map_err(|_| RenderError::Number)?;
    let decimal = Decimal::try_from_str(plain).map_err(|_| RenderError::Number)?;
    Ok(formatter.format(&decimal).to_string())
}

/// What stands between a leading symbol and the number: a symbol that ends in a letter would run into the digits.
fn spacing(symbol: &str) -> &'static str {
    if symbol.ends_with(char::is_alphabetic) { "\u{a0}" } else { "" }
}

/// The currency's sign where the locale has one for it, else its code.
fn symbol(locale: Locale, currency: Currency) -> &'static str {
    use Locale::{En, Id, Ja, Th, Vi, ZhCn};
    match (currency.code(), locale) {
        ("AUD", En | Ja) => "A$",
        ("AUD", _) => "AU$",
        ("BRL", _) => "R$",
        ("CAD", _) => "CA$",
        ("CNY", ZhCn) => "¥",
        ("CNY", Ja) => "元",
        ("CNY", _) => "CN¥",
        ("EUR", _) => "€",
        ("GBP", _) => "£",
        ("HKD", _) => "HK$",
        ("IDR", Id) => "Rp",
        ("ILS", _) => "₪",
        ("INR", Id) => "Rs",
        ("INR", _) => "₹",
        ("JPY", Vi | Th) => "¥",
        ("JPY", Ja) => "￥",
        ("JPY", _) => "JP¥",
        ("KRW", _) => "₩",
        ("MXN", _) => "MX$",
        ("NZD", _) => "NZ$",
        ("PHP", En) => "₱",
        ("THB", Vi | Id | Th) => "฿",
        ("TWD", _) => "NT$",
        ("USD", Ja) => "$",
        ("USD", _) => "US$",
        ("VND", _) => "₫",
        ("XAF", _) => "FCFA",
        ("XCD", _) => "EC$",
        ("XOF", _) => "F\u{202f}CFA",
        ("XPF", _) => "CFPF",
        (code, _) => code,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::company::LOCALES;

    fn shown(locale: &str, text: &str, code: &str) -> String {
        let value = Amount::parse(text, 12).unwrap();
        amount(Locale::from_name(locale), value, Currency::parse(code).unwrap()).unwrap()
    }

    fn in_every_locale(text: &str, code: &str) -> [String; 7] {
        LOCALES.map(|locale| shown(locale, text, code).replace(NO_BREAK_SPACE, "~"))
    }

    #[test]
    fn currency_and_sign_stand_where_the_locale_puts_them() {
        assert_eq!(
            in_every_locale("-1234567.5", "USD"),
            [
                "-US$1,234,567.50",
                "-US$1,234,567.50",
                "-US$1,234,567.50",
                "-1.234.567,50~US$",
                "-US$1.234.567,50",
                "-US$1,234,567.50",
                "-$1,234,567.50",
            ]
        );
        assert_eq!(
            in_every_locale("-1234.5", "IDR"),
            [
                "-IDR~1,234.50",
                "-IDR~1,234.50",
                "-IDR~1,234.50",
                "-1.234,50~IDR",
                "-Rp~1.234,50",
                "-IDR~1,234.50",
                "-IDR~1,234.50",
            ]
        );
        assert_eq!(
            in_every_locale("8800", "JPY"),
            ["JP¥8,800", "JP¥8,800", "JP¥8,800", "8.800~¥", "JP¥8.800", "¥8,800", "￥8,800"]
        );
        assert_eq!(
            in_every_locale("8800", "CNY"),
            ["CN¥8,800.00", "¥8,800.00", "CN¥8,800.00", "8.800,00~CN¥", "CN¥8.800,00", "CN¥8,800.00", "元~8,800.00"]
        );
    }

    #[test]
    fn minor_digits_and_no_more_than_needed() {
        for (text, code, en, vi) in [
            ("-2.6137", "USD", "-US$2.6137", "-2,6137~US$"),
            ("0.0000008", "USD", "US$0.0000008", "0,0000008~US$"),
            ("1000000000000000", "USD", "US$1,000,000,000,000,000.00", "1.000.000.000.000.000,00~US$"),
            (
                "-999999999999999.999999999999",
                "USD",
                "-US$999,999,999,999,999.999999999999",
                "-999.999.999.999.999,999999999999~US$",
            ),
            ("0", "USD", "US$0.00", "0,00~US$"),
            ("250000", "VND", "₫250,000", "250.000~₫"),
            ("250000.5", "VND", "₫250,000.5", "250.000,5~₫"),
            ("1234.5", "KWD", "KWD~1,234.500", "1.234,500~KWD"),
            ("12", "CHF", "CHF~12.00", "12,00~CHF"),
            ("1000", "KRW", "₩1,000", "1.000~₩"),
        ] {
            let shown = |locale| shown(locale, text, code).replace(NO_BREAK_SPACE, "~");
            assert_eq!((shown("en"), shown("vi")), (en.to_owned(), vi.to_owned()), "{text} {code}");
        }
    }

    #[test]
    fn percentages_have_the_separator_of_the_locale() {
        let shown = |text| {
            let value = Amount::parse(text, 12).unwrap();
            LOCALES.map(|locale| percent(Locale::from_name(locale), value).unwrap())
        };
        assert_eq!(shown("10"), ["10%"; 7]);
        assert_eq!(shown("12.5"), ["12.5%", "12.5%", "12.5%", "12,5%", "12,5%", "12.5%", "12.5%"]);
    }

    #[test]
    fn the_minus_sign_is_that_of_the_data() {
        for locale in LOCALES {
            assert_eq!(number(Locale::from_name(locale), "-1").unwrap(), format!("{MINUS}1"), "{locale}");
        }
    }

    #[test]
    fn every_sign_that_is_known_and_every_code_that_is_not() {
        let codes = [
            "USD", "EUR", "GBP", "JPY", "CNY", "KRW", "VND", "IDR", "THB", "SGD", "MYR", "PHP", "HKD", "TWD", "INR",
            "AUD", "CAD", "CHF", "KWD", "BRL", "ILS", "MXN", "NZD", "XAF", "XCD", "XOF", "XPF", "SEK",
        ];
        let rows = codes.map(|code| in_every_locale("1", code).join(" | "));
        insta::assert_snapshot!("currencies", rows.join("\n"));
    }
}
