//! Holds run out by the clock. It is one for all of a stack, so these tests have a stack of their own, and take turns.

use local::{Options, Stack};
use serde_json::{Value, json};
use tests::client::{insist, start};
use tests::moment::later;
use tests::program::{items, new_key, text};
use tests::{Line, Program};
use tokio::sync::{Mutex, MutexGuard, OnceCell};

use crate::desk::Desk;

static STACK: OnceCell<Stack> = OnceCell::const_new();
static TURN: Mutex<()> = Mutex::const_new(());

/// In seconds. Tokens live for an hour, schedules run every few minutes.
const HOUR: i64 = 3_600;

async fn with_quota() -> (MutexGuard<'static, ()>, Program, Line) {
    let turn = TURN.lock().await;
    let stack = STACK.get_or_init(|| tests::stack::start(Options::default())).await;
    let program = Program::on(stack, &json!({})).await;
    let line = program.funded_line(["1000.00", "600.00", "500.00"]).await;
    (turn, program, line)
}

/// Moves the clock on; every sweep that is due has ended then.
async fn advance(program: &Program, seconds: i64) {
    let body = json!({ "advance_seconds": seconds });
    program.client().anonymous().post("/_local/clock").json(body).await.expect(200);
}

/// A hold that runs out in so many seconds; answers with its path.
async fn hold_for(program: &Program, customer: &str, seconds: i64) -> String {
    let expires_at = later(&text(&program.position(customer).await, "as_of"), seconds);
    let placed = Desk(program).hold(customer, "10.00", &expires_at).await.expect(201);
    assert_eq!(placed["expires_at"], expires_at);
    format!("/v1/accounts/{customer}/holds/{}", text(&placed, "hold_id"))
}

#[tokio::test]
async fn a_hold_whose_time_has_come_is_given_back() {
    let (_turn, program, Line { customer, .. }) = with_quota().await;
    let desk = Desk(&program);
    let [sooner, later] =
        [hold_for(&program, &customer, 5 * HOUR).await, hold_for(&program, &customer, 99 * HOUR).await];
    advance(&program, 4 * HOUR).await;
    desk.check(&customer, json!({ "granted": "500.00", "held": "19.00", "available": "481.00" })).await;
    advance(&program, 2 * HOUR).await;
    desk.check(&customer, json!({ "granted": "500.00", "held": "9.50", "available": "490.50" })).await;

    let viewer = program.member(&customer, "viewer");
    assert_eq!(viewer.get(&sooner).await.expect(200)["status"], "expired");
    assert_eq!(viewer.get(&later).await.expect(200)["status"], "open");
    let entry = program.entries(&customer).await[0].clone();
    assert_eq!([&entry["kind"], &entry["amount"]], ["expiry", "9.50"]);
    assert_eq!(entry["by"], json!({ "account_id": null, "sub": null }), "nobody asked for it");
    desk.capture(&customer, &sooner, json!({})).await.refused(409, "invalid_state");
    desk.release(&customer, &sooner).await.refused(409, "invalid_state");
    advance(&program, HOUR).await;
    program.check_ledger(&customer, 4).await;
}

#[tokio::test]
async fn its_time_counts_whether_it_was_swept_or_not() {
    let (_turn, program, Line { customer, .. }) = with_quota().await;
    let desk = Desk(&program);
    // Long enough to be placed in, and shorter than the minute between two sweeps: more often than not, none comes.
    let hold = hold_for(&program, &customer, 25).await;
    advance(&program, 26).await;
    desk.capture(&customer, &hold, json!({})).await.refused(409, "invalid_state");
    let viewer = program.member(&customer, "viewer");
    assert_eq!(viewer.get(&hold).await.expect(200)["status"], "expired");
    for (status, count) in [("open", 0), ("expired", 1)] {
        let listed = viewer.get(format!("/v1/accounts/{customer}/holds?status={status}")).await.expect(200);
        assert_eq!(items(&listed).len(), count, "{listed:#}");
    }
    advance(&program, HOUR).await;
    desk.check(&customer, json!({ "granted": "500.00", "available": "500.00" })).await;
}

#[tokio::test]
async fn when_a_capture_and_the_expiry_race_exactly_one_of_them_happens() {
    let (_turn, program, Line { customer, .. }) = with_quota().await;
    let mut captured = 0;
    for round in 0..5 {
        let mut holds = Vec::new();
        for _ in 0..4 {
            holds.push(hold_for(&program, &customer, HOUR / 2).await);
        }
        let buyer = program.member(&customer, "admin");
        let body = json!({ "list_amount": "1.00" });
        let capture = |hold: &String| {
            let call = buyer.post(format!("{hold}/capture")).key(new_key()).json(&body);
            start(insist(call))
        };
        let running: Vec<_> = holds.iter().map(capture).collect();
        advance(&program, HOUR / 2).await;
        for (running, hold) in running.into_iter().zip(&holds) {
            let answer = running.await.unwrap();
            let is_captured = answer.status == 201;
            if !is_captured {
                answer.refused(409, "invalid_state");
            }
            captured += usize::from(is_captured);
            // A sweep passes a hold over that is being captured; whatever came of that, its time has come now.
            advance(&program, 1).await;
            let shown = program.member(&customer, "viewer").get(hold).await.expect(200);
            let expected = if is_captured { "captured" } else { "expired" };
            assert_eq!(shown["status"], expected, "round {round}: {answer}");
        }
    }
    advance(&program, HOUR).await;
    let figures = Desk(&program).figures(&customer).await;
    assert_eq!(figures["held"], "0.00", "{figures:#}");
    let entries = program.entries(&customer).await;
    let count = |kind: &str| entries.iter().filter(|entry| entry["kind"] == *kind).count();
    assert_eq!([count("capture"), count("capture") + count("expiry")], [captured, 20]);
    assert_eq!(program.read(&customer, "verification").await["consistent"], Value::Bool(true));
}
