//! Prints what the module `hot` measures, for several seeds.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::float_arithmetic,
    reason = "test code: what goes wrong here has to end the measurement, with a message"
)]

#[path = "../suite/hot.rs"]
mod hot;

use hot::Way;

fn main() {
    for seed in 1..=3 {
        for way in [Way::Naive, Way::Alone, Way::Product] {
            println!("seed {seed}, {way:?}: {}", hot::measure(seed, way));
        }
    }
}
