//! Asking a stack for faults, and ending them.

use reqwest::Method;
use serde_json::json;
use tests::Program;

/// Pins the seeds that faults are drawn from, to play a run again.
const SEED: &str = "PARTNER_QUOTA_FAULTS_SEED";

/// How long a fault of the kind `delay` holds up a call. Three in a row stay below what a caller waits for one.
const DELAY_MS: u64 = 150;

/// A fault, as `PUT /_local/faults` takes it.
#[derive(Clone, Copy, Debug)]
pub struct Fault {
    pub target: &'static str,
    pub kind: &'static str,
    pub rate: f64,
}

impl Fault {
    pub const fn new(target: &'static str, kind: &'static str, rate: f64) -> Fault {
        Fault { target, kind, rate }
    }

    /// From now on, until all faults end or another takes its place.
    pub async fn begin(self, program: &Program, seed: u64) {
        println!("{self:?} with seed {seed}");
        let Fault { target, kind, rate } = self;
        let wanted = json!({ "target": target, "fault": kind, "rate": rate, "seed": seed, "delay_ms": DELAY_MS });
        program.client().anonymous().call(Method::PUT, "/_local/faults").json(wanted).await.expect(200);
    }
}

/// Ends all faults.
pub async fn end_faults(program: &Program) {
    let answer = program.client().anonymous().call(Method::DELETE, "/_local/faults").await;
    assert_eq!(answer.status, 204, "{answer}");
}

/// Moves the stack's clock on, beyond the time for which a notifier that is gone keeps a mail to itself.
pub async fn skip_claims(program: &Program) -> String {
    let advance = json!({ "advance_seconds": 60 });
    let answer = program.client().anonymous().post("/_local/clock").json(advance).await.expect(200);
    tests::program::text(&answer, "now")
}

/// Where this run's draws begin: another for every run. What is printed shows when a test fails.
pub fn seed() -> u64 {
    let pinned = std::env::var(SEED).ok().and_then(|seed| seed.parse().ok());
    let seed = pinned.unwrap_or_else(|| fastrand::u64(..));
    println!("the faults begin at seed {seed}; {SEED}={seed} asks for the same");
    seed
}
