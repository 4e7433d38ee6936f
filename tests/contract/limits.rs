//! Limits are where the description says.

use serde_json::{Value, json};
use tests::client::{Answer, Call};
use tests::contract::{Operation, description, operations};
use tests::program::new_key;

use crate::probe::{Probe, probes};
use crate::stage::{Stage, World};

/// The largest body of JSON.
const MAX_JSON_BYTES: usize = 64 * 1024;

/// The largest table.
const MAX_CSV_BYTES: usize = 2 * 1024 * 1024;

/// The longest idempotency key.
const MAX_KEY: usize = 255;

/// A field that no request has. With it a request is refused however well the rest fits, so nothing is done; and as all
/// that is wrong is said at once, the refusal shows whether the rest fits.
const NONSENSE: &str = "nonsense";

fn refusable(mut body: Value) -> Value {
    body[NONSENSE] = json!(1);
    body
}

fn takes(operation: &Operation, place: &str, name: &str) -> bool {
    operation.parameters_in(place).iter().any(|(known, _)| *known == name)
}

/// A request with a key where one belongs to it.
fn keyed(operation: &Operation, stage: &Stage) -> Call {
    let call = stage.call(operation, &[]);
    if takes(operation, "header", "Idempotency-Key") { call.key(new_key()) } else { call }
}

/// Operations that take JSON, with the schema and the example of the body.
fn with_json() -> impl Iterator<Item = (&'static Operation, &'static Value, &'static Value)> {
    operations().iter().filter_map(|operation| match operation.body()? {
        ("application/json", described) => Some((operation, &described["schema"], &described["example"])),
        _ => None,
    })
}

#[tokio::test]
async fn what_fits_a_field_is_as_described() {
    let world = World::create().await;
    let mut tried = 0;
    for (operation, schema, example) in with_json() {
        let stage = world.stage(operation).await;
        let example = refusable(stage.body(example));
        for Probe { field, fitting, beyond } in probes(schema, &example) {
            for (body, fits) in [(fitting, true), (beyond, false)] {
                let answer = keyed(operation, &stage).json(&body).await;
                let named = answer.invalid_fields();
                let is_named = named.contains(&field);
                assert_eq!(!is_named, fits, "{field} of {}: {named:?}\n{answer}", operation.id());
            }
            tried += 1;
        }
    }
    assert!(tried > 50, "only {tried} limits were found");
}

#[tokio::test]
async fn bodies_of_json_have_at_most_64_kibibytes() {
    let world = World::create().await;
    for (operation, ..) in with_json() {
        let stage = world.stage(operation).await;
        let body = |bytes: usize| {
            let around = json!({ NONSENSE: "" }).to_string().len();
            json!({ NONSENSE: "x".repeat(bytes - around) }).to_string()
        };
        let send = |bytes: usize| keyed(operation, &stage).body("application/json", body(bytes));
        assert!(send(MAX_JSON_BYTES).await.invalid_fields().contains(&NONSENSE.to_owned()), "{}", operation.id());
        send(MAX_JSON_BYTES + 1).await.refused(413, "payload_too_large");
    }
}

#[tokio::test]
async fn keys_have_at_most_255_characters() {
    let world = World::create().await;
    for (operation, _, example) in with_json().filter(|(operation, ..)| takes(operation, "header", "Idempotency-Key")) {
        let stage = world.stage(operation).await;
        let body = refusable(stage.body(example));
        let send = |key: String| stage.call(operation, &[]).key(key).json(&body);
        send("k".repeat(MAX_KEY)).await.refused(422, "validation_failed");
        send("k".repeat(MAX_KEY + 1)).await.refused(400, "invalid_parameter");
    }
    let pattern = &description()["components"]["parameters"]["IdempotencyKey"]["schema"]["pattern"];
    assert_eq!(*pattern, format!("^[!-~]{{1,{MAX_KEY}}}$"));
}

#[tokio::test]
async fn numbers_in_queries_are_as_described() {
    let world = World::create().await;
    for operation in operations() {
        for (name, parameter) in operation.parameters_in("query") {
            let schema = &parameter["schema"];
            let (Some(least), Some(most)) = (schema["minimum"].as_u64(), schema["maximum"].as_u64()) else { continue };
            let stage = world.stage(operation).await;
            let ask = |number: u64| stage.call(operation, &[(name, number.to_string())]);
            for fitting in [least, most] {
                ask(fitting).await.expect(200);
            }
            for unfit in [least - 1, most + 1] {
                ask(unfit).await.refused(400, "invalid_parameter");
            }
        }
    }
}

fn import() -> &'static Operation {
    operations().iter().find(|operation| operation.id() == "importApplications").expect("the import")
}

/// The first line of the example.
fn columns() -> &'static str {
    let example = import().body().and_then(|(_, described)| described["example"].as_str()).expect("a table");
    example.lines().next().expect("its columns")
}

async fn send_table(world: &World, table: String) -> Answer {
    world.stage(import()).await.call(import(), &[]).body("text/csv", table).await
}

#[tokio::test]
async fn tables_have_at_most_500_rows() {
    let described = &description()["components"]["schemas"]["ImportResult"]["properties"]["rows"];
    let most = usize::try_from(described["maxItems"].as_u64().unwrap()).unwrap();
    let world = World::create().await;
    // Rows without anything in them are refused one by one, so no account comes of it.
    let table = |rows: usize| format!("{}\n{}", columns(), format!("{}\n", ",".repeat(9)).repeat(rows));
    let answered = send_table(&world, table(most)).await.expect(200);
    assert_eq!(answered["rows"].as_array().unwrap().len(), most);
    assert!(answered["rows"].as_array().unwrap().iter().all(|row| row["status"] == "refused"));
    assert_eq!(send_table(&world, table(most + 1)).await.invalid_fields(), ["rows"]);
    assert_eq!(send_table(&world, table(0)).await.invalid_fields(), ["rows"]);
}

#[tokio::test]
async fn tables_have_at_most_two_mebibytes() {
    let (_, described) = import().body().unwrap();
    assert_eq!(described["schema"]["maxLength"], MAX_CSV_BYTES);
    let world = World::create().await;
    let table = |bytes: usize| format!("{}\n{}", columns(), "x".repeat(bytes - columns().len() - 1));
    let answered = send_table(&world, table(MAX_CSV_BYTES)).await.expect(200);
    assert_eq!(answered["rows"][0]["status"], "refused");
    send_table(&world, table(MAX_CSV_BYTES + 1)).await.refused(413, "payload_too_large");
}

#[test]
fn lists_are_as_long_as_the_domain_says() {
    let schemas = &description()["components"]["schemas"];
    let policy = &schemas["AlertPolicy"]["properties"];
    assert_eq!(policy["thresholds"]["maxItems"], domain::alert::MAX_THRESHOLDS);
    assert_eq!(policy["recipients"]["maxItems"], domain::alert::MAX_RECIPIENTS);
    let rebalance = &description()["paths"]["/v1/accounts/{id}/rebalances"]["post"];
    let body = &rebalance["requestBody"]["content"]["application/json"]["schema"];
    assert_eq!(body["properties"]["lines"]["maxItems"], domain::plan::quota::MAX_REBALANCE_LINES);
    assert_eq!(schemas["Posting"]["properties"]["effects"]["maxItems"], domain::plan::quota::MAX_REBALANCE_LINES + 1);
    let members = &description()["paths"]["/v1/accounts/{id}/members"]["get"]["description"];
    assert!(members.as_str().unwrap().contains(&format!("at most {}", domain::member::MAX_MEMBERS)));
}
