use serde_json::json;

use super::*;

fn matches(pattern: Json, event: &Json) -> bool {
    Pattern::parse(&pattern).unwrap().matches(event)
}

/// What the only condition on a field `a` says of events; `None` stands for an event without the field.
#[track_caller]
fn check(condition: Json, cases: &[(Option<Json>, bool)]) {
    for (value, expected) in cases {
        let event = value.as_ref().map_or(json!({}), |value| json!({ "a": value }));
        assert_eq!(matches(json!({ "a": [condition] }), &event), *expected, "{condition} on {event}");
    }
}

#[test]
fn all_fields_must_match_each_by_any_alternative() {
    let pattern = json!({ "source": ["partner-quota"], "detail-type": ["QuotaDepleted", "QuotaOverdrawn"] });
    let event = |source: &str, kind: &str| json!({ "source": source, "detail-type": kind, "detail": {} });
    assert!(matches(pattern.clone(), &event("partner-quota", "QuotaDepleted")));
    assert!(matches(pattern.clone(), &event("partner-quota", "QuotaOverdrawn")));
    assert!(!matches(pattern.clone(), &event("partner-quota", "quotadepleted")));
    assert!(!matches(pattern.clone(), &event("finance", "QuotaDepleted")));
    assert!(!matches(pattern, &json!({ "source": "partner-quota" })));
    assert!(matches(json!({}), &json!({ "source": "anything" })));
}

#[test]
fn fields_are_nested_as_in_the_event() {
    let pattern = json!({ "detail": { "data": { "notify": [true] } } });
    assert!(matches(pattern.clone(), &json!({ "detail": { "data": { "notify": true, "more": 1 } } })));
    for event in [
        json!({ "detail": { "data": { "notify": false } } }),
        json!({ "detail": { "data": { "notify": "true" } } }),
        json!({ "detail": { "notify": true } }),
        json!({ "detail": { "data": true } }),
        json!({}),
    ] {
        assert!(!matches(pattern.clone(), &event), "{event}");
    }
}

#[test]
fn a_list_matches_by_any_element() {
    let tags = json!({ "tags": ["b"] });
    assert!(matches(tags.clone(), &json!({ "tags": ["a", "b"] })));
    assert!(!matches(tags.clone(), &json!({ "tags": ["a", "c"] })));
    assert!(!matches(tags, &json!({ "tags": [] })));
    let lines = json!({ "lines": { "kind": ["x"], "paid": [true] } });
    assert!(matches(lines.clone(), &json!({ "lines": [{ "kind": "y" }, { "kind": "x", "paid": true }] })));
    let spread = json!({ "lines": [{ "kind": "x", "paid": false }, { "kind": "y", "paid": true }] });
    assert!(!matches(lines, &spread), "no single element has both");
}

#[test]
fn plain_values_are_equal_in_kind_and_value() {
    check(json!("1"), &[(Some(json!("1")), true), (Some(json!(1)), false), (Some(json!("10")), false)]);
    check(json!(300), &[(Some(json!(300)), true), (Some(json!(300.0)), true), (Some(json!("300")), false)]);
    check(json!(null), &[(Some(json!(null)), true), (None, false), (Some(json!(0)), false)]);
    check(json!(false), &[(Some(json!(false)), true), (Some(json!(null)), false)]);
}

#[test]
fn prefixes_and_suffixes_are_of_strings() {
    check(json!({ "prefix": "ACC" }), &[(Some(json!("ACCOUNT#1")), true), (Some(json!("acc")), false), (None, false)]);
    check(json!({ "suffix": "#1" }), &[(Some(json!("ACCOUNT#1")), true), (Some(json!("#12")), false)]);
    check(json!({ "prefix": "1" }), &[(Some(json!(12)), false)]);
    check(json!({ "prefix": { "equals-ignore-case": "aCC" } }), &[(Some(json!("Account")), true)]);
    check(json!({ "suffix": { "equals-ignore-case": "X" } }), &[(Some(json!("ax")), true), (Some(json!("xa")), false)]);
    check(json!({ "equals-ignore-case": "Ab" }), &[(Some(json!("aB")), true), (Some(json!("abc")), false)]);
}

#[test]
fn anything_but_wants_a_value_that_is_none_of_these() {
    let one = json!({ "anything-but": "a" });
    check(one, &[(Some(json!("b")), true), (Some(json!("a")), false), (None, false), (Some(json!(1)), true)]);
    check(json!({ "anything-but": ["a", 1] }), &[(Some(json!(1)), false), (Some(json!(2)), true)]);
    check(json!({ "anything-but": ["a"] }), &[(Some(json!(["a", "b"])), true), (Some(json!(["a", "a"])), false)]);
    check(json!({ "anything-but": { "prefix": "a" } }), &[(Some(json!("ab")), false), (Some(json!("b")), true)]);
    let suffixes = json!({ "anything-but": { "suffix": ["a", "b"] } });
    check(suffixes, &[(Some(json!("xb")), false), (Some(json!("xc")), true)]);
    let folded = json!({ "anything-but": { "equals-ignore-case": ["a"] } });
    check(folded, &[(Some(json!("A")), false), (Some(json!("b")), true)]);
}

#[test]
fn existence_is_of_plain_values() {
    let there = [(Some(json!(1)), true), (Some(json!(null)), true), (None, false), (Some(json!([])), false)];
    check(json!({ "exists": true }), &there);
    check(json!({ "exists": true }), &[(Some(json!({ "b": 1 })), false)]);
    check(json!({ "exists": false }), &there.map(|(value, is_there)| (value, !is_there)));
    assert!(matches(json!({ "a": { "b": [{ "exists": false }] } }), &json!({})), "also within what is not there");
}

#[test]
fn numbers_are_compared() {
    check(json!({ "numeric": ["=", 5] }), &[(Some(json!(5)), true), (Some(json!(5.0)), true), (Some(json!(4)), false)]);
    let range = json!({ "numeric": [">", 0, "<=", 5] });
    let cases = [(0, false), (1, true), (5, true), (6, false)].map(|(value, expected)| (Some(json!(value)), expected));
    check(range, &cases);
    check(json!({ "numeric": ["<", 0.5] }), &[(Some(json!(0.25)), true), (Some(json!(1)), false), (None, false)]);
    check(json!({ "numeric": [">=", 1] }), &[(Some(json!("1")), false)]);
    let exact = json!({ "numeric": ["=", 9_007_199_254_740_993_i64] });
    check(exact, &[(Some(json!(9_007_199_254_740_992_i64)), false)]);
}

#[test]
fn alternatives_of_one_field_may_be_of_different_kinds() {
    let pattern = json!({ "a": [{ "prefix": "x" }, { "exists": false }, 7] });
    for (event, expected) in
        [(json!({}), true), (json!({ "a": 7 }), true), (json!({ "a": "xy" }), true), (json!({ "a": "y" }), false)]
    {
        assert_eq!(matches(pattern.clone(), &event), expected, "{event}");
    }
}

#[test]
fn of_an_or_one_pattern_must_match() {
    let pattern = json!({ "kind": ["x"], "$or": [{ "a": [1] }, { "b": { "c": [2] } }] });
    assert!(matches(pattern.clone(), &json!({ "kind": "x", "a": 1 })));
    assert!(matches(pattern.clone(), &json!({ "kind": "x", "b": { "c": 2 } })));
    assert!(!matches(pattern.clone(), &json!({ "kind": "x", "a": 2 })));
    assert!(!matches(pattern, &json!({ "kind": "y", "a": 1 })));
}

#[test]
fn what_is_not_understood_is_named() {
    for (pattern, message) in [
        (json!({ "a": [{ "cidr": "10.0.0.0/8" }] }), "the operator cidr is not known to the local stack"),
        (json!({ "a": [{ "anything-but": { "wildcard": "*" } }] }), "the operator wildcard is not known"),
        (json!({ "a": [{ "prefix": { "suffix": "b" } }] }), "the operator suffix is not known"),
        (json!({ "a": "b" }), "a: is neither an object nor a list"),
        (json!({ "a": [] }), "a: has no alternative"),
        (json!({ "a": [["b"]] }), "an alternative: is not a plain value"),
        (json!({ "a": [{ "prefix": "b", "suffix": "c" }] }), "an alternative: has not exactly one operator"),
        (json!({ "a": [{ "prefix": 1 }] }), "prefix: expects a string"),
        (json!({ "a": [{ "exists": "yes" }] }), "exists: expects true or false"),
        (json!({ "a": [{ "numeric": ["~", 1] }] }), "numeric: expects comparisons"),
        (json!({ "a": [{ "numeric": [">", 1, "<"] }] }), "numeric: expects comparisons"),
        (json!([]), "the pattern: is not an object"),
    ] {
        let error = Pattern::parse(&pattern).unwrap_err().to_string();
        assert!(error.starts_with(message), "{pattern}: {error}");
    }
}
