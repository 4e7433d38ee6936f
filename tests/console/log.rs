//! The log leads from a request to what it posted, as administrators look for it.

use serde_json::{Value, json};
use tests::program::{new_key, text};
use tests::{Answer, Line, Program};

/// The line that a function wrote about the request with this answer.
fn line_of(program: &Program, answer: &Answer) -> Value {
    let request = answer.headers["apigw-requestid"].to_str().unwrap();
    let log = std::fs::read_to_string(program.stack().log()).expect("the functions' log");
    let lines: Vec<Value> = log.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let mut of_request = lines.into_iter().filter(|line| line["request_id"] == *request);
    let line = of_request.next().unwrap_or_else(|| panic!("nothing of {request} in the log"));
    assert_eq!(of_request.next(), None, "one line a request");
    line
}

#[tokio::test]
async fn a_posting_is_found_by_the_id_of_the_request_that_made_or_repeated_it() {
    let program = Program::create().await;
    let Line { customer, .. } = program.funded_line(["1000.00", "600.00", "500.00"]).await;
    let (buyer, key) = (program.member(&customer, "admin"), new_key());
    let path = format!("/v1/accounts/{customer}/purchases");
    let order = json!({ "list_amount": "100.00", "product": "Virtual machine" });
    let (made, again) =
        (buyer.post(&path).key(&key).json(&order).await, buyer.post(&path).key(&key).json(&order).await);
    assert!(again.is_replayed());
    for answer in [made, again] {
        let (posting, line) = (text(&answer.expect(201), "posting_id"), line_of(&program, &answer));
        assert_eq!([&line["posting_id"], &line["account_id"]], [&posting, &customer], "{line:#}");
        let of_posting = |entry: &Value| entry["posting_id"] == *posting;
        assert!(program.entries(&customer).await.iter().any(of_posting));
    }
    let preview = buyer.post(format!("{path}?preview=true")).json(&order).await;
    preview.expect(200);
    let line = line_of(&program, &preview);
    assert_eq!((line.get("posting_id"), &line["account_id"]), (None, &json!(customer)), "{line:#}");
}
