//! What Lambda does between the services: the stream to `relay`, the queues to `notifier` and `intake`, the schedule to
//! `sweeper`. Each thing at least once, what failed again, and while there are faults some of it twice, in other batches and
//! in another order.

use std::collections::VecDeque;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use fastrand::Rng;
use serde_json::{Value, json};
use tokio::time::{sleep, timeout};

use crate::cloud::{Cloud, Message};
use crate::machine::{Died, Machine};
use crate::wire::Actor;
use tests::in_process::declared::declared;

/// Over how many shards a stream is spread.
const SHARDS: usize = 3;

/// How often a message fails, without any fault, before it is given up.
const MAX_RECEIVES: u64 = 8;

/// How long somebody without work waits, unless there is news.
const IDLE: Duration = Duration::from_millis(500);

/// How long things may take to come to rest.
const UNTIL_REST: Duration = Duration::from_secs(900);

/// Everything that is on its way in one world.
pub struct Deliveries {
    cloud: Arc<Cloud>,
    shards: Mutex<Vec<VecDeque<Value>>>,
    last_change: Mutex<String>,
    /// How many are at work.
    busy: AtomicUsize,
    is_over: AtomicBool,
    /// Messages that were given up.
    dead: Mutex<Vec<String>>,
}

/// Which function takes the messages of a queue.
#[derive(Clone, Copy, Debug)]
pub enum Taker {
    Notifier,
    Intake,
}

impl Taker {
    fn name(self) -> &'static str {
        match self {
            Taker::Notifier => "notifier",
            Taker::Intake => "intake",
        }
    }
}

impl Deliveries {
    pub fn new(cloud: &Arc<Cloud>, last_change: &str) -> Arc<Deliveries> {
        Arc::new(Deliveries {
            cloud: Arc::clone(cloud),
            shards: Mutex::new(vec![VecDeque::new(); SHARDS]),
            last_change: Mutex::new(last_change.to_owned()),
            busy: AtomicUsize::new(0),
            is_over: AtomicBool::new(false),
            dead: Mutex::default(),
        })
    }

    /// Everybody who delivers, until it is over.
    pub fn start(self: &Arc<Deliveries>) -> tokio::task::JoinSet<()> {
        let mut tasks = tokio::task::JoinSet::new();
        for shard in 0..SHARDS {
            tasks.spawn_local(Arc::clone(self).relay(shard));
        }
        for number in 0..2 {
            tasks.spawn_local(Arc::clone(self).consume(Taker::Notifier, number));
            tasks.spawn_local(Arc::clone(self).consume(Taker::Intake, number));
        }
        tasks.spawn_local(Arc::clone(self).sweep());
        tasks
    }

    pub fn dead(&self) -> Vec<String> {
        self.dead.lock().expect("no panic").clone()
    }

    pub fn end(&self) {
        self.is_over.store(true, Ordering::Relaxed);
        self.cloud.news.notify_waiters();
    }

    fn is_over(&self) -> bool {
        self.is_over.load(Ordering::Relaxed)
    }

    async fn wait(&self) {
        // Late or early does not matter: whoever waits looks again.
        let _ = timeout(IDLE, self.cloud.news.notified()).await;
    }

    /// Waits until everything is delivered that there is.
    pub async fn rest(&self) {
        let resting = async {
            loop {
                sleep(Duration::from_millis(100)).await;
                self.read_stream();
                let is_empty = self.shards.lock().expect("no panic").iter().all(VecDeque::is_empty);
                let queues = [Taker::Notifier, Taker::Intake].map(queue_of);
                let is_taken = queues.iter().all(|queue| self.cloud.with_queue(queue, |queue| queue.is_empty()));
                if is_empty && is_taken && self.busy.load(Ordering::Relaxed) == 0 {
                    return;
                }
            }
        };
        if timeout(UNTIL_REST, resting).await.is_err() {
            let queues = [Taker::Notifier, Taker::Intake].map(queue_of);
            let left = queues.map(|queue| self.cloud.with_queue(queue, |queue| format!("{queue:#?}")));
            panic!("deliveries do not come to rest: {left:?}, {:#?}", self.shards.lock().expect("no panic"));
        }
    }

    /// Takes over what is new in the stream. Records of one partition stay in one shard and in their order.
    fn read_stream(&self) {
        if !self.cloud.take_dirty() {
            return;
        }
        let mut last = self.last_change.lock().expect("no panic");
        let mut shards = self.shards.lock().expect("no panic");
        let wanted = declared().stream_of("relay").expect("the relay's stream");
        for change in self.cloud.store.changes(Some(&last)) {
            *last = change["dynamodb"]["SequenceNumber"].as_str().expect("a number").to_owned();
            if wanted.takes(&change) {
                let mut hasher = DefaultHasher::new();
                change["dynamodb"]["Keys"]["partition_key"]["S"].as_str().expect("a key").hash(&mut hasher);
                shards[hasher.finish() as usize % SHARDS].push_back(change);
            }
        }
    }

    async fn relay(self: Arc<Deliveries>, shard: usize) {
        let number = 30 + shard as u64;
        let machine = |number, name: &str| Machine::new(Actor::new(number, &format!("{name}{shard}")), &self.cloud);
        let (mut first, mut second) = (machine(number, "relay"), machine(number + 5, "relay again"));
        let mut random = self.cloud.weather.random(&[5, number]);
        let most = declared().stream_of("relay").expect("the relay's stream").batch_size();
        let mut past: Vec<Vec<Value>> = Vec::new();
        while !self.is_over() {
            self.read_stream();
            let size = if random.bool() { most } else { random.usize(1..6) };
            let batch: Vec<Value> = self.shards.lock().expect("no panic")[shard].iter().take(size).cloned().collect();
            if batch.is_empty() {
                self.wait().await;
                continue;
            }
            self.busy.fetch_add(1, Ordering::Relaxed);
            let is_repeated = self.cloud.weather.is_stormy() && random.u8(0..5) == 0;
            let old = random.choice(&past).filter(|_| is_repeated);
            let (outcome, ()) = tokio::join!(deliver(&mut first, &batch), async {
                // An invocation that Lambda gave up on may still be at work, and nobody hears what comes of it.
                if let Some(old) = old {
                    let _ = deliver(&mut second, old).await;
                }
            });
            let done = self.done(&batch, &outcome, &mut random);
            self.cloud.note(format!("relay{shard} {}: {done} of {}: {outcome:?}", first.actor.step(), batch.len()));
            self.shards.lock().expect("no panic")[shard].drain(..done);
            self.busy.fetch_sub(1, Ordering::Relaxed);
            if done < batch.len() {
                sleep(Duration::from_millis(random.u64(50..1_500))).await;
            }
            past.push(batch);
        }
    }

    /// How many records of a batch need not come again.
    fn done(&self, batch: &[Value], outcome: &Result<Vec<String>, Died>, random: &mut Rng) -> usize {
        // Lambda itself may not hear of a success.
        if self.cloud.weather.is_stormy() && random.u8(0..10) == 0 {
            return random.usize(0..=batch.len() / 2).min(self.first_failed(batch, outcome));
        }
        self.first_failed(batch, outcome)
    }

    fn first_failed(&self, batch: &[Value], outcome: &Result<Vec<String>, Died>) -> usize {
        let Ok(failed) = outcome else { return 0 };
        let number = |change: &Value| change["dynamodb"]["SequenceNumber"].as_str().unwrap_or_default().to_owned();
        batch.iter().position(|change| failed.contains(&number(change))).unwrap_or(batch.len())
    }

    async fn consume(self: Arc<Deliveries>, taker: Taker, which: u64) {
        let number = 40 + 10 * taker as u64 + which;
        let actor = Actor::new(number, &format!("{}{which}", taker.name()));
        let mut machine = Machine::new(actor, &self.cloud);
        let mut random = self.cloud.weather.random(&[6, number]);
        let queue = queue_of(taker);
        while !self.is_over() {
            let taken = self.take_messages(taker, &mut random);
            if taken.is_empty() {
                self.wait().await;
                continue;
            }
            self.busy.fetch_add(1, Ordering::Relaxed);
            machine.actor.begin();
            let records = json!(taken.iter().map(record).collect::<Vec<_>>());
            let outcome = match taker {
                Taker::Notifier => machine.notify(&records).await,
                Taker::Intake => machine.take_in(&records).await,
            };
            let ids: Vec<&str> = taken.iter().map(|message| &*message.id).collect();
            self.cloud.note(format!("{} {}: {ids:?}: {outcome:?}", machine.actor.name, machine.actor.step()));
            let messages: Vec<_> = taken.iter().map(|message| (&*message.id, &*message.body)).collect();
            let step = (machine.actor.name.clone(), machine.actor.step());
            self.cloud.with_mailings(|mailings| mailings.ended(step, &messages, &outcome));
            self.put_back(queue, taken, &outcome, &mut random);
            self.busy.fetch_sub(1, Ordering::Relaxed);
        }
    }

    /// Some of the messages that may be delivered, in any order. They are away for the time being, unless two are given the
    /// same.
    fn take_messages(&self, taker: Taker, random: &mut Rng) -> Vec<Message> {
        let (now, most) = (self.cloud.clock.now_ms(), declared().queue_of(taker.name()).expect("a queue").batch_size());
        let is_stormy = self.cloud.weather.is_stormy();
        self.cloud.with_queue(queue_of(taker), |queue| {
            random.shuffle(queue);
            let mut taken = Vec::new();
            let size = random.usize(1..=most);
            for message in queue.iter_mut().filter(|message| message.visible_ms <= now).take(size) {
                message.receives += u64::from(!is_stormy || random.u8(0..3) == 0);
                // Long after the function's time is up.
                let away = if is_stormy && random.u8(0..12) == 0 { 0 } else { 360_000 };
                message.visible_ms = now + away;
                taken.push(message.clone());
            }
            taken
        })
    }

    fn put_back(&self, queue: &str, taken: Vec<Message>, outcome: &Result<Vec<String>, Died>, random: &mut Rng) {
        let (now, is_stormy) = (self.cloud.clock.now_ms(), self.cloud.weather.is_stormy());
        self.cloud.with_queue(queue, |queue| {
            for message in taken {
                let Some(place) = queue.iter().position(|other| other.id == message.id) else { continue };
                let is_done = outcome.as_ref().is_ok_and(|failed| !failed.contains(&message.id));
                // Deleting it may fail as well; then it comes once more.
                if is_done && !(is_stormy && random.u8(0..8) == 0) {
                    queue.remove(place);
                } else if !is_stormy && message.receives >= MAX_RECEIVES {
                    self.dead.lock().expect("no panic").push(queue.remove(place).body);
                } else {
                    queue[place].visible_ms = now + random.i64(200..30_000);
                }
            }
        });
    }

    async fn sweep(self: Arc<Deliveries>) {
        let mut machine = Machine::new(Actor::new(60, "sweeper"), &self.cloud);
        let mut random = self.cloud.weather.random(&[7]);
        while !self.is_over() {
            for _ in 0..random.usize(3..15) {
                sleep(IDLE).await;
                if self.is_over() {
                    return;
                }
            }
            self.busy.fetch_add(1, Ordering::Relaxed);
            machine.actor.begin();
            let outcome = machine.sweep().await;
            self.cloud.note(format!("sweeper {}: {outcome:?}", machine.actor.step()));
            self.busy.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

/// The queue that a function takes from.
fn queue_of(taker: Taker) -> &'static str {
    declared().queue_of(taker.name()).expect("a queue").source()
}

fn record(message: &Message) -> Value {
    json!({
        "messageId": message.id, "body": message.body,
        "attributes": {
            "SentTimestamp": message.sent_ms.to_string(),
            "ApproximateReceiveCount": message.receives.max(1).to_string(),
        },
    })
}

async fn deliver(machine: &mut Machine, batch: &[Value]) -> Result<Vec<String>, Died> {
    machine.actor.begin();
    machine.relay(batch).await
}
