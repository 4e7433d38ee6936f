//! `If-Match`: a posting only onto the position that the caller saw.

use serde_json::{Value, json};
use tests::{Caller, Program};

struct Case {
    caller: Caller,
    path: String,
    body: Value,
    seq: u64,
}

async fn cases(program: &Program) -> Vec<Case> {
    let line = program.funded_line(["1000.00", "500.00", "100.00"]).await;
    let customer = &line.customer;
    vec![
        Case {
            caller: program.member(customer, "admin"),
            path: format!("/v1/accounts/{customer}/purchases"),
            body: json!({ "list_amount": "1.00", "product": "Disk" }),
            seq: 1,
        },
        Case {
            caller: program.member(&program.root, "admin"),
            path: format!("/v1/accounts/{}/allocations", line.distributor),
            body: json!({ "amount": "1.00" }),
            seq: 2,
        },
        Case {
            caller: program.operator(),
            path: format!("/v1/accounts/{}/capacity", program.root),
            body: json!({ "delta": "1.00" }),
            seq: 3,
        },
    ]
}

#[tokio::test]
async fn the_seq_of_the_target_lets_a_posting_through_and_any_other_does_not() {
    let program = Program::create().await;
    for Case { caller, path, body, seq } in cases(&program).await {
        for wrong in [seq - 1, seq + 1, 999_999] {
            caller.post(&path).key(&path).if_match(wrong).json(&body).await.refused(409, "position_changed");
        }
        let posted = caller.post(&path).key(&path).if_match(seq).json(&body).await.expect(201);
        let account = posted["account_id"].clone();
        let effects = posted["effects"].as_array().unwrap();
        let own = effects.iter().find(|effect| effect["account_id"] == account).unwrap();
        assert_eq!([&own["before"]["seq"], &own["after"]["seq"]], [seq, seq + 1], "{posted:#}");
        caller.post(&path).key("again").if_match(seq).json(&body).await.refused(409, "position_changed");
    }
}

#[tokio::test]
async fn what_is_no_seq_in_quotes_is_a_wrong_parameter() {
    let program = Program::create().await;
    for Case { caller, path, body, .. } in cases(&program).await {
        for malformed in
            ["1", "\"one\"", "\"\"", "\"-1\"", "\"1", "W/\"1\"", "*", "\"1\", \"2\"", "\"99999999999999999999\"", "é"]
        {
            let answer = caller.post(&path).key("k").header("if-match", malformed).json(&body).await;
            answer.refused(400, "invalid_parameter");
        }
    }
}
