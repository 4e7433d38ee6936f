//! A client of the API that does as the documentation says: whatever it does not know the outcome of, it asks again with
//! the same key.

use std::sync::Arc;
use std::time::Duration;

use fastrand::Rng;
use tokio::time::sleep;

use crate::cloud::Cloud;
use crate::machine::{Died, Machine};
use crate::operation::{Effect, Known, Wish};
use crate::prepared::Prepared;
use crate::wire::Actor;
use crate::wisher::Wisher;
use crate::world::is_rush;
use tests::in_process::gateway::{Asked, Told};

/// How often something is asked while there are faults.
const ATTEMPTS: usize = 4;

/// One thing that a client asked for, and everything that it heard of it.
#[derive(Clone, Debug)]
pub struct Request {
    pub asked: Asked,
    pub effect: Effect,
    /// Whether the first two answers are those of two requests at the same time.
    pub is_twofold: bool,
    pub answers: Vec<Result<Told, Died>>,
}

impl Request {
    /// The answer that says what became of it. Of two requests at the same time one may be refused and the other be carried
    /// out a moment later: as long as nobody knows of the other, the refusal says nothing.
    pub fn outcome(&self) -> Option<&Told> {
        let said = |answer: &&Result<Told, Died>| answer.as_ref().is_ok_and(is_outcome);
        let twins = self.answers.get(..2).filter(|_| self.is_twofold).unwrap_or_default();
        let without = if twins.iter().all(|answer| said(&answer)) { 0 } else { twins.len() };
        let last = self.answers.iter().skip(without).find(said).and_then(|answer| answer.as_ref().ok());
        self.accepted().or(last)
    }

    /// The answer that says that it was done.
    pub fn accepted(&self) -> Option<&Told> {
        let mut told = self.answers.iter().filter_map(|answer| answer.as_ref().ok());
        told.find(|told| (200..300).contains(&told.status))
    }

    /// Whether at some time nobody knew what became of it.
    pub fn was_unknown(&self) -> bool {
        self.answers.iter().any(|answer| answer.as_ref().is_ok_and(|told| told.status >= 500) || answer.is_err())
    }
}

/// Some of the accounts below the provider: the fewer, the more often clients get in each other's way.
fn scope(mut random: Rng, accounts: usize) -> Vec<usize> {
    let mut scope: Vec<usize> = (1..accounts).collect();
    random.shuffle(&mut scope);
    scope.truncate(random.usize(1..accounts));
    scope
}

/// Everything else says that the same may be asked again.
pub fn is_outcome(told: &Told) -> bool {
    told.status < 500 && told.status != 429 && told.body["code"] != "contention"
}

/// A client and the function instances that it meets.
pub struct Client {
    number: u64,
    wisher: Wisher,
    machine: Machine,
    /// Those that a second request meets while the first one is under way.
    other: Machine,
    cloud: Arc<Cloud>,
    random: Rng,
    pub requests: Vec<Request>,
}

impl Client {
    pub fn new(number: u64, cloud: &Arc<Cloud>, prepared: &'static Prepared) -> Client {
        let name = format!("client{number}");
        let machine = |number: u64, name: &str| Machine::new(Actor::new(number, name), cloud);
        Client {
            number,
            machine: machine(10 + number, &name),
            other: machine(20 + number, &format!("{name} again")),
            wisher: Wisher {
                prepared,
                random: cloud.weather.random(&[3, number]),
                scope: scope(cloud.weather.random(&[10]), prepared.accounts.len()),
                name,
                made: 0,
                is_rush: is_rush(cloud),
                known: Known::default(),
            },
            cloud: Arc::clone(cloud),
            random: cloud.weather.random(&[4, number]),
            requests: Vec::new(),
        }
    }

    pub fn number(&self) -> u64 {
        self.number
    }

    pub fn name(&self) -> &str {
        &self.machine.actor.name
    }

    /// Does so many things, one after the other.
    pub async fn work(mut self, count: usize) -> Client {
        for _ in 0..count {
            let pause = if self.wisher.is_rush { 10 } else { 200 };
            sleep(Duration::from_millis(self.random.u64(0..pause))).await;
            let accepted: Vec<usize> = (0..self.requests.len())
                .filter(|place| self.requests[*place].accepted().is_some() && self.requests[*place].asked.key.is_some())
                .collect();
            match self.wisher.next(self.cloud.clock.now_ms(), accepted.len()) {
                Wish::Ask(asked, effect) => self.ask(asked, effect).await,
                Wish::Tell(source, detail_type, detail) => self.tell(source, detail_type, &detail),
                Wish::Again(place) => self.repeat(accepted[place]).await,
            }
        }
        self
    }

    fn tell(&mut self, source: &str, detail_type: &str, detail: &serde_json::Value) {
        self.cloud.note(format!("{}: {detail_type} {}", self.machine.actor.name, detail["data"]));
        for _ in 0..self.random.usize(1..3) {
            self.cloud.put(source, detail_type, detail, self.cloud.clock.now_ms());
        }
    }

    async fn ask(&mut self, asked: Asked, effect: Effect) {
        let (is_patient, wants_twofold) = (self.random.u8(0..8) > 0, self.random.u8(0..7) == 0);
        let is_twofold = wants_twofold && effect.is_once();
        let mut request = Request { asked, effect, is_twofold, answers: Vec::new() };
        for attempt in 0..ATTEMPTS {
            if attempt > 0 {
                let pause = if self.random.u8(0..4) == 0 { 6_000 } else { 600 };
                sleep(Duration::from_millis(self.random.u64(0..pause))).await;
            }
            if is_twofold && attempt == 0 {
                let head_start = Duration::from_millis(self.random.u64(0..20));
                let (first, second) = tokio::join!(send(&mut self.machine, &self.cloud, &request.asked), async {
                    sleep(head_start).await;
                    send(&mut self.other, &self.cloud, &request.asked).await
                });
                request.answers.extend([first, second]);
            } else {
                request.answers.push(send(&mut self.machine, &self.cloud, &request.asked).await);
            }
            if request.outcome().is_some() || !is_patient {
                break;
            }
        }
        self.keep(request);
    }

    fn keep(&mut self, request: Request) {
        if let Some(told) = request.accepted() {
            self.wisher.known.learn(&request.asked, &told.body);
        }
        self.requests.push(request);
    }

    /// What was accepted before is answered as before, whatever has happened since.
    async fn repeat(&mut self, place: usize) {
        let told = send(&mut self.machine, &self.cloud, &self.requests[place].asked.clone()).await;
        self.requests[place].answers.push(told);
    }

    /// Once nothing goes wrong any more: finds out what became of everything.
    pub async fn conclude(&mut self) {
        for place in 0..self.requests.len() {
            while self.requests[place].outcome().is_none() {
                assert!(self.requests[place].answers.len() < 40, "no outcome: {:#?}", self.requests[place]);
                self.repeat(place).await;
                sleep(Duration::from_millis(50)).await;
            }
        }
    }

    /// Asks for everything that has a key once more.
    pub async fn replay(&mut self, place: usize) -> Told {
        let asked = self.requests[place].asked.clone();
        send(&mut self.machine, &self.cloud, &asked).await.expect("nothing goes wrong any more")
    }
}

async fn send(machine: &mut Machine, cloud: &Cloud, asked: &Asked) -> Result<Told, Died> {
    machine.actor.begin();
    let told = machine.ask(asked).await;
    let (name, step) = (&machine.actor.name, machine.actor.step());
    let body = asked.body.as_ref().map(ToString::to_string).unwrap_or_default();
    let outcome = match &told {
        Ok(told) if told.status < 300 => {
            format!("{} {}", told.status, told.body["posting_id"].as_str().unwrap_or_default())
        }
        Ok(told) => format!("{} {}", told.status, told.body["code"].as_str().unwrap_or_default()),
        Err(died) => format!("{died:?}"),
    };
    let key = asked.key.as_deref().unwrap_or_default();
    cloud.note(format!("{name} {step}: {} {} {body} {key}: {outcome}", asked.method, asked.path));
    told
}
