//! The statement as comma-separated values.

use serde_json::{Value, json};
use tests::program::{items, new_key};
use tests::{Answer, Caller, Line, Program};

use crate::desk::{Desk, usage};

const COLUMNS: [&str; 24] = [
    "seq",
    "created_at",
    "kind",
    "amount",
    "currency",
    "granted_delta",
    "allocated_delta",
    "held_delta",
    "used_delta",
    "available_delta",
    "paid_delta",
    "collected_delta",
    "granted",
    "allocated",
    "held",
    "used",
    "available",
    "paid",
    "collected",
    "reference",
    "note",
    "by_account_id",
    "entry_id",
    "posting_id",
];

/// The header and the rows of an answer that has to be CSV for a spreadsheet.
pub fn table(answer: &Answer) -> (Vec<String>, Vec<Vec<String>>) {
    assert_eq!((answer.status, answer.content_type()), (200, "text/csv"), "{answer}");
    let mut reader = csv::Reader::from_reader(answer.text.as_bytes());
    let header = reader.headers().unwrap().iter().map(str::to_owned).collect();
    let rows = reader.records().map(|record| record.unwrap().iter().map(str::to_owned).collect()).collect();
    (header, rows)
}

pub async fn get(caller: &Caller, path: &str) -> Answer {
    caller.get(path).header("accept", "text/csv").await
}

/// The path of the next part.
pub fn next(answer: &Answer) -> Option<String> {
    let link = answer.headers.get("link")?.to_str().unwrap();
    let (target, relation) = link.split_once('>').unwrap();
    assert_eq!(relation.trim_start_matches([';', ' ']), "rel=\"next\"", "{answer}");
    let target = target.strip_prefix('<').unwrap();
    let from = target.find("/v1/").unwrap_or_else(|| panic!("{answer}"));
    Some(target.split_at(from).1.to_owned())
}

#[tokio::test]
async fn it_has_a_header_and_a_row_an_entry_that_shows_the_same() {
    let program = Program::create().await;
    let Line { reseller, customer, .. } = program.funded_line(["1000.00", "600.00", "500.00"]).await;
    let desk = Desk(&program);
    desk.charge(&customer, "0.0000008", "line").await.expect(201);
    program.purchase(&customer, "100.00").await.expect(201);
    desk.settle(&reseller, &customer, "10.00", Some("5.00")).await.expect(201);
    let viewer = program.member(&customer, "viewer");
    let path = format!("/v1/accounts/{customer}/entries");
    let answer = get(&viewer, &path).await;
    let disposition = answer.headers.get("content-disposition").unwrap().to_str().unwrap();
    assert!(disposition.contains("attachment") && disposition.contains(".csv"), "{disposition}");
    assert_eq!(next(&answer), None);
    let (header, rows) = table(&answer);
    assert_eq!(header, COLUMNS);
    let entries = items(&viewer.get(&path).await.expect(200));
    assert_eq!(rows.len(), entries.len());
    for (row, entry) in rows.iter().zip(&entries) {
        let cell = |name: &str| row[COLUMNS.iter().position(|column| *column == name).unwrap()].clone();
        for name in ["kind", "amount", "created_at", "posting_id"] {
            assert_eq!(entry[name], cell(name), "{name}: {entry:#}");
        }
        assert_eq!(entry["seq"].to_string(), cell("seq"));
        assert_eq!(entry["id"], cell("entry_id"));
        for name in ["granted", "allocated", "held", "used", "available", "paid", "collected"] {
            assert_eq!(entry["after"][name], cell(name), "{name}: {entry:#}");
            let delta = entry["deltas"].get(name).cloned().unwrap_or_else(|| json!("0.00"));
            assert_eq!(delta, cell(&format!("{name}_delta")), "{name}: {entry:#}");
        }
        assert_eq!(entry["reference"].as_str().unwrap_or_default(), cell("reference"));
        assert_eq!(entry["note"].as_str().unwrap_or_default(), cell("note"));
    }
}

#[tokio::test]
async fn it_begins_with_the_mark_by_which_spreadsheets_know_utf_8() {
    let program = Program::create().await;
    let stack = tests::stack::shared().await;
    let token = stack.token("reader", "reader@example.com", &format!("{}:viewer", program.root)).unwrap();
    // Whoever decodes the body takes the mark away.
    let request = reqwest::Client::new().get(format!("{}/v1/accounts/{}/entries", stack.url(), program.root));
    let response = request.bearer_auth(token).header("accept", "text/csv").send().await.unwrap();
    assert_eq!(response.status().as_u16(), 200);
    let bytes = response.bytes().await.unwrap();
    assert!(bytes.starts_with(b"\xef\xbb\xbfseq,"), "{bytes:?}");
}

#[tokio::test]
async fn texts_that_look_like_formulas_stay_texts() {
    let program = Program::create().await;
    let Line { reseller, customer, .. } = program.line().await;
    program.allocate(&program.root, &program.onboard(&program.root).await, "1.00").await.expect(201);
    let provider = program.member(&program.root, "admin");
    let texts = ["=1+1", "+82 2 1234", "-5", "@SUM(A1)", "ordinary, \"quoted\" = text", "ご利用料金"];
    for text in texts {
        let mut line = usage("1.00", text);
        line["service"] = json!(text);
        provider.post(format!("/v1/accounts/{customer}/charges")).json(line).await.expect(201);
    }
    let answer = get(&program.member(&reseller, "viewer"), &format!("/v1/accounts/{customer}/entries")).await;
    let (header, rows) = table(&answer);
    for name in ["reference", "note"] {
        let at = header.iter().position(|column| column == name).unwrap();
        for (row, text) in rows.iter().rev().zip(texts) {
            let expected = if text.starts_with(['=', '+', '-', '@']) { format!("'{text}") } else { text.to_owned() };
            assert_eq!(row[at], expected);
        }
    }
}

#[tokio::test]
async fn following_the_links_walks_everything_once() {
    let program = Program::create().await;
    let Line { customer, .. } = program.funded_line(["1000.00", "600.00", "500.00"]).await;
    let buyer = program.member(&customer, "admin");
    let order = json!({ "list_amount": "0.50", "product": "Disk" });
    for _ in 0..22 {
        buyer.post(format!("/v1/accounts/{customer}/purchases")).key(new_key()).json(&order).await.expect(201);
    }
    for (query, expected) in [("?limit=5", 23), ("?limit=23", 23), ("?limit=7&kind=purchase", 22)] {
        let mut path = format!("/v1/accounts/{customer}/entries{query}");
        let mut seen: Vec<Value> = Vec::new();
        let mut parts = 0;
        loop {
            let answer = get(&buyer, &path).await;
            seen.extend(table(&answer).1.iter().map(|row| json!(row[0].parse::<u64>().unwrap())));
            parts += 1;
            assert!(parts <= 10, "it does not end: {path}");
            let Some(following) = next(&answer) else { break };
            path = following;
        }
        let newest_first: Vec<Value> = (1..=23).rev().take(expected).map(Value::from).collect();
        assert_eq!(seen, newest_first, "{query}");
    }
}
