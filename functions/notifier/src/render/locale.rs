//! The languages that mail is written in, and how each sets what stands between its sentences.

use icu_decimal::DecimalFormatterPreferences;
use icu_locale_core::locale;

/// A language that mail is written in: one of [`domain::company::LOCALES`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Locale {
    /// English as the world writes it, which tells the dollars of several countries apart.
    En,
    /// Chinese as written in mainland China.
    ZhCn,
    /// Korean.
    Ko,
    /// Vietnamese.
    Vi,
    /// Indonesian.
    Id,
    /// Thai.
    Th,
    /// Japanese.
    Ja,
}

impl Locale {
    /// What somebody is written to in whose language is not known: an account may have been stored by a release that
    /// knew more languages, and an alert in English is better than none.
    pub const FALLBACK: Locale = Locale::En;

    /// The locale of this name, or [`Locale::FALLBACK`] when there is none.
    #[must_use]
    pub fn from_name(name: &str) -> Locale {
        match name {
            "en" => Locale::En,
            "zh-CN" => Locale::ZhCn,
            "ko" => Locale::Ko,
            "vi" => Locale::Vi,
            "id" => Locale::Id,
            "th" => Locale::Th,
            "ja" => Locale::Ja,
            _ => Locale::FALLBACK,
        }
    }

    /// The name, which is also the language tag of what is written in it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Locale::En => "en",
            Locale::ZhCn => "zh-CN",
            Locale::Ko => "ko",
            Locale::Vi => "vi",
            Locale::Id => "id",
            Locale::Th => "th",
            Locale::Ja => "ja",
        }
    }

    /// Whose separators and digits its numbers have.
    pub(super) fn numbers(self) -> DecimalFormatterPreferences {
        match self {
            Locale::En => locale!("en-001").into(),
            Locale::ZhCn => locale!("zh-CN").into(),
            Locale::Ko => locale!("ko").into(),
            Locale::Vi => locale!("vi").into(),
            Locale::Id => locale!("id").into(),
            Locale::Th => locale!("th").into(),
            Locale::Ja => locale!("ja").into(),
        }
    }

    /// What stands between a label and its value.
    pub(super) fn colon(self) -> &'static str {
        match self {
            Locale::ZhCn | Locale::Ja => "：",
            Locale::En | Locale::Ko | Locale::Vi | Locale::Id | Locale::Th => ": ",
        }
    }

    /// What stands between two things of a list.
    pub(super) fn comma(self) -> &'static str {
        match self {
            Locale::ZhCn | Locale::Ja => "、",
            Locale::En | Locale::Ko | Locale::Vi | Locale::Id | Locale::Th => ", ",
        }
    }

    /// What stands between two sentences.
    pub(super) fn gap(self) -> &'static str {
        match self {
            Locale::ZhCn | Locale::Ja => "",
            Locale::En | Locale::Ko | Locale::Vi | Locale::Id | Locale::Th => " ",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_locale_of_the_domain_is_one_of_ours() {
        for name in domain::company::LOCALES {
            assert_eq!(Locale::from_name(name).name(), name);
        }
    }

    #[test]
    fn an_unknown_locale_is_written_to_in_english() {
        for name in ["", "fr", "EN", "zh", "ko-KR"] {
            assert_eq!(Locale::from_name(name), Locale::En, "{name}");
        }
    }
}
