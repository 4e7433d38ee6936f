//! Points in time: UTC, whole milliseconds.

use std::fmt;
use time::format_description::well_known::Rfc3339;
use time::macros::format_description;
use time::{OffsetDateTime, UtcOffset};

/// A point in time with millisecond precision, shown as RFC 3339 in UTC: `2026-11-21T10:00:00.000Z`.
///
/// It always comes in with an event; nothing here reads a clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(OffsetDateTime);

/// A text or number that is no point in time between the years 0 and 9999.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be a time such as 2026-11-21T10:00:00.000Z")]
pub struct MalformedTimestamp;

impl Timestamp {
    /// The beginning of 1970: before everything that happens here.
    pub const EPOCH: Timestamp = Timestamp(OffsetDateTime::UNIX_EPOCH);

    /// From milliseconds since 1970.
    ///
    /// # Errors
    /// [`MalformedTimestamp`] when that is before 1970 or after the year 9999.
    pub fn from_unix_ms(unix_ms: i64) -> Result<Timestamp, MalformedTimestamp> {
        let nanoseconds = i128::from(unix_ms).checked_mul(1_000_000).ok_or(MalformedTimestamp)?;
        let moment = OffsetDateTime::from_unix_timestamp_nanos(nanoseconds).map_err(|_| MalformedTimestamp)?;
        if unix_ms < 0 { Err(MalformedTimestamp) } else { Ok(Timestamp(moment)) }
    }

    /// Reads RFC 3339 with any offset; what is finer than a millisecond is cut off.
    ///
    /// # Errors
    /// [`MalformedTimestamp`] for anything else.
    pub fn parse(text: &str) -> Result<Timestamp, MalformedTimestamp> {
        let moment = OffsetDateTime::parse(text, &Rfc3339).map_err(|_| MalformedTimestamp)?;
        // Downwards: the last moment before 1970 is still before it.
        let unix_ms = moment.unix_timestamp_nanos().checked_div_euclid(1_000_000).ok_or(MalformedTimestamp)?;
        Timestamp::from_unix_ms(i64::try_from(unix_ms).map_err(|_| MalformedTimestamp)?)
    }

    /// Milliseconds since 1970, never negative.
    #[must_use]
    pub fn unix_ms(self) -> i64 {
        let ms = self.0.unix_timestamp_nanos().checked_div(1_000_000).unwrap_or_default();
        i64::try_from(ms).unwrap_or_default()
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let format = format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]Z");
        let text = self.0.to_offset(UtcOffset::UTC).format(format).map_err(|_| fmt::Error)?;
        formatter.write_str(&text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_utc_with_milliseconds() {
        for (text, shown) in [
            ("2026-11-21T10:00:00Z", "2026-11-21T10:00:00.000Z"),
            ("2026-11-21T10:00:00.1239+09:00", "2026-11-21T01:00:00.123Z"),
            ("9999-12-31T23:59:59.999Z", "9999-12-31T23:59:59.999Z"),
        ] {
            let time = Timestamp::parse(text).unwrap();
            assert_eq!(time.to_string(), shown);
            assert_eq!(Timestamp::from_unix_ms(time.unix_ms()), Ok(time));
        }
        for text in
            ["", "yesterday", "2026-11-21", "2026-13-01T00:00:00Z", "2026-11-21 10:00:00", "1969-12-31T23:59:59.9999Z"]
        {
            assert_eq!(Timestamp::parse(text), Err(MalformedTimestamp), "{text}");
        }
    }
}
