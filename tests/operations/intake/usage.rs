//! `UsageRecorded`: lines of a bill.

use serde_json::{Value, json};
use tests::program::new_key;
use tests::{Line, Program};

use super::outside::{Outside, line};
use super::with_quota;
use crate::desk::Desk;

#[tokio::test]
async fn the_lines_of_an_event_are_one_entry_and_each_is_found_by_its_name() {
    let (program, Line { customer, .. }) = with_quota().await;
    let (desk, outside) = (Desk(&program), Outside(&program));
    let amounts = ["0.00000080000", "0.00000000001", "0.000000000001", "0", "-2.6137", "1.10"];
    let lines: Vec<Value> =
        amounts.iter().enumerate().map(|(at, amount)| line(&customer, amount, &format!("line-{at}"))).collect();
    let id = outside.usage(&lines).await;
    let entry = outside.entry(&customer, 2).await;
    // To the last digit what six single charges come to.
    assert_eq!([&entry["kind"], &entry["amount"]], ["charge", "-1.438014239989"]);
    assert_eq!([&entry["reference"], &entry["note"]], [&json!(id), &json!("6 lines")]);
    assert_eq!(entry["by"], json!({ "account_id": null, "sub": null }));
    let upstream = json!(["-1.36232927999", "-1.210959359991"]);
    let figures = json!({ "granted": "500.00", "used": "-1.438014239989", "available": "501.438014239989", "upstream": upstream });
    desk.check(&customer, figures).await;

    let replayed = desk.charge(&customer, "1.10", "line-5").await;
    assert!(replayed.is_replayed(), "{replayed}");
    let replayed = replayed.expect(201);
    assert_eq!([&replayed["amount"], &replayed["posting_id"]], [&json!("1.045"), &entry["posting_id"]]);
    assert_eq!(replayed["effects"][0]["after"]["used"], "-1.438014239989", "of the posting that held the line");
    desk.charge(&customer, "1.11", "line-5").await.refused(422, "idempotency_key_reused");
    program.check_ledger(&customer, 2).await;
}

#[tokio::test]
async fn a_line_counts_once_however_it_comes() {
    let (program, Line { reseller, customer, .. }) = with_quota().await;
    let (desk, outside) = (Desk(&program), Outside(&program));
    desk.charge(&customer, "1.00", "by request").await.expect(201);
    let lines = [
        line(&customer, "1.000", " by request "),
        line(&customer, "2.00", "by event"),
        line(&customer, "2.0", "by event"),
        line(&reseller, "1.00", "by request"),
    ];
    for _ in 0..3 {
        assert_eq!(outside.count(&lines, 0).await, []);
    }
    desk.check(
        &customer,
        json!({ "granted": "500.00", "used": "2.85", "available": "497.15", "upstream": ["2.70", "2.40"] }),
    )
    .await;
    program.check_ledger(&customer, 3).await;
    program.check_ledger(&reseller, 3).await;

    // Another line under a name that is taken, by an event before or by a line before, is left out; its neighbours count.
    let [other, twin] = [line(&customer, "1.01", "by request"), line(&customer, "3.00", "new")];
    let parked = outside.count(&[other.clone(), line(&customer, "4.00", "new"), twin.clone()], 1).await;
    let reason = "idempotency_key_reused: The source_id was used for another line of this account.";
    assert_eq!(parked, [(reason.to_owned(), json!([other, twin]))]);
    assert_eq!(program.entries(&customer).await[0]["amount"], "3.80");
}

#[tokio::test]
async fn a_line_that_comes_alone_is_the_charge_that_a_request_would_have_made() {
    let (program, Line { customer, .. }) = with_quota().await;
    let (desk, outside) = (Desk(&program), Outside(&program));
    desk.charge(&customer, "1.10", "first").await.expect(201);
    outside.usage(&[line(&customer, "1.10", "second")]).await;
    let by_event = outside.entry(&customer, 3).await;
    let by_request = program.entries(&customer).await[1].clone();
    for field in ["kind", "amount", "deltas", "note"] {
        assert_eq!(by_event[field], by_request[field], "{field}");
    }
    assert_eq!([&by_event["reference"], &by_request["reference"]], ["second", "first"]);
}

#[tokio::test]
async fn what_cannot_be_counted_is_parked_by_reason_and_the_rest_counts() {
    let (program, Line { distributor, reseller, customer }) = with_quota().await;
    let (desk, outside) = (Desk(&program), Outside(&program));
    let other = Program::create().await;
    let stranger = other.onboard(&other.root).await;
    let closed = program.onboard(&program.root).await;
    desk.close(&program.root, &closed).await.expect(201);
    desk.suspend(&program.root, &distributor).await.expect(200);

    let unread = [line(&customer, "1e3", "a"), line(&reseller, "1e3", "b")];
    let unknown = [line(&stranger, "1", "a"), line("acc_00000000000000000000000000", "1", "a")];
    let (gone, own) = (line(&closed, "1", "a"), line(&program.root, "1", "a"));
    let good = [line(&customer, "1", "c"), line(&reseller, "1", "d"), line(&distributor, "1", "e")];
    let lines =
        [&unread[0], &good[0], &unknown[0], &gone, &good[1], &own, &unread[1], &good[2], &unknown[1]].map(Clone::clone);
    let parked = outside.count(&lines, 4).await;
    let expected = [
        ("account_not_active: The account is not active.", json!([gone])),
        ("forbidden: A provider's own account cannot be charged.", json!([own])),
        ("not_found: There is no such account in the program.", json!(unknown)),
        ("validation_failed: list_amount must be a plain decimal number such as \"1250.00\".", json!(unread)),
    ];
    assert_eq!(parked, expected.map(|(reason, lines)| (reason.to_owned(), lines)));
    for (account, used) in [(&customer, "0.95"), (&reseller, "0.90"), (&distributor, "0.80")] {
        assert_eq!(program.position(account).await["used"], used);
    }
    assert_eq!(other.position(&stranger).await["used"], "0.00");
}

#[tokio::test]
async fn what_was_parked_counts_once_its_cause_is_mended() {
    let (program, Line { distributor, .. }) = with_quota().await;
    let (desk, outside) = (Desk(&program), Outside(&program));
    let large = "700000000000000";
    let lines = [line(&distributor, large, "a"), line(&distributor, "1.00", "b"), line(&distributor, large, "c")];
    let parked = outside.count(&lines, 1).await;
    assert_eq!(parked, [("out_of_range: A balance would be beyond 10^15.".to_owned(), json!([lines[2]]))]);
    assert_eq!(program.position(&distributor).await["used"], "560000000000000.80");

    desk.charge(&distributor, &format!("-{large}"), "credit").await.expect(201);
    assert_eq!(outside.count(&lines, 0).await, []);
    assert_eq!(program.position(&distributor).await["used"], "560000000000000.80");
    program.check_ledger(&distributor, 5).await;
}

#[tokio::test]
async fn five_hundred_lines_are_posted_ninety_at_a_time_and_one_more_is_refused() {
    let (program, Line { reseller, customer, .. }) = with_quota().await;
    let outside = Outside(&program);
    let lines: Vec<Value> = (0..499).map(|at| line(&customer, "0.01", &format!("line-{at}"))).collect();
    assert_eq!(outside.count(&lines, 0).await, []);
    let entries = program.entries(&customer).await;
    let notes: Vec<&str> = entries.iter().rev().skip(1).map(|entry| entry["note"].as_str().unwrap()).collect();
    assert_eq!(notes, ["90 lines", "90 lines", "90 lines", "90 lines", "90 lines", "49 lines"]);
    assert_eq!(program.position(&customer).await["used"], "4.7405");
    program.check_ledger(&customer, 7).await;

    let more: Vec<Value> = (0..501).map(|at| line(&reseller, "0.01", &format!("line-{at}"))).collect();
    let id = outside.usage(&more).await;
    assert_eq!(outside.refused(&id).await, "validation_failed: lines must have at most 500 elements.");
    assert_eq!(program.position(&reseller).await["used"], "0.00");
}

#[tokio::test]
async fn requests_and_events_at_once_count_each_line_once() {
    let (program, Line { customer, .. }) = with_quota().await;
    let (desk, outside) = (Desk(&program), Outside(&program));
    let lines: Vec<Value> = (0..60).map(|at| line(&customer, "1.00", &format!("line-{at}"))).collect();
    let first = outside.usage(&lines).await;
    outside.usage(&lines).await;
    for at in 0..60 {
        desk.charge(&customer, "1.00", &format!("line-{at}")).await.expect(201);
    }
    assert_eq!(outside.count(&lines, 0).await, []);
    assert_eq!(program.position(&customer).await["used"], "57.00", "{first}");
    assert_eq!(program.read(&customer, "verification").await["consistent"], true);
}

#[tokio::test]
async fn an_event_of_another_version_is_parked_as_it_came() {
    let (program, Line { customer, .. }) = with_quota().await;
    let outside = Outside(&program);
    let id = new_key();
    let detail = json!({ "version": "2", "id": id, "data": { "lines": [line(&customer, "1.00", "line")] } });
    outside.send(json!({ "source": "cloud-console", "detail-type": "UsageRecorded", "detail": detail })).await;
    let parked = outside.parked(&id, |letters| !letters.is_empty()).await;
    let reason = "validation_failed: version must be \"1\".".to_owned();
    assert_eq!(parked, [(reason, detail["data"]["lines"].clone())]);
}
