//! Input that is well-formed and at the edge of what can be held or told apart.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;
use sha2::{Digest, Sha256};
use tests::Program;
use tests::program::new_key;

/// A name of 200 characters, each of which becomes fifteen letters when names are compared.
#[tokio::test]
async fn a_name_that_grows_when_it_is_compared_is_still_found() {
    let program = Program::create().await;
    let name = "\u{fdfa}".repeat(200);
    let mut company = program.company();
    company["legal_name"] = json!(name);
    program.onboard_company(&program.root, &company).await;
    let mut other = program.company();
    other["legal_name"] = json!(name);
    other["country"] = company["country"].clone();
    let application = program.apply(&program.root, &other).await.expect(201);
    let check = application["checks"].as_array().unwrap().iter().find(|check| check["name"] == "legal_name").unwrap();
    assert_eq!(check["outcome"], "manual", "{application:#}");
}

/// A cursor as the service makes it, for any place.
fn forged(path: &str, place: &str) -> String {
    let mut bytes: Vec<u8> =
        Sha256::digest([path.as_bytes(), &[0], place.as_bytes()].concat()).iter().copied().take(12).collect();
    bytes.extend(place.as_bytes());
    URL_SAFE_NO_PAD.encode(bytes)
}

#[tokio::test]
async fn a_forged_cursor_is_refused_unless_it_names_a_place_of_the_list() {
    let program = Program::create().await;
    let line = program.funded_line(["10.00", "10.00", "10.00"]).await;
    let reader = program.member(&line.customer, "viewer");
    for list in ["entries", "children", "purchases", "applications", "holds", "settlements", "verification"] {
        let path = format!("/v1/accounts/{}/{list}", line.customer);
        for place in ["", "77", "a", "pur_1", "\u{0}"] {
            if place == "77" && list == "entries" {
                continue; // The form of a place, and nothing stands before it.
            }
            let cursor = forged(&path, place);
            reader.get(format!("{path}?cursor={cursor}")).await.refused(400, "invalid_cursor");
        }
    }
}

#[tokio::test]
async fn memberships_that_are_not_understood_do_not_count() {
    let program = Program::create().await;
    let claim = format!("{} {}:viewer", "x:y ".repeat(300), program.root);
    program.caller("many", &claim).get(format!("/v1/accounts/{}/position", program.root)).await.expect(200);
}

#[tokio::test]
async fn a_rebalance_names_every_line_that_is_no_child_and_every_other_that_fails() {
    let program = Program::create().await;
    let line = program.funded_line(["100.00", "10.00", "5.00"]).await;
    let finance = program.member(&line.distributor, "finance");
    let lines = json!([
        { "account_id": line.distributor, "increase": "1.00" },
        { "account_id": line.reseller, "decrease": "5.01" },
        { "account_id": "acc_01M80000000000000000000000", "increase": "1.00" },
        { "account_id": line.customer, "increase": "1.00" },
    ]);
    let body = json!({ "lines": lines, "reason": "new quarter" });
    let answer = finance.post(format!("/v1/accounts/{}/rebalances", line.distributor)).key(new_key()).json(&body).await;
    assert_eq!(
        answer.invalid_fields(),
        ["lines[0].account_id", "lines[1]", "lines[2].account_id", "lines[3].account_id"]
    );
}
