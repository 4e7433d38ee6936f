//! The position as of any past time.

use serde_json::{Value, json};
use tests::program::only;
use tests::{Line, Program};

use crate::desk::{Desk, FIGURES};

#[tokio::test]
async fn the_position_at_a_time_is_that_after_the_last_entry_until_then() {
    let program = Program::create().await;
    let Line { reseller, customer, .. } = program.funded_line(["1000.00", "600.00", "500.00"]).await;
    let desk = Desk(&program);
    desk.charge(&customer, "0.0000008", "line").await.expect(201);
    let hold = desk.open_hold(&customer, "10.00").await;
    desk.release(&customer, &hold).await.expect(201);
    program.purchase(&customer, "100.00").await.expect(201);
    desk.settle(&reseller, &customer, "10.00", Some("5.00")).await.expect(201);
    let viewer = program.member(&reseller, "viewer");
    let at = async |time: &str| {
        let time = time.replace('+', "%2B");
        viewer.get(format!("/v1/accounts/{customer}/position?at={time}")).await.expect(200)
    };
    let entries = tests::program::items(&viewer.get(format!("/v1/accounts/{customer}/entries")).await.expect(200));
    assert_eq!(entries.len(), 6);
    for entry in &entries {
        let time = entry["created_at"].as_str().unwrap();
        let shown = at(time).await;
        // Of several entries in one millisecond the last counts.
        let last = entries.iter().find(|other| other["created_at"] == time).unwrap();
        assert_eq!(shown["seq"], last["seq"]);
        assert_eq!(only(&shown, FIGURES), only(&last["after"], FIGURES));
        assert_eq!(shown["as_of"], time);
    }
    let first = at("1999-12-31T23:59:59.999Z").await;
    assert_eq!(first["seq"], 0);
    assert_eq!(
        only(&first, &["granted", "available", "used"]),
        json!({ "granted": "0.00", "available": "0.00", "used": "0.00" })
    );
    let last = at("2999-12-31T23:59:59Z").await;
    assert_eq!(last["seq"], 6);
    assert_eq!(only(&last, FIGURES), only(&entries[0]["after"], FIGURES));
    // Any offset is understood; a plus sign has to be encoded in a query.
    let there = at("1999-12-31T23:59:59+09:00").await;
    assert_eq!(there["seq"], Value::from(0));
    for wrong in ["yesterday", "2026-01-01", ""] {
        let answer = viewer.get(format!("/v1/accounts/{customer}/position?at={wrong}")).await;
        answer.refused(400, "invalid_parameter");
    }
}
