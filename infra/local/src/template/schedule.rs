//! Schedules by which functions are invoked.

use std::time::Duration;

use serde::Deserialize;
use serde_yaml_ng::Value as Yaml;

use super::intrinsics::Resolver;
use super::{TemplateError, typed};

/// The longest rate, in days; EventBridge takes longer ones, which nobody waits for on their own machine.
const MAX_DAYS: u64 = 366;

/// A function is to be invoked again and again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Schedule {
    /// The name of the rule that the template's event becomes.
    pub(crate) rule: String,
    /// The function's binary.
    pub(crate) function: String,
    /// The time from one invocation to the next, whole seconds and at least one.
    pub(crate) period: Duration,
}

/// An event of the type `Schedule`.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct ScheduleEvent {
    schedule: String,
    /// For people.
    #[serde(rename = "Description")]
    _description: Option<String>,
    /// About deliveries that fail in AWS. Here the next tick is the next try.
    #[serde(rename = "RetryPolicy")]
    _retry_policy: Option<serde_json::Value>,
}

/// The schedule that the event `name` of the function with the logical id `id` asks for.
pub(super) fn read(
    (id, name): (&str, &str),
    function: &str,
    properties: &Yaml,
    resolver: &Resolver<'_>,
) -> Result<Schedule, TemplateError> {
    let place = format!("{id}.{name}");
    let event: ScheduleEvent = typed(&place, resolver.resolve(properties)?)?;
    let period = period(&event.schedule).ok_or_else(|| {
        let rates = format!("rate(1 minute), rate(n minutes), and so on with hours and days, {MAX_DAYS} days at most");
        TemplateError::malformed(place, format!("is on the schedule {}; the local stack knows {rates}", event.schedule))
    })?;
    Ok(Schedule { rule: format!("{id}{name}"), function: function.to_owned(), period })
}

/// The period of a rate, written as EventBridge insists: one of a unit in the singular, more in the plural.
fn period(expression: &str) -> Option<Duration> {
    let (value, unit) = expression.strip_prefix("rate(")?.strip_suffix(')')?.split_once(' ')?;
    let value = Some(value).filter(|value| value.bytes().all(|byte| byte.is_ascii_digit()))?.parse::<u64>().ok()?;
    let minutes = match (unit, value) {
        ("minute", 1) | ("minutes", 2..) => 1,
        ("hour", 1) | ("hours", 2..) => 60,
        ("day", 1) | ("days", 2..) => 24 * 60,
        _ => return None,
    };
    let seconds = value.checked_mul(minutes)?.checked_mul(60)?;
    (seconds <= MAX_DAYS * 24 * 60 * 60).then(|| Duration::from_secs(seconds))
}

#[cfg(test)]
mod tests {
    use super::period;

    #[test]
    fn rates_are_minutes_hours_or_days() {
        for (expression, seconds) in [
            ("rate(1 minute)", 60),
            ("rate(5 minutes)", 300),
            ("rate(1 hour)", 3_600),
            ("rate(12 hours)", 43_200),
            ("rate(1 day)", 86_400),
            ("rate(366 days)", 31_622_400),
        ] {
            assert_eq!(period(expression).map(|period| period.as_secs()), Some(seconds), "{expression}");
        }
    }

    #[test]
    fn other_schedules_are_not_understood() {
        for expression in [
            "",
            "rate()",
            "rate(1)",
            "rate(0 minutes)",
            "rate(-1 minutes)",
            "rate(+2 minutes)",
            "rate(1 minutes)",
            "rate(2 minute)",
            "rate(1.5 hours)",
            "rate(30 seconds)",
            "rate(367 days)",
            "rate(99999999999999999999 days)",
            "rate(1 minute) ",
            "Rate(1 minute)",
            "cron(0 12 * * ? *)",
        ] {
            assert_eq!(period(expression), None, "{expression}");
        }
    }
}
