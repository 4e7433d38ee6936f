//! One queue: which messages can be delivered, and which wait for their next try.

use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

use super::Message;
use crate::template;

/// How long a message waits that was delivered so many times in vain.
pub(super) type Pause = fn(u32) -> Duration;

/// A queue. What has been received and neither come back nor been done is nowhere but with its receiver.
pub(crate) struct Queue {
    pub(super) declared: template::Queue,
    pause: Pause,
    state: Mutex<State>,
    arrived: Notify,
    is_consumed: AtomicBool,
}

#[derive(Default)]
struct State {
    ready: VecDeque<Message>,
    /// By the time of their next try, by the stack's real time; the number tells apart those of one instant.
    later: BTreeMap<(Instant, u64), Message>,
    last_number: u64,
}

impl Queue {
    pub(super) fn new(declared: template::Queue, pause: Pause) -> Queue {
        let (state, arrived) = (Mutex::default(), Notify::new());
        Queue { declared, pause, state, arrived, is_consumed: AtomicBool::new(false) }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing panics while it holds the lock, and every change is complete before the next begins.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Says that a function gets the messages; what lies in a queue that nobody consumes is a dead letter.
    pub(super) fn consume(&self) {
        self.is_consumed.store(true, Ordering::Relaxed);
    }

    pub(super) fn is_consumed(&self) -> bool {
        self.is_consumed.load(Ordering::Relaxed)
    }

    /// Adds a message that can be delivered.
    pub(super) fn push(&self, message: Message) {
        self.state().ready.push_back(message);
        self.arrived.notify_one();
    }

    /// Adds a message that has failed, to come again after a pause.
    pub(super) fn push_later(&self, message: Message) {
        let pause = (self.pause)(message.received);
        let now = Instant::now();
        let mut state = self.state();
        state.last_number = state.last_number.saturating_add(1);
        let place = (now.checked_add(pause).unwrap_or(now), state.last_number);
        state.later.insert(place, message);
        // Whoever sleeps until the next message is due has to look again.
        self.arrived.notify_one();
    }

    /// Shows every message that could be delivered, oldest first.
    pub(super) fn look(&self, mut show: impl FnMut(&Message)) {
        self.state().ready.iter().for_each(&mut show);
    }

    /// Takes out what can be delivered now, at most so many messages.
    pub(super) fn receive(&self, at_most: usize, now_ms: i64) -> Vec<Message> {
        let mut state = self.state();
        let State { ready, later, .. } = &mut *state;
        let now = Instant::now();
        while let Some(due) = later.first_entry().filter(|entry| entry.key().0 <= now) {
            ready.push_back(due.remove());
        }
        let count = ready.len().min(at_most);
        let mut received: Vec<Message> = ready.drain(..count).collect();
        for message in &mut received {
            message.received = message.received.saturating_add(1);
            message.first_received_ms.get_or_insert(now_ms);
        }
        if !ready.is_empty() {
            // There is work for another receiver.
            self.arrived.notify_one();
        }
        received
    }

    /// When the first of those that wait can be delivered.
    pub(super) fn next_due(&self) -> Option<Instant> {
        self.state().later.keys().next().map(|(due, _)| *due)
    }

    /// Waits until there may be something to receive.
    pub(super) async fn changed(&self) {
        match self.next_due() {
            Some(due) => {
                tokio::select! {
                    () = self.arrived.notified() => {}
                    () = tokio::time::sleep_until(due) => {}
                }
            }
            None => self.arrived.notified().await,
        }
    }
}
