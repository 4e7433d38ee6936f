//! What a function is invoked with.

use axum::body::Bytes;

use crate::clock::Clock;

/// An event on its way to an instance.
#[derive(Debug)]
pub(crate) struct Event {
    pub(crate) request_id: String,
    pub(crate) trace_id: String,
    pub(crate) payload: Bytes,
}

impl Event {
    /// An event under a request id of its own.
    pub(crate) fn new(payload: Bytes, clock: &Clock) -> Event {
        Event { request_id: random_uuid(), trace_id: trace_id(clock), payload }
    }
}

/// A UUID of version 4, as AWS names invocations and events.
pub(crate) fn random_uuid() -> String {
    let random = fastrand::u128(..);
    let versioned = random & !(0xF << 76) | 0x4 << 76;
    let hex = format!("{:032x}", versioned & !(0x3 << 62) | 0x2 << 62);
    let part = |range: std::ops::Range<usize>| hex.get(range).unwrap_or_default();
    format!("{}-{}-{}-{}-{}", part(0..8), part(8..12), part(12..16), part(16..20), part(20..32))
}

fn trace_id(clock: &Clock) -> String {
    let seconds = clock.epoch_seconds();
    let root = fastrand::u128(..) & ((1 << 96) - 1);
    format!("Root=1-{seconds:08x}-{root:024x};Parent={:016x};Sampled=0", fastrand::u64(..))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uuids_say_their_version_and_variant() {
        for _ in 0..100 {
            let uuid = random_uuid();
            let parts: Vec<_> = uuid.split('-').collect();
            assert_eq!(parts.iter().map(|part| part.len()).collect::<Vec<_>>(), [8, 4, 4, 4, 12], "{uuid}");
            assert!(parts[2].starts_with('4') && parts[3].starts_with(['8', '9', 'a', 'b']), "{uuid}");
        }
    }
}
