//! Test events have the form of what the functions are sent in AWS, and every function has one.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use tests::template::{Route, functions, routes};

use crate::file::{ACCOUNT, TestEvent, all};

#[test]
fn every_function_has_a_test_event_and_every_test_event_a_function() {
    let have: BTreeSet<String> = all().into_iter().map(|event| event.function).collect();
    assert_eq!(have, functions().into_iter().collect(), "left: have test events, right: stand in the template");
}

/// Whatever the gateway says twice about a request has to be the same in both places.
#[test]
fn requests_are_those_that_the_gateway_sends() {
    let routes = routes();
    let requests: Vec<TestEvent> = all().into_iter().filter(|event| event.json().get("routeKey").is_some()).collect();
    for event in &requests {
        let (place, shown) = (event.place(), event.json());
        let is_meant = |route: &&Route| shown["routeKey"] == format!("{} {}", route.method, route.path);
        let route = routes.iter().find(is_meant).unwrap_or_else(|| panic!("{place}: no such route"));
        assert_eq!(route.function, event.function, "{place}: another function's route");
        let (path, context) = (route.path.replace("{id}", ACCOUNT), &shown["requestContext"]);
        assert_eq!(shown["version"], "2.0", "{place}");
        assert_eq!([&shown["rawPath"], &context["http"]["path"]], [&path, &path], "{place}");
        assert_eq!(shown["pathParameters"], json!({ "id": ACCOUNT }), "{place}");
        assert_eq!(context["routeKey"], shown["routeKey"], "{place}");
        assert_eq!(context["http"]["method"], route.method, "{place}");
        assert_eq!(shown["rawQueryString"], query(&shown), "{place}");
        let is_safe = route.method == "GET" || shown["queryStringParameters"]["preview"] == "true";
        assert!(is_safe, "{place} changes something");
        assert_eq!(shown["body"].is_string(), route.method == "POST", "{place}");
        assert!(context["timeEpoch"].is_u64() && context["requestId"].is_string(), "{place}");
        let claims = &context["authorizer"]["jwt"]["claims"];
        assert!(claims["sub"].is_string() && claims["memberships"].is_string(), "{place}: {claims}");
    }
    let called: BTreeSet<&String> = requests.iter().map(|event| &event.function).collect();
    let routed: BTreeSet<&String> = routes.iter().map(|route| &route.function).collect();
    assert_eq!(called, routed, "left: have requests, right: have routes");
}

fn query(event: &Value) -> String {
    let parameters = event["queryStringParameters"].as_object();
    let pairs = parameters.into_iter().flatten().map(|(name, value)| format!("{name}={}", value.as_str().unwrap()));
    pairs.collect::<Vec<_>>().join("&")
}
