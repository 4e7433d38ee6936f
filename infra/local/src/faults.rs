//! Faults between the functions and the services that they call: which are wanted, and whom they strike.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use fastrand::Rng;
use serde::Serialize;

/// How long a delayed call waits unless somebody says otherwise.
pub(crate) const DEFAULT_DELAY: Duration = Duration::from_millis(100);

/// A service whose calls can be disturbed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Target {
    Dynamodb,
    Ses,
    Events,
}

/// What happens to a call that is struck.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kind {
    /// Refused for being one too many.
    Throttle,
    /// Refused for meeting another call.
    Conflict,
    /// Refused for no reason that the caller could do anything about.
    Error,
    /// Carried out, and the caller never hears of it.
    LostResponse,
    /// Carried out after a while.
    Delay,
}

/// A fault that is wanted.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Fault {
    pub(crate) target: Target,
    #[serde(rename = "fault")]
    pub(crate) kind: Kind,
    /// The part of the calls that it strikes, from 0 to 1.
    pub(crate) rate: f64,
    /// Where the draws begin: the same seed strikes the same calls.
    pub(crate) seed: u64,
    pub(crate) delay_ms: u64,
}

/// The faults that are wanted, at most one a target.
#[derive(Clone, Debug, Default)]
pub(crate) struct Faults {
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    active: BTreeMap<Target, (Fault, Rng)>,
    /// How often faults were asked for.
    injected: u64,
}

/// A moment in the history of faults, to be compared with a later one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Calm {
    is_calm: bool,
    injected: u64,
}

impl Faults {
    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing panics while it holds the lock, and every change is complete before the next begins.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Replaces the fault of its target; answers with all that are active.
    pub(crate) fn inject(&self, fault: Fault) -> Vec<Fault> {
        let mut state = self.state();
        let rng = Rng::with_seed(fault.seed);
        state.active.insert(fault.target, (fault, rng));
        state.injected = state.injected.saturating_add(1);
        state.active.values().map(|(fault, _)| fault.clone()).collect()
    }

    /// Ends all faults.
    pub(crate) fn clear(&self) {
        self.state().active.clear();
    }

    /// The kind of fault that is active for a target, whether or not it strikes.
    pub(crate) fn active(&self, target: Target) -> Option<Kind> {
        self.state().active.get(&target).map(|(fault, _)| fault.kind)
    }

    /// Draws for one call, or one part of a call: what strikes it, and for how long if that is a delay.
    pub(crate) fn draw(&self, target: Target) -> Option<(Kind, Duration)> {
        let mut state = self.state();
        let (fault, rng) = state.active.get_mut(&target)?;
        // Also when it is certain, so that a seed means the same draws at any rate.
        let drawn = rng.f64();
        (drawn < fault.rate).then(|| (fault.kind, Duration::from_millis(fault.delay_ms)))
    }

    /// To be handed to [`Faults::was_calm_since`] later.
    pub(crate) fn watch(&self) -> Calm {
        let state = self.state();
        Calm { is_calm: state.active.is_empty(), injected: state.injected }
    }

    /// Whether no fault was active then, now, or at any time between.
    pub(crate) fn was_calm_since(&self, then: Calm) -> bool {
        then.is_calm && self.watch() == then
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(target: Target, kind: Kind, rate: f64, seed: u64) -> Fault {
        Fault { target, kind, rate, seed, delay_ms: 100 }
    }

    fn struck(faults: &Faults, target: Target) -> Vec<bool> {
        (0..200).map(|_| faults.draw(target).is_some()).collect()
    }

    #[test]
    fn the_same_seed_strikes_the_same_calls() {
        let (first, second) = (Faults::default(), Faults::default());
        first.inject(fault(Target::Ses, Kind::Throttle, 0.3, 7));
        second.inject(fault(Target::Ses, Kind::Error, 0.3, 7));
        let draws = struck(&first, Target::Ses);
        assert_eq!(draws, struck(&second, Target::Ses));
        let count = draws.iter().filter(|struck| **struck).count();
        assert!((20..120).contains(&count), "{count} of 200 at a rate of 0.3");
        first.inject(fault(Target::Ses, Kind::Throttle, 0.3, 8));
        assert_ne!(struck(&first, Target::Ses), draws);
    }

    #[test]
    fn a_rate_of_one_strikes_all_and_of_zero_none() {
        let faults = Faults::default();
        faults.inject(fault(Target::Events, Kind::Error, 1.0, 1));
        assert!(struck(&faults, Target::Events).iter().all(|struck| *struck));
        faults.inject(fault(Target::Events, Kind::Error, 0.0, 1));
        assert!(struck(&faults, Target::Events).iter().all(|struck| !struck));
        assert_eq!(faults.draw(Target::Dynamodb), None, "another target");
    }

    #[test]
    fn targets_have_a_fault_each_and_all_end_together() {
        let faults = Faults::default();
        faults.inject(fault(Target::Dynamodb, Kind::Conflict, 1.0, 1));
        faults.inject(fault(Target::Ses, Kind::Delay, 1.0, 2));
        let active = faults.inject(fault(Target::Dynamodb, Kind::Throttle, 1.0, 3));
        let kinds: Vec<_> = active.iter().map(|fault| (fault.target, fault.kind)).collect();
        assert_eq!(kinds, [(Target::Dynamodb, Kind::Throttle), (Target::Ses, Kind::Delay)]);
        assert_eq!(faults.draw(Target::Ses), Some((Kind::Delay, Duration::from_millis(100))));
        faults.clear();
        assert_eq!((faults.active(Target::Ses), faults.draw(Target::Dynamodb)), (None, None));
    }

    #[test]
    fn a_fault_that_came_and_went_is_remembered() {
        let faults = Faults::default();
        let before = faults.watch();
        assert!(faults.was_calm_since(before));
        faults.inject(fault(Target::Ses, Kind::Error, 0.0, 1));
        let during = faults.watch();
        assert!(!faults.was_calm_since(before));
        faults.clear();
        assert!(!faults.was_calm_since(before) && !faults.was_calm_since(during));
        assert!(faults.was_calm_since(faults.watch()));
    }
}
