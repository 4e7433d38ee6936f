//! Hundreds of generated requests, at every route of the template.

use fastrand::Rng;
use reqwest::Method;
use serde_json::{Value, json};
use tests::client::{Call, start};
use tests::template::{Route, routes};
use tests::{Caller, Program};

/// Repeats a run: the failure message says with which value.
const SEED: &str = "PARTNER_QUOTA_SEED";

/// More than 300 in all.
const REQUESTS_PER_ROUTE: usize = 16;

const KEYS: [&str; 16] = [
    "list_amount",
    "product",
    "amount",
    "delta",
    "note",
    "quantity",
    "reference",
    "expected_cost",
    "decision",
    "reason",
    "console_account_id",
    "legal_name",
    "contact",
    "country",
    "discounts",
    "",
];

const TEXTS: [&str; 24] = [
    "",
    " ",
    "0",
    "-1",
    "1.00",
    "1e999",
    "9999999999999999999999999999999999999999",
    "approve",
    "KR",
    "admin",
    "null",
    "\u{0}",
    "\u{feff}",
    "\u{202e}txt",
    "١٢٣",
    "\u{1f4b6}\u{1f4b6}",
    "' OR 1=1 --",
    "{{7*7}}",
    "${jndi:x}",
    "../../etc/passwd",
    "<script>",
    "a\r\nb: c",
    "acc_01M80000000000000000000000",
    "3100000011",
];

const TYPES: [&str; 8] = [
    "application/json",
    "application/json",
    "application/json",
    "application/json",
    "application/json; charset=utf-16",
    "text/plain",
    "multipart/form-data",
    "\u{1f4b6}",
];

/// Fields that a route may take, with what one of them usually is.
fn value(rng: &mut Rng, depth: usize) -> Value {
    match rng.u32(0..if depth == 0 { 8 } else { 10 }) {
        0 => Value::Null,
        1 => json!(rng.bool()),
        2 => json!(rng.i64(..)),
        3 => json!(rng.choice([0.1, -1.5, 1e18, 1.5e300])),
        4 => json!("x".repeat(rng.usize(0..3_000))),
        5..8 => json!(rng.choice(TEXTS)),
        8 => (0..rng.usize(0..5)).map(|_| value(rng, depth - 1)).collect(),
        _ => object(rng, depth - 1),
    }
}

fn object(rng: &mut Rng, depth: usize) -> Value {
    let fields = rng.usize(0..7);
    let fields = (0..fields).map(|_| (rng.choice(KEYS).unwrap_or_default().to_owned(), value(rng, depth)));
    Value::Object(fields.collect())
}

/// JSON that is damaged as often as not.
fn body(rng: &mut Rng) -> Vec<u8> {
    let mut bytes = match rng.u32(0..10) {
        0 => Vec::new(),
        1 => (0..rng.usize(0..300)).map(|_| rng.u8(..)).collect(),
        2 => "[".repeat(rng.usize(1..30_000)).into_bytes(),
        3 => vec![b' '; rng.usize(60_000..70_000)],
        _ => object(rng, 3).to_string().into_bytes(),
    };
    if rng.u32(0..4) == 0 && !bytes.is_empty() {
        let at = rng.usize(0..bytes.len());
        bytes[at] = rng.u8(..);
        bytes.truncate(rng.usize(at..=bytes.len()));
    }
    bytes
}

fn segment(rng: &mut Rng, known: &str) -> String {
    match rng.u32(0..8) {
        0 => "%00".to_owned(),
        1 => "%ff%fe".to_owned(),
        2 => "%zz".to_owned(),
        3 => format!("{known}%2F.."),
        4 => (0..rng.usize(1..200)).map(|_| rng.alphanumeric()).collect(),
        _ => known.to_owned(),
    }
}

fn query(rng: &mut Rng) -> String {
    let name = rng
        .choice(["limit", "cursor", "preview", "status", "kind", "from", "at", "bogus", "%00", ""])
        .unwrap_or_default();
    let value = rng.choice([
        "",
        "1",
        "true",
        "-1",
        "%ff",
        "%00",
        "active",
        "purchase",
        "2026-11-21T00:00:00Z",
        "%",
        "a%20b",
        "&&&=",
    ]);
    format!("?{name}={}", value.unwrap_or_default())
}

fn header_value(rng: &mut Rng) -> Vec<u8> {
    let most = if rng.u32(0..8) == 0 { 4_000 } else { 40 };
    (0..rng.usize(0..most)).map(|_| if rng.u32(0..10) == 0 { rng.u8(128..) } else { rng.u8(33..127) }).collect()
}

fn request(rng: &mut Rng, route: &Route, program: &Program, caller: &Caller) -> Call {
    let mut path = String::new();
    for part in route.path.trim_start_matches('/').split('/') {
        let known = match part {
            "{id}" => program.root.as_str(),
            "{program_id}" => program.id.as_str(),
            part if part.starts_with('{') => "app_01M80000000000000000000000",
            part => part,
        };
        path.push('/');
        path.push_str(&if part.starts_with('{') { segment(rng, known) } else { known.to_owned() });
    }
    if rng.u32(0..3) == 0 {
        path.push_str(&query(rng));
    }
    let mut call = caller.call(Method::from_bytes(route.method.as_bytes()).unwrap(), path);
    for name in ["idempotency-key", "if-match", "accept", "x-forwarded-for", "cookie", "origin"] {
        if rng.u32(0..3) == 0 {
            call = call.header(name, header_value(rng));
        }
    }
    let body = body(rng);
    if rng.u32(0..8) == 0 { call.untyped(body) } else { call.body(rng.choice(TYPES).unwrap_or_default(), body) }
}

#[tokio::test]
async fn every_route_answers_every_request_with_a_problem_or_a_success() {
    let seed = std::env::var(SEED).ok().and_then(|seed| seed.parse().ok()).unwrap_or_else(|| fastrand::u64(..));
    println!("{SEED}={seed} repeats this run");
    let program = Program::create().await;
    let memberships = format!("platform:operator {root}:admin {root}:verifier", root = program.root);
    let caller = program.caller("fuzzer", &memberships);
    let mut rng = Rng::with_seed(seed);
    for route in routes() {
        let answers: Vec<_> =
            (0..REQUESTS_PER_ROUTE).map(|_| start(request(&mut rng, &route, &program, &caller))).collect();
        for answer in answers {
            let answer = answer.await.unwrap_or_else(|_| panic!("no answer; {SEED}={seed} repeats this run"));
            assert!(answer.status < 500, "{SEED}={seed} repeats this run\n{answer}");
            let is_native = answer.content_type() == "application/json" && answer.json()["message"].is_string();
            if answer.status >= 400 && !is_native {
                answer.check_problem();
            }
        }
    }
}
