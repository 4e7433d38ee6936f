//! When quota runs low: which alerts a change of a position raises.
//!
//! Crossed means from above a level to at or below it. A level fires once and is armed again as soon as the available
//! quota is above it, because every change is judged by the positions before and after it alone.

use crate::amount::OutOfRange;
use crate::{Amount, EventType, Figures};

/// The most thresholds that an account may set.
pub const MAX_THRESHOLDS: usize = 10;

/// The most recipients that an account may add to its contact.
pub const MAX_RECIPIENTS: usize = 10;

/// The most fraction digits of a percentage.
pub const PERCENT_DIGITS: u32 = 2;

/// The percentages that apply where an account has set none of its own.
pub const DEFAULT_PERCENTAGES: [u32; 2] = [20, 10];

/// A level of available quota at which an account wants to hear of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Threshold {
    /// A percentage of `granted`; silent while nothing is granted.
    Percent(Amount),
    /// An amount.
    Amount(Amount),
}

impl Threshold {
    /// The level at these figures, in the account's currency.
    ///
    /// # Errors
    /// [`OutOfRange`] beyond 10^15.
    pub fn level(self, figures: &Figures) -> Result<Amount, OutOfRange> {
        match self {
            Threshold::Amount(amount) => Ok(amount),
            Threshold::Percent(percent) => {
                let hundred = Amount::from_decimal(rust_decimal::Decimal::ONE_HUNDRED).map_err(|_| OutOfRange)?;
                figures.granted.times_ratio(percent, hundred, crate::amount::MAX_FRACTION_DIGITS)
            }
        }
    }

    /// Whether the available quota is at the level or below; a percentage of nothing is never reached.
    #[must_use]
    pub fn is_reached(self, figures: &Figures, level: Amount) -> bool {
        figures.available <= level && !self.is_silent(figures)
    }

    fn is_silent(self, figures: &Figures) -> bool {
        matches!(self, Threshold::Percent(_)) && figures.granted.is_zero()
    }
}

/// The default thresholds: 20 % and 10 % of `granted`.
#[must_use]
pub fn default_thresholds() -> Vec<Threshold> {
    // Each of them is an amount, as a test shows; what is none would be left out.
    let percent = |percent: u32| Amount::from_decimal(percent.into()).ok().map(Threshold::Percent);
    DEFAULT_PERCENTAGES.into_iter().filter_map(percent).collect()
}

/// Somebody who is told besides an account's contact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recipient {
    /// An address as it was written.
    pub email: String,
    /// In which language, one of [`crate::company::LOCALES`].
    pub locale: String,
}

/// When an account wants to hear of its quota, and who hears of it besides its contact.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AlertPolicy {
    /// The account's own thresholds; `None` where the defaults apply. None at all may be wanted: what is used up or
    /// overdrawn is told in any case.
    pub thresholds: Option<Vec<Threshold>>,
    /// Further recipients.
    pub recipients: Vec<Recipient>,
}

impl AlertPolicy {
    /// The thresholds that apply.
    #[must_use]
    pub fn thresholds(&self) -> Vec<Threshold> {
        self.thresholds.clone().unwrap_or_else(default_thresholds)
    }
}

/// An alert that a change raises.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Alert {
    /// Available quota fell to a threshold or below: the lowest one that was crossed, and its level.
    ThresholdCrossed {
        /// The threshold.
        threshold: Threshold,
        /// Its level at the position after.
        level: Amount,
    },
    /// Nothing is available any more.
    Depleted,
    /// Less than nothing is available.
    Overdrawn,
    /// Quota is available again after it was depleted or overdrawn.
    Replenished,
}

impl Alert {
    /// What the alert is told as.
    #[must_use]
    pub fn event_type(self) -> EventType {
        match self {
            Alert::ThresholdCrossed { .. } => EventType::QuotaThresholdCrossed,
            Alert::Depleted => EventType::QuotaDepleted,
            Alert::Overdrawn => EventType::QuotaOverdrawn,
            Alert::Replenished => EventType::QuotaReplenished,
        }
    }
}

/// The alerts that the change from `before` to `after` raises, the gravest first: that one is to be mailed.
///
/// # Errors
/// [`OutOfRange`] when a level cannot be computed.
pub fn crossings(before: &Figures, after: &Figures, thresholds: &[Threshold]) -> Result<Vec<Alert>, OutOfRange> {
    let mut alerts = Vec::new();
    if after.available.is_negative() && !before.available.is_negative() {
        alerts.push(Alert::Overdrawn);
    }
    if before.available.is_positive() && !after.available.is_positive() && !after.granted.is_zero() {
        alerts.push(Alert::Depleted);
    }
    if let Some((threshold, level)) = lowest_crossed(before, after, thresholds)? {
        alerts.push(Alert::ThresholdCrossed { threshold, level });
    }
    if is_alarming(before) && !is_alarming(after) && after.available > before.available {
        alerts.push(Alert::Replenished);
    }
    Ok(alerts)
}

fn lowest_crossed(
    before: &Figures,
    after: &Figures,
    thresholds: &[Threshold],
) -> Result<Option<(Threshold, Amount)>, OutOfRange> {
    let mut lowest: Option<(Threshold, Amount)> = None;
    for threshold in thresholds {
        let level = threshold.level(after)?;
        let was_above = before.available > threshold.level(before)?;
        let is_crossed = was_above && threshold.is_reached(after, level);
        if is_crossed && lowest.is_none_or(|(_, other)| level < other) {
            lowest = Some((*threshold, level));
        }
    }
    Ok(lowest)
}

fn is_alarming(figures: &Figures) -> bool {
    figures.available.is_negative() || (figures.available.is_zero() && !figures.granted.is_zero())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figures(granted: &str, available: &str) -> Figures {
        let amount = |text| Amount::parse(text, 12).unwrap();
        Figures { granted: amount(granted), available: amount(available), ..Figures::zero(0) }
    }

    fn names(before: (&str, &str), after: (&str, &str)) -> Vec<String> {
        let thresholds = default_thresholds();
        assert_eq!(thresholds.len(), DEFAULT_PERCENTAGES.len());
        let alerts = crossings(&figures(before.0, before.1), &figures(after.0, after.1), &thresholds).unwrap();
        alerts
            .iter()
            .map(|alert| match alert {
                Alert::ThresholdCrossed { level, .. } => format!("threshold {level}"),
                other => format!("{other:?}"),
            })
            .collect()
    }

    #[test]
    fn fires_once_on_the_way_down_and_is_armed_again_above() {
        assert_eq!(names(("100", "30"), ("100", "20")), ["threshold 20"]);
        assert!(names(("100", "20"), ("100", "15")).is_empty());
        assert_eq!(names(("100", "30"), ("100", "5")), ["threshold 10"]);
        assert!(names(("100", "5"), ("100", "50")).is_empty());
    }

    #[test]
    fn the_gravest_comes_first() {
        assert_eq!(names(("100", "30"), ("100", "-1")), ["Overdrawn", "Depleted", "threshold 10"]);
        assert_eq!(names(("100", "15"), ("100", "0")), ["Depleted", "threshold 10"]);
        assert_eq!(names(("100", "0"), ("100", "-1")), ["Overdrawn"]);
    }

    #[test]
    fn replenished_ends_an_alarm_only() {
        assert_eq!(names(("100", "0"), ("100", "1")), ["Replenished"]);
        assert!(names(("100", "-5"), ("100", "0")).is_empty());
        assert_eq!(names(("0", "-5"), ("0", "0")), ["Replenished"]);
        assert!(names(("0", "0"), ("100", "100")).is_empty());
        assert!(names(("100", "0"), ("0", "0")).is_empty(), "a line that shrinks to nothing brings nothing back");
    }

    /// What a watcher who remembers states instead of comparing two positions would say of one step.
    #[derive(Default)]
    struct Watcher {
        was_above_zero: bool,
        was_overdrawn: bool,
        was_above_two: bool,
        is_alarmed: bool,
    }

    impl Watcher {
        fn see(&mut self, available: i64, granted: i64) -> Vec<&'static str> {
            let mut said = Vec::new();
            let (is_overdrawn, is_above_zero, is_above_two) = (available < 0, available > 0, available > 2);
            if is_overdrawn && !self.was_overdrawn {
                said.push("overdrawn");
            }
            if self.was_above_zero && !is_above_zero && granted > 0 {
                said.push("depleted");
            }
            if self.was_above_two && !is_above_two {
                said.push("threshold");
            }
            let is_alarmed = is_overdrawn || (!is_above_zero && granted > 0);
            if self.is_alarmed && !is_alarmed && (is_above_zero || self.was_overdrawn) {
                said.push("replenished");
            }
            *self = Watcher {
                was_above_zero: is_above_zero,
                was_overdrawn: is_overdrawn,
                was_above_two: is_above_two,
                is_alarmed,
            };
            said
        }
    }

    #[test]
    fn along_any_way_two_positions_tell_what_a_watcher_remembers() {
        let level = [Threshold::Amount(Amount::parse("2", 2).unwrap())];
        let mut runner = proptest::test_runner::TestRunner::default();
        let way = proptest::collection::vec((-3_i64..6, 0_i64..6), 2..40);
        let run = runner.run(&way, |steps| {
            let mut watcher = Watcher::default();
            watcher.see(steps[0].0, steps[0].1);
            for pair in steps.windows(2) {
                let at = |(available, granted): (i64, i64)| figures(&granted.to_string(), &available.to_string());
                let alerts = crossings(&at(pair[0]), &at(pair[1]), &level).unwrap();
                let fired: Vec<_> = alerts
                    .iter()
                    .map(|alert| match alert {
                        Alert::Overdrawn => "overdrawn",
                        Alert::Depleted => "depleted",
                        Alert::ThresholdCrossed { .. } => "threshold",
                        Alert::Replenished => "replenished",
                    })
                    .collect();
                proptest::prop_assert_eq!(fired, watcher.see(pair[1].0, pair[1].1));
            }
            Ok(())
        });
        run.unwrap();
    }

    #[test]
    fn without_a_grant_only_an_overdraft_is_heard() {
        assert_eq!(names(("0", "0"), ("0", "-1")), ["Overdrawn"]);
        assert!(names(("100", "100"), ("0", "0")).is_empty());
    }
}
