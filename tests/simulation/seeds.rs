//! Which histories are played, side by side, and what is said of those that go wrong.

use std::ops::Range;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use crate::world::{Counts, play};

/// How many histories an ordinary run plays: the same ones each time.
const SEEDS: u64 = 64;

/// One in so many more histories is one that no run before has played.
const NEW: u64 = 8;

/// After so many failures no further history is begun.
const MAX_FAILURES: usize = 3;

/// How often the history of a seed alone is played. Ids are random and so are the product's own pauses, so what went wrong
/// once may need some tries to go wrong again.
const TRIES: u64 = 25;

/// Plays what the environment asks for, or what an ordinary run plays.
pub fn run() {
    let of_variable = |name: &str| {
        let text = std::env::var(name).ok()?;
        Some(text.parse::<u64>().unwrap_or_else(|_| panic!("{name} is no number: {text}")))
    };
    if let Some(seed) = of_variable("PARTNER_QUOTA_SIMULATION_SEED") {
        return alone(seed);
    }
    let count = of_variable("PARTNER_QUOTA_SIMULATION_SEEDS").unwrap_or(SEEDS);
    let fresh = fastrand::u64(SEEDS..u64::MAX / 2);
    println!("histories of the seeds 0 to {} and of {} from {fresh} on", count.saturating_sub(1), count / NEW);
    let begun = Instant::now();
    let counts = all(&[0..count, fresh..fresh + count / NEW]);
    println!("{counts:?} in {:.1} s", begun.elapsed().as_secs_f32());
    assert!(counts.in_line > 0, "no order ever had to stand in line");
}

fn alone(seed: u64) {
    for number in 1..=TRIES {
        match play(seed) {
            Ok(counts) => println!("seed {seed}, try {number}: {counts:?}"),
            Err(wrong) => panic!("seed {seed}, try {number}: {wrong}"),
        }
    }
}

/// Plays the histories of all seeds, as many side by side as there are processors.
fn all(blocks: &[Range<u64>]) -> Counts {
    let seeds: Vec<u64> = blocks.iter().cloned().flatten().collect();
    let (next, sum, failures) = (AtomicUsize::new(0), Mutex::new(Counts::default()), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                while failures.lock().expect("no panic").len() < MAX_FAILURES
                    && let Some(seed) = seeds.get(next.fetch_add(1, Ordering::Relaxed))
                {
                    match play(*seed) {
                        Ok(counts) => sum.lock().expect("no panic").add(&counts),
                        Err(wrong) => failures.lock().expect("no panic").push((*seed, wrong)),
                    }
                }
            });
        }
    });
    let failures = failures.into_inner().expect("no panic");
    for (seed, wrong) in &failures {
        println!("seed {seed}: {wrong}\n");
        println!("again: PARTNER_QUOTA_SIMULATION_SEED={seed} cargo test -p tests --test simulation\n");
    }
    let seeds: Vec<u64> = failures.iter().map(|(seed, _)| *seed).collect();
    assert!(seeds.is_empty(), "the histories of the seeds {seeds:?} break a promise");
    sum.into_inner().expect("no panic")
}
