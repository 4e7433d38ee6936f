//! The routes that the template lists.

use std::path::Path;

use serde_yaml_ng::Value;

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
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../infra/template.yaml");
    let text = std::fs::read_to_string(&path).expect("the template");
    let template: Value = serde_yaml_ng::from_str(&text).expect("the template is YAML");
    let resources = template["Resources"].as_mapping().expect("resources");
    let of_resource = |resource: &Value| -> Vec<Route> {
        let properties = &resource["Properties"];
        let code = properties["CodeUri"].as_str().unwrap_or_default();
        let function = code.rsplit('/').next().unwrap_or_default();
        let events = properties["Events"].as_mapping().into_iter().flat_map(|events| events.values());
        events.filter(|event| event["Type"] == "HttpApi").map(|event| route(function, &event["Properties"])).collect()
    };
    let routes: Vec<Route> = resources.values().flat_map(of_resource).collect();
    assert!(!routes.is_empty(), "the template has no routes");
    routes
}

fn route(function: &str, properties: &Value) -> Route {
    let of = |name: &str| properties[name].as_str().expect("method and path").to_owned();
    let needs_token = properties["Auth"]["Authorizer"] != "NONE";
    Route { method: of("Method"), path: of("Path"), function: function.to_owned(), needs_token }
}
