//! What is around the functions: the table, the bus, the queues, the mail service. Everything is carried out at once and
//! kept for the checks.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

use serde_json::{Value, json};
use tokio::sync::Notify;

use crate::faults::Weather;
use crate::mailing::Mailings;
use tests::in_process::clock::{self, Clock};
use tests::in_process::declared::declared;
use tests::in_process::store::Store;

/// The bus of the functions.
pub const BUS: &str = "partner-quota";

/// What happened, for whoever reads of a failure.
pub type Log = Arc<Mutex<Vec<String>>>;

/// A message in a queue.
#[derive(Clone, Debug)]
pub struct Message {
    pub id: String,
    pub body: String,
    pub sent_ms: i64,
    /// From when on it is delivered.
    pub visible_ms: i64,
    /// How often it was delivered.
    pub receives: u64,
}

/// A mail that the service took.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mail {
    pub event: String,
    pub to: String,
}

/// What a function parked.
#[derive(Clone, Debug)]
pub struct Letter {
    pub queue: String,
    pub body: Value,
    pub reason: String,
}

/// Everything around the functions of one world.
pub struct Cloud {
    pub store: Store,
    pub clock: Clock,
    pub weather: Weather,
    /// Told when something was written or sent.
    pub news: Notify,
    bus: Mutex<Vec<Value>>,
    mails: Mutex<Vec<Mail>>,
    mailings: Mutex<Mailings>,
    letters: Mutex<Vec<Letter>>,
    queues: Mutex<BTreeMap<String, Vec<Message>>>,
    log: Log,
    faults: AtomicUsize,
    joined: AtomicUsize,
    /// Whether something was written since somebody looked into the stream.
    is_dirty: AtomicBool,
}

/// A service's answer.
pub struct Answer {
    pub status: u16,
    pub body: String,
}

impl Answer {
    pub fn ok(body: &Value) -> Answer {
        Answer { status: 200, body: body.to_string() }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().expect("nobody panics while holding it")
}

impl Cloud {
    pub fn new(store: Store, clock: Clock, weather: Weather, log: &Log) -> Cloud {
        Cloud {
            store,
            clock,
            weather,
            news: Notify::new(),
            bus: Mutex::default(),
            mails: Mutex::default(),
            mailings: Mutex::default(),
            letters: Mutex::default(),
            queues: Mutex::default(),
            log: Arc::clone(log),
            faults: AtomicUsize::new(0),
            joined: AtomicUsize::new(0),
            is_dirty: AtomicBool::new(false),
        }
    }

    /// Counts something that went wrong.
    pub fn struck(&self) {
        self.faults.fetch_add(1, Ordering::Relaxed);
    }

    /// How much went wrong.
    pub fn faults(&self) -> usize {
        self.faults.load(Ordering::Relaxed)
    }

    /// Counts an order that stood in line to be posted with others.
    pub fn joined_line(&self) {
        self.joined.fetch_add(1, Ordering::Relaxed);
    }

    /// How many did.
    pub fn orders_in_line(&self) -> usize {
        self.joined.load(Ordering::Relaxed)
    }

    /// Says that something was written.
    pub fn written(&self) {
        self.is_dirty.store(true, Ordering::Relaxed);
        self.news.notify_waiters();
    }

    /// Whether something was written since this was asked the last time.
    pub fn take_dirty(&self) -> bool {
        self.is_dirty.swap(false, Ordering::Relaxed)
    }

    /// Writes down what happened, for whoever reads of a failure.
    pub fn note(&self, line: String) {
        lock(&self.log).push(format!("{:>8} ms  {line}", self.clock.now_ms() - self.clock.begun_ms()));
    }

    pub fn log(&self) -> Vec<String> {
        lock(&self.log).clone()
    }

    /// Every event that the bus took, in that order, as rules and queues see it.
    pub fn told(&self) -> Vec<Value> {
        lock(&self.bus).clone()
    }

    pub fn mails(&self) -> Vec<Mail> {
        lock(&self.mails).clone()
    }

    /// Changes, or asks, what is noted of the notifier's work.
    pub fn with_mailings<T>(&self, change: impl FnOnce(&mut Mailings) -> T) -> T {
        change(&mut lock(&self.mailings))
    }

    pub fn letters(&self) -> Vec<Letter> {
        lock(&self.letters).clone()
    }

    /// Puts an event on the bus, and into the queues that the template's rules lead it to.
    pub fn put(&self, source: &str, detail_type: &str, detail: &Value, at_ms: i64) -> String {
        let mut bus = lock(&self.bus);
        let id = format!("event-{}", bus.len());
        let event = json!({
            "version": "0", "id": id, "source": source, "detail-type": detail_type, "account": "123456789012",
            "region": "us-east-1", "resources": [], "time": clock::shown(at_ms.div_euclid(1_000) * 1_000),
            "detail": detail,
        });
        for queue in declared().queues(BUS, &event) {
            self.send(queue, &id, &event.to_string());
        }
        bus.push(event);
        self.news.notify_waiters();
        id
    }

    fn send(&self, queue: &str, id: &str, body: &str) {
        let now = self.clock.now_ms();
        let message = Message { id: id.to_owned(), body: body.to_owned(), sent_ms: now, visible_ms: now, receives: 0 };
        lock(&self.queues).entry(queue.to_owned()).or_default().push(message);
    }

    /// Changes what is in a queue.
    pub fn with_queue<T>(&self, queue: &str, change: impl FnOnce(&mut Vec<Message>) -> T) -> T {
        change(lock(&self.queues).entry(queue.to_owned()).or_default())
    }

    /// `PutEvents`, of which the entries at these places fail.
    pub fn put_events(&self, body: &Value, failing: impl Fn(usize) -> bool) -> Answer {
        let entries = body["Entries"].as_array().expect("entries");
        let mut failed = 0;
        let mut results = Vec::new();
        for (place, entry) in entries.iter().enumerate() {
            if failing(place) {
                failed += 1;
                results.push(json!({ "ErrorCode": "InternalFailure", "ErrorMessage": "try again" }));
                continue;
            }
            assert_eq!(entry["EventBusName"], BUS);
            let detail: Value = serde_json::from_str(entry["Detail"].as_str().expect("a detail")).expect("JSON");
            let seconds = entry["Time"].as_f64().expect("a time");
            let text = |name: &str| entry[name].as_str().expect("a text");
            let id = self.put(text("Source"), text("DetailType"), &detail, (seconds * 1_000.0) as i64);
            results.push(json!({ "EventId": id }));
        }
        Answer::ok(&json!({ "FailedEntryCount": failed, "Entries": results }))
    }

    /// `SendEmail`.
    pub fn send_email(&self, body: &Value) -> Answer {
        let mail = mail_of(body);
        let mut mails = lock(&self.mails);
        mails.push(mail);
        Answer::ok(&json!({ "MessageId": format!("mail-{}", mails.len()) }))
    }

    /// `SendMessage`: functions send only what they cannot deal with.
    pub fn send_message(&self, body: &Value) -> Answer {
        let text = |value: &Value| value.as_str().expect("a text").to_owned();
        let queue = text(&body["QueueUrl"]);
        let mut letters = lock(&self.letters);
        letters.push(Letter {
            queue: queue.rsplit('/').next().unwrap_or_default().to_owned(),
            body: serde_json::from_str(&text(&body["MessageBody"])).expect("JSON"),
            reason: text(&body["MessageAttributes"]["reason"]["StringValue"]),
        });
        Answer::ok(&json!({ "MessageId": format!("letter-{}", letters.len()) }))
    }
}

/// Of what and to whom a call of `SendEmail` is.
pub fn mail_of(body: &Value) -> Mail {
    let headers = body["Content"]["Simple"]["Headers"].as_array().expect("headers");
    let event = headers.iter().find(|header| header["Name"] == "X-Partner-Quota-Event").expect("the event");
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    Mail { event: text(&event["Value"]), to: text(&body["Destination"]["ToAddresses"][0]) }
}
