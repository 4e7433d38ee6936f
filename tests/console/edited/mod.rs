//! Test events with the ids of a real program in place of those that stand in them.

mod deliveries;
mod requests;

use serde_json::Value;
use tests::{Line, Program};

use crate::file::{ACCOUNT, TestEvent, event};

/// A program whose customer has bought for 95.00 and paid 40.00 of it.
async fn with_history() -> (Program, Line) {
    let program = Program::create().await;
    let line = program.funded_line(["1000.00", "600.00", "500.00"]).await;
    let desk = tests::Desk(&program);
    desk.bought(&line.customer, "100.00").await;
    desk.settle(&line.reseller, &line.customer, "40.00", None).await.expect(201);
    (program, line)
}

fn about(place: &str, account: &str) -> TestEvent {
    event(place).with(ACCOUNT, account)
}

/// What an account has, but for the time of asking.
async fn position(program: &Program, account: &str) -> Value {
    let mut position = program.position(account).await;
    position["as_of"].take();
    position
}
