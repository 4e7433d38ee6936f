//! Leaves out of a failing history whatever the failure does not need.

use local::Stack;

use crate::play::{Failure, play};
use crate::step::Step;

/// How many shorter histories are tried. Each is a program of its own.
const MOST_TRIES: usize = 120;

/// The shortest history found that still fails, and how.
pub async fn shrink(stack: &'static Stack, seed: u64, steps: &[Step], failure: Failure) -> (Vec<Step>, Failure) {
    let mut shortest: Vec<Step> = steps[..failure.steps].to_vec();
    let mut failure = failure;
    let mut chunk = shortest.len().div_ceil(2);
    let mut tries = 0;
    while chunk > 0 && tries < MOST_TRIES {
        let mut start = 0;
        let mut is_shorter = false;
        while start < shortest.len() && tries < MOST_TRIES {
            let mut candidate = shortest.clone();
            candidate.drain(start..(start + chunk).min(shortest.len()));
            tries += 1;
            match play(stack, seed, &candidate).await {
                Err(found) => {
                    candidate.truncate(found.steps);
                    (shortest, failure, is_shorter) = (candidate, found, true);
                }
                Ok(_) => start += chunk,
            }
        }
        if !is_shorter || chunk > 1 {
            chunk /= 2;
        }
    }
    (shortest, failure)
}
