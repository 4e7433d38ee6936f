//! Names of companies as they may stand in a line of text.
//!
//! A name is data that somebody typed in. Nothing in it may end a line, turn the direction of what follows, or be there
//! without being seen: any of these would make a subject or a sentence say something that we did not write.

use unicode_normalization::char::is_combining_mark;

/// The most characters of a name in a title.
const MAX_SHORT: usize = 60;

/// What a name is written as that has nothing to be seen in it.
const NAMELESS: &str = "?";

/// The name on one line, with nothing invisible in it.
pub(super) fn in_full(name: &str) -> String {
    isolated(plain(name))
}

/// The same, cut to what a title has room for.
pub(super) fn shortened(name: &str) -> String {
    let plain = plain(name);
    let characters: Vec<char> = plain.chars().collect();
    if characters.len() <= MAX_SHORT {
        return isolated(plain);
    }
    // The ellipsis takes one place, and no character loses the marks above or below it.
    let room = (0..MAX_SHORT).rev().find(|end| characters.get(*end).is_some_and(|next| !is_combining_mark(*next)));
    let kept: String = characters.into_iter().take(room.unwrap_or_default()).collect();
    isolated(format!("{}…", kept.trim_end()))
}

fn plain(name: &str) -> String {
    let spaced: String = name
        .chars()
        .filter(|character| !is_invisible(*character))
        .map(|character| if character.is_control() { ' ' } else { character })
        .collect();
    let plain = spaced.split_whitespace().collect::<Vec<_>>().join(" ");
    if plain.chars().all(is_combining_mark) { NAMELESS.to_owned() } else { plain }
}

/// A name written from right to left would draw the amount beside it into its own order: it is kept apart.
fn isolated(plain: String) -> String {
    const FIRST_STRONG_ISOLATE: char = '\u{2068}';
    const POP_ISOLATE: char = '\u{2069}';
    if plain.contains(is_right_to_left) { format!("{FIRST_STRONG_ISOLATE}{plain}{POP_ISOLATE}") } else { plain }
}

/// Whether the character is in a block of scripts that are written from right to left (Hebrew, Arabic and their kin).
fn is_right_to_left(character: char) -> bool {
    matches!(
        character,
        '\u{590}'..='\u{8ff}'
            | '\u{fb1d}'..='\u{fdff}'
            | '\u{fe70}'..='\u{fefe}'
            | '\u{10800}'..='\u{10fff}'
            | '\u{1e800}'..='\u{1efff}'
    )
}

/// Whether the character shows nothing of itself: the format characters of Unicode (category Cf), which direct, join or
/// tag others, and the fillers that are letters by name only. A name reads without the joiners, too.
fn is_invisible(character: char) -> bool {
    matches!(
        character,
        '\u{ad}'
            | '\u{61c}'
            | '\u{115f}'..='\u{1160}'
            | '\u{180e}'
            | '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{3164}'
            | '\u{feff}'
            | '\u{ffa0}'
            | '\u{fff0}'..='\u{fffb}'
            | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e007f}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ordinary_name_stays_as_it_is() {
        for name in
            ["Hanbit Cloud Co., Ltd.", "주식회사 한빛", "บริษัท กรุงเทพ จำกัด", "O'Neil & \"Sons\" <UK>", "葛\u{e0100}城"]
        {
            assert_eq!(in_full(name), name);
            assert_eq!(shortened(name), name);
        }
    }

    #[test]
    fn nothing_ends_the_line_or_hides() {
        assert_eq!(in_full(" Hanbit\r\nBcc: x@y.example\t\u{2028}Cloud\u{85}\0 "), "Hanbit Bcc: x@y.example Cloud");
        assert_eq!(in_full("Han\u{200b}bit\u{202e} duolC\u{2069}\u{feff}"), "Hanbit duolC");
        assert_eq!(in_full("👩\u{200d}💻 Cloud"), "👩💻 Cloud");
        for nothing in ["", " ", "\u{200b}", "\n\u{3000}\u{2067}", "\u{fe0f}"] {
            assert_eq!(in_full(nothing), NAMELESS, "{nothing:?}");
        }
    }

    #[test]
    fn a_name_from_right_to_left_keeps_its_order_to_itself() {
        assert_eq!(in_full("شركة\u{202e} الخليج"), "\u{2068}شركة الخليج\u{2069}");
        assert_eq!(shortened(&"ש".repeat(500)), format!("\u{2068}{}…\u{2069}", "ש".repeat(59)));
    }

    #[test]
    fn a_long_name_is_cut_between_characters() {
        let count = |name: &str| name.chars().count();
        assert_eq!(shortened(&"a".repeat(60)), "a".repeat(60));
        assert_eq!(shortened(&"a".repeat(61)), format!("{}…", "a".repeat(59)));
        assert_eq!(count(&shortened(&"한".repeat(500))), 60);
        assert_eq!(count(&shortened(&"🚀".repeat(500))), 60);
        assert_eq!(shortened(&"ab ".repeat(100)), format!("{}ab…", "ab ".repeat(19)));
        // The cut would fall between the consonant and its tone mark.
        let thai = format!("{}ที่{}", "ก".repeat(57), "ก".repeat(10));
        assert_eq!(shortened(&thai), format!("{}…", "ก".repeat(57)));
        assert_eq!(shortened(&format!("a{}", "\u{301}".repeat(500))), "…");
    }
}
