//! How long calls take: log-normal times through published quantiles.
//!
//! For writes and transactions they are those that Alex DeBrie measured from Lambda and published ("DynamoDB Transactions
//! Performance Testing"). A transaction that fails takes as long as one that does not, says the same source.

use std::f64::consts::TAU;
use std::time::Duration;

use fastrand::Rng;

/// Where 99 of 100 values of the standard normal distribution are below.
const Z99: f64 = 2.326_348;

/// Two quantiles of a time, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Quantiles {
    /// Half of all are below.
    pub p50: f64,
    /// 99 of 100 are below.
    pub p99: f64,
}

/// A read by key or of a page. Nothing was published together with the writes: a read is answered by one replica and waits
/// for no quorum, so it is taken well below a write.
pub const READ: Quantiles = Quantiles { p50: 4.0, p99: 10.0 };

/// A write of one item.
pub const WRITE: Quantiles = Quantiles { p50: 7.55, p99: 16.2 };

/// Transactions by their number of items: what was measured, after a single write.
const MEASURED: [(f64, Quantiles); 3] =
    [(1.0, WRITE), (5.0, Quantiles { p50: 25.3, p99: 92.5 }), (25.0, Quantiles { p50: 32.1, p99: 97.5 })];

/// A transaction of so many items: on the straight lines through what was measured, and beyond the largest on the last one.
/// Items are prepared side by side, so time grows more slowly than that, if anything.
#[must_use]
pub fn transaction(items: usize) -> Quantiles {
    let items = f64::from(u32::try_from(items).expect("few items"));
    let [one, few, many] = MEASURED;
    let (from, to) = if items <= few.0 { (one, few) } else { (few, many) };
    let share = (items - from.0) / (to.0 - from.0);
    let between = |from: f64, to: f64| from + share * (to - from);
    Quantiles { p50: between(from.1.p50, to.1.p50), p99: between(from.1.p99, to.1.p99) }
}

impl Quantiles {
    /// Draws a time.
    #[must_use]
    pub fn draw(self, random: &mut Rng) -> Duration {
        let spread = (self.p99 / self.p50).ln() / Z99;
        // One of the two normal values that Box and Muller make of two uniform ones.
        let normal = (-2.0 * (1.0 - random.f64()).ln()).sqrt() * (TAU * random.f64()).cos();
        Duration::from_secs_f64(self.p50 * (spread * normal).exp() / 1_000.0)
    }
}
