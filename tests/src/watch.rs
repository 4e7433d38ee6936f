//! Awaiting what follows a request some moments later: events on the bus, and mails.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use serde_json::Value;
use serde_json::value::RawValue;

use crate::desk::Desk;
use crate::program::{Program, new_key, text};

/// How long something is awaited; only what never comes takes it.
const LIMIT: Duration = Duration::from_secs(60);

/// The pause between two looks.
const PAUSE: Duration = Duration::from_millis(50);

/// Looks until there is what is awaited. An error says what there is instead.
///
/// # Panics
/// When it does not come; says what there was last.
pub async fn until<T>(mut look: impl AsyncFnMut() -> Result<T, String>) -> T {
    let begun = Instant::now();
    loop {
        match look().await {
            Ok(found) => return found,
            Err(seen) => assert!(begun.elapsed() < LIMIT, "it has not come within {LIMIT:?}; there was only:\n{seen}"),
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// A mail that was captured, with what its links lead to.
#[derive(Clone, Debug)]
pub struct Mail {
    /// Its only recipient.
    pub to: String,
    /// Which account it is about.
    pub about: String,
    /// For which account its recipient was written to.
    pub reader: String,
    /// The event that it tells of.
    pub event: String,
    /// The subject.
    pub subject: String,
    /// The part that is plain text.
    pub text: String,
    /// The part that is HTML.
    pub html: String,
    /// All of it, as the stack shows it.
    pub shown: Value,
}

impl Mail {
    /// # Panics
    /// When it is no mail of an alert.
    fn read(shown: Value) -> Mail {
        let to =
            shown["to"].as_array().filter(|to| to.len() == 1).unwrap_or_else(|| panic!("one recipient: {shown:#}"));
        let body = text(&shown, "text");
        let linked = |end: &str| {
            let ids = body.lines().filter_map(|line| line.rsplit_once("/accounts/")?.1.strip_suffix(end));
            let mut ids = ids.filter(|id| !id.contains('/'));
            ids.next().unwrap_or_else(|| panic!("no link to an account: {shown:#}")).to_owned()
        };
        Mail {
            to: to[0].as_str().unwrap_or_default().to_owned(),
            about: linked(""),
            reader: linked("/alert-policy"),
            event: text(&shown["headers"], "X-Partner-Quota-Event"),
            subject: text(&shown, "subject"),
            html: text(&shown, "html"),
            text: body,
            shown,
        }
    }
}

/// The elements of a JSON array that mention something. The stack shows everything that there ever was, of all tests:
/// reading all of it each time would take most of a run.
fn mentioning(list: &str, needle: &str) -> Vec<Value> {
    if !list.contains(needle) {
        return Vec::new();
    }
    let elements: Vec<&RawValue> = serde_json::from_str(list).expect("a JSON array");
    let found = elements.into_iter().map(RawValue::get).filter(|element| element.contains(needle));
    found.map(|element| serde_json::from_str(element).expect("JSON")).collect()
}

impl Program {
    /// The events of this program so far, oldest first. The bus may be told an event once more: here each stands once.
    ///
    /// # Panics
    /// When the stack does not show them.
    pub async fn events(&self) -> Vec<Value> {
        let mut events = self.events_mentioning(&self.id).await;
        let mut known = HashSet::new();
        events.retain(|event| event["detail"]["program_id"] == *self.id && known.insert(event["detail"]["id"].clone()));
        events
    }

    /// The events, on whichever bus, in which a text occurs.
    ///
    /// # Panics
    /// When the stack does not show them.
    pub async fn events_mentioning(&self, needle: &str) -> Vec<Value> {
        let answer = self.client().anonymous().get("/_local/events").await;
        assert_eq!(answer.status, 200, "{answer}");
        mentioning(&answer.text, needle)
    }

    /// The events of an account so far, oldest first.
    pub async fn events_of(&self, account: &str) -> Vec<Value> {
        let mut events = self.events().await;
        events.retain(|event| event["detail"]["account_id"] == *account);
        events
    }

    /// All events of an account: whatever was committed before this call has been told when it returns.
    ///
    /// # Panics
    /// When they do not come.
    pub async fn all_events_of(&self, account: &str) -> Vec<Value> {
        // A charge of nothing moves no quota, so it raises no alert; and the events of an account keep their order.
        let charged = Desk(self).charge(account, "0", &new_key()).await.expect(201);
        self.events_up_to(account, &charged).await
    }

    /// The events of an account, up to that of a posting at least, which is given as it was answered.
    ///
    /// # Panics
    /// When they do not come.
    pub async fn events_up_to(&self, account: &str, posting: &Value) -> Vec<Value> {
        let posting = text(posting, "posting_id");
        until(async || {
            let told = self.events_mentioning(&posting).await;
            let is_there = told.iter().any(|event| event["detail"]["account_id"] == *account);
            if is_there { Ok(()) } else { Err(format!("nothing of {account} about {posting}")) }
        })
        .await;
        self.events_of(account).await
    }

    /// The mails so far that are about an account, oldest first.
    ///
    /// # Panics
    /// When the stack does not show them.
    pub async fn mails_about(&self, account: &str) -> Vec<Mail> {
        let mut mails = self.mails_mentioning(account).await;
        mails.retain(|mail| mail.about == *account);
        mails
    }

    async fn mails_mentioning(&self, needle: &str) -> Vec<Mail> {
        let answer = self.client().anonymous().get("/_local/mails").await;
        assert_eq!(answer.status, 200, "{answer}");
        mentioning(&answer.text, needle).into_iter().map(Mail::read).collect()
    }

    /// Awaits the mails that tell of an event: one to each of these addresses and none to anybody else, as far as can be
    /// seen at that time. Answers with them by address.
    ///
    /// # Panics
    /// When they do not come.
    pub async fn mails_of(&self, event: &Value, addresses: &[&str]) -> Vec<Mail> {
        let id = text(&event["detail"], "id");
        let mut expected = addresses.to_vec();
        expected.sort_unstable();
        until(async || {
            let mut mails = self.mails_mentioning(&id).await;
            mails.sort_by(|one, other| one.to.cmp(&other.to));
            let to: Vec<&str> = mails.iter().map(|mail| &*mail.to).collect();
            if to == expected { Ok(mails) } else { Err(format!("to {to:?} in place of {expected:?}")) }
        })
        .await
    }
}

/// The types of events, in their order.
///
/// # Panics
/// When one of them has none.
#[must_use]
pub fn types(events: &[Value]) -> Vec<String> {
    events.iter().map(|event| text(event, "detail-type")).collect()
}
