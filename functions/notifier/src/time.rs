//! The time within an invocation: it comes in with the invocation's deadline and runs on from there.

use std::time::Duration;

use domain::Timestamp;
use edge::StartError;
use tokio::time::Instant;

/// The function's timeout in the template.
pub const FUNCTION_TIMEOUT: Duration = Duration::from_secs(60);

/// Tells the time of an invocation.
#[derive(Clone, Copy)]
pub struct Clock {
    begun_ms: i64,
    begun: Instant,
}

impl Clock {
    /// The clock of an invocation that has just begun and ends at `deadline_ms` since 1970 at the latest.
    ///
    /// # Errors
    /// When that is no time.
    pub fn of_invocation(deadline_ms: u64) -> Result<Clock, StartError> {
        let timeout_ms = i64::try_from(FUNCTION_TIMEOUT.as_millis())?;
        let begun_ms = i64::try_from(deadline_ms)?.saturating_sub(timeout_ms).max(0);
        Timestamp::from_unix_ms(begun_ms)?;
        Ok(Clock { begun_ms, begun: Instant::now() })
    }

    /// How long the invocation has been running.
    pub fn elapsed(&self) -> Duration {
        self.begun.elapsed()
    }

    /// The time so much from now.
    pub fn in_future(&self, ahead: Duration) -> Timestamp {
        let passed = i64::try_from(self.elapsed().saturating_add(ahead).as_millis()).unwrap_or(i64::MAX);
        Timestamp::from_unix_ms(self.begun_ms.saturating_add(passed)).unwrap_or(Timestamp::EPOCH)
    }

    /// The time.
    pub fn now(&self) -> Timestamp {
        self.in_future(Duration::ZERO)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_timeout_is_the_templates() {
        let template = include_str!("../../../infra/template.yaml");
        let function = template.split_once("\n  NotifierFunction:").unwrap().1;
        let (_, timeout) = function.split_once("\n      Timeout: ").unwrap();
        assert_eq!(timeout.lines().next().unwrap().parse(), Ok(FUNCTION_TIMEOUT.as_secs()));
    }
}
