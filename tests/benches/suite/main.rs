//! What the product costs and how it scales, each figure beside one that was measured in the same run.
//!
//! `cargo bench -p tests --bench suite` measures every row, in some ten minutes once everything is built; the first build
//! of release binaries takes some fifteen more. `-- size start_up` measures the named rows; `--short` takes fewer rounds,
//! for a first look. It prints one table at the end. Nothing is asserted: the table says which target was met. It needs
//! Linux, whose `/proc` tells what a process has used.
//!
//! What is measured are the release binaries of the functions, built in one call for this machine and without the tests,
//! whose features would otherwise be theirs too: `cargo build --release -p purchasing …`, into this target folder's
//! `release`. What measures them is built by the profile `bench`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::float_arithmetic,
    reason = "what goes wrong in a measurement has to end it, with a message; ratios are no amounts"
)]

mod bill;
mod binaries;
mod event;
mod fill;
mod first_request;
mod function;
mod growth;
mod hot;
mod process;
mod recorded;
mod round_trips;
mod size;
mod stacks;
mod start_up;
mod table;
mod throughput;
mod warm;

use std::future::Future;
use std::pin::Pin;

use table::{Row, Table};

/// How much is measured.
#[derive(Clone, Copy, Debug)]
pub struct Effort {
    /// How often everything is measured; what is shown is the median.
    pub rounds: usize,
    /// By what the usual number of requests or items is divided.
    pub divisor: usize,
}

const FULL: Effort = Effort { rounds: 7, divisor: 1 };
const SHORT: Effort = Effort { rounds: 3, divisor: 10 };

impl Effort {
    /// A part of the usual number.
    #[must_use]
    pub fn of(self, usual: usize) -> usize {
        (usual / self.divisor).max(1)
    }
}

type Measuring = Pin<Box<dyn Future<Output = Vec<Row>>>>;

type Part = (&'static str, fn(Effort) -> Measuring);

/// The rows in the order of the table.
const PARTS: [Part; 9] = [
    ("size", |effort| Box::pin(size::rows(effort))),
    ("start_up", |effort| Box::pin(start_up::rows(effort))),
    ("first_request", |effort| Box::pin(first_request::rows(effort))),
    ("warm", |effort| Box::pin(warm::rows(effort))),
    ("round_trips", |effort| Box::pin(round_trips::rows(effort))),
    ("throughput", |effort| Box::pin(throughput::rows(effort))),
    (IN_PROCESS, |effort| Box::pin(hot::rows(effort))),
    ("growth", |effort| Box::pin(growth::rows(effort))),
    ("bill", |effort| Box::pin(bill::rows(effort))),
];

/// What needs no binaries.
const IN_PROCESS: &str = "hot";

#[tokio::main]
async fn main() {
    // Cargo itself passes `--bench`.
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let effort = if arguments.iter().any(|argument| argument == "--short") { SHORT } else { FULL };
    let wanted: Vec<&str> = arguments.iter().map(String::as_str).filter(|argument| *argument != "--short").collect();
    let unknown = wanted.iter().find(|name| PARTS.iter().all(|(part, _)| part != *name));
    assert!(unknown.is_none(), "there is no row {unknown:?}");
    let parts: Vec<Part> = PARTS.into_iter().filter(|(name, _)| wanted.is_empty() || wanted.contains(name)).collect();
    if parts.iter().any(|(name, _)| *name != IN_PROCESS) {
        binaries::build();
    }
    let mut table = Table::default();
    for (name, measure) in parts {
        eprintln!("measuring {name}");
        table.add(name, measure(effort).await);
    }
    println!("{table}");
}
