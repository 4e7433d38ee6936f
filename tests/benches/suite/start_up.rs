//! From the start of a process to its asking for the first event.

use super::Effort;
use super::binaries;
use super::function::{Function, Start};
use super::recorded::Canned;
use super::table::{Row, Samples};

/// Starts in one round, of which the round keeps the medians.
const STARTS: usize = 9;

/// First those that are compared with.
const BINARIES: [&str; 5] = ["bare_echo", "bare_store", "purchasing", "onboarding", "reporting"];

const MILLISECOND: f64 = 1_000_000.0;
const MEGABYTE_KB: f64 = 1_000.0;

#[derive(Default)]
struct Measured {
    wall: Samples,
    cpu: Samples,
    resident: Samples,
}

impl Measured {
    fn add(&mut self, start: Start) {
        self.wall.add(start.wall.as_nanos() as f64);
        self.cpu.add(start.usage.cpu_ns);
        self.resident.add(start.usage.resident_kb);
    }
}

pub async fn rows(effort: Effort) -> Vec<Row> {
    let store = Canned::answering(&[]).await;
    let environment = [
        ("AWS_ENDPOINT_URL_DYNAMODB", store.url.clone()),
        ("BARE_WARM_UP", "1".to_owned()),
        ("ACCOUNT_DIRECTORY_URL", store.url.clone()),
    ];
    let mut rounds: Vec<Measured> = BINARIES.iter().map(|_| Measured::default()).collect();
    for _ in 0..effort.rounds {
        let mut round: Vec<Measured> = BINARIES.iter().map(|_| Measured::default()).collect();
        for _ in 0..STARTS {
            for (binary, measured) in BINARIES.iter().zip(&mut round) {
                let (function, start) = Function::start(&binaries::path(binary), &environment).await;
                function.stop().await;
                measured.add(start);
            }
        }
        for (all, round) in rounds.iter_mut().zip(&round) {
            all.wall.add(round.wall.median());
            all.cpu.add(round.cpu.median());
            all.resident.add(round.resident.median());
        }
    }
    let named: Vec<(&str, &Measured)> = BINARIES.into_iter().zip(&rounds).collect();
    show(&named)
}

fn show(named: &[(&str, &Measured)]) -> Vec<Row> {
    let mut rows = Vec::new();
    let bare = named[1].1;
    for (at, (binary, measured)) in named.iter().enumerate() {
        let figures = [
            ("wall", &measured.wall, &bare.wall, MILLISECOND, "ms"),
            ("CPU", &measured.cpu, &bare.cpu, MILLISECOND, "ms"),
            ("resident", &measured.resident, &bare.resident, MEGABYTE_KB, "MB"),
        ];
        for (what, own, others, unit, name) in figures {
            let row = Row::of(format!("start of {binary}, {what}"), format!("{:.2} {name}", own.median() / unit));
            let ratio = own.over(others);
            rows.push(match at {
                0 | 1 => row.spread(own, unit),
                _ => row
                    .against(format!("bare_store {:.2} {name}", others.median() / unit))
                    .ratio(&ratio)
                    .target("≤ 1.25", ratio.median() <= 1.25),
            });
        }
    }
    rows
}
