//! The event buses: what they were handed, and the rules that lead on to queues.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::value::RawValue;
use serde_json::{Map, Value as Json, json};
use time::OffsetDateTime;
use time::macros::format_description;

use crate::aws;
use crate::clock::Clock;
use crate::functions::random_uuid;
use crate::queues::Queues;
use crate::template::{DEFAULT_BUS, Rule};

/// AWS's own services put their events on the default bus, and nobody else may speak in their name.
const AWS_SOURCES: &str = "aws.";

/// All event buses.
#[derive(Clone)]
pub(crate) struct Buses {
    shared: Arc<Shared>,
}

struct Shared {
    names: Vec<String>,
    rules: Vec<Rule>,
    queues: Queues,
    clock: Clock,
    /// Every event, in the local API's shape, oldest first.
    events: Mutex<Vec<Box<RawValue>>>,
}

/// What somebody wants to tell.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Announcement {
    pub(crate) source: String,
    pub(crate) detail_type: String,
    pub(crate) detail: Map<String, Json>,
    pub(crate) resources: Vec<String>,
    /// When it happened; `None` is now.
    pub(crate) time: Option<OffsetDateTime>,
}

impl Announcement {
    /// Whether it speaks in the name of an AWS service.
    pub(crate) fn is_of_aws(&self) -> bool {
        self.source.starts_with(AWS_SOURCES)
    }
}

impl Buses {
    pub(crate) fn new(names: Vec<String>, rules: Vec<Rule>, queues: Queues, clock: Clock) -> Buses {
        Buses { shared: Arc::new(Shared { names, rules, queues, clock, events: Mutex::default() }) }
    }

    /// Whether there is a bus of that name.
    pub(crate) fn has(&self, bus: &str) -> bool {
        self.shared.names.iter().any(|name| name == bus)
    }

    /// The bus that events of a source come in by when they are put in from outside: the template's own, unless they
    /// are those of an AWS service.
    pub(crate) fn of(&self, announcement: &Announcement) -> &str {
        let own = self.shared.names.iter().find(|name| *name != DEFAULT_BUS).filter(|_| !announcement.is_of_aws());
        own.map_or(DEFAULT_BUS, String::as_str)
    }

    /// Puts an event on a bus; answers with the id that it gets there.
    pub(crate) fn put(&self, bus: &str, announcement: Announcement) -> String {
        let Shared { rules, queues, clock, .. } = &*self.shared;
        let id = random_uuid();
        let time = announcement.time.unwrap_or_else(|| clock.now());
        let format = format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]Z");
        let event = json!({
            "version": "0",
            "id": id,
            "detail-type": announcement.detail_type,
            "source": announcement.source,
            "account": aws::ACCOUNT_ID,
            "time": time.format(format).unwrap_or_default(),
            "region": aws::REGION,
            "resources": announcement.resources,
            "detail": announcement.detail,
        });
        self.note(&event);
        for rule in rules.iter().filter(|rule| rule.bus == bus && rule.pattern.matches(&event)) {
            for queue in &rule.queues {
                // Reading the template made sure that the queue is there.
                let _ = queues.send(queue, event.to_string(), BTreeMap::new());
            }
        }
        id
    }

    fn events(&self) -> MutexGuard<'_, Vec<Box<RawValue>>> {
        // Nothing panics while it holds the lock.
        self.shared.events.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note(&self, event: &Json) {
        let shown: Map<String, Json> = ["id", "source", "detail-type", "time", "detail"]
            .iter()
            .filter_map(|name| Some(((*name).to_owned(), event.get(name)?.clone())))
            .collect();
        if let Ok(shown) = serde_json::value::to_raw_value(&shown) {
            self.events().push(shown);
        }
    }

    /// Everything that was ever put on any bus since the start, as a JSON array.
    pub(crate) fn history(&self) -> String {
        serde_json::to_string(&*self.events()).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::Journal;
    use crate::pattern::Pattern;
    use crate::template::Queue;

    fn announcement(source: &str, detail_type: &str) -> Announcement {
        let detail = json!({ "data": { "n": 1 } }).as_object().unwrap().clone();
        let (source, detail_type) = (source.to_owned(), detail_type.to_owned());
        Announcement { source, detail_type, detail, resources: Vec::new(), time: None }
    }

    /// A rule on each bus for everything of `wanted`, both to the same queue.
    fn buses() -> (Buses, Queues) {
        let queue = Queue { id: "Q".into(), name: "q".into(), arn: aws::arn("sqs", "q"), redrive: None };
        let clock = Clock::default();
        let queues = Queues::new(&[queue], Journal::default(), clock.clone());
        let rule = |bus: &str, source: &str| Rule {
            bus: bus.to_owned(),
            pattern: Pattern::parse(&json!({ "source": [source] })).unwrap(),
            queues: vec!["q".to_owned()],
        };
        let rules = vec![rule("own", "wanted"), rule(DEFAULT_BUS, "aws.ses")];
        (Buses::new(vec![DEFAULT_BUS.to_owned(), "own".to_owned()], rules, queues.clone(), clock), queues)
    }

    #[test]
    fn an_event_goes_where_the_rules_of_its_bus_lead() {
        let (buses, queues) = buses();
        let id = buses.put("own", announcement("wanted", "Kind"));
        buses.put("own", announcement("unwanted", "Kind"));
        buses.put(DEFAULT_BUS, announcement("wanted", "Kind"));
        let received = queues.dead_letters();
        let [letter] = received.as_slice() else { panic!("{received:?}") };
        let mut event = letter["body"].clone();
        let time = event["time"].take();
        assert!(time.as_str().is_some_and(|time| time.len() == 20 && time.ends_with('Z')), "{time}");
        let expected = json!({
            "version": "0",
            "id": id,
            "detail-type": "Kind",
            "source": "wanted",
            "account": "000000000000",
            "time": null,
            "region": "us-east-1",
            "resources": [],
            "detail": { "data": { "n": 1 } },
        });
        assert_eq!(event, expected);
    }

    #[test]
    fn everything_is_in_the_history() {
        let (buses, _) = buses();
        buses.put("own", announcement("unwanted", "First"));
        let mut second = announcement("aws.ses", "Second");
        second.time = OffsetDateTime::from_unix_timestamp(1_700_000_000).ok();
        let id = buses.put(buses.of(&second), second.clone());
        let history: Vec<Json> = serde_json::from_str(&buses.history()).unwrap();
        assert_eq!(history.len(), 2);
        let time = "2023-11-14T22:13:20Z";
        let detail = json!({ "data": { "n": 1 } });
        let shown = json!({ "id": id, "source": "aws.ses", "detail-type": "Second", "time": time, "detail": detail });
        assert_eq!(history[1], shown);
    }

    #[test]
    fn events_from_outside_come_in_by_the_own_bus_unless_aws_sends_them() {
        let (buses, _) = buses();
        assert_eq!(buses.of(&announcement("finance", "Paid")), "own");
        assert_eq!(buses.of(&announcement("aws.ses", "Email Bounced")), DEFAULT_BUS);
        assert!(buses.has("own") && buses.has(DEFAULT_BUS) && !buses.has("other"));
    }
}
