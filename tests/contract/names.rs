//! Sets of names are the domain's, and codes those that the edge answers with.

use std::collections::BTreeSet;

use domain::account::{Status, Tier};
use domain::application::{ApplicationStatus, Decision};
use domain::company::{LOCALES, is_country};
use domain::program::{Policy, Purchases};
use domain::verification::{CheckName, Outcome};
use domain::{Currency, HoldStatus, Kind, Role};
use serde_json::Value;
use tests::contract::description;

fn schema(place: &str) -> &'static Value {
    let found = description()["components"]["schemas"].pointer(place);
    found.unwrap_or_else(|| panic!("no schema at {place}"))
}

/// The names of an enumeration; `null` is none.
#[track_caller]
fn names(place: &str) -> BTreeSet<String> {
    let listed = schema(place)["enum"].as_array().unwrap_or_else(|| panic!("no enumeration at {place}"));
    let names: BTreeSet<String> = listed.iter().filter_map(Value::as_str).map(str::to_owned).collect();
    assert_eq!(names.len(), listed.iter().filter(|name| name.is_string()).count(), "a name twice at {place}");
    names
}

#[track_caller]
fn check<'a>(place: &str, known: impl IntoIterator<Item = &'a str>) {
    let known: BTreeSet<String> = known.into_iter().map(str::to_owned).collect();
    assert_eq!(names(place), known, "left: described at {place}, right: known");
}

#[test]
fn names_are_the_domains() {
    check("/Tier", Tier::ALL.map(Tier::name));
    check("/AccountStatus", Status::ALL.map(Status::name));
    check("/ApplicationStatus", ApplicationStatus::ALL.map(ApplicationStatus::name));
    check("/HoldStatus", HoldStatus::ALL.map(HoldStatus::name));
    check("/Kind", Kind::ALL.map(Kind::name));
    check("/Role", Role::ALL.map(Role::name));
    check("/Policy", Policy::ALL.map(Policy::name));
    check("/Locale", LOCALES);
    check("/Program/properties/purchases", Purchases::ALL.map(Purchases::name));
    check("/NewProgram/properties/purchases", Purchases::ALL.map(Purchases::name));
    let check_of_application = "/Application/properties/checks/items/properties";
    check(&format!("{check_of_application}/name"), CheckName::ALL.map(CheckName::name));
    check(&format!("{check_of_application}/outcome"), Outcome::ALL.map(Outcome::name));
    let of_rows = ApplicationStatus::ALL.map(ApplicationStatus::name).into_iter().chain(["refused", "unprocessed"]);
    check("/ImportResult/properties/rows/items/properties/status", of_rows);
}

/// Every text of so many upper-case letters.
fn words(letters: usize) -> Vec<String> {
    let longer = |words: Vec<String>| {
        words.iter().flat_map(|word| ('A'..='Z').map(move |letter| format!("{word}{letter}"))).collect()
    };
    (0..letters).fold(vec![String::new()], |words, _| longer(words))
}

#[test]
fn countries_and_currencies_are_those_that_the_domain_takes() {
    let countries = words(2).into_iter().filter(|word| is_country(word)).collect();
    assert_eq!(names("/Country"), countries, "left: described, right: taken");
    let currencies = words(3).into_iter().filter(|word| Currency::parse(word).is_some()).collect();
    assert_eq!(names("/Currency"), currencies, "left: described, right: taken");
}

#[test]
fn decisions_are_the_domains() {
    let path = "/v1/accounts/{id}/applications/{application_id}/decisions";
    let body = &description()["paths"][path]["post"]["requestBody"]["content"]["application/json"]["schema"];
    let described: Vec<&str> =
        body["properties"]["decision"]["enum"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    assert_eq!(described, Decision::ALL.map(Decision::name));
}

/// The codes of problems as the edge writes them: whatever follows a status in `Problem::new`, and every conflict.
fn answered() -> BTreeSet<String> {
    let source = include_str!("../../shared/edge/src/problem.rs");
    let quoted = |rest: &str| rest.split('"').nth(1).expect("a code in quotes").to_owned();
    let made = source.split("Problem::new(").skip(1).filter(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
    let conflicts = source.split("conflict(\"").skip(1).map(|rest| rest.split('"').next().unwrap().to_owned());
    // A conflict's status stands once, with the code as a variable.
    made.filter(|rest| !rest.starts_with("409, code")).map(quoted).chain(conflicts).collect()
}

#[test]
fn codes_are_those_that_are_answered() {
    assert_eq!(names("/ProblemCode"), answered(), "left: described, right: answered");
}

#[test]
fn every_code_can_be_answered_by_some_operation() {
    let mut named = BTreeSet::new();
    collect_codes(&description()["paths"], &mut named);
    collect_codes(&description()["components"]["responses"], &mut named);
    assert_eq!(named, names("/ProblemCode"), "left: named by operations, right: all of them");
}

/// The codes to which answers are narrowed.
fn collect_codes(described: &Value, named: &mut BTreeSet<String>) {
    if let Some(codes) = described.pointer("/properties/code/enum").and_then(Value::as_array) {
        named.extend(codes.iter().filter_map(Value::as_str).map(str::to_owned));
    }
    match described {
        Value::Object(fields) => fields.values().for_each(|field| collect_codes(field, named)),
        Value::Array(elements) => elements.iter().for_each(|element| collect_codes(element, named)),
        _ => {}
    }
}
