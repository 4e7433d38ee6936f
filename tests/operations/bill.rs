//! A real cloud bill in the FOCUS format, charged line by line.

use std::collections::BTreeMap;
use std::path::Path;

use num_bigint::BigInt;
use serde_json::{Value, json};
use tests::Program;
use tests::client::insist;
use tests::program::{items, text};

use crate::desk::Desk;

/// From the workspace's folder. It is not part of the project.
const BILL: &str = "../shared/data/focus-1.0-sample.csv";

/// Charges under way at a time.
const AT_ONCE: usize = 8;

/// Fraction digits of the sums.
const DIGITS: usize = 12;

struct Row {
    sub_account: String,
    list_amount: String,
    body: Value,
}

/// The bill's rows; nothing when there is no such file.
fn read() -> Option<Vec<Row>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(BILL);
    let text = std::fs::read_to_string(path).ok()?;
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let header = reader.headers().unwrap().clone();
    let rows = reader.records().enumerate().map(|(number, record)| {
        let record = record.unwrap();
        let cell = |name: &str| {
            let at = header.iter().position(|column| column == name).unwrap_or_else(|| panic!("no column {name}"));
            Some(record[at].to_owned()).filter(|text| !text.is_empty() && text != "NULL")
        };
        // More fraction digits than 12 are zeros only; the API takes no more.
        let amount = cell("BilledCost").unwrap_or_else(|| "0".to_owned());
        let list_amount =
            if amount.contains('.') { amount.trim_end_matches('0').trim_end_matches('.').to_owned() } else { amount };
        let time = |name: &str| cell(name).map(|text| format!("{}Z", text.replace(' ', "T")));
        let start = time("ChargePeriodStart").unwrap();
        let end = time("ChargePeriodEnd").unwrap_or_else(|| start.clone());
        let body = json!({
            "list_amount": list_amount,
            "source_id": format!("{}-{number}", cell("Id").unwrap_or_default()),
            "service": cell("ServiceName").unwrap_or_else(|| "Other".to_owned()),
            "period_start": start,
            "period_end": end,
        });
        Row { sub_account: cell("SubAccountId").unwrap_or_else(|| "none".to_owned()), list_amount, body }
    });
    Some(rows.collect())
}

/// In units of 10^-12. An independent reading of decimals: digits only.
fn units(amount: &str) -> BigInt {
    let (sign, digits) = match amount.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, amount),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    assert!(fraction.len() <= DIGITS, "{amount}");
    let magnitude: BigInt = format!("{whole}{fraction:0<DIGITS$}").parse().unwrap();
    magnitude * sign
}

#[tokio::test(flavor = "multi_thread")]
async fn every_row_is_charged_once_and_the_sums_agree_to_the_last_digit() {
    let Some(rows) = read() else {
        println!("bill: SKIPPED, there is no {BILL} beside the workspace");
        return;
    };
    // Discounts of 0 and of one digit: a bill has 11 digits, so nothing needs to be rounded.
    let discounts = json!({ "distributor": "0.2", "reseller": "0.1", "customer": "0" });
    let program = Program::with(json!({ "discounts": discounts })).await;
    let distributor = program.onboard(&program.root).await;
    let reseller = program.onboard(&distributor).await;
    let mut customers: BTreeMap<&str, String> = BTreeMap::new();
    let mut sums: BTreeMap<&str, (BigInt, usize)> = BTreeMap::new();
    for row in &rows {
        if !customers.contains_key(row.sub_account.as_str()) {
            customers.insert(&row.sub_account, program.onboard(&reseller).await);
        }
        let (sum, count) = sums.entry(&row.sub_account).or_default();
        *sum += units(&row.list_amount);
        *count += 1;
    }
    let distinct: std::collections::BTreeSet<&str> = rows.iter().map(|row| row.list_amount.as_str()).collect();
    println!("bill: {} rows, {} amounts, {} customers", rows.len(), distinct.len(), customers.len());

    let first = charge_all(&program, &customers, &rows).await;
    assert_eq!(first, 0, "nothing is a replay at first");
    let mut after = BTreeMap::new();
    for (sub_account, customer) in &customers {
        let figures = Desk(&program).figures(customer).await;
        let (sum, count) = &sums[sub_account];
        assert_eq!(units(figures["used"].as_str().unwrap()), *sum, "{sub_account}: {figures:#}");
        assert_eq!(units(figures["available"].as_str().unwrap()), -sum, "{sub_account}: {figures:#}");
        // At 0.9 and 0.8 of list price.
        for (owed, tenths) in figures["upstream"].as_array().unwrap().iter().zip([9, 8]) {
            assert_eq!(units(owed.as_str().unwrap()) * 10, sum * tenths, "{sub_account}: {figures:#}");
        }
        assert_eq!(program.position(customer).await["seq"], *count);
        after.insert(customer, figures);
    }

    let second = charge_all(&program, &customers, &rows).await;
    assert_eq!(second, rows.len(), "everything is a replay the second time");
    for (customer, figures) in after {
        assert_eq!(Desk(&program).figures(customer).await, figures);
        let verification = program.read(customer, "verification").await;
        assert_eq!(verification["consistent"], true, "{verification:#}");
    }
    let children = items(&program.read(&reseller, "children?limit=200").await);
    assert_eq!(children.len(), customers.len());
    assert!(children.iter().all(|child| text(child, "status") == "active"));
}

/// Charges every row, several at a time; answers with how many were replays.
async fn charge_all(program: &Program, customers: &BTreeMap<&str, String>, rows: &[Row]) -> usize {
    let finance = program.member(&program.root, "finance");
    let mut replays = 0;
    for chunk in rows.chunks(AT_ONCE) {
        let start = |row: &Row| {
            let path = format!("/v1/accounts/{}/charges", customers[row.sub_account.as_str()]);
            tests::client::start(insist(finance.post(path).json(&row.body)))
        };
        for running in chunk.iter().map(start).collect::<Vec<_>>() {
            let answer = running.await.unwrap();
            answer.expect(201);
            replays += usize::from(answer.is_replayed());
        }
    }
    replays
}
