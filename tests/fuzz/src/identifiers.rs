//! Ids and the names of fixed things: currencies, countries, roles, states.

use domain::account::{Status, Tier};
use domain::application::{ApplicationStatus, Decision};
use domain::company::{is_console_account_id, is_country};
use domain::program::{Policy, Purchases};
use domain::{
    AccountId, ApplicationId, Currency, EntryId, EventId, EventType, HoldId, HoldStatus, Kind, NotificationId,
    PostingId, ProgramId, PurchaseId, Role, SettlementId,
};
use serde_json::json;

use crate::text;

/// A prefix of four characters and a ULID.
const ID_LENGTH: usize = 30;

macro_rules! at_most_one {
    ($text:expr, $($id:ty),+) => {
        [$(<$id>::parse($text).ok().map(|id| (id.to_string(), <$id>::PREFIX))),+].into_iter().flatten().collect::<Vec<_>>()
    };
}

/// An id has one spelling and is of one kind; a name is shown as it was read.
pub fn target(input: &[u8]) {
    let Some(text) = text(input) else { return };
    let read = at_most_one!(
        text,
        AccountId,
        ApplicationId,
        EntryId,
        EventId,
        HoldId,
        NotificationId,
        PostingId,
        ProgramId,
        PurchaseId,
        SettlementId
    );
    assert!(read.len() <= 1, "{text:?} is an id of two kinds");
    for (shown, prefix) in read {
        assert_eq!(shown, text);
        assert!(text.starts_with(prefix) && text.len() == ID_LENGTH && text.is_ascii(), "{text:?}");
    }
    assert_eq!(edge::account_id(&json!(text)).is_ok(), AccountId::parse(text).is_ok());
    names(text);
}

fn names(text: &str) {
    for name in [
        Currency::parse(text).map(Currency::code),
        Role::from_name(text).map(Role::name),
        Status::from_name(text).map(Status::name),
        Tier::from_name(text).map(Tier::name),
        ApplicationStatus::from_name(text).map(ApplicationStatus::name),
        HoldStatus::from_name(text).map(HoldStatus::name),
        Kind::from_name(text).map(Kind::name),
        EventType::from_name(text).map(EventType::name),
        Policy::from_name(text).map(Policy::name),
        Purchases::from_name(text).map(Purchases::name),
    ]
    .into_iter()
    .flatten()
    {
        assert_eq!(name, text);
    }
    let _ = Decision::from_name(text);
    if is_country(text) {
        assert!(text.len() == 2 && text.bytes().all(|letter| letter.is_ascii_uppercase()), "{text:?}");
    }
    if is_console_account_id(text) {
        assert!((10..=12).contains(&text.len()) && text.parse::<u64>().is_ok(), "{text:?}");
    }
}
