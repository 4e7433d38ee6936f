//! Operations are the template's routes, and those are the functions' own.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde_json::json;
use tests::contract::{Operation, operations};
use tests::template::{self, Route};

/// A route as a function declares it.
#[derive(Debug)]
struct Declared {
    function: String,
    route: String,
    query: BTreeSet<String>,
}

/// Everything that a function declares stands in the files directly below its `src`.
fn declared() -> Vec<Declared> {
    let functions = Path::new(env!("CARGO_MANIFEST_DIR")).join("../functions");
    let folders = std::fs::read_dir(functions).expect("the functions").map(|entry| entry.expect("a function").path());
    let sources = folders.flat_map(|folder| sources(&folder).into_iter().map(move |source| (folder.clone(), source)));
    let declared: Vec<Declared> = sources
        .flat_map(|(folder, source)| {
            let function = folder.file_name().expect("a folder's name").to_string_lossy().into_owned();
            in_source(&function, &std::fs::read_to_string(source).expect("a source"))
        })
        .collect();
    assert!(!declared.is_empty(), "no function declares a route");
    declared
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder.join("src")) else { return Vec::new() };
    let paths = entries.map(|entry| entry.expect("a source").path());
    paths.filter(|path| path.extension().is_some_and(|extension| extension == "rs")).collect()
}

/// The routes of a source: texts such as `"GET /v1/me"`, each followed by its query parameters up to its action.
fn in_source(function: &str, source: &str) -> Vec<Declared> {
    let parts: Vec<&str> = source.split('"').collect();
    let is_route = |text: &str| {
        let method = text.split_once(" /v1/").map(|(method, _)| method);
        method.is_some_and(|method| ["GET", "POST", "PUT", "PATCH", "DELETE"].contains(&method))
    };
    let is_place = |(index, text): &(usize, &&str)| index % 2 == 1 && is_route(text);
    let places = parts.iter().enumerate().filter(is_place);
    places
        .map(|(index, route)| {
            let rest = parts[index + 1..].join("\"");
            let said = rest.split(';').next().and_then(|rest| rest.split("Action::").next()).unwrap_or_default();
            let query = match said {
                said if said.contains("PAGING") => ["limit", "cursor"].map(str::to_owned).into(),
                said if said.contains("PREVIEW") => ["preview".to_owned()].into(),
                said => {
                    let list = said.split_once("&[").and_then(|(_, rest)| rest.split_once(']')).map(|(list, _)| list);
                    list.unwrap_or_default().split('"').skip(1).step_by(2).map(str::to_owned).collect()
                }
            };
            Declared { function: function.to_owned(), route: (*route).to_owned(), query }
        })
        .collect()
}

fn shown(route: &Route) -> String {
    format!("{} {}", route.method, route.path)
}

fn described() -> BTreeSet<String> {
    operations().iter().map(|operation| format!("{} {}", operation.method, operation.path)).collect()
}

/// Two sets are the same; says which elements only one of them has.
#[track_caller]
fn check_same<T: std::fmt::Debug + Ord>(one: (&str, &BTreeSet<T>), other: (&str, &BTreeSet<T>)) {
    let only = |of: &BTreeSet<T>, not: &BTreeSet<T>| of.difference(not).map(|element| format!("{element:?}")).collect();
    let (left, right): (Vec<String>, Vec<String>) = (only(one.1, other.1), only(other.1, one.1));
    assert!(left.is_empty() && right.is_empty(), "only {}: {left:#?}\nonly {}: {right:#?}", one.0, other.0);
}

#[test]
fn what_is_described_is_what_the_template_routes() {
    let routed: BTreeSet<String> = template::routes().iter().map(shown).collect();
    check_same(("described", &described()), ("routed by the template", &routed));
}

#[test]
fn what_is_described_is_what_the_functions_handle() {
    let declared: BTreeSet<String> = declared().into_iter().map(|declared| declared.route).collect();
    check_same(("described", &described()), ("declared by the functions", &declared));
}

#[test]
fn the_template_routes_to_the_function_that_handles() {
    let routed: BTreeSet<(String, String)> =
        template::routes().iter().map(|route| (route.function.clone(), shown(route))).collect();
    let declared: BTreeSet<(String, String)> =
        declared().into_iter().map(|declared| (declared.function, declared.route)).collect();
    check_same(("routed by the template", &routed), ("declared by the functions", &declared));
}

#[test]
fn what_needs_no_token_is_said_to_need_none() {
    let is_open = |route: &&Route| !route.needs_token;
    let open: BTreeSet<String> = template::routes().iter().filter(is_open).map(shown).collect();
    let described = operations().iter().filter(|operation| operation.described["security"] == json!([]));
    let described: BTreeSet<String> =
        described.map(|operation| format!("{} {}", operation.method, operation.path)).collect();
    check_same(("described as open", &described), ("routed without an authorizer", &open));
}

#[test]
fn query_parameters_are_those_that_the_functions_know() {
    for declared in declared() {
        let fits = |operation: &&Operation| format!("{} {}", operation.method, operation.path) == declared.route;
        let operation = operations().iter().find(fits).unwrap_or_else(|| panic!("{} is not described", declared.route));
        let described: BTreeSet<String> =
            operation.parameters_in("query").into_iter().map(|(name, _)| name.to_owned()).collect();
        assert_eq!(described, declared.query, "left: described, right: known, of {}", declared.route);
    }
}
