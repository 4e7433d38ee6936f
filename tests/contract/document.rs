//! The description is whole in itself.

use std::collections::BTreeSet;

use serde_json::Value;
use tests::contract::{Operation, description, fault_of_value, operations, resolved};

/// Every example with its schema, and where it stands.
fn examples() -> Vec<(String, &'static Value, &'static Value)> {
    let mut found = Vec::new();
    for operation in operations() {
        for parameter in operation.parameters().filter(|parameter| parameter.get("example").is_some()) {
            let place = format!("{} {}", operation.id(), parameter["name"]);
            found.push((place, &parameter["schema"], &parameter["example"]));
        }
        if let Some((media_type, described)) = operation.body() {
            found.push((format!("{} {media_type}", operation.id()), &described["schema"], &described["example"]));
        }
        for (status, response) in operation.responses() {
            for (media_type, described) in response["content"].as_object().into_iter().flatten() {
                let place = format!("{} {status} {media_type}", operation.id());
                match described.get("example") {
                    Some(example) => found.push((place, &described["schema"], example)),
                    None => assert!(status >= 300, "no example of {place}"),
                }
            }
        }
    }
    found
}

#[test]
fn every_example_is_as_its_schema_says() {
    for (place, schema, example) in examples() {
        assert!(!example.is_null(), "no example of {place}");
        if let Some(fault) = fault_of_value(schema, example) {
            panic!("the example of {place}: {fault}\n{example:#}");
        }
    }
}

#[test]
fn every_operation_says_what_it_is() {
    let mut names = BTreeSet::new();
    let tags = description()["tags"].as_array().unwrap();
    for operation in operations() {
        assert!(names.insert(operation.id()), "{} is the name of two operations", operation.id());
        for field in ["summary", "description"] {
            let is_said = operation.described[field].as_str().is_some_and(|text| !text.is_empty());
            assert!(is_said, "{} has no {field}", operation.id());
        }
        let tag = &operation.described["tags"][0];
        assert!(tags.iter().any(|known| known["name"] == *tag), "{} has the tag {tag}", operation.id());
        assert!(has_success(operation), "{} never succeeds", operation.id());
        let in_path: BTreeSet<&str> = operation.path.split(['{', '}']).skip(1).step_by(2).collect();
        let described: BTreeSet<&str> = operation.parameters_in("path").into_iter().map(|(name, _)| name).collect();
        assert_eq!(described, in_path, "the path parameters of {}", operation.id());
        for parameter in operation.parameters() {
            assert!(parameter["description"].is_string(), "{} of {}", parameter["name"], operation.id());
        }
    }
}

fn has_success(operation: &Operation) -> bool {
    operation.responses().iter().any(|(status, _)| (200..300).contains(status))
}

#[test]
fn nothing_is_described_that_nothing_refers_to() {
    let text = description().to_string();
    for (kind, components) in description()["components"].as_object().unwrap() {
        for name in components.as_object().unwrap().keys().filter(|_| kind != "securitySchemes") {
            let reference = format!("\"#/components/{kind}/{name}\"");
            assert!(text.contains(&reference), "nothing refers to {name} of {kind}");
        }
    }
}

#[test]
fn every_reference_leads_somewhere() {
    fn follow(described: &'static Value) {
        let _ = resolved(described);
        match described {
            Value::Object(fields) => fields.values().for_each(follow),
            Value::Array(elements) => elements.iter().for_each(follow),
            _ => {}
        }
    }
    follow(description());
}

/// What a link takes from the example of its answer fits the request that it leads to.
#[test]
fn links_lead_from_answers_to_requests() {
    let mut followed = 0;
    for operation in operations() {
        for (status, response) in operation.responses() {
            let example = &response["content"]["application/json"]["example"];
            for link in response["links"].as_object().into_iter().flat_map(|links| links.values()) {
                let place = format!("the link of {} {status} to {}", operation.id(), link["operationId"]);
                let target = operations().iter().find(|target| link["operationId"] == target.id());
                let target = target.unwrap_or_else(|| panic!("{place} leads nowhere"));
                for (name, source) in link["parameters"].as_object().unwrap() {
                    let parameter = target.parameters().find(|parameter| parameter["name"] == **name);
                    let parameter = parameter.unwrap_or_else(|| panic!("{place}: no parameter {name}"));
                    match source.as_str().unwrap().split_once('#') {
                        Some(("$response.body", pointer)) => {
                            let value = example.pointer(pointer).unwrap_or_else(|| panic!("{place}: no {pointer}"));
                            assert_eq!(fault_of_value(&parameter["schema"], value), None, "{place}");
                        }
                        _ => assert_eq!(source, &format!("$request.path.{name}"), "{place}"),
                    }
                    followed += 1;
                }
            }
        }
    }
    assert!(followed > 0, "there are no links");
}

/// Objects that are answered or asked for list all of their fields: what is not listed is refused, or never sent.
#[test]
fn objects_are_closed() {
    fn check(place: &str, schema: &Value) {
        let is_closed = schema.get("additionalProperties").is_some() || schema.get("unevaluatedProperties").is_some();
        assert!(schema["type"] != "object" || is_closed, "the schema {place} lets any field through");
    }
    // Parts of others, which are closed as a whole.
    let parts = ["AccountFields", "Committed", "Previewed"];
    for (name, schema) in description()["components"]["schemas"].as_object().unwrap() {
        if !parts.contains(&&**name) {
            check(name, schema);
        }
    }
    for operation in operations() {
        if let Some((_, described)) = operation.body() {
            check(operation.id(), resolved(&described["schema"]));
        }
    }
}
