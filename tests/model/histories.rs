//! Histories of fixed seeds and of a new one. They are played side by side, and one by one where the clock moves.

use std::time::Instant;

use fastrand::Rng;
use local::{Options, Stack};
use tokio::sync::OnceCell;
use tokio::task::JoinSet;

use crate::generate::{self, Time};
use crate::play::play;
use crate::shrink::shrink;
use crate::step::Step;

/// The seed of the one history to play.
const SEED: &str = "PARTNER_QUOTA_MODEL_SEED";

/// How many steps all histories of a run have together.
const STEPS: &str = "PARTNER_QUOTA_MODEL_STEPS";

/// Enough for every kind of posting to meet every other many times, in the time of one test.
const DEFAULT_STEPS: usize = 2_400;

/// Long enough for balances to run low and recover, short enough to shrink.
const LENGTH: usize = 200;

/// Histories that are played at the same time.
const SIDE_BY_SIDE: usize = 4;

/// Moving its clock on would disturb others.
static STACK: OnceCell<Stack> = OnceCell::const_new();

async fn stack() -> &'static Stack {
    STACK.get_or_init(|| tests::stack::start(Options::default())).await
}

/// One history in four moves the clock on.
fn time_of(seed: u64) -> Time {
    if seed % 4 == 1 { Time::Moves } else { Time::Stands }
}

fn number(variable: &str) -> Option<u64> {
    let value = std::env::var(variable).ok()?;
    Some(value.parse().unwrap_or_else(|_| panic!("{variable} is no number: {value}")))
}

#[tokio::test(flavor = "multi_thread")]
async fn every_history_is_what_the_model_says() {
    let stack = stack().await;
    let seeds = match number(SEED) {
        Some(seed) => vec![seed],
        None => {
            let steps = number(STEPS).map_or(DEFAULT_STEPS, |steps| usize::try_from(steps).expect("a number of steps"));
            let fixed = (1..).take(steps.div_ceil(LENGTH).max(2) - 1);
            fixed.chain(std::iter::once(fastrand::u64(..))).collect()
        }
    };
    let began = Instant::now();
    let (moving, standing): (Vec<u64>, Vec<u64>) = seeds.iter().partition(|seed| time_of(**seed) == Time::Moves);
    let mut requests = 0;
    let mut running = JoinSet::new();
    for seed in standing {
        if running.len() == SIDE_BY_SIDE {
            requests += running.join_next().await.expect("one runs").unwrap();
        }
        running.spawn(one(stack, seed));
    }
    requests += running.join_all().await.into_iter().sum::<usize>();
    for seed in moving {
        requests += one(stack, seed).await;
    }
    let seconds = began.elapsed().as_millis().max(1);
    let rate = u128::try_from(requests).unwrap() * 1_000 / seconds;
    println!("model: {} histories, {requests} operations, {rate} operations per second", seeds.len());
}

/// Plays the history of one seed; a failing one is shrunk and shown.
async fn one(stack: &'static Stack, seed: u64) -> usize {
    let steps: Vec<Step> = generate::history(&mut Rng::with_seed(seed), LENGTH, time_of(seed));
    match play(stack, seed, &steps).await {
        Ok(requests) => requests,
        Err(failure) => {
            println!("{SEED}={seed} fails after {} steps and is being shrunk: {}", failure.steps, failure.message);
            let (shortest, failure) = shrink(stack, seed, &steps, failure).await;
            let shown: Vec<String> = shortest.iter().map(|step| format!("    {step:?},")).collect();
            panic!("{SEED}={seed}, shrunk to {} steps:\n{}\n{}", shortest.len(), shown.join("\n"), failure.message);
        }
    }
}
