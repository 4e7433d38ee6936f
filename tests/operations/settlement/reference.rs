//! `payment_reference`: one payment is recorded once.

use serde_json::{Value, json};
use tests::client::insist;
use tests::program::{new_key, text};
use tests::{Answer, Line, Program};

use crate::desk::{Desk, payment};

async fn pay(program: &Program, parent: &str, child: &str, reference: &str) -> Answer {
    Desk(program).post(parent, format!("/v1/accounts/{child}/settlements"), payment("1.00", reference)).await
}

async fn indebted() -> (Program, Line) {
    let program = Program::create().await;
    let line = program.funded_line(["1000.00", "600.00", "500.00"]).await;
    program.purchase(&line.customer, "100.00").await.expect(201);
    (program, line)
}

#[tokio::test]
async fn a_reference_is_used_once_between_two_accounts_whatever_space_is_around_it() {
    let (program, Line { reseller, customer, .. }) = indebted().await;
    pay(&program, &reseller, &customer, "INV 1").await.expect(201);
    for again in ["INV 1", "  INV 1", "INV 1 \t", "\u{a0}INV 1\n"] {
        pay(&program, &reseller, &customer, again).await.refused(409, "duplicate_payment");
    }
    for other in ["inv 1", "INV  1", "INV1"] {
        pay(&program, &reseller, &customer, other).await.expect(201);
    }
    pay(&program, &reseller, &customer, "   ").await.refused(422, "validation_failed");
    let sibling = program.onboard(&reseller).await;
    Desk(&program).charge(&sibling, "10.00", "usage").await.expect(201);
    pay(&program, &reseller, &sibling, "INV 1").await.expect(201);
}

#[tokio::test]
async fn a_reference_stays_used_after_a_reversal() {
    let (program, Line { reseller, customer, .. }) = indebted().await;
    let settled = pay(&program, &reseller, &customer, "INV 1").await.expect(201);
    Desk(&program).reverse(&reseller, &customer, &text(&settled, "settlement_id")).await.expect(201);
    pay(&program, &reseller, &customer, "INV 1").await.refused(409, "duplicate_payment");
}

#[tokio::test]
async fn a_refused_payment_leaves_its_reference_free() {
    let (program, Line { reseller, customer, .. }) = indebted().await;
    let path = format!("/v1/accounts/{customer}/settlements");
    let desk = Desk(&program);
    desk.post(&reseller, path.clone(), payment("95.01", "INV 1")).await.refused(409, "exceeds_outstanding");
    desk.post(&reseller, format!("{path}?preview=true"), payment("95.00", "INV 1")).await.expect(200);
    desk.post(&reseller, path, payment("95.00", "INV 1")).await.expect(201);
}

#[tokio::test]
async fn of_ten_at_once_with_keys_of_their_own_exactly_one_is_recorded() {
    let (program, Line { reseller, customer, .. }) = indebted().await;
    let finance = program.member(&reseller, "finance");
    let path = format!("/v1/accounts/{customer}/settlements");
    let start = |_| {
        let call = finance.post(&path).key(new_key()).json(payment("1.00", "INV 1"));
        tests::client::start(insist(call))
    };
    let mut recorded: Vec<Value> = Vec::new();
    for running in (0..10).map(start).collect::<Vec<_>>() {
        let answer = running.await.unwrap();
        if answer.status == 201 {
            recorded.push(answer.json());
        } else {
            answer.refused(409, "duplicate_payment");
        }
    }
    assert_eq!(recorded.len(), 1, "{recorded:#?}");
    let figures = Desk(&program).figures(&customer).await;
    assert_eq!([&figures["used"], &figures["paid"]], ["94.00", "1.00"]);
}

#[tokio::test]
async fn the_list_shows_what_was_paid() {
    let (program, Line { reseller, customer, .. }) = indebted().await;
    let settled = pay(&program, &reseller, &customer, " INV 1 ").await.expect(201);
    let list = program.read(&customer, "settlements").await;
    let expected = json!([{
        "id": settled["settlement_id"], "account_id": customer, "amount": "1.00", "backfilled": "1.00",
        "payment_reference": "INV 1", "method": "bank_transfer", "paid_at": "2026-01-31T12:00:00.000Z",
        "reversed": false, "created_at": settled["created_at"],
    }]);
    assert_eq!(list["items"], expected);
}
