//! Holds: quota set aside for orders that are not placed yet.

use crate::plan::order::Frozen;
use crate::{AccountId, Amount, HoldId, PostingId, Refusal, Timestamp, Waterfall};

/// The state of a hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum HoldStatus {
    /// The quota is set aside.
    Open,
    /// It became a purchase.
    Captured,
    /// It was given back.
    Released,
    /// It ran out and was given back.
    Expired,
}

impl HoldStatus {
    /// All of them.
    pub const ALL: [HoldStatus; 4] =
        [HoldStatus::Open, HoldStatus::Captured, HoldStatus::Released, HoldStatus::Expired];

    /// Its name in the API and the table.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            HoldStatus::Open => "open",
            HoldStatus::Captured => "captured",
            HoldStatus::Released => "released",
            HoldStatus::Expired => "expired",
        }
    }

    /// The status with that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<HoldStatus> {
        HoldStatus::ALL.into_iter().find(|status| status.name() == name)
    }
}

/// Quota set aside at the price of the moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hold {
    /// Its id.
    pub id: HoldId,
    /// The buyer.
    pub account_id: AccountId,
    /// The posting that placed it.
    pub posting_id: PostingId,
    /// At list price.
    pub list_amount: Amount,
    /// What is to be bought.
    pub product: String,
    /// The caller's reference.
    pub reference: Option<String>,
    /// What every tier pays for all of it.
    pub waterfall: Waterfall,
    /// When it runs out.
    pub expires_at: Timestamp,
    /// Its state.
    pub status: HoldStatus,
    /// When it was placed.
    pub created_at: Timestamp,
    /// Counts every write.
    pub version: u64,
}

impl Hold {
    /// It is still to be captured, released or to run out.
    ///
    /// # Errors
    /// [`Refusal::InvalidState`] when it is not open any more.
    pub fn require_open(&self) -> Result<(), Refusal> {
        if self.status == HoldStatus::Open { Ok(()) } else { Err(Refusal::InvalidState("the hold is not open")) }
    }

    /// What was frozen when it was placed.
    #[must_use]
    pub fn frozen(&self) -> Frozen {
        Frozen { list_amount: self.list_amount, waterfall: self.waterfall.clone() }
    }

    /// Whether its time has come, swept or not.
    #[must_use]
    pub fn has_run_out(&self, now: Timestamp) -> bool {
        now >= self.expires_at
    }

    /// Its state at `now`: an open one whose time has come counts as expired.
    #[must_use]
    pub fn status_at(&self, now: Timestamp) -> HoldStatus {
        match self.status {
            HoldStatus::Open if self.has_run_out(now) => HoldStatus::Expired,
            status => status,
        }
    }

    /// The hold in its final state.
    #[must_use]
    pub fn ended(&self, status: HoldStatus) -> Hold {
        Hold { status, version: self.version.saturating_add(1), ..self.clone() }
    }
}
