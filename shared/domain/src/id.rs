//! Identifiers: a prefix that says what is named, then a ULID, so that ids sort by the time they were made.

use std::fmt;
use ulid::Ulid;

use crate::Timestamp;

/// A text that is not an id of the wanted kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("is not an id of this kind")]
pub struct MalformedId;

macro_rules! id {
    ($(#[$meta:meta])* $name:ident, $prefix:literal) => {
        $(#[$meta])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Ulid);

        impl $name {
            /// What every id of this kind begins with.
            pub const PREFIX: &'static str = $prefix;

            /// Makes an id from the time of the request and 80 random bits (the low ones of `random`).
            #[must_use]
            pub fn new(at: Timestamp, random: u128) -> Self {
                Self(Ulid::from_parts(at.unix_ms().unsigned_abs(), random))
            }

            /// When it was made, in milliseconds since 1970.
            #[must_use]
            pub fn unix_ms(self) -> u64 {
                self.0.timestamp_ms()
            }

            /// One of `parts` numbers from 0 on, by the random part: to spread things evenly.
            #[must_use]
            pub fn spread(self, parts: u64) -> u64 {
                let low = self.0.random() & u128::from(u64::MAX);
                u64::try_from(low).unwrap_or_default().checked_rem(parts).unwrap_or_default()
            }

            /// Reads the one canonical spelling: prefix, then 26 upper-case digits of Crockford's base 32.
            ///
            /// # Errors
            /// [`MalformedId`] for anything else.
            pub fn parse(text: &str) -> Result<Self, MalformedId> {
                let digits = text.strip_prefix($prefix).ok_or(MalformedId)?;
                let ulid = Ulid::from_string(digits).map_err(|_| MalformedId)?;
                if ulid.to_string() == digits { Ok(Self(ulid)) } else { Err(MalformedId) }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(formatter, "{}{}", $prefix, self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, formatter)
            }
        }
    };
}

id!(/** A program: one vendor's partner program. */ ProgramId, "prg_");
id!(/** An account: a node of a program's tree. */ AccountId, "acc_");
id!(/** An application to onboard a company. */ ApplicationId, "app_");
id!(/** A ledger entry. */ EntryId, "ent_");
id!(/** A posting. */ PostingId, "pst_");
id!(/** A purchase. */ PurchaseId, "pur_");
id!(/** A hold. */ HoldId, "hld_");
id!(/** A settlement. */ SettlementId, "stl_");
id!(/** A notification in an inbox. */ NotificationId, "ntf_");
id!(/** An event that tells of no single entry. */ EventId, "evt_");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_canonical_spelling_is_read() {
        let id = AccountId::new(Timestamp::from_unix_ms(1_790_000_000_000).unwrap(), 7);
        assert_eq!(AccountId::parse(&id.to_string()), Ok(id));
        let text = id.to_string();
        for bad in [
            text.to_lowercase(),
            text.replace("acc_", "prg_"),
            text.replace("acc_", ""),
            format!("{text}0"),
            "acc_".into(),
            String::new(),
            "acc_ééééééééééééé".into(),
            "acc_8ZZZZZZZZZZZZZZZZZZZZZZZZZ".into(),
        ] {
            assert_eq!(AccountId::parse(&bad), Err(MalformedId), "{bad}");
        }
    }

    #[test]
    fn ids_sort_by_time() {
        let at = |ms| Timestamp::from_unix_ms(ms).unwrap();
        assert!(PurchaseId::new(at(1), u128::MAX).to_string() < PurchaseId::new(at(2), 0).to_string());
    }
}
