//! The time of a world: it stands still while anybody computes and jumps on when everybody waits.

use tokio::time::Instant;

/// What time it is in a world.
#[derive(Clone, Copy)]
pub struct Clock {
    begun_ms: i64,
    begun: Instant,
}

impl Clock {
    /// Begins now, at that time.
    #[must_use]
    pub fn from(begun_ms: i64) -> Clock {
        Clock { begun_ms, begun: Instant::now() }
    }

    /// When it began, in milliseconds since 1970.
    #[must_use]
    pub fn begun_ms(self) -> i64 {
        self.begun_ms
    }

    /// What time it is, in milliseconds since 1970.
    ///
    /// # Panics
    /// When the world has run for ages.
    #[must_use]
    pub fn now_ms(self) -> i64 {
        self.begun_ms + i64::try_from(self.begun.elapsed().as_millis()).expect("a short run")
    }
}

/// As the API shows a time.
///
/// # Panics
/// When there is no such time.
#[must_use]
pub fn shown(unix_ms: i64) -> String {
    domain::Timestamp::from_unix_ms(unix_ms).expect("a time").to_string()
}
