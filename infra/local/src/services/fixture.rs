//! For tests: services with a bus, a queue and a configuration set, and a rule that leads from the one to the other.

use std::sync::Arc;

use serde_json::json;
use tokio::sync::Notify;

use super::Parts;
use crate::aws;
use crate::bus::Buses;
use crate::calls::Calls;
use crate::clock::Clock;
use crate::faults::Faults;
use crate::journal::Journal;
use crate::mail::Mails;
use crate::pattern::Pattern;
use crate::queues::Queues;
use crate::template::{DEFAULT_BUS, Queue, Rule};

/// All events of the bus `own` whose source is `ours` go to the queue `letters`, which has the logical id `Letters`.
pub(crate) fn parts(clock: &Clock) -> Parts {
    let queue = Queue { id: "Letters".into(), name: "letters".into(), arn: aws::arn("sqs", "letters"), redrive: None };
    let rule = Rule {
        bus: "own".to_owned(),
        pattern: Pattern::parse(&json!({ "source": ["ours"] })).unwrap(),
        queues: vec!["letters".to_owned()],
    };
    let queues = Queues::new(&[queue], Journal::default(), clock.clone());
    let names = vec![DEFAULT_BUS.to_owned(), "own".to_owned()];
    let buses = Buses::new(names, vec![rule], queues.clone(), clock.clone());
    let mails = Mails::new(vec!["set".to_owned()], buses.clone(), clock.clone());
    let (calls, faults) = (Calls::default(), Faults::default());
    Parts { calls, faults, buses, mails, queues, written: Arc::new(Notify::new()) }
}
