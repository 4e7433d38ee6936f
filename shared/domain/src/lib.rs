//! The rules of Partner Quota: exact amounts, tiers, prices, the plan of every posting, onboarding, alerts.
//!
//! Everything here is a pure function of its arguments. The crate owns *what is allowed and what it does*; it must not
//! know how anything is stored, sent or shown.
//!
//! Architecture invariant: no I/O, no async, no AWS, no clock, no randomness, no float.

pub mod account;
pub mod alert;
pub mod amendment;
pub mod amount;
pub mod application;
pub mod by;
pub mod company;
pub mod currency;
pub mod event;
pub mod figures;
pub mod hold;
pub mod id;
pub mod idempotency;
pub mod member;
pub mod notification;
pub mod payment;
pub mod plan;
pub mod posting;
pub mod price;
pub mod program;
pub mod purchase;
pub mod recompute;
pub mod refusal;
pub mod rollup;
pub mod timestamp;
pub mod verification;
pub mod viewer;

pub use account::{Account, Status, Tier};
pub use amount::Amount;
pub use by::By;
pub use company::Profile;
pub use currency::Currency;
pub use event::EventType;
pub use figures::Figures;
pub use hold::{Hold, HoldStatus};
pub use id::{
    AccountId, ApplicationId, EntryId, EventId, HoldId, NotificationId, PostingId, ProgramId, PurchaseId, SettlementId,
};
pub use idempotency::IdempotencyKey;
pub use member::{Member, Role};
pub use notification::Notification;
pub use payment::{Payment, PaymentReference, Settlement};
pub use plan::{Kind, Leg, Plan};
pub use posting::{Commit, Effect, Entry, Mode, Occasion, Origin, Posted, Record, UsageLine};
pub use price::{Discount, Waterfall};
pub use purchase::{NewPurchase, Purchase};
pub use refusal::{Failure, FieldError, Refusal};
pub use timestamp::Timestamp;
pub use viewer::Viewer;
