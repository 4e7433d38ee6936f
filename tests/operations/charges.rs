//! Metered usage: it has happened, so it is recorded.

use serde_json::json;
use tests::client::insist;
use tests::{Line, Program, company};

use crate::desk::{Desk, usage};

async fn with_quota() -> (Program, Line) {
    let program = Program::create().await;
    let line = program.funded_line(["1000.00", "600.00", "10.00"]).await;
    (program, line)
}

#[tokio::test]
async fn amounts_far_below_a_cent_zero_and_credits_are_recorded_to_the_last_digit() {
    let (program, Line { customer, .. }) = with_quota().await;
    let desk = Desk(&program);
    for (at, (list_amount, amount)) in [
        ("0.00000080000", "0.00000076"),
        ("0.00000000001", "0.00000000001"),
        ("0.000000000001", "0.000000000001"),
        ("0", "0.00"),
        ("-2.6137", "-2.483015"),
        ("1.10", "1.045"),
    ]
    .into_iter()
    .enumerate()
    {
        let charged = desk.charge(&customer, list_amount, &format!("line-{at}")).await.expect(201);
        // 0.95 of 10^-11 is 9.5 × 10^-12, half-even to 12 digits: 10^-11 again.
        assert_eq!([&charged["kind"], &charged["amount"]], ["charge", amount], "{list_amount}");
    }
    let figures = desk.figures(&customer).await;
    assert_eq!(figures["used"], "-1.438014239989");
    assert_eq!(figures["available"], "11.438014239989");
    assert_eq!(figures["upstream"], json!(["-1.36232927999", "-1.210959359991"]));
    assert_eq!(program.read(&customer, "verification").await["consistent"], true);
    let entries = program.entries(&customer).await;
    assert_eq!([&entries[0]["reference"], &entries[0]["note"]], ["line-5", "Object storage"]);
    assert_eq!(entries[1]["deltas"]["used"], "-2.483015");
    assert_eq!(entries[2]["deltas"], json!({}), "a charge of zero is an entry");
}

#[tokio::test]
async fn a_line_is_charged_once_with_or_without_a_key() {
    let (program, Line { customer, .. }) = with_quota().await;
    let path = format!("/v1/accounts/{customer}/charges");
    let provider = program.member(&program.root, "admin");
    let first = provider.post(&path).json(usage("1.10", "line")).await;
    first.expect(201);
    let colleague = program.member(&program.root, "finance");
    for again in [
        provider.post(&path).json(usage("1.10", "line")).await,
        provider.post(&path).key("k").json(usage("1.1000", "line")).await,
        provider.post(&path).key("k").json(usage("1.1", " line ")).await,
        colleague.post(&path).json(usage("1.10", "line")).await,
    ] {
        assert!(again.is_replayed(), "{again}");
        assert_eq!(again.expect(201), first.json());
    }
    // A header is ignored, also where another line had it.
    provider.post(&path).key("k").json(usage("2.00", "other line")).await.expect(201);
    program.check_ledger(&customer, 3).await;
}

#[tokio::test]
async fn the_name_of_a_line_is_not_used_for_another() {
    let (program, Line { reseller, customer, .. }) = with_quota().await;
    let path = format!("/v1/accounts/{customer}/charges");
    let provider = program.member(&program.root, "admin");
    let line = usage("1.10", "line");
    provider.post(&path).json(&line).await.expect(201);
    for change in [
        json!({ "list_amount": "1.100000000001" }),
        json!({ "service": "Compute" }),
        json!({ "period_start": "2025-12-31T23:59:59.999Z" }),
        json!({ "period_end": "2026-01-01T01:00:00.001Z" }),
    ] {
        let other = company::with(&line, &change);
        provider.post(&path).json(other).await.refused(422, "idempotency_key_reused");
    }
    // Another account's lines have names of their own.
    let other = provider.post(format!("/v1/accounts/{reseller}/charges")).json(&line).await;
    other.expect(201);
    assert!(!other.is_replayed(), "{other}");
    program.check_ledger(&customer, 2).await;
}

#[tokio::test]
async fn of_ten_deliveries_at_once_one_is_charged() {
    let (program, Line { customer, .. }) = with_quota().await;
    let path = format!("/v1/accounts/{customer}/charges");
    let provider = program.member(&program.root, "admin");
    let start = |_| tests::client::start(insist(provider.post(&path).json(usage("1.10", "line"))));
    let mut fresh = 0;
    for running in (0..10).map(start).collect::<Vec<_>>() {
        let answer = running.await.unwrap();
        answer.expect(201);
        fresh += usize::from(!answer.is_replayed());
    }
    assert_eq!(fresh, 1);
    program.check_ledger(&customer, 2).await;
}

#[tokio::test]
async fn neither_quota_nor_suspension_keeps_usage_out_but_closure_does() {
    let (program, Line { distributor, reseller, customer }) = with_quota().await;
    let desk = Desk(&program);
    desk.charge(&customer, "100.00", "beyond").await.expect(201);
    let overdrawn =
        json!({ "granted": "10.00", "used": "95.00", "available": "-85.00", "upstream": ["90.00", "80.00"] });
    desk.check(&customer, overdrawn).await;
    desk.suspend(&reseller, &customer).await.expect(200);
    desk.suspend(&program.root, &distributor).await.expect(200);
    desk.charge(&customer, "1.00", "suspended").await.expect(201);

    let empty = program.onboard(&program.root).await;
    desk.close(&program.root, &empty).await.expect(201);
    let refused = desk.charge(&empty, "1.00", "closed").await.refused(409, "account_not_active");
    assert_eq!(refused["account_id"], *empty);
}

#[tokio::test]
async fn only_the_provider_charges_and_only_accounts_below_it() {
    let (program, Line { distributor, reseller, customer }) = with_quota().await;
    let path = format!("/v1/accounts/{customer}/charges");
    for account in [&customer, &reseller, &distributor] {
        program.member(account, "admin").post(&path).json(usage("1", "line")).await.refused(403, "forbidden");
    }
    program.member(&program.root, "sales").post(&path).json(usage("1", "line")).await.refused(403, "forbidden");
    let own = format!("/v1/accounts/{}/charges", program.root);
    program.member(&program.root, "admin").post(own).json(usage("1", "line")).await.refused(403, "forbidden");
}

#[tokio::test]
async fn every_field_that_is_wrong_is_named() {
    let (program, Line { customer, .. }) = with_quota().await;
    let path = format!("/v1/accounts/{customer}/charges");
    let provider = program.member(&program.root, "admin");
    let send = async |change| provider.post(&path).json(company::with(&usage("1.00", "line"), &change)).await;
    for (change, field) in [
        (json!({ "list_amount": "0.0000000000001" }), "list_amount"),
        (json!({ "list_amount": 1 }), "list_amount"),
        (json!({ "list_amount": "1000000000000000.01" }), "list_amount"),
        (json!({ "source_id": " " }), "source_id"),
        (json!({ "service": null }), "service"),
        (json!({ "period_start": "2026-01-01" }), "period_start"),
        (json!({ "period_end": "2025-12-31T23:59:59.999Z" }), "period_end"),
    ] {
        assert_eq!(send(change.clone()).await.invalid_fields(), [field], "{change}");
    }
}
