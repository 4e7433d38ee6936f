//! The stack's one source of time.
//!
//! Functions never read the system clock: time reaches them with the event. On this machine the event's time is made
//! here, so this is the only place that asks the operating system; and time can be moved on for everybody at once, so
//! that what takes days can be tried in seconds.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::SystemTime;

use time::{Duration, OffsetDateTime};
use tokio::sync::watch;

use crate::error::StartError;

/// How far ahead of the operating system's time the clock can get, in seconds: a thousand years, so that times keep
/// their four-digit years.
const MAX_AHEAD_SECONDS: u64 = 1_000 * 366 * 86_400;

/// Tells the time to the gateway, the token issuer, the schedules and the deliveries, so that all agree.
#[derive(Clone, Debug, Default)]
pub(crate) struct Clock {
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    /// By how many seconds it is ahead of the operating system's time.
    ahead: watch::Sender<u64>,
    /// Where that is kept. Times in the stored ledger must not lie in the future of the next start.
    file: Option<PathBuf>,
}

/// Why the clock was not moved on.
#[derive(Debug)]
pub(crate) enum AdvanceError {
    /// Times would no longer have four-digit years.
    TooFar,
    /// The new time could not be kept.
    Io(io::Error),
}

impl Clock {
    /// A clock as far ahead as `file` says, which need not exist.
    pub(crate) fn kept_in(file: PathBuf) -> Result<Clock, StartError> {
        let ahead = read(&file).map_err(StartError::io(format!("read the clock's file {}", file.display())))?;
        Ok(Clock { shared: Arc::new(Shared { ahead: watch::Sender::new(ahead), file: Some(file) }) })
    }

    /// The time now, UTC.
    pub(crate) fn now(&self) -> OffsetDateTime {
        system_time().saturating_add(Duration::seconds(self.ahead_seconds()))
    }

    /// By how many seconds it is ahead of the operating system's time, in which stores write their streams.
    pub(crate) fn ahead_seconds(&self) -> i64 {
        i64::try_from(*self.shared.ahead.borrow()).unwrap_or(i64::MAX)
    }

    /// Milliseconds since 1970.
    pub(crate) fn epoch_ms(&self) -> i64 {
        milliseconds(self.now())
    }

    /// Whole seconds since 1970, as tokens have them.
    pub(crate) fn epoch_seconds(&self) -> i64 {
        self.now().unix_timestamp()
    }

    /// Moves the time on for everybody who asks from now on.
    pub(crate) fn advance(&self, seconds: u64) -> Result<(), AdvanceError> {
        let mut outcome = Ok(());
        self.shared.ahead.send_if_modified(|ahead| {
            outcome = self.keep(ahead.saturating_add(seconds)).map(|further| *ahead = further);
            outcome.is_ok()
        });
        outcome
    }

    fn keep(&self, ahead: u64) -> Result<u64, AdvanceError> {
        if ahead > MAX_AHEAD_SECONDS {
            return Err(AdvanceError::TooFar);
        }
        if let Some(file) = &self.shared.file {
            // Under another name first: a stack that is killed while it writes must find the old time or the new one.
            let new = file.with_extension("new");
            fs::write(&new, format!("{ahead}\n")).and_then(|()| fs::rename(&new, file)).map_err(AdvanceError::Io)?;
        }
        Ok(ahead)
    }

    /// Tells of every advance from now on.
    pub(crate) fn advances(&self) -> watch::Receiver<u64> {
        self.shared.ahead.subscribe()
    }
}

fn milliseconds(time: OffsetDateTime) -> i64 {
    i64::try_from(time.unix_timestamp_nanos().div_euclid(1_000_000)).unwrap_or(i64::MAX)
}

#[allow(clippy::disallowed_methods, reason = "time enters the system here and nowhere else")]
fn system_time() -> OffsetDateTime {
    OffsetDateTime::from(SystemTime::now())
}

fn read(file: &PathBuf) -> io::Result<u64> {
    let text = match fs::read_to_string(file) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(0),
        Err(error) => return Err(error),
    };
    let ahead = text.trim().parse().ok().filter(|ahead| *ahead <= MAX_AHEAD_SECONDS);
    ahead.ok_or_else(|| io::Error::new(ErrorKind::InvalidData, "it does not hold a number of seconds"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_advance_moves_local_time_alone() {
        let clock = Clock::default();
        let (before, system_before) = (clock.epoch_seconds(), milliseconds(system_time()));
        clock.clone().advance(3_600).unwrap();
        let moved = clock.epoch_seconds().checked_sub(before).unwrap();
        assert!((3_600..3_660).contains(&moved), "{moved}");
        assert_eq!(clock.ahead_seconds(), 3_600);
        let system_moved = milliseconds(system_time()).checked_sub(system_before).unwrap();
        assert!((0..60_000).contains(&system_moved), "{system_moved}");
    }

    #[test]
    fn a_kept_clock_does_not_go_back() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("clock");
        let first = Clock::kept_in(file.clone()).unwrap();
        first.advance(1_000).unwrap();
        first.advance(500).unwrap();
        let time = first.epoch_seconds();
        assert!(Clock::kept_in(file).unwrap().epoch_seconds() >= time);
    }

    #[test]
    fn a_file_that_holds_no_time_stops_the_start() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("clock");
        for text in ["", "soon", "-1", "99999999999999"] {
            fs::write(&file, text).unwrap();
            assert!(Clock::kept_in(file.clone()).is_err(), "{text}");
        }
    }

    #[test]
    fn years_keep_four_digits() {
        let clock = Clock::default();
        clock.advance(MAX_AHEAD_SECONDS).unwrap();
        assert!(clock.now().year() < 9_999);
        assert!(matches!(clock.advance(1), Err(AdvanceError::TooFar)));
    }

    #[test]
    fn a_time_that_cannot_be_kept_is_not_taken() {
        let folder = tempfile::tempdir().unwrap();
        let clock = Clock::kept_in(folder.path().join("clock")).unwrap();
        drop(folder);
        let before = clock.epoch_seconds();
        assert!(matches!(clock.advance(86_400), Err(AdvanceError::Io(_))));
        assert!(clock.epoch_seconds().checked_sub(before).unwrap() < 86_400);
    }
}
