//! The API's description, and whether answers are as it says.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex};

use jsonschema::Validator;
use serde_json::{Map, Value, json};

use crate::client::Answer;

/// Faults beyond these are not named.
const NAMED_FAULTS: usize = 5;

static DESCRIPTION: LazyLock<Value> = LazyLock::new(|| {
    serde_json::from_str(include_str!("../../functions/reporting/openapi.json")).expect("the description is JSON")
});

static OPERATIONS: LazyLock<Vec<Operation>> = LazyLock::new(|| {
    let paths = DESCRIPTION["paths"].as_object().expect("paths");
    let of_path = |(path, item): (&'static String, &'static Value)| {
        let methods = item.as_object().expect("a path's methods");
        methods.iter().map(move |(method, described)| Operation { method: method.to_uppercase(), path, described })
    };
    paths.iter().flat_map(of_path).collect()
});

/// Compiling a schema takes longer than a request, so each is compiled once.
static VALIDATORS: LazyLock<Mutex<HashMap<String, Arc<Validator>>>> = LazyLock::new(Mutex::default);

/// One operation as it is described.
#[derive(Clone, Debug)]
pub struct Operation {
    /// The method, in capitals.
    pub method: String,
    /// The path with its parameters in braces.
    pub path: &'static str,
    /// All that is said of it.
    pub described: &'static Value,
}

impl Operation {
    /// Its name.
    ///
    /// # Panics
    /// When it has none.
    #[must_use]
    pub fn id(&self) -> &'static str {
        self.described["operationId"].as_str().unwrap_or_else(|| panic!("{} {} has no name", self.method, self.path))
    }

    /// Its parameters, each as it is described.
    pub fn parameters(&self) -> impl Iterator<Item = &'static Value> + use<> {
        self.described["parameters"].as_array().into_iter().flatten().map(resolved)
    }

    /// The parameters that stand in a certain place, by name.
    #[must_use]
    pub fn parameters_in(&self, place: &str) -> Vec<(&'static str, &'static Value)> {
        let of_place = self.parameters().filter(|parameter| parameter["in"] == place);
        of_place.map(|parameter| (parameter["name"].as_str().expect("a parameter's name"), parameter)).collect()
    }

    /// The type of its body with what is said of that; `None` when it takes none.
    #[must_use]
    pub fn body(&self) -> Option<(&'static str, &'static Value)> {
        let (media_type, described) = self.described["requestBody"]["content"].as_object()?.iter().next()?;
        Some((media_type, described))
    }

    /// What it can answer, by status.
    ///
    /// # Panics
    /// When nothing is said of that.
    #[must_use]
    pub fn responses(&self) -> Vec<(u16, &'static Value)> {
        let responses =
            self.described["responses"].as_object().unwrap_or_else(|| panic!("{} answers nothing", self.id()));
        responses.iter().map(|(status, response)| (status.parse().expect("a status"), resolved(response))).collect()
    }

    fn response(&self, status: u16) -> Option<&'static Value> {
        self.responses().into_iter().find(|(known, _)| *known == status).map(|(_, response)| response)
    }

    fn is_at(&self, path: &str) -> bool {
        let is_parameter = |name: &str| name.starts_with('{');
        let (known, asked): (Vec<&str>, Vec<&str>) = (self.path.split('/').collect(), path.split('/').collect());
        let is_same = |(known, asked): (&&str, &&str)| known == asked || is_parameter(known) && !asked.is_empty();
        known.len() == asked.len() && known.iter().zip(&asked).all(is_same)
    }
}

/// The whole description.
#[must_use]
pub fn description() -> &'static Value {
    &DESCRIPTION
}

/// Every operation.
#[must_use]
pub fn operations() -> &'static [Operation] {
    &OPERATIONS
}

/// What a reference stands for; anything else is itself.
///
/// # Panics
/// When a reference leads nowhere.
#[must_use]
pub fn resolved(described: &'static Value) -> &'static Value {
    match described["$ref"].as_str() {
        None => described,
        Some(place) => {
            let pointed = place.strip_prefix('#').and_then(|pointer| DESCRIPTION.pointer(pointer));
            resolved(pointed.unwrap_or_else(|| panic!("{place} is nowhere")))
        }
    }
}

/// What is wrong with a value, seen from a schema of the description.
///
/// # Panics
/// When the schema is none.
#[must_use]
pub fn fault_of_value(schema: &Value, value: &Value) -> Option<String> {
    let validator = validator(schema);
    let faults = validator.iter_errors(value).map(|error| format!("at \"{}\": {error}", error.instance_path()));
    let faults: Vec<String> = faults.take(NAMED_FAULTS).collect();
    if faults.is_empty() { None } else { Some(faults.join("\n")) }
}

fn validator(schema: &Value) -> Arc<Validator> {
    let mut validators = VALIDATORS.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    let compiled = validators.entry(schema.to_string()).or_insert_with(|| {
        let components = json!({ "schemas": DESCRIPTION["components"]["schemas"] });
        let root = json!({ "allOf": [schema], "components": components });
        let compiled = jsonschema::draft202012::new(&root);
        Arc::new(compiled.unwrap_or_else(|error| panic!("no schema: {error}\n{schema:#}")))
    });
    compiled.clone()
}

/// What is wrong with an answer. Requests that no operation describes are not judged.
#[must_use]
pub fn fault_of(method: &str, path: &str, answer: &Answer) -> Option<String> {
    let path = path.split('?').next().unwrap_or_default();
    // A path without parameters is meant before one that would fit with them.
    let mut fitting = OPERATIONS.iter().filter(|operation| operation.method == method && operation.is_at(path));
    let operation = fitting.clone().find(|operation| operation.path == path).or_else(|| fitting.next())?;
    fault_of_answer(operation, answer).map(|fault| format!("{}: {fault}", operation.id()))
}

fn fault_of_answer(operation: &Operation, answer: &Answer) -> Option<String> {
    let Some(response) = operation.response(answer.status) else {
        return Some(format!("the status {} is not described", answer.status));
    };
    let empty = Map::new();
    let content = response["content"].as_object().unwrap_or(&empty);
    if content.is_empty() {
        return (!answer.text.is_empty()).then(|| "there is a body and none is described".to_owned());
    }
    let Some(described) = content.get(answer.content_type()) else {
        return Some(format!("a body of type \"{}\" is not described", answer.content_type()));
    };
    let body = match answer.content_type() {
        "text/csv" => Value::from(answer.text.as_str()),
        _ => match serde_json::from_str(&answer.text) {
            Ok(body) => body,
            Err(error) => return Some(format!("the body is not JSON: {error}")),
        },
    };
    fault_of_value(&described["schema"], &body)
}
