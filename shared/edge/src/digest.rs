//! Digests by which requests are remembered.

use std::fmt::Write as _;

use sha2::{Digest, Sha256};

/// A digest of what a request asks for, for those that are not kept under a header's key. The parts stay apart: moving a
/// character from one to the next gives another digest.
#[must_use]
pub fn fingerprint(parts: &[&str]) -> String {
    digest(parts)
}

/// A digest of texts that cannot be confused by moving a character from one to the next. Idempotency records hold these
/// for ever, so it must not change.
pub(crate) fn digest(parts: &[&str]) -> String {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update(part.len().to_string().as_bytes());
        hasher.update([b':']);
        hasher.update(part.as_bytes());
    }
    hasher.finalize().iter().fold(String::with_capacity(64), |mut hex, byte| {
        // Writing to a string does not fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_are_fixed_and_keep_parts_apart() {
        let known = "3fba1aa8ec464a3e15f5ad302ef135cd643887328bf8f80e1dd3efdba6fdda48";
        assert_eq!(digest(&["kim", "key-1"]), known);
        assert_ne!(digest(&["ab", "c"]), digest(&["a", "bc"]));
    }
}
