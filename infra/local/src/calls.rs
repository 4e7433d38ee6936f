//! The functions' calls to services: how many there were, and at which of them a process is to die.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// When a process dies that makes a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// The service has not heard of the call.
    Before,
    /// The service has carried the call out, and the process has not heard of it.
    After,
}

/// Counts the calls of every function.
#[derive(Clone, Debug, Default)]
pub(crate) struct Calls {
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    functions: Mutex<BTreeMap<String, Counted>>,
    crashes: AtomicU64,
}

#[derive(Debug, Default)]
struct Counted {
    calls: u64,
    /// By the number of the call.
    crashes: BTreeMap<u64, Moment>,
    /// What was called since a crash was last asked for. Without one nothing is noted: a stack may run for long.
    noted: Option<Vec<String>>,
}

impl Calls {
    fn functions(&self) -> MutexGuard<'_, BTreeMap<String, Counted>> {
        // Nothing panics while it holds the lock, and every change is complete before the next begins.
        self.shared.functions.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts a call, which `name` tells apart from others; answers with when its process is to die, if it is.
    pub(crate) fn count(&self, function: &str, name: impl FnOnce() -> String) -> Option<Moment> {
        let mut functions = self.functions();
        let counted = match functions.get_mut(function) {
            Some(counted) => counted,
            None => functions.entry(function.to_owned()).or_default(),
        };
        counted.calls = counted.calls.saturating_add(1);
        if let Some(noted) = &mut counted.noted {
            noted.push(name());
        }
        counted.crashes.remove(&counted.calls)
    }

    /// Has the process die that makes a function's n-th call from now on; the next one is the first.
    pub(crate) fn crash_at(&self, function: &str, call: u64, moment: Moment) {
        let mut functions = self.functions();
        let counted = functions.entry(function.to_owned()).or_default();
        counted.crashes.insert(counted.calls.saturating_add(call.max(1)), moment);
        counted.noted = Some(Vec::new());
    }

    /// What a function has called since a crash was last asked for it.
    pub(crate) fn since_crash_at(&self, function: &str) -> Vec<String> {
        self.functions().get(function).and_then(|counted| counted.noted.clone()).unwrap_or_default()
    }

    pub(crate) fn of(&self, function: &str) -> u64 {
        self.functions().get(function).map_or(0, |counted| counted.calls)
    }

    /// Notes that a process was killed.
    pub(crate) fn crashed(&self) {
        self.shared.crashes.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn crashes(&self) -> u64 {
        self.shared.crashes.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crash_is_at_one_call_of_one_function() {
        let calls = Calls::default();
        let count = |function: &str, name: &str| calls.count(function, || name.to_owned());
        assert_eq!(count("relay", "before"), None);
        calls.crash_at("relay", 2, Moment::After);
        calls.crash_at("relay", 3, Moment::Before);
        calls.crash_at("notifier", 1, Moment::Before);
        assert_eq!(count("relay", "first"), None);
        assert_eq!(count("relay", "second"), Some(Moment::After));
        assert_eq!(count("relay", "third"), Some(Moment::Before));
        assert_eq!(count("relay", "fourth"), None);
        assert_eq!(count("notifier", "other"), Some(Moment::Before));
        assert_eq!((calls.of("relay"), calls.of("notifier"), calls.of("intake")), (5, 1, 0));
        assert_eq!(calls.since_crash_at("relay"), ["first", "second", "third", "fourth"]);
        calls.crash_at("relay", 9, Moment::After);
        assert_eq!((calls.since_crash_at("relay").len(), calls.since_crash_at("notifier").len()), (0, 1));
    }
}
