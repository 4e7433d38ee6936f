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
    let events = resources.values().filter_map(|resource| resource["Properties"]["Events"].as_mapping());
    let routes: Vec<Route> = events
        .flat_map(|events| events.values())
        .filter(|event| event["Type"] == "HttpApi")
        .map(|event| {
            let of = |name: &str| event["Properties"][name].as_str().expect("method and path").to_owned();
            Route { method: of("Method"), path: of("Path") }
        })
        .collect();
    assert!(!routes.is_empty(), "the template has no routes");
    routes
}
