//! What the template lists: functions, routes, alarms.

use std::path::Path;

use serde_yaml_ng::{Mapping, Value};

/// A route as the template names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// The method.
    pub method: String,
    /// The path with its parameters in braces.
    pub path: String,
    /// The folder of the function that it leads to.
    pub function: String,
    /// Whether the gateway asks for a token first.
    pub needs_token: bool,
}

/// Every HTTP route of every function.
///
/// # Panics
/// When the template cannot be read or has no routes.
#[must_use]
pub fn routes() -> Vec<Route> {
    let of_resource = |resource: &Value| -> Vec<Route> {
        let properties = &resource["Properties"];
        let function = folder(properties);
        let events = properties["Events"].as_mapping().into_iter().flat_map(|events| events.values());
        events.filter(|event| event["Type"] == "HttpApi").map(|event| route(function, &event["Properties"])).collect()
    };
    let routes: Vec<Route> = resources().values().flat_map(of_resource).collect();
    assert!(!routes.is_empty(), "the template has no routes");
    routes
}

/// The folder of every function.
///
/// # Panics
/// When the template cannot be read or has no functions.
#[must_use]
pub fn functions() -> Vec<String> {
    let resources = resources();
    let functions = resources.values().filter(|resource| resource["Type"] == "AWS::Serverless::Function");
    let functions: Vec<String> = functions.map(|function| folder(&function["Properties"]).to_owned()).collect();
    assert!(!functions.is_empty(), "the template has no functions");
    functions
}

/// The logical id of every alarm.
///
/// # Panics
/// When the template cannot be read or has no alarms.
#[must_use]
pub fn alarms() -> Vec<String> {
    let resources = resources();
    let alarms = resources.iter().filter(|(_, resource)| resource["Type"] == "AWS::CloudWatch::Alarm");
    let alarms: Vec<String> = alarms.map(|(id, _)| id.as_str().expect("a logical id").to_owned()).collect();
    assert!(!alarms.is_empty(), "the template has no alarms");
    alarms
}

/// What the dashboard shows, with its references as they stand.
///
/// # Panics
/// When the template cannot be read or has no dashboard.
#[must_use]
pub fn dashboard() -> String {
    let body = &resources()["Dashboard"]["Properties"]["DashboardBody"];
    let text = match body {
        Value::Tagged(tagged) => tagged.value.as_str(),
        other => other.as_str(),
    };
    text.expect("a dashboard").to_owned()
}

/// Everything that is made, by logical id; intrinsics stand as they are written.
///
/// # Panics
/// When the template cannot be read.
#[must_use]
pub fn resources() -> Mapping {
    template()["Resources"].as_mapping().expect("resources").clone()
}

/// What holds for all resources of a kind.
///
/// # Panics
/// When the template cannot be read.
#[must_use]
pub fn globals() -> Value {
    template()["Globals"].clone()
}

fn template() -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../infra/template.yaml");
    let text = std::fs::read_to_string(&path).expect("the template");
    serde_yaml_ng::from_str(&text).expect("the template is YAML")
}

fn folder(properties: &Value) -> &str {
    let code = properties["CodeUri"].as_str().unwrap_or_default();
    code.rsplit('/').next().unwrap_or_default()
}

fn route(function: &str, properties: &Value) -> Route {
    let of = |name: &str| properties[name].as_str().expect("method and path").to_owned();
    let needs_token = properties["Auth"]["Authorizer"] != "NONE";
    Route { method: of("Method"), path: of("Path"), function: function.to_owned(), needs_token }
}
