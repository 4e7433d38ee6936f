//! Event buses and the rules that lead from them to queues.

use serde::Deserialize;
use serde_json::Value as Json;

use super::intrinsics::Resolver;
use super::queue::{Queue, by_arn};
use super::{Resource, TemplateError, typed};
use crate::pattern::Pattern;

const BUS: &str = "AWS::Events::EventBus";
const RULE: &str = "AWS::Events::Rule";
const MAIL_CONFIGURATION: &str = "AWS::SES::ConfigurationSet";
/// The bus that every account has.
pub(crate) const DEFAULT_BUS: &str = "default";

/// What a rule may say. A schedule is not delivered, and a target's input is handed on as it is.
const RULE_PROPERTIES: [&str; 7] =
    ["Name", "Description", "EventBusName", "EventPattern", "State", "Targets", "RoleArn"];
const TARGET_PROPERTIES: [&str; 5] = ["Id", "Arn", "RoleArn", "DeadLetterConfig", "RetryPolicy"];

/// A rule that is enabled.
#[derive(Clone, Debug)]
pub(crate) struct Rule {
    /// The name of the bus whose events it looks at.
    pub(crate) bus: String,
    pub(crate) pattern: Pattern,
    /// The names of the queues that matching events go to.
    pub(crate) queues: Vec<String>,
}

#[derive(Deserialize, PartialEq)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum State {
    Enabled,
    Disabled,
    EnabledWithAllCloudtrailManagementEvents,
}

/// The names of all buses, the default one first.
pub(super) fn buses(resources: &[Resource<'_>], resolver: &Resolver<'_>) -> Result<Vec<String>, TemplateError> {
    let declared = resources.iter().filter(|resource| resource.kind == BUS);
    let names = declared.map(|resource| resolver.physical_name(resource.id));
    std::iter::once(Ok(DEFAULT_BUS.to_owned())).chain(names).collect()
}

/// The names under which mail may be sent.
pub(super) fn mail_configurations(
    resources: &[Resource<'_>],
    resolver: &Resolver<'_>,
) -> Result<Vec<String>, TemplateError> {
    let declared = resources.iter().filter(|resource| resource.kind == MAIL_CONFIGURATION);
    declared.map(|resource| resolver.physical_name(resource.id)).collect()
}

pub(super) fn rules(
    resources: &[Resource<'_>],
    resolver: &Resolver<'_>,
    buses: &[String],
    queues: &[Queue],
) -> Result<Vec<Rule>, TemplateError> {
    let mut rules = Vec::new();
    for resource in resources.iter().filter(|resource| resource.kind == RULE) {
        resource.know(&RULE_PROPERTIES)?;
        let rule = rule(resource, resolver, buses, queues)?;
        let state = resource.property("State").map(|state| resolver.resolve(state)).transpose()?;
        let state = state.map(|state| typed(&format!("{}.State", resource.id), state)).transpose()?;
        if state != Some(State::Disabled) {
            rules.push(rule);
        }
    }
    Ok(rules)
}

fn rule(
    resource: &Resource<'_>,
    resolver: &Resolver<'_>,
    buses: &[String],
    queues: &[Queue],
) -> Result<Rule, TemplateError> {
    let bus = match resource.property("EventBusName") {
        Some(name) => typed(&format!("{}.EventBusName", resource.id), resolver.resolve(name)?)?,
        None => DEFAULT_BUS.to_owned(),
    };
    // It may be named by its ARN.
    let bus = bus.rsplit('/').next().unwrap_or_default().to_owned();
    if !buses.contains(&bus) {
        return Err(TemplateError::malformed(resource.id, format!("is on the bus {bus}, which does not exist")));
    }
    let pattern = resource
        .property("EventPattern")
        .ok_or_else(|| TemplateError::malformed(resource.id, "has no EventPattern"))?;
    let place = format!("{}.EventPattern", resource.id);
    let pattern = Pattern::parse(&resolver.resolve(pattern)?)
        .map_err(|error| TemplateError::malformed(place, error.to_string()))?;
    let mut names = Vec::new();
    for target in resource.property("Targets").and_then(|targets| targets.as_sequence()).into_iter().flatten() {
        let place = format!("{}.Targets", resource.id);
        super::know(&place, target, &TARGET_PROPERTIES)?;
        let arn = target.get("Arn").map(|arn| resolver.resolve(arn)).transpose()?.unwrap_or(Json::Null);
        let arn: String = typed(&place, arn)?;
        let queue = by_arn(queues, &arn).ok_or_else(|| {
            TemplateError::malformed(&place, format!("leads to {arn}, which is no queue of the template"))
        })?;
        names.push(queue.name.clone());
    }
    Ok(Rule { bus, pattern, queues: names })
}
