//! The sentences of every language.
//!
//! Each language has one template with one block a sentence, so that a translator finds all of it in one place. A block
//! that a language lacks, a kind of alert that a block does not tell and a name that does not exist do not compile.
//! Sentences are plain text: what becomes of them in HTML is the business of the mail's layout, which escapes them whole.

use askama::Template;

use super::Locale;

/// What happened, with all that a sentence about it needs to say.
pub(super) enum Told {
    Threshold { threshold: String, threshold_in_full: String },
    Depleted,
    Overdrawn { below_zero: String },
    Replenished,
    Cleared,
}

/// What a sentence may mention.
pub(super) struct Mentions {
    pub told: Told,
    pub is_own: bool,
    pub name: String,
    pub short_name: String,
    pub available: String,
}

/// What a message is made of.
pub(super) struct Sentences {
    pub title: String,
    pub greeting: String,
    pub happened: String,
    pub meaning: String,
    pub open: String,
    pub reason: String,
    pub choice: String,
    pub last: String,
    pub settings: String,
    pub label_company: String,
    pub label_available: String,
    pub label_granted: String,
    pub label_threshold: String,
    pub label_time: String,
}

macro_rules! languages {
    ($($locale:ident $path:literal)*) => {
        $(
            #[derive(Template)]
            #[template(path = $path, blocks = [
                "title", "greeting", "happened", "meaning", "open", "reason", "choice", "last", "settings",
                "label_company", "label_available", "label_granted", "label_threshold", "label_time",
            ])]
            struct $locale<'a> {
                told: &'a Told,
                is_own: bool,
                name: &'a str,
                short_name: &'a str,
                available: &'a str,
            }
        )*

        /// The sentences of a language.
        pub(super) fn sentences(locale: Locale, mentions: &Mentions) -> askama::Result<Sentences> {
            let Mentions { told, is_own, name, short_name, available } = mentions;
            match locale {
                $(Locale::$locale => {
                    let language = $locale { told, is_own: *is_own, name, short_name, available };
                    Ok(Sentences {
                        title: one_line(language.as_title())?,
                        greeting: one_line(language.as_greeting())?,
                        happened: one_line(language.as_happened())?,
                        meaning: one_line(language.as_meaning())?,
                        open: one_line(language.as_open())?,
                        reason: one_line(language.as_reason())?,
                        choice: one_line(language.as_choice())?,
                        last: one_line(language.as_last())?,
                        settings: one_line(language.as_settings())?,
                        label_company: one_line(language.as_label_company())?,
                        label_available: one_line(language.as_label_available())?,
                        label_granted: one_line(language.as_label_granted())?,
                        label_threshold: one_line(language.as_label_threshold())?,
                        label_time: one_line(language.as_label_time())?,
                    })
                })*
            }
        }
    };
}

languages! {
    En "en.txt"
    ZhCn "zh-CN.txt"
    Ko "ko.txt"
    Vi "vi.txt"
    Id "id.txt"
    Th "th.txt"
    Ja "ja.txt"
}

/// A block without the line breaks that set it off from its tags.
pub(super) fn one_line<Block: Template>(block: Block) -> askama::Result<String> {
    // The template library renders a block that a template lacks as nothing, and knows so beforehand.
    const { assert!(Block::SIZE_HINT > 0, "a language lacks a sentence") }
    Ok(block.render()?.trim().to_owned())
}
