//! Values at a described limit, and one beyond.

use serde_json::{Map, Value, json};
use tests::contract::resolved;

/// The largest magnitude of an amount.
const MOST: &str = "1000000000000000";

/// One more than that.
const TOO_MUCH: &str = "1000000000000001";

/// A place in a body that has a limit.
#[derive(Debug)]
pub struct Probe {
    /// The field, as refusals name it.
    pub field: String,
    /// The body with a value that just fits there.
    pub fitting: Value,
    /// The body with one that does not.
    pub beyond: Value,
}

/// Where a schema stands in a body.
#[derive(Clone, Debug, Default)]
struct Place {
    pointer: String,
    field: String,
}

impl Place {
    fn below(&self, name: &str) -> Place {
        let dot = if self.field.is_empty() { "" } else { "." };
        Place { pointer: format!("{}/{name}", self.pointer), field: format!("{}{dot}{name}", self.field) }
    }

    fn first(&self) -> Place {
        Place { pointer: format!("{}/0", self.pointer), field: format!("{}[0]", self.field) }
    }
}

/// Every limit of a body, tried out on its example.
pub fn probes(schema: &'static Value, example: &Value) -> Vec<Probe> {
    let mut found = Vec::new();
    of_object(&Place::default(), resolved(schema), example, &mut found);
    found
}

fn of_object(place: &Place, schema: &'static Value, body: &Value, found: &mut Vec<Probe>) {
    let alternatives = alternatives(schema);
    for (name, schema) in schema["properties"].as_object().into_iter().flatten() {
        // Of those of which only one may be there, the one that is tried takes the place of the other.
        let mut body = body.clone();
        if let (true, Some(object)) = (alternatives.contains(&&**name), body.pointer_mut(&place.pointer)) {
            let object: &mut Map<String, Value> = object.as_object_mut().expect("an object");
            object.retain(|other, _| other == name || !alternatives.contains(&&**other));
        }
        of_field(&place.below(name), schema, &body, found);
    }
}

fn alternatives(schema: &'static Value) -> Vec<&'static str> {
    let one_of = schema["oneOf"].as_array().into_iter().flatten();
    one_of.filter_map(|choice| choice["required"][0].as_str()).collect()
}

fn of_field(place: &Place, described: &'static Value, body: &Value, found: &mut Vec<Probe>) {
    let referred = described["$ref"].as_str().or_else(|| described["anyOf"][0]["$ref"].as_str()).unwrap_or_default();
    let schema = resolved(described["anyOf"].get(0).unwrap_or(described));
    let example = body.pointer(&place.pointer);
    if let Some((fitting, beyond)) = limit(referred, schema, example) {
        let with = |value: Value| put(body, &place.pointer, value);
        found.push(Probe { field: place.field.clone(), fitting: with(fitting), beyond: with(beyond) });
    }
    match example {
        Some(Value::Object(_)) => of_object(place, schema, body, found),
        Some(Value::Array(elements)) if elements.first().is_some_and(Value::is_object) => {
            of_object(&place.first(), resolved(&schema["items"]), body, found);
        }
        _ => {}
    }
}

fn put(body: &Value, pointer: &str, value: Value) -> Value {
    let mut body = body.clone();
    let (parent, name) = pointer.rsplit_once('/').expect("a field");
    body.pointer_mut(parent).expect("the field's object")[name] = value;
    body
}

/// A value at the limit and one beyond, where there is a limit that more of the same reaches.
fn limit(referred: &str, schema: &Value, example: Option<&Value>) -> Option<(Value, Value)> {
    let most = |name: &str| schema[name].as_u64().and_then(|most| usize::try_from(most).ok());
    if referred.ends_with("Amount") || referred.ends_with("AmountOrZero") {
        return Some((json!(MOST), json!(TOO_MUCH)));
    }
    if referred.ends_with("/Discount") {
        return Some((json!("0.999999"), json!("1")));
    }
    if referred.ends_with("/Email") {
        let most = most("maxLength")?;
        return Some((json!(address(most)), json!(address(most + 1))));
    }
    if let Some(most) = most("maxLength") {
        let begin = example.and_then(Value::as_str).unwrap_or("x");
        return Some((json!(lengthened(begin, most)), json!(lengthened(begin, most + 1))));
    }
    if let (Some(most), None) = (most("maxItems"), schema.get("uniqueItems")) {
        let element = example.and_then(|list| list.get(0)).cloned()?;
        return Some((json!(vec![element.clone(); most]), json!(vec![element; most + 1])));
    }
    schema["minimum"].as_u64().map(|least| (json!(least), json!(least - 1)))
}

/// A text of so many characters that begins like another and ends as that does.
fn lengthened(begin: &str, characters: usize) -> String {
    let last = begin.chars().last().unwrap_or('x');
    begin.chars().chain(std::iter::repeat(last)).take(characters).collect()
}

/// An address of so many characters, whose parts are no longer than they may be.
fn address(characters: usize) -> String {
    let domain: Vec<String> = vec!["d".repeat(60); 3];
    let end = format!("@{}.example", domain.join("."));
    let begin = "k".repeat(characters.saturating_sub(end.len()).min(64));
    let missing = characters - begin.len() - end.len();
    format!("{begin}@{}{}", "e".repeat(missing), end.trim_start_matches('@'))
}
