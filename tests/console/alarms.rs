//! Administrators find every alarm in the README, and every alarm and function on the dashboard.

use tests::template::{alarms, dashboard, functions};

/// The rows of the table that says which alarm means what.
fn explained() -> Vec<String> {
    let readme = include_str!("../../README.md");
    let table = readme.split("| alarm | means | to do |").nth(1).expect("the table of alarms");
    let rows = table.lines().skip(2).take_while(|line| line.starts_with('|'));
    let names = rows.map(|row| row.split('|').nth(1).expect("the first cell"));
    names.flat_map(|cell| cell.split(',')).map(|name| name.trim().trim_matches('`').to_owned()).collect()
}

#[test]
fn every_alarm_is_explained_once_and_nothing_else_is() {
    let mut explained = explained();
    let mut declared: Vec<String> =
        alarms().iter().map(|id| id.strip_suffix("Alarm").unwrap_or_else(|| panic!("{id}")).to_owned()).collect();
    explained.sort();
    declared.sort();
    assert_eq!(explained, declared, "left: the README, right: the template");
}

#[test]
fn the_dashboard_shows_every_alarm_and_every_function() {
    let dashboard = dashboard();
    for alarm in alarms() {
        assert!(dashboard.contains(&format!("\"${{{alarm}.Arn}}\"")), "{alarm}");
    }
    for function in functions() {
        let lines = dashboard.matches(&format!("Function}}\", {{\"label\": \"{function}\"}}")).count();
        assert_eq!(lines, 4, "{function}: invocations, errors, throttles, duration");
    }
}
