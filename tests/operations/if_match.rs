//! `If-Match` on every ledger POST: only onto the position that the caller saw.

use serde_json::json;
use tests::Program;
use tests::program::new_key;

use crate::preview::{caller, cases};

#[tokio::test]
async fn only_the_seq_of_the_account_lets_a_posting_through() {
    let program = Program::create().await;
    for case in cases(&program).await {
        let body =
            if case.kind == "adjustment" { json!({ "set": "512.34", "reason": "More" }) } else { case.body.clone() };
        let (caller, key) = (caller(&program, &case), new_key());
        let seq = program.position(&case.target).await["seq"].as_u64().unwrap();
        for wrong in [seq + 1, seq.wrapping_sub(1).min(999)] {
            for query in ["", "?preview=true"] {
                let call = caller.post(format!("{}{query}", case.path)).key(&key).if_match(wrong).json(&body);
                call.await.refused(409, "position_changed");
            }
        }
        let posted = caller.post(&case.path).key(&key).if_match(seq).json(&body).await;
        posted.expect(201);
        // Neither position nor If-Match count when a request comes again.
        let again = caller.post(&case.path).key(&key).if_match(seq).json(&body).await;
        assert!(again.is_replayed(), "{}: {again}", case.kind);
        assert_eq!(again.expect(201), posted.json(), "{}", case.kind);
    }
}
