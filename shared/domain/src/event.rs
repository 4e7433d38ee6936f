//! Events: what others are told after it was committed.

use crate::plan::Kind;

/// What an event tells of. Its name is the event's type on the bus.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EventType {
    /// A company was handed in for verification, or again after an amendment.
    ApplicationSubmitted,
    /// Somebody, or the automatic verification, decided about an application; it may also have been withdrawn.
    ApplicationDecided,
    /// An application became an account.
    AccountActivated,
    /// Somebody became a member of an account.
    MemberInvited,
    /// An account was suspended.
    AccountSuspended,
    /// A suspension was lifted.
    AccountReinstated,
    /// An account was closed for good.
    AccountClosed,
    /// A parent handed quota down.
    QuotaAllocated,
    /// Quota was changed: a parent's adjustment or rebalance, the operator's capacity.
    QuotaAdjusted,
    /// An order, also one from a captured hold.
    PurchaseRecorded,
    /// Metered usage.
    ChargeRecorded,
    /// A purchase was taken back, wholly or in part.
    PurchaseRefunded,
    /// Quota was set aside.
    HoldPlaced,
    /// A hold was given back or has run out.
    HoldReleased,
    /// A child paid its parent.
    PaymentSettled,
    /// A settlement was undone.
    SettlementReversed,
    /// Available quota fell to a threshold.
    QuotaThresholdCrossed,
    /// Nothing is available any more.
    QuotaDepleted,
    /// Less than nothing is available.
    QuotaOverdrawn,
    /// Quota is available again after it was depleted or overdrawn.
    QuotaReplenished,
}

impl EventType {
    /// All of them.
    pub const ALL: [EventType; 20] = [
        EventType::ApplicationSubmitted,
        EventType::ApplicationDecided,
        EventType::AccountActivated,
        EventType::MemberInvited,
        EventType::AccountSuspended,
        EventType::AccountReinstated,
        EventType::AccountClosed,
        EventType::QuotaAllocated,
        EventType::QuotaAdjusted,
        EventType::PurchaseRecorded,
        EventType::ChargeRecorded,
        EventType::PurchaseRefunded,
        EventType::HoldPlaced,
        EventType::HoldReleased,
        EventType::PaymentSettled,
        EventType::SettlementReversed,
        EventType::QuotaThresholdCrossed,
        EventType::QuotaDepleted,
        EventType::QuotaOverdrawn,
        EventType::QuotaReplenished,
    ];

    /// Its name on the bus, in the API and in the table.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            EventType::ApplicationSubmitted => "ApplicationSubmitted",
            EventType::ApplicationDecided => "ApplicationDecided",
            EventType::AccountActivated => "AccountActivated",
            EventType::MemberInvited => "MemberInvited",
            EventType::AccountSuspended => "AccountSuspended",
            EventType::AccountReinstated => "AccountReinstated",
            EventType::AccountClosed => "AccountClosed",
            EventType::QuotaAllocated => "QuotaAllocated",
            EventType::QuotaAdjusted => "QuotaAdjusted",
            EventType::PurchaseRecorded => "PurchaseRecorded",
            EventType::ChargeRecorded => "ChargeRecorded",
            EventType::PurchaseRefunded => "PurchaseRefunded",
            EventType::HoldPlaced => "HoldPlaced",
            EventType::HoldReleased => "HoldReleased",
            EventType::PaymentSettled => "PaymentSettled",
            EventType::SettlementReversed => "SettlementReversed",
            EventType::QuotaThresholdCrossed => "QuotaThresholdCrossed",
            EventType::QuotaDepleted => "QuotaDepleted",
            EventType::QuotaOverdrawn => "QuotaOverdrawn",
            EventType::QuotaReplenished => "QuotaReplenished",
        }
    }

    /// The type with that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<EventType> {
        EventType::ALL.into_iter().find(|event| event.name() == name)
    }

    /// What a posting of this kind is told as; `None` for a closure, which the change of the account's status tells.
    #[must_use]
    pub fn of_posting(kind: Kind) -> Option<EventType> {
        match kind {
            Kind::Allocation => Some(EventType::QuotaAllocated),
            Kind::Capacity | Kind::Adjustment | Kind::Rebalance => Some(EventType::QuotaAdjusted),
            Kind::Purchase | Kind::Capture => Some(EventType::PurchaseRecorded),
            Kind::Charge => Some(EventType::ChargeRecorded),
            Kind::Refund => Some(EventType::PurchaseRefunded),
            Kind::Hold => Some(EventType::HoldPlaced),
            Kind::Release | Kind::Expiry => Some(EventType::HoldReleased),
            Kind::Settlement => Some(EventType::PaymentSettled),
            Kind::Reversal => Some(EventType::SettlementReversed),
            Kind::Closure => None,
        }
    }
}
