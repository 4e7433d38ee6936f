//! Times as the API writes them.

use time::format_description::well_known::Rfc3339;
use time::macros::format_description;
use time::{Duration, OffsetDateTime};

/// So many seconds after `moment`.
///
/// # Panics
/// When `moment` is no time of RFC 3339.
#[must_use]
pub fn later(moment: &str, seconds: i64) -> String {
    let moment = OffsetDateTime::parse(moment, &Rfc3339).expect("a time") + Duration::seconds(seconds);
    let format = format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]Z");
    moment.format(format).expect("a time that can be written")
}
