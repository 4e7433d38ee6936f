//! What is deployed is closed to whoever has no business with it.

mod policies;
mod rights;
mod table;

use serde_yaml_ng::Value;
use tests::template::{resources, routes};

/// What the environment of functions may hold: names of things, and how much to log.
const VARIABLES: [&str; 8] = [
    "TABLE_NAME",
    "LOG_LEVEL",
    "ACCOUNT_DIRECTORY_URL",
    "EVENT_BUS_NAME",
    "DEAD_LETTER_QUEUE_URL",
    "MAIL_FROM",
    "MAIL_CONFIGURATION_SET",
    "PORTAL_URL",
];

fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::Sequence(values) => values.iter().flat_map(texts).collect(),
        Value::Tagged(tagged) => texts(&tagged.value),
        value => value.as_str().map(str::to_owned).into_iter().collect(),
    }
}

fn of_kind(kind: &str) -> Vec<(String, Value)> {
    let of_kind = resources().into_iter().filter(|(_, resource)| resource["Type"] == *kind);
    let found: Vec<(String, Value)> =
        of_kind.map(|(id, resource)| (id.as_str().unwrap().to_owned(), resource["Properties"].clone())).collect();
    assert!(!found.is_empty(), "the template has no {kind}");
    found
}

#[test]
fn the_ledger_is_encrypted_restorable_and_hard_to_delete() {
    for (id, table) in of_kind("AWS::DynamoDB::Table") {
        assert_eq!(table["SSESpecification"]["SSEEnabled"], true, "{id}");
        assert_eq!(table["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"], true, "{id}");
        assert_eq!(table["DeletionProtectionEnabled"], true, "{id}");
        assert_eq!(resources()[id.as_str()]["DeletionPolicy"], "Retain", "{id}");
    }
}

#[test]
fn queues_are_encrypted_and_take_nothing_over_plain_http() {
    let policies = of_kind("AWS::SQS::QueuePolicy");
    for (id, queue) in of_kind("AWS::SQS::Queue") {
        assert_eq!(queue["SqsManagedSseEnabled"], true, "{id}");
        let of_queue = policies.iter().find(|(_, policy)| texts(&policy["Queues"]) == [id.clone()]);
        let (_, policy) = of_queue.unwrap_or_else(|| panic!("{id} has no policy"));
        let statements = policy["PolicyDocument"]["Statement"].as_sequence().unwrap();
        let denies = |statement: &&Value| {
            statement["Effect"] == "Deny" && statement["Condition"]["Bool"]["aws:SecureTransport"] == "false"
        };
        assert!(statements.iter().any(|statement| denies(&statement)), "{id}");
    }
}

#[test]
fn logs_are_kept_for_a_time_and_each_function_has_its_own() {
    let groups = of_kind("AWS::Logs::LogGroup");
    for (id, group) in &groups {
        assert_eq!(texts(&group["RetentionInDays"]), ["LogRetentionDays"], "{id}");
    }
    let mut used = Vec::new();
    for (id, function) in of_kind("AWS::Serverless::Function") {
        let group = texts(&function["LoggingConfig"]["LogGroup"]);
        assert!(groups.iter().any(|(group_id, _)| group == [group_id.clone()]), "{id} logs to {group:?}");
        assert!(!used.contains(&group), "{id} shares {group:?}");
        used.push(group);
    }
}

#[test]
fn environments_hold_no_secrets() {
    let globals = tests::template::globals();
    let functions = of_kind("AWS::Serverless::Function").into_iter().map(|(_, function)| function);
    for owner in functions.chain([globals["Function"].clone()]) {
        let variables = owner["Environment"]["Variables"].as_mapping().cloned().unwrap_or_default();
        for name in variables.keys() {
            let name = name.as_str().unwrap();
            assert!(VARIABLES.contains(&name), "is {name} a secret? if so it belongs elsewhere, else into this list");
        }
    }
}

#[test]
fn every_route_is_throttled_and_only_the_description_is_public() {
    for (id, api) in of_kind("AWS::Serverless::HttpApi") {
        assert_eq!(texts(&api["Auth"]["DefaultAuthorizer"]), ["Jwt"], "{id}");
        for limit in ["ThrottlingRateLimit", "ThrottlingBurstLimit"] {
            assert_eq!(texts(&api["DefaultRouteSettings"][limit]), [limit], "{id}");
        }
        // Settings of single routes would take them out of the default's throttle.
        assert!(api["RouteSettings"].is_null(), "{id}");
    }
    let open: Vec<String> = routes().into_iter().filter(|route| !route.needs_token).map(|route| route.path).collect();
    assert_eq!(open, ["/v1/openapi.json"]);
}
