//! One idempotency key = one effect, for ever.

/// What a request is remembered by. The record holds nothing personal: a caller's name and key go in as a digest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdempotencyKey {
    /// Names the record: a digest of the caller's `sub` and the key that it chose; for a charge, account and `source_id`;
    /// for a payment that came by event, account and payment reference.
    pub record: String,
    /// A digest of what was asked for: the same record with another fingerprint is a misuse.
    pub fingerprint: String,
}
