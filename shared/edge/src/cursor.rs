//! Pages of lists: limits and cursors.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

use crate::problem::Problem;

/// How many items a page has when the caller does not say.
const DEFAULT_LIMIT: usize = 50;

/// The most items of a page.
const MAX_LIMIT: usize = 200;

/// Bytes of the digest that ties a cursor to its list.
const DIGEST_BYTES: usize = 12;

/// The longest cursor that is looked at.
const MAX_CURSOR_LENGTH: usize = 512;

/// Which page of a list is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paging {
    /// At most so many items: 1 to 200.
    pub limit: usize,
    /// The place after which the page begins.
    pub after: Option<String>,
    /// What the cursor belongs to: path and filters.
    pub(crate) list: String,
}

impl Paging {
    /// Reads `limit` and `cursor`; `list` names the list with its filters.
    pub(crate) fn read(limit: Option<&str>, cursor: Option<&str>, list: String) -> Result<Paging, Problem> {
        let limit = match limit {
            None => DEFAULT_LIMIT,
            Some(text) => text
                .parse()
                .ok()
                .filter(|limit| (1..=MAX_LIMIT).contains(limit) && text.bytes().all(|byte| byte.is_ascii_digit()))
                .ok_or_else(|| Problem::invalid_parameter("limit", "must be a whole number from 1 to 200"))?,
        };
        let after = cursor.map(|cursor| open(cursor, &list)).transpose()?;
        Ok(Paging { limit, after, list })
    }
}

/// The cursor of the page after `place`.
#[must_use]
pub fn next_cursor(paging: &Paging, place: Option<&str>) -> Option<String> {
    place.map(|place| {
        let mut bytes = digest(place, &paging.list);
        bytes.extend_from_slice(place.as_bytes());
        URL_SAFE_NO_PAD.encode(bytes)
    })
}

fn open(cursor: &str, list: &str) -> Result<String, Problem> {
    if cursor.len() > MAX_CURSOR_LENGTH {
        return Err(Problem::invalid_cursor());
    }
    let bytes = URL_SAFE_NO_PAD.decode(cursor).map_err(|_| Problem::invalid_cursor())?;
    let (found, place) = bytes.split_at_checked(DIGEST_BYTES).ok_or_else(Problem::invalid_cursor)?;
    let place = std::str::from_utf8(place).map_err(|_| Problem::invalid_cursor())?;
    if found == digest(place, list) { Ok(place.to_owned()) } else { Err(Problem::invalid_cursor()) }
}

/// A check, not a secret: it tells a cursor of this list from mangled ones and those of other lists. Who forges one of the
/// right form gets a place in a list that it may read anyway.
fn digest(place: &str, list: &str) -> Vec<u8> {
    let mut hasher = Sha256::new();
    hasher.update(list.as_bytes());
    hasher.update([0]);
    hasher.update(place.as_bytes());
    hasher.finalize().iter().copied().take(DIGEST_BYTES).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_opens_its_own_list_only() {
        let paging = Paging::read(Some("10"), None, "one".into()).unwrap_or_else(|_| panic!("fine"));
        let cursor = next_cursor(&paging, Some("acc_1")).unwrap();
        let again = |cursor: &str, list: &str| {
            Paging::read(None, Some(cursor), list.into()).ok().and_then(|paging| paging.after)
        };
        assert_eq!(again(&cursor, "one").as_deref(), Some("acc_1"));
        assert_eq!(again(&cursor, "two"), None);
        for mangled in
            ["", "x", "====", &cursor.chars().skip(1).collect::<String>(), &format!("{cursor}A"), &"A".repeat(600)]
        {
            assert_eq!(again(mangled, "one"), None, "{mangled}");
        }
    }

    #[test]
    fn a_cursor_of_512_characters_is_the_longest() {
        let paging = Paging { limit: 1, after: None, list: "one".into() };
        let opened = |place: &str| {
            let cursor = next_cursor(&paging, Some(place)).unwrap();
            (cursor.len(), Paging::read(None, Some(&cursor), "one".into()).ok().and_then(|paging| paging.after))
        };
        // Three bytes make four characters, and no number of bytes makes 513.
        let longest = "1".repeat(512 / 4 * 3 - DIGEST_BYTES);
        assert_eq!(opened(&longest), (MAX_CURSOR_LENGTH, Some(longest.clone())));
        assert_eq!(opened(&format!("{longest}1")), (514, None));
    }

    #[test]
    fn limits_are_bounded() {
        for limit in ["0", "201", "-1", "+5", "1.5", "", "ten", "99999999999999999999"] {
            assert!(Paging::read(Some(limit), None, String::new()).is_err(), "{limit}");
        }
        assert!(Paging::read(Some("200"), None, String::new()).is_ok());
    }
}
