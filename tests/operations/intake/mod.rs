//! What comes in by event: usage of the console, payments of the finance system.

mod outside;
mod payments;
mod usage;

use tests::{Line, Program};

async fn with_quota() -> (Program, Line) {
    let program = Program::create().await;
    let line = program.funded_line(["1000.00", "600.00", "500.00"]).await;
    (program, line)
}
