//! Headers and queries: previews, keys, conditions, pages and their cursors.

use std::sync::LazyLock;

use domain::{AccountId, Timestamp};
use edge::Handler;
use serde_json::json;

use crate::answer;
use crate::call::Call;
use crate::event;
use crate::probe::{KEY, Probe, Read};

/// The longest place of any list, and more.
const MAX_PLACE: usize = 300;

/// The most items of a page.
const MAX_LIMIT: usize = 200;

thread_local! {
    static PROBE: &'static Probe = Box::leak(Box::default());
    static RUNTIME: tokio::runtime::Runtime =
        tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
}

static ACCOUNT: LazyLock<String> = LazyLock::new(|| AccountId::new(Timestamp::EPOCH, 1).to_string());

/// What is read of headers and query is what they say; the cursor of a page leads on in its own list and in no other.
pub fn target(input: &[u8]) {
    let names = [("id", ACCOUNT.clone())];
    let Some(call) = Call::read(input, &names) else { return };
    let call = Call { method: "POST".to_owned(), path: format!("/v1/accounts/{}/probes", *ACCOUNT), ..call };
    let place: String = String::from_utf8_lossy(&call.body).chars().take(MAX_PLACE / 4).collect();
    let Some(read) = ask(&call, "kim", &place) else { return };
    assert!((1..=MAX_LIMIT).contains(&read.limit));
    match call.header("if-match") {
        None => assert_eq!(read.expected_seq, None),
        Some(text) => {
            let digits = text.trim_matches('"');
            assert!(digits.bytes().all(|digit| digit.is_ascii_digit()), "{text:?}");
            assert_eq!(read.expected_seq, digits.parse().ok(), "{text:?}");
            assert_eq!(text.len(), digits.len() + 2, "{text:?}");
        }
    }
    keys(&call, &read, &place);
    pages(&call, &read, &place);
}

/// A key belongs to a person and to what was asked for.
fn keys(call: &Call, read: &Read, place: &str) {
    let Some(key) = &read.key else {
        assert!(read.is_preview, "a posting without a key");
        return;
    };
    assert!(key.record.len() == 64 && key.fingerprint.len() == 64, "{key:?}");
    let sent = call.header("idempotency-key").expect("a key");
    assert!((1..=255).contains(&sent.len()) && sent.bytes().all(|byte| byte.is_ascii_graphic()), "{sent:?}");
    let of_other = ask(call, "lee", place).and_then(|read| read.key).expect("a key");
    assert!(of_other.record != key.record && of_other.fingerprint == key.fingerprint);
    let Ok(body) = serde_json::from_slice::<serde_json::Value>(&call.body) else { return };
    let key_of = |body: Vec<u8>| {
        // Spelt otherwise, it may be too long or too deep.
        ask(&Call { body, ..call.clone() }, "kim", place).and_then(|read| read.key)
    };
    // The last digit of a fraction is not kept when it is written again.
    let has_fraction = String::from_utf8_lossy(&call.body).contains(['.', 'e', 'E']);
    if let Some(again) = key_of(serde_json::to_vec_pretty(&body).expect("JSON")) {
        assert!(again == *key || has_fraction, "{body}");
    }
    if let Some(of_other) = key_of(format!("[{body}]").into_bytes()) {
        assert!(of_other.record == key.record && of_other.fingerprint != key.fingerprint, "{body}");
    }
}

fn pages(call: &Call, read: &Read, place: &str) {
    let (cursor, path) = read.next.clone().expect("a next page");
    let (_, query) = path.split_once('?').expect("a query");
    assert!(query.bytes().all(|byte| byte.is_ascii_graphic() && !b"<>\"#".contains(&byte)), "{path}");
    let next = Call { query: query.to_owned(), ..call.clone() };
    let on = ask(&next, "kim", place).unwrap_or_else(|| panic!("the next page is refused: {path}"));
    assert_eq!(on.after.as_deref(), Some(place));
    assert_eq!((&on.filter, on.limit, on.is_preview), (&read.filter, read.limit, read.is_preview));
    let elsewhere = Call { query: format!("preview=true&filter=other-{place:.0}&cursor={cursor}"), ..call.clone() };
    let is_same = read.filter.as_deref() == Some("other-") && read.is_preview;
    assert!(ask(&elsewhere, "kim", place).is_none() || is_same, "a cursor leads into another list");
}

/// What was read; `None` when it was refused.
fn ask(call: &Call, sub: &str, place: &str) -> Option<Read> {
    let claims = json!({ "sub": sub, "memberships": format!("{}:admin", *ACCOUNT) });
    let event = event::event(call, KEY, &[("id".to_owned(), ACCOUNT.clone())], &claims);
    let request = event::request(&event).expect("an event of the gateway");
    PROBE.with(|probe| {
        *probe.place.lock().expect("no panic") = place.to_owned();
        *probe.read.lock().expect("no panic") = None;
        let handler = Handler::new(*probe);
        let response = RUNTIME.with(|runtime| runtime.block_on(handler.respond(request))).expect("a response");
        let answer = answer::check(&response);
        let read = probe.read.lock().expect("no panic").take();
        assert_eq!(read.is_some(), answer.status == 200, "{answer:?}");
        read
    })
}
