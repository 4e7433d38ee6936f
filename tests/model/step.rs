//! Steps of a history: what to ask for, said so that it keeps its sense when steps before it are left out.
//!
//! Accounts, holds and so on are picked by any number, and sizes can be relative to what there is.

use crate::decimal::{DIGITS, Decimal};

/// Chooses among however many there are.
pub type Pick = usize;

/// How much.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Size {
    /// So many of the currency's smallest units.
    Units(u32),
    /// So many sixteenths of what there is, to as many digits as are allowed.
    Part(u8),
    /// So many smallest units more than there is.
    Beyond(u32),
    /// Too much for anybody.
    Huge,
}

impl Size {
    /// Never zero: a zero is refused before any rule of the ledger is asked.
    pub fn of(self, whole: Decimal, minor: u32, digits: u32) -> Decimal {
        let units = |count: u32| Decimal::of_units(i128::from(count), minor);
        let size = match self {
            Size::Units(count) => units(count),
            Size::Part(count) => whole.times_ratio(sixteenths(count), Decimal::ONE, DIGITS),
            Size::Beyond(count) => whole + units(count),
            Size::Huge => Decimal::of_units(900_000_000_000_000, 0),
        };
        size.truncated(digits).clamp(Decimal::of_units(1, digits), Decimal::LARGEST)
    }
}

fn sixteenths(count: u8) -> Decimal {
    Decimal::of_units(i128::from(count) * 625, 4)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    Increase,
    Decrease,
    Set,
    /// To what it is already.
    SetAgain,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    Nothing,
    Right,
    Wrong,
}

/// The name of a charge or a payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Name {
    New,
    /// As a former one, with the same amount where that is compared.
    Again,
    /// As a former one, with another amount.
    Reused,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Op {
    Open {
        parent: Pick,
    },
    Capacity {
        size: Size,
        is_less: bool,
    },
    Allocation {
        child: Pick,
        size: Size,
    },
    Adjustment {
        child: Pick,
        how: How,
        size: Size,
    },
    Rebalance {
        parent: Pick,
        lines: Vec<(How, Size)>,
    },
    Purchase {
        account: Pick,
        size: Size,
        expected: Expected,
    },
    Charge {
        account: Pick,
        mantissa: i64,
        digits: u32,
        name: Name,
    },
    /// A charge that takes `used` to zero, as nearly as the discount allows.
    Credit {
        account: Pick,
    },
    Hold {
        account: Pick,
        size: Size,
        hours: i8,
    },
    Capture {
        hold: Pick,
        size: Option<Size>,
    },
    Release {
        hold: Pick,
    },
    Refund {
        purchase: Pick,
        size: Option<Size>,
    },
    Settlement {
        child: Pick,
        size: Size,
        is_fine: bool,
        backfill: Option<Size>,
        name: Name,
    },
    PayOut {
        child: Pick,
        size: Size,
    },
    Reversal {
        settlement: Pick,
    },
    Suspend {
        account: Pick,
        above: Pick,
    },
    Reinstate {
        account: Pick,
        above: Pick,
    },
    Closure {
        account: Pick,
        above: Pick,
    },
    /// The clock moves on.
    Advance {
        hours: u8,
    },
    /// An accepted request once more.
    Repeat {
        accepted: Pick,
    },
    /// The key of an accepted request with another one.
    Reuse {
        accepted: Pick,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    Plain,
    Preview,
    Matching,
    NotMatching,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    pub op: Op,
    pub mode: Mode,
    /// Whether the parent acts where it may act as well as the account.
    pub by_parent: bool,
}
