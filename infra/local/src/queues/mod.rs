//! The queues of the stack: what is in them, and handing it to functions.

mod consumer;
mod message;
mod queue;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value as Json, json};

pub(crate) use consumer::Consumer;
pub(crate) use message::{Attribute, Message};
use queue::Pause;
pub(crate) use queue::Queue;

use crate::batch::pause_after;
use crate::clock::Clock;
use crate::journal::Journal;
use crate::template;

/// All queues.
#[derive(Clone)]
pub(crate) struct Queues {
    by_name: Arc<BTreeMap<String, Arc<Queue>>>,
    journal: Journal,
    clock: Clock,
}

impl Queues {
    /// The declared queues, with what the journal says is in them.
    pub(crate) fn new(declared: &[template::Queue], journal: Journal, clock: Clock) -> Queues {
        Queues::with_pause(declared, journal, clock, pause_after)
    }

    fn with_pause(declared: &[template::Queue], journal: Journal, clock: Clock, pause: Pause) -> Queues {
        let queue = |queue: &template::Queue| (queue.name.clone(), Arc::new(Queue::new(queue.clone(), pause)));
        let by_name: BTreeMap<String, Arc<Queue>> = declared.iter().map(queue).collect();
        for (name, message) in journal.messages() {
            // A queue that the template no longer has keeps its messages until it is back.
            if let Some(queue) = by_name.get(&name) {
                queue.push(message);
            }
        }
        Queues { by_name: Arc::new(by_name), journal, clock }
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Arc<Queue>> {
        self.by_name.get(name)
    }

    /// The queue with an ARN.
    pub(crate) fn by_arn(&self, arn: &str) -> Option<&Arc<Queue>> {
        self.by_name.values().find(|queue| queue.declared.arn == arn)
    }

    /// Puts a message into a queue; answers with its id, or `None` if there is no such queue.
    pub(crate) fn send(&self, name: &str, body: String, attributes: BTreeMap<String, Attribute>) -> Option<String> {
        let queue = self.get(name)?;
        let message = Message::new(body, attributes, self.clock.epoch_ms());
        let id = message.id.clone();
        self.journal.put(name, &message);
        queue.push(message);
        Some(id)
    }

    /// What lies in the queues that nobody consumes, queue by queue, newest last.
    pub(crate) fn dead_letters(&self) -> Vec<Json> {
        let mut letters: Vec<(i64, Json)> = Vec::new();
        for queue in self.by_name.values().filter(|queue| !queue.is_consumed()) {
            queue.look(|message| {
                let body = serde_json::from_str(&message.body).unwrap_or_else(|_| Json::String(message.body.clone()));
                let attributes: BTreeMap<_, _> =
                    message.attributes.iter().map(|(name, attribute)| (name, attribute.text())).collect();
                let letter = json!({
                    "queue": queue.declared.id,
                    "body": body,
                    "attributes": attributes,
                    "received": message.received,
                });
                letters.push((message.arrived_ms, letter));
            });
        }
        letters.sort_by_key(|(arrived_ms, _)| *arrived_ms);
        letters.into_iter().map(|(_, letter)| letter).collect()
    }

    /// Takes back what failed, after a pause or for good.
    fn failed(&self, queue: &Queue, mut message: Message) {
        let dead = queue.declared.redrive.as_ref().filter(|redrive| message.counted >= redrive.max_receive_count);
        match dead.and_then(|redrive| self.get(&redrive.queue)) {
            Some(dead) => {
                message.arrived_ms = self.clock.epoch_ms();
                self.journal.put(&dead.declared.name, &message);
                dead.push(message);
            }
            None => {
                self.journal.put(&queue.declared.name, &message);
                queue.push_later(message);
            }
        }
    }

    fn done<'a>(&self, messages: impl Iterator<Item = &'a Message>) {
        self.journal.remove(messages.map(|message| &*message.id));
    }
}
