//! The time of a world: it stands still while anybody computes and jumps on when everybody waits.

use tokio::time::Instant;

#[derive(Clone, Copy)]
pub struct Clock {
    begun_ms: i64,
    begun: Instant,
}

impl Clock {
    pub fn from(begun_ms: i64) -> Clock {
        Clock { begun_ms, begun: Instant::now() }
    }

    pub fn begun_ms(self) -> i64 {
        self.begun_ms
    }

    pub fn now_ms(self) -> i64 {
        self.begun_ms + i64::try_from(self.begun.elapsed().as_millis()).expect("a short run")
    }
}

/// As the API shows a time.
pub fn shown(unix_ms: i64) -> String {
    domain::Timestamp::from_unix_ms(unix_ms).expect("a time").to_string()
}
