//! What a recipient reads: the mail and the notification of an alert, and the mail of an invitation, in the recipient's
//! language.
//!
//! Pure: facts in, text out. It owns wording, amounts as locales write them and the layout of mail; it must not know who
//! is written to, whether or how anything is sent, or where it is kept.

mod invitation;
mod locale;
mod money;
mod name;
mod sentences;
#[cfg(test)]
mod tests;

use askama::Template;
use domain::alert::{Alert, Threshold};
use domain::{Amount, Currency, Timestamp};

pub use invitation::{Invitation, invitation};
pub use locale::Locale;
use sentences::{Mentions, Told};

/// What is to be told.
#[derive(Clone, Debug)]
pub struct Facts {
    /// What happened.
    pub kind: Alert,
    /// The legal name of the account concerned: data, never markup.
    pub about: String,
    /// Whether the recipient belongs to that account; else it belongs to its parent.
    pub is_own: bool,
    /// What the account has been granted.
    pub granted: Amount,
    /// What is available after what happened.
    pub available: Amount,
    /// The currency of all amounts.
    pub currency: Currency,
    /// The account in the portal.
    pub link: String,
    /// The recipient's alert settings in the portal.
    pub settings_link: String,
    /// When it happened: a mail may come late.
    pub occurred_at: Timestamp,
    /// Whether the recipient gets no further mail for some time.
    pub is_last: bool,
}

/// A mail, but for its addresses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mail {
    /// One line, without control characters.
    pub subject: String,
    /// The part that is plain text.
    pub text: String,
    /// The part that is HTML: a whole document that loads nothing.
    pub html: String,
}

/// Why a message cannot be written. Neither happens with the data that is compiled in.
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    /// The number data of a locale could not be used.
    #[error("a number cannot be written in the locale")]
    Number,
    /// A template could not be written out.
    #[error("a template cannot be rendered")]
    Template(#[from] askama::Error),
}

/// What a mail says, whatever it is about.
struct Words<'a> {
    title: &'a str,
    greeting: &'a str,
    happened: &'a str,
    meaning: &'a str,
    open: &'a str,
    reason: &'a str,
    choice: &'a str,
    /// That the recipient gets no further mail for some time, where that is so.
    last: Option<&'a str>,
}

/// What stands beside the words of a mail.
struct Layout<'a> {
    /// Each with its label.
    figures: &'a [(&'a str, &'a str)],
    /// Where the recipient looks further.
    link: &'a str,
    /// Where the recipient changes what it hears of, with a label; where that can be changed.
    settings: Option<(&'a str, &'a str)>,
}

/// The plain part of a mail.
#[derive(Template)]
#[template(path = "mail.txt")]
struct TextPart<'a> {
    words: &'a Words<'a>,
    figures: &'a [(&'a str, &'a str)],
    colon: &'static str,
    link: &'a str,
    settings: Option<(&'a str, &'a str)>,
}

/// The part for those who see HTML, where everything that is filled in is escaped.
#[derive(Template)]
#[template(path = "mail.html")]
struct HtmlPart<'a> {
    language: &'static str,
    words: &'a Words<'a>,
    figures: &'a [(&'a str, &'a str)],
    link: &'a str,
    settings: Option<(&'a str, &'a str)>,
}

/// The mail that tells the facts in this language.
///
/// # Errors
/// [`RenderError`]: see there.
pub fn mail(locale: Locale, facts: &Facts) -> Result<Mail, RenderError> {
    let mentions = mentions(locale, facts)?;
    let granted = money::amount(locale, facts.granted, facts.currency)?;
    let sentences = sentences::sentences(locale, &mentions)?;
    let mut figures: Vec<(&str, &str)> = vec![
        (&sentences.label_company, &mentions.name),
        (&sentences.label_available, &mentions.available),
        (&sentences.label_granted, &granted),
    ];
    if let Told::Threshold { threshold_in_full, .. } = &mentions.told {
        figures.push((&sentences.label_threshold, threshold_in_full));
    }
    let time = time(facts.occurred_at);
    figures.push((&sentences.label_time, &time));
    let words = Words {
        title: &sentences.title,
        greeting: &sentences.greeting,
        happened: &sentences.happened,
        meaning: &sentences.meaning,
        open: &sentences.open,
        reason: &sentences.reason,
        choice: &sentences.choice,
        last: facts.is_last.then_some(sentences.last.as_str()),
    };
    let settings = Some((sentences.settings.as_str(), facts.settings_link.as_str()));
    laid_out(locale, &words, Layout { figures: &figures, link: &facts.link, settings })
}

fn laid_out(locale: Locale, words: &Words<'_>, layout: Layout<'_>) -> Result<Mail, RenderError> {
    let Layout { figures, link, settings } = layout;
    let text = TextPart { words, figures, colon: locale.colon(), link, settings }.render()?;
    let html = HtmlPart { language: locale.name(), words, figures, link, settings }.render()?;
    Ok(Mail { subject: words.title.to_owned(), text, html })
}

/// The title and the body of the notification that tells the facts in this language.
///
/// # Errors
/// [`RenderError`]: see there.
pub fn notification(locale: Locale, facts: &Facts) -> Result<(String, String), RenderError> {
    let sentences = sentences::sentences(locale, &mentions(locale, facts)?)?;
    let body = [sentences.happened, sentences.meaning].join(locale.gap());
    Ok((sentences.title, body))
}

fn mentions(locale: Locale, facts: &Facts) -> Result<Mentions, RenderError> {
    Ok(Mentions {
        told: told(locale, facts)?,
        is_own: facts.is_own,
        name: name::in_full(&facts.about),
        short_name: name::shortened(&facts.about),
        available: money::amount(locale, facts.available, facts.currency)?,
    })
}

fn told(locale: Locale, facts: &Facts) -> Result<Told, RenderError> {
    Ok(match facts.kind {
        Alert::ThresholdCrossed { threshold: Threshold::Percent(percent), level } => {
            let threshold = money::percent(locale, percent)?;
            let threshold_in_full = format!("{threshold} ({})", money::amount(locale, level, facts.currency)?);
            Told::Threshold { threshold, threshold_in_full }
        }
        Alert::ThresholdCrossed { threshold: Threshold::Amount(amount), .. } => {
            let threshold = money::amount(locale, amount, facts.currency)?;
            Told::Threshold { threshold_in_full: threshold.clone(), threshold }
        }
        Alert::Depleted => Told::Depleted,
        Alert::Overdrawn => {
            Told::Overdrawn { below_zero: money::amount(locale, facts.available.magnitude(), facts.currency)? }
        }
        // An overdraft without a grant ends at zero: there is nothing to spend.
        Alert::Replenished if facts.available.is_zero() => Told::Cleared,
        Alert::Replenished => Told::Replenished,
    })
}

/// In a form that every language reads, as one mail is read in several time zones.
fn time(at: Timestamp) -> String {
    let text = at.to_string();
    let seconds = text.split('.').next().unwrap_or_default();
    format!("{} UTC", seconds.replace('T', " "))
}
