//! The mail to somebody who became a member of an account.

use askama::Template;
use domain::Role;

use super::sentences::one_line;
use super::{Layout, Locale, Mail, RenderError, Words, laid_out, name};

/// What an invitation tells.
#[derive(Clone, Copy, Debug)]
pub struct Invitation<'a> {
    /// The legal name of the account's company: data, never markup.
    pub account: &'a str,
    /// What the recipient is in the account.
    pub roles: &'a [Role],
    /// The portal.
    pub link: &'a str,
}

/// The sentences of an invitation.
struct Sentences {
    title: String,
    greeting: String,
    happened: String,
    meaning: String,
    open: String,
    reason: String,
    choice: String,
    label_company: String,
    label_roles: String,
    roles: Vec<String>,
}

macro_rules! languages {
    ($($locale:ident $path:literal)*) => {
        $(
            #[derive(Template)]
            #[template(path = $path, blocks = [
                "title", "greeting", "happened", "meaning", "open", "reason", "choice", "label_company", "label_roles",
                "role",
            ])]
            struct $locale<'a> {
                name: &'a str,
                short_name: &'a str,
                role: Role,
            }
        )*

        /// The sentences of a language.
        fn sentences(locale: Locale, name: &str, short_name: &str, roles: &[Role]) -> askama::Result<Sentences> {
            match locale {
                $(Locale::$locale => {
                    let with = |role| $locale { name, short_name, role };
                    // Only the block of the roles looks at the role.
                    let language = with(Role::Viewer);
                    Ok(Sentences {
                        title: one_line(language.as_title())?,
                        greeting: one_line(language.as_greeting())?,
                        happened: one_line(language.as_happened())?,
                        meaning: one_line(language.as_meaning())?,
                        open: one_line(language.as_open())?,
                        reason: one_line(language.as_reason())?,
                        choice: one_line(language.as_choice())?,
                        label_company: one_line(language.as_label_company())?,
                        label_roles: one_line(language.as_label_roles())?,
                        roles: roles.iter().map(|role| one_line(with(*role).as_role())).collect::<Result<_, _>>()?,
                    })
                })*
            }
        }
    };
}

languages! {
    En "invitation/en.txt"
    ZhCn "invitation/zh-CN.txt"
    Ko "invitation/ko.txt"
    Vi "invitation/vi.txt"
    Id "invitation/id.txt"
    Th "invitation/th.txt"
    Ja "invitation/ja.txt"
}

/// The invitation in this language.
///
/// # Errors
/// [`RenderError`]: see there.
pub fn invitation(locale: Locale, invitation: &Invitation<'_>) -> Result<Mail, RenderError> {
    let (name, short_name) = (name::in_full(invitation.account), name::shortened(invitation.account));
    let sentences = sentences(locale, &name, &short_name, invitation.roles)?;
    let roles = sentences.roles.join(locale.comma());
    let figures = [(sentences.label_company.as_str(), name.as_str()), (sentences.label_roles.as_str(), roles.as_str())];
    let words = Words {
        title: &sentences.title,
        greeting: &sentences.greeting,
        happened: &sentences.happened,
        meaning: &sentences.meaning,
        open: &sentences.open,
        reason: &sentences.reason,
        choice: &sentences.choice,
        last: None,
    };
    laid_out(locale, &words, Layout { figures: &figures, link: invitation.link, settings: None })
}

#[cfg(test)]
mod tests {
    use domain::company::LOCALES;

    use super::*;

    fn of<'a>(account: &'a str, roles: &'a [Role]) -> Invitation<'a> {
        Invitation { account, roles, link: "https://portal.example" }
    }

    #[test]
    fn every_invitation_in_every_language() {
        for name in LOCALES {
            let mail = invitation(Locale::from_name(name), &of("Hanbit Cloud", &Role::ALL)).unwrap();
            insta::assert_snapshot!(
                format!("invitation_{name}"),
                format!("Subject: {}\n\n{}\n\n----\n{}", mail.subject, mail.text, mail.html)
            );
        }
    }

    #[test]
    fn the_account_the_roles_and_the_portal_are_in_every_part() {
        for locale in LOCALES.map(Locale::from_name) {
            let mut names = Vec::new();
            for role in Role::ALL {
                let mail = invitation(locale, &of("O'Neil & Söhne", &[role])).unwrap();
                assert!(mail.subject.contains("O'Neil & Söhne"));
                assert!(mail.text.contains("O'Neil & Söhne") && mail.text.contains("https://portal.example"));
                assert!(mail.html.contains("O&#39;Neil &#38; Söhne"), "{}", mail.html);
                assert!(mail.html.contains("href=\"https://portal.example\""));
                let named = sentences(locale, "", "", &[role]).unwrap().roles.remove(0);
                assert!(!named.is_empty() && mail.text.contains(&named) && !names.contains(&named), "{named}");
                names.push(named);
            }
        }
    }

    #[test]
    fn a_name_cannot_add_to_an_invitation() {
        for locale in LOCALES.map(Locale::from_name) {
            let nasty = "Hanbit\r\nBcc: x@y.example\n\n<script>\u{202e}";
            let plain = invitation(locale, &of("Hanbit", &[Role::Admin])).unwrap();
            let mail = invitation(locale, &of(nasty, &[Role::Admin])).unwrap();
            assert!(!mail.subject.contains(['\n', '\r', '\u{202e}']));
            assert_eq!(mail.text.lines().count(), plain.text.lines().count());
            assert_eq!(mail.html.matches('<').count(), plain.html.matches('<').count());
            let long = "한".repeat(500);
            let mail = invitation(locale, &of(&long, &[Role::Admin])).unwrap();
            assert!(mail.subject.chars().count() < 180 && mail.text.contains(&long));
        }
    }
}
