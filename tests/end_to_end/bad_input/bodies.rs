//! Bodies that are no request.

use serde_json::{Value, json};
use tests::{Caller, Line, Program};

const JSON: &str = "application/json";
const KIBIBYTE: usize = 1024;

async fn customer() -> (Program, Line, Caller, String) {
    let program = Program::create().await;
    let line = program.funded_line(["1000.00", "500.00", "100.00"]).await;
    let buyer = program.member(&line.customer, "admin");
    let path = format!("/v1/accounts/{}/purchases", line.customer);
    (program, line, buyer, path)
}

/// An order of exactly so many bytes.
fn order_of(bytes: usize) -> String {
    let order = |product: &str| json!({ "list_amount": "1.00", "product": product }).to_string();
    order(&"x".repeat(bytes - order("").len()))
}

#[tokio::test]
async fn more_than_64_kibibytes_are_too_large() {
    let (_, _, buyer, path) = customer().await;
    let send = |body: String| buyer.post(&path).key("k").body(JSON, body);
    assert_eq!(send(order_of(64 * KIBIBYTE)).await.invalid_fields(), ["product"], "still read");
    send(order_of(64 * KIBIBYTE + 1)).await.refused(413, "payload_too_large");
    send("[".repeat(5_000_000)).await.refused(413, "payload_too_large");
    let spaced = order_of(100).replacen(',', &format!(",{}", " ".repeat(64 * KIBIBYTE)), 1);
    send(spaced).await.refused(413, "payload_too_large");
}

#[tokio::test]
async fn another_type_than_json_is_unsupported() {
    let (_, _, buyer, path) = customer().await;
    let order = order_of(60);
    for content_type in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "application/jsonp",
        "application/xml",
        "application/json; charset=latin1",
        "",
    ] {
        let answer = buyer.post(&path).key("k").body(content_type, order.clone()).await;
        answer.refused(415, "unsupported_media_type");
    }
    buyer.post(&path).key("k").untyped(order.clone()).await.refused(415, "unsupported_media_type");
    buyer.post(&path).key("k").body("Application/JSON; charset=UTF-8", order).await.expect(201);
}

#[tokio::test]
async fn what_is_not_json_is_told_so() {
    let (_, _, buyer, path) = customer().await;
    let bodies: [&[u8]; 13] = [
        b"",
        b" ",
        b"{",
        b"{\"list_amount\":}",
        b"nul",
        b"{'list_amount': '1.00'}",
        b"{\"list_amount\": 01}",
        b"{} {}",
        b"list_amount=1.00",
        b"\xef\xbb\xbf{}",
        b"{\"product\": \"\xff\xfe\"}",
        b"\xc3\x28",
        b"{\"a\": \"\n\"}",
    ];
    for body in bodies {
        buyer.post(&path).key("k").body(JSON, body).await.refused(400, "invalid_json");
    }
    let cut_off = order_of(60);
    buyer.post(&path).key("k").body(JSON, &cut_off.as_bytes()[..50]).await.refused(400, "invalid_json");
}

#[tokio::test]
async fn json_that_is_no_object_is_found_fault_with() {
    let (_, _, buyer, path) = customer().await;
    for body in ["[]", "[{\"list_amount\":\"1.00\",\"product\":\"Disk\"}]", "null", "true", "1", "\"text\""] {
        let answer = buyer.post(&path).key("k").body(JSON, body).await;
        answer.refused(422, "validation_failed");
    }
}

#[tokio::test]
async fn a_name_twice_and_deep_nesting_are_found_fault_with() {
    let (program, line, buyer, path) = customer().await;
    let nested = |open: &str, close: &str, depth: usize| {
        format!("{{\"list_amount\":\"1.00\",\"product\":{}1{}}}", open.repeat(depth), close.repeat(depth))
    };
    for body in [
        r#"{"list_amount":"1.00","list_amount":"1.00","product":"Disk"}"#.to_owned(),
        r#"{"list_amount":"1.00","product":"Disk","list_\u0061mount":"90.00"}"#.to_owned(),
        r#"{"list_amount":"1.00","product":{"a":1,"a":1}}"#.to_owned(),
        nested("[", "]", 100),
        nested("[", "]", 30_000),
        nested("{\"a\":", "}", 10_000),
    ] {
        let answer = buyer.post(&path).key("k").body(JSON, body).await;
        answer.refused(422, "validation_failed");
    }
    program.check_ledger(&line.customer, 1).await;
}

#[tokio::test]
async fn fields_are_found_fault_with_all_at_once() {
    let (program, line, buyer, path) = customer().await;
    assert_eq!(buyer.post(&path).key("k").json(json!({})).await.invalid_fields(), ["list_amount", "product"]);
    let wrong = json!({ "list_amount": 1, "quantity": 0, "reference": "", "expected_cost": "x", "expected_costs": "1.00", "Product": "Disk" });
    let mut fields = buyer.post(&path).key("k").json(&wrong).await.invalid_fields();
    fields.sort();
    assert_eq!(
        fields,
        ["Product", "expected_cost", "expected_costs", "list_amount", "product", "quantity", "reference"]
    );

    let applications = format!("/v1/accounts/{}/applications", line.reseller);
    let applicant = program.member(&line.reseller, "admin");
    let mut fields = applicant
        .post(&applications)
        .json(json!({ "contact": { "fax": "1" }, "discount": "2" }))
        .await
        .invalid_fields();
    fields.sort();
    let expected = [
        "console_account_id",
        "contact.email",
        "contact.fax",
        "contact.name",
        "contact.phone",
        "country",
        "discount",
        "legal_name",
        "locale",
        "registration_number",
        "website",
    ];
    assert_eq!(fields, expected);

    let mut fields = program
        .operator()
        .post("/v1/programs")
        .json(json!({ "discounts": { "reseller": "x" }, "verification": [] }))
        .await
        .invalid_fields();
    fields.sort();
    let expected = [
        "capacity",
        "currency",
        "discounts.customer",
        "discounts.distributor",
        "discounts.reseller",
        "name",
        "verification",
    ];
    assert_eq!(fields, expected);
}

#[tokio::test]
async fn a_companys_data_is_checked_field_by_field() {
    let program = Program::create().await;
    let applicant = program.member(&program.root, "admin");
    let path = format!("/v1/accounts/{}/applications", program.root);
    let long = "x".repeat(100_000 / 2);
    let wrong: &[(&str, &[Value])] = &[
        (
            "console_account_id",
            &[
                json!("123456789"),
                json!("1234567890123"),
                json!("12345678a0"),
                json!("１２３４５６７８９０"),
                json!(1_234_567_890),
                json!(" 1234567890"),
                json!(""),
            ],
        ),
        (
            "legal_name",
            &[json!(""), json!("   "), json!("x".repeat(201)), json!(long), json!("a\u{0}b"), json!("a\nb"), json!(5)],
        ),
        ("country", &[json!("KOR"), json!("kr"), json!("XX"), json!(""), json!("K1"), json!(82)]),
        ("registration_number", &[json!(""), json!("x".repeat(65)), json!("---"), json!(110)]),
        (
            "website",
            &[
                json!("company.example"),
                json!("ftp://company.example"),
                json!("javascript:alert(1)"),
                json!("https://"),
                json!("https://x y.example"),
            ],
        ),
        ("locale", &[json!("xx"), json!("EN"), json!(""), json!(1)]),
        ("contact", &[json!("kim"), json!([]), json!(1)]),
        (
            "contact.email",
            &[
                json!("kim"),
                json!("kim@"),
                json!("@company.example"),
                json!("kim@localhost"),
                json!("a b@company.example"),
                json!("kim@company.example\r\nBcc: all@company.example"),
                json!(format!("{}@company.example", "k".repeat(300))),
            ],
        ),
        ("contact.name", &[json!(""), json!("x".repeat(201)), json!("a\tb\u{7f}")]),
        ("contact.phone", &[json!("call me"), json!("1"), json!("1".repeat(33)), json!("١٢٣٤٥٦")]),
    ];
    for (field, values) in wrong {
        for value in *values {
            let mut company = program.company();
            *company.pointer_mut(&format!("/{}", field.replace('.', "/"))).unwrap() = value.clone();
            assert_eq!(applicant.post(&path).json(&company).await.invalid_fields(), [*field], "{value}");
        }
    }
    assert_eq!(
        tests::program::items(&program.read(&program.root, "applications").await).len(),
        0,
        "nothing was stored"
    );
}

#[tokio::test]
async fn texts_may_be_long_but_not_too_long_and_keep_their_characters() {
    let (program, line, buyer, path) = customer().await;
    let granter = program.member(&line.reseller, "admin");
    let allocations = format!("/v1/accounts/{}/allocations", line.customer);
    let note = |note: &str| granter.post(&allocations).key("note").json(json!({ "amount": "1.00", "note": note }));
    assert_eq!(note(&"x".repeat(10_000)).await.invalid_fields(), ["note"]);
    note("").await.refused(422, "validation_failed");
    let kept = "Für Mai – 5월 \u{1f4b6} \"quoted\" <b>&amp;</b> \\ {{}} ${x}";
    note(kept).await.expect(201);
    assert_eq!(program.entries(&line.customer).await[0]["note"], kept);
    let order = |quantity: Value| json!({ "list_amount": "1.00", "product": kept, "quantity": quantity });
    for quantity in [json!(0), json!(-1), json!(1.5), json!("2"), json!(1e300), json!([1])] {
        assert_eq!(
            buyer.post(&path).key("k").json(order(quantity.clone())).await.invalid_fields(),
            ["quantity"],
            "{quantity}"
        );
    }
    buyer.post(&path).key("k").json(order(json!(4_000_000_000_u32))).await.expect(201);
}
