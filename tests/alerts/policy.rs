//! Setting when an account hears of its quota, and who else does.

use reqwest::Method;
use serde_json::{Value, json};
use tests::Program;

use crate::listener::{at_list_price, set_policy};

/// A distributor with 1,000.00, of which 150.00 are left.
async fn distributor() -> (Program, String) {
    let program = Program::with(at_list_price()).await;
    let distributor = program.onboard(&program.root).await;
    program.allocate(&program.root, &distributor, "1000.00").await.expect(201);
    program.purchase(&distributor, "850.00").await.expect(201);
    (program, distributor)
}

async fn shown(program: &Program, account: &str) -> Value {
    program.read(account, "alert-policy").await
}

/// The default policy at 1,000.00 of which 150.00 are left.
fn default_policy(account: &str) -> Value {
    json!({
        "account_id": account, "currency": "USD", "recipients": [],
        "thresholds": [{ "percent": "20" }, { "percent": "10" }],
        "levels": [
            { "percent": "20", "level": "200.00", "is_reached": true },
            { "percent": "10", "level": "100.00", "is_reached": false },
        ],
    })
}

#[tokio::test]
async fn a_policy_takes_the_place_of_the_whole_one_before() {
    let (program, account) = distributor().await;
    assert_eq!(shown(&program, &account).await, default_policy(&account));
    let own = json!({
        "thresholds": [{ "amount": "150.00" }, { "percent": 14 }, { "percent": "12.50" }],
        "recipients": [{ "email": "Ops@partner.example", "locale": "ko" }],
    });
    let expected = json!({
        "account_id": account, "currency": "USD", "recipients": own["recipients"],
        "thresholds": [{ "amount": "150.00" }, { "percent": "14" }, { "percent": "12.5" }],
        "levels": [
            { "amount": "150.00", "level": "150.00", "is_reached": true },
            { "percent": "14", "level": "140.00", "is_reached": false },
            { "percent": "12.5", "level": "125.00", "is_reached": false },
        ],
    });
    let set = set_policy(&program, &account, &own).await.expect(200);
    assert_eq!([&set, &shown(&program, &account).await], [&expected, &expected]);

    // No recipients are named, so there are none; an empty list of thresholds is wanted as it stands.
    let none = set_policy(&program, &account, &json!({ "thresholds": [] })).await.expect(200);
    let empty = json!({ "account_id": account, "currency": "USD", "recipients": [], "thresholds": [], "levels": [] });
    assert_eq!([&none, &shown(&program, &account).await], [&empty, &empty]);
    let again = set_policy(&program, &account, &json!({})).await.expect(200);
    assert_eq!([&again, &shown(&program, &account).await], [&default_policy(&account), &default_policy(&account)]);
}

#[tokio::test]
async fn a_preview_shows_where_the_levels_would_stand_and_writes_nothing() {
    let (program, account) = distributor().await;
    let admin = program.member(&account, "admin");
    let path = format!("/v1/accounts/{account}/alert-policy?preview=true");
    let wanted = json!({ "thresholds": [{ "percent": "0.01" }, { "percent": 99 }, { "amount": "0.01" }] });
    let preview = admin.call(Method::PUT, &path).json(&wanted).await.expect(200);
    assert_eq!(preview["preview"], true);
    let levels = json!([
        { "percent": "0.01", "level": "0.10", "is_reached": false },
        { "percent": "99", "level": "990.00", "is_reached": true },
        { "amount": "0.01", "level": "0.01", "is_reached": false },
    ]);
    assert_eq!(preview["levels"], levels);
    assert_eq!(shown(&program, &account).await, default_policy(&account));
    let wrong = json!({ "thresholds": [{ "percent": "0" }] });
    let answer = admin.call(Method::PUT, &path).json(&wrong).await;
    assert_eq!(answer.invalid_fields(), ["thresholds[0].percent"]);
}

#[tokio::test]
async fn everything_that_is_wrong_is_said_at_once() {
    let (program, account) = distributor().await;
    let wrong = json!({
        "thresholds": [
            { "percent": "20" },
            { "percent": "100" },
            { "percent": "0" },
            { "percent": "12.345" },
            { "amount": "1.001" },
            { "amount": "-5.00" },
            { "amount": "1000000000000000.01" },
            { "percent": "20", "amount": "5.00" },
            {},
            { "percent": "5", "level": "1.00" },
        ],
        "recipients": [
            { "email": "nobody", "locale": "ko" },
            { "email": "kim@partner.example", "locale": "fr" },
            { "locale": "en" },
            { "email": "Kim <kim@partner.example>", "locale": "en", "name": "Kim" },
            "kim@partner.example",
        ],
        "treshold": [],
    });
    let mut fields = set_policy(&program, &account, &wrong).await.invalid_fields();
    fields.sort();
    let expected = [
        "recipients[0].email",
        "recipients[1].locale",
        "recipients[2].email",
        "recipients[3].email",
        "recipients[3].name",
        "recipients[4]",
        "thresholds[1].percent",
        "thresholds[2].percent",
        "thresholds[3].percent",
        "thresholds[4].amount",
        "thresholds[5].amount",
        "thresholds[6].amount",
        "thresholds[7].amount",
        "thresholds[8].percent",
        "thresholds[9].level",
        "treshold",
    ];
    assert_eq!(fields, expected);
    assert_eq!(shown(&program, &account).await, default_policy(&account), "nothing was set");
}

#[tokio::test]
async fn lists_have_a_limit_and_no_repeats() {
    let (program, account) = distributor().await;
    let percents = |count: usize| (1..=count).map(|percent| json!({ "percent": percent })).collect::<Vec<_>>();
    let people = |count: usize| {
        let person = |number| json!({ "email": format!("p{number}@partner.example"), "locale": "en" });
        (1..=count).map(person).collect::<Vec<_>>()
    };
    let most = json!({ "thresholds": percents(10), "recipients": people(10) });
    set_policy(&program, &account, &most).await.expect(200);
    let too_many = json!({ "thresholds": percents(11), "recipients": people(11) });
    let mut fields = set_policy(&program, &account, &too_many).await.invalid_fields();
    fields.sort();
    assert_eq!(fields, ["recipients", "thresholds"]);
    let repeats = json!({
        "thresholds": [{ "percent": "20" }, { "amount": "20" }, { "percent": "20.00" }, { "amount": "20.00" }],
        "recipients": [
            { "email": "kim@partner.example", "locale": "en" },
            { "email": "KIM@Partner.example", "locale": "ko" },
        ],
    });
    let mut fields = set_policy(&program, &account, &repeats).await.invalid_fields();
    fields.sort();
    assert_eq!(fields, ["recipients[1]", "thresholds[2]", "thresholds[3]"]);
    assert_eq!(shown(&program, &account).await["recipients"], most["recipients"], "nothing was set");
}

#[tokio::test]
async fn what_is_no_policy_is_refused() {
    let (program, account) = distributor().await;
    for (body, field) in [
        (json!({ "thresholds": "20" }), "thresholds"),
        (json!({ "thresholds": { "percent": "20" } }), "thresholds"),
        (json!({ "thresholds": [20] }), "thresholds[0]"),
        (json!({ "thresholds": [{ "percent": 12.5 }] }), "thresholds[0].percent"),
        (json!({ "thresholds": [{ "percent": "20%" }] }), "thresholds[0].percent"),
        (json!({ "thresholds": [{ "percent": true }] }), "thresholds[0].percent"),
        (json!({ "thresholds": [{ "amount": 50 }] }), "thresholds[0].amount"),
        (json!({ "thresholds": [{ "amount": "0" }] }), "thresholds[0].amount"),
        (json!({ "recipients": "kim@partner.example" }), "recipients"),
        (json!({ "recipients": [{ "email": ["kim@partner.example"], "locale": "en" }] }), "recipients[0].email"),
        (json!({ "recipients": [{ "email": "kim@partner.example" }] }), "recipients[0].locale"),
        (
            json!({ "recipients": [{ "email": "kim@partner.example\r\nBcc: eve@evil.example", "locale": "en" }] }),
            "recipients[0].email",
        ),
        (json!([]), ""),
        (json!("none"), ""),
    ] {
        assert_eq!(set_policy(&program, &account, &body).await.invalid_fields(), [field], "{body}");
    }
    let put = || program.member(&account, "admin").call(Method::PUT, format!("/v1/accounts/{account}/alert-policy"));
    put().body("application/json", "{").await.refused(400, "invalid_json");
    put().body("text/plain", "{}").await.refused(415, "unsupported_media_type");
    put()
        .body("application/json", format!("{{\"x\":\"{}\"}}", "x".repeat(70_000)))
        .await
        .refused(413, "payload_too_large");
}

#[tokio::test]
async fn amounts_have_the_digits_of_the_programs_currency() {
    let program = Program::with(json!({ "currency": "KRW", "capacity": "100000" })).await;
    let distributor = program.onboard(&program.root).await;
    let policy = |amount: &str| json!({ "thresholds": [{ "amount": amount }] });
    let answer = set_policy(&program, &distributor, &policy("50.5")).await;
    assert_eq!(answer.invalid_fields(), ["thresholds[0].amount"]);
    let set = set_policy(&program, &distributor, &policy("50")).await.expect(200);
    assert_eq!([&set["currency"], &set["thresholds"][0]["amount"]], ["KRW", "50"]);
    // A percentage of nothing is silent.
    let set = set_policy(&program, &distributor, &json!({})).await.expect(200);
    assert_eq!(set["levels"][0], json!({ "percent": "20", "level": "0", "is_reached": false }));
}
