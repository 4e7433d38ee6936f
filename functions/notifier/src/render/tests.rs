use domain::company::LOCALES;

use super::*;

fn amount(text: &str) -> Amount {
    Amount::parse(text, 12).unwrap()
}

fn facts(kind: Alert, granted: &str, available: &str, code: &str) -> Facts {
    Facts {
        kind,
        about: "Hanbit Cloud".into(),
        is_own: true,
        granted: amount(granted),
        available: amount(available),
        currency: Currency::parse(code).unwrap(),
        link: "https://portal.example/accounts/acc_1?tab=quota&from=mail".into(),
        settings_link: "https://portal.example/accounts/acc_1/alert-policy".into(),
        occurred_at: Timestamp::parse("2026-11-21T10:00:00.250Z").unwrap(),
        is_last: false,
    }
}

/// One of everything that can be told, in currencies with two, no and three minor digits.
fn everything() -> [Facts; 7] {
    let percent = |percent, level| Alert::ThresholdCrossed {
        threshold: Threshold::Percent(amount(percent)),
        level: amount(level),
    };
    let by_amount = Alert::ThresholdCrossed { threshold: Threshold::Amount(amount("50000")), level: amount("50000") };
    [
        facts(percent("10", "100"), "1000", "95", "USD"),
        facts(percent("12.5", "125000"), "1000000", "88000", "JPY"),
        facts(by_amount, "1000000", "48000", "KRW"),
        facts(Alert::Depleted, "1000", "0", "USD"),
        facts(Alert::Overdrawn, "1000", "-2.6137", "USD"),
        facts(Alert::Replenished, "1250000", "250000", "VND"),
        facts(Alert::Replenished, "0", "0", "KWD"),
    ]
}

fn for_own_and_parent(facts: Facts) -> [Facts; 2] {
    [facts.clone(), Facts { is_own: false, ..facts }]
}

#[test]
fn every_mail_in_every_language() {
    for name in LOCALES {
        let locale = Locale::from_name(name);
        let mut read = String::new();
        for facts in everything().into_iter().flat_map(for_own_and_parent) {
            let reader = if facts.is_own { "the account" } else { "its parent" };
            let mail = mail(locale, &facts).unwrap();
            let (title, body) = notification(locale, &facts).unwrap();
            assert_eq!(title, mail.subject);
            let parts = [
                format!("==== {:?}, to {reader}", facts.kind),
                format!("Subject: {}", mail.subject),
                mail.text,
                format!("---- Notification\n{title}\n{body}\n\n"),
            ];
            read.push_str(&parts.join("\n\n"));
        }
        insta::assert_snapshot!(format!("mails_{name}"), read);
    }
}

#[test]
fn the_last_mail_for_some_time_says_so_in_every_language() {
    for locale in LOCALES.map(Locale::from_name) {
        let facts = facts(Alert::Depleted, "1000", "0", "USD");
        let (once, last) = (mail(locale, &facts).unwrap(), mail(locale, &Facts { is_last: true, ..facts }).unwrap());
        assert!(last.text.len() > once.text.len() + 30 && last.html.len() > once.html.len() + 30, "{}", last.text);
    }
}

#[test]
fn the_html_part_in_every_language() {
    for name in LOCALES {
        let facts = facts(Alert::Depleted, "1000", "0", "USD");
        insta::assert_snapshot!(format!("html_{name}"), mail(Locale::from_name(name), &facts).unwrap().html);
    }
}

#[test]
fn who_and_how_much_is_in_every_part() {
    for locale in LOCALES.map(Locale::from_name) {
        for facts in everything().into_iter().flat_map(for_own_and_parent) {
            let shown = |amount| money::amount(locale, amount, facts.currency).unwrap();
            let mail = mail(locale, &facts).unwrap();
            let (title, body) = notification(locale, &facts).unwrap();
            for part in [&mail.subject, &mail.text, &mail.html, &title, &body] {
                assert!(part.contains("Hanbit Cloud"), "{part}");
                assert!(part.contains(&shown(facts.available.magnitude())), "{part}");
            }
            for part in [&mail.text, &mail.html] {
                assert!(part.contains(&shown(facts.available)), "{part}");
                assert!(part.contains(&shown(facts.granted)), "{part}");
                assert!(part.contains(&facts.settings_link), "{part}");
            }
            assert!(mail.text.contains(&facts.link));
            assert!(mail.html.contains("?tab=quota&#38;from=mail\""), "{}", mail.html);
        }
    }
}

#[test]
fn a_threshold_is_named_as_it_was_set() {
    for locale in LOCALES.map(Locale::from_name) {
        let shown = |facts: &Facts, text| money::amount(locale, amount(text), facts.currency).unwrap();
        let [by_percent, _, by_amount, ..] = everything();
        let in_full = format!("10% ({})", shown(&by_percent, "100"));
        let level = shown(&by_amount, "50000");
        for (facts, named, in_full) in [(by_percent, "10%", in_full), (by_amount, level.as_str(), level.clone())] {
            for mail in for_own_and_parent(facts).map(|facts| mail(locale, &facts).unwrap()) {
                assert!(mail.subject.contains(named), "{}", mail.subject);
                assert_eq!(mail.text.matches(&in_full).count(), 2, "{}", mail.text);
                assert!(mail.html.matches(&in_full).count() >= 2, "{}", mail.html);
            }
        }
    }
}

#[test]
fn no_sentence_is_empty_or_the_same_for_two_kinds() {
    for locale in LOCALES.map(Locale::from_name) {
        let mut titles = Vec::new();
        for facts in everything().into_iter().flat_map(for_own_and_parent) {
            let of_it = sentences::sentences(locale, &mentions(locale, &facts).unwrap()).unwrap();
            for sentence in [
                &of_it.title,
                &of_it.greeting,
                &of_it.happened,
                &of_it.meaning,
                &of_it.open,
                &of_it.reason,
                &of_it.choice,
                &of_it.settings,
                &of_it.label_company,
                &of_it.label_available,
                &of_it.label_granted,
                &of_it.label_threshold,
            ] {
                assert!(!sentence.is_empty() && !sentence.contains('\n'), "{locale:?}: {sentence:?}");
            }
            assert!(!titles.contains(&of_it.title), "{}", of_it.title);
            titles.push(of_it.title);
        }
    }
}

#[test]
fn a_hostile_name_stays_a_name() {
    let names = [
        "<script>alert(1)</script>",
        "\"><img src=x onerror='alert(1)'>",
        "Hanbit\r\nBcc: everybody@partner.example\r\n\r\nPay here:",
        "Hanbit\u{202e}duolC\u{2066}\u{200b}\u{200f}\u{feff}",
        "{{ link }}{% endblock %}{# #}",
        "%s %n $1 \\u0000 \0\u{7}\u{1b}[31m\u{2028}\u{2029}\u{85}",
        "🚀👩\u{200d}💻🇰🇷",
    ];
    for locale in LOCALES.map(Locale::from_name) {
        for name in names {
            for kind in everything() {
                let Mail { subject, text, html } = mail(locale, &Facts { about: name.into(), ..kind.clone() }).unwrap();
                let plain = mail(locale, &kind).unwrap();
                assert!(!subject.contains(char::is_control), "{subject:?}");
                for part in [&subject, &text, &html] {
                    assert!(!part.contains(|c: char| c.is_control() && c != '\n'), "{part:?}");
                    assert!(!part.contains(['\u{202e}', '\u{2066}', '\u{200b}', '\u{200f}', '\u{feff}', '\u{2028}']));
                }
                // Neither a line nor an element comes or goes with the name.
                assert_eq!(text.lines().count(), plain.text.lines().count(), "{text}");
                for mark in ['<', '>', '"', '\''] {
                    assert_eq!(html.matches(mark).count(), plain.html.matches(mark).count(), "{html}");
                }
            }
        }
    }
}

#[test]
fn a_long_name_is_whole_in_the_mail_and_short_in_its_subject() {
    for locale in LOCALES.map(Locale::from_name) {
        for letter in ["a", "한", "🚀"] {
            let name = letter.repeat(500);
            for kind in everything() {
                let Mail { subject, text, html } = mail(locale, &Facts { about: name.clone(), ..kind }).unwrap();
                assert!(subject.chars().count() < 180, "{subject}");
                assert!(subject.contains('…') && !subject.contains(&name), "{subject}");
                assert!(text.contains(&name) && html.contains(&name));
            }
        }
    }
}

#[test]
fn html_says_its_language_and_loads_nothing() {
    for name in LOCALES {
        for facts in everything() {
            let html = mail(Locale::from_name(name), &facts).unwrap().html;
            assert!(html.starts_with("<!DOCTYPE html>") && html.contains(&format!("<html lang=\"{name}\">")), "{html}");
            for loading in ["<img", "<script", "<style", "<link", "src=", "url(", "@import"] {
                assert!(!html.contains(loading), "{loading}");
            }
        }
    }
}
