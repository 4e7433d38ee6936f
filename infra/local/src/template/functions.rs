//! Functions, and the routes, schedules, streams and queues that lead to them.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Deserialize;
use serde_json::Value as Json;
use serde_yaml_ng::Value as Yaml;

use super::intrinsics::Resolver;
use super::mapping::{self, QueueMapping, StreamMapping};
use super::schedule::{self, Schedule};
use super::{Resource, TemplateError, roles, typed};
use crate::rights::Rights;

const KIND: &str = "AWS::Serverless::Function";
/// What SAM gives a function that does not say.
const DEFAULT_TIMEOUT_SECONDS: u64 = 3;
const DEFAULT_MEMORY_MB: u64 = 128;

/// A Lambda function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Function {
    /// The name of its Cargo package and binary.
    pub(crate) binary: String,
    pub(crate) timeout: Duration,
    pub(crate) memory_mb: u64,
    pub(crate) environment: BTreeMap<String, String>,
    /// What its role lets it do.
    pub(crate) rights: Rights,
}

/// One method and path of the HTTP API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Route {
    /// Upper case, or `ANY`.
    pub(crate) method: String,
    /// As the template writes it: `/v1/accounts/{id}`.
    pub(crate) path: String,
    /// The binary of the function that answers.
    pub(crate) function: String,
    /// The authorizer that a request passes first; `None` lets everybody in.
    pub(crate) authorizer: Option<String>,
}

/// A route as its event says it: whether the API's default authorizer applies is not known yet.
pub(super) struct EventRoute {
    route: Route,
    says_nothing_of_authorizers: bool,
}

/// Functions and what leads to them.
#[derive(Default)]
pub(super) struct Declared {
    pub(super) functions: Vec<Function>,
    pub(super) routes: Vec<EventRoute>,
    pub(super) schedules: Vec<Schedule>,
    pub(super) streams: Vec<StreamMapping>,
    pub(super) queues: Vec<QueueMapping>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct HttpApiEvent {
    path: String,
    method: String,
    auth: Option<EventAuth>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct EventAuth {
    authorizer: Option<String>,
}

pub(super) fn read(
    document: &Yaml,
    resources: &[Resource<'_>],
    resolver: &Resolver<'_>,
) -> Result<Declared, TemplateError> {
    let globals = document.get("Globals").and_then(|globals| globals.get("Function"));
    let mut declared = Declared::default();
    for resource in resources.iter().filter(|resource| resource.kind == KIND) {
        let function = function(resource, globals, resolver, roles::of(resource, resources, resolver)?)?;
        declared.add_events(resource, &function.binary, resolver)?;
        declared.functions.push(function);
    }
    if declared.functions.is_empty() {
        return Err(TemplateError::malformed("Resources", format!("has no {KIND}")));
    }
    Ok(declared)
}

/// Puts the API's default authorizer before every route that names none and does not opt out.
pub(super) fn with_default_authorizer(routes: Vec<EventRoute>, default: Option<&str>) -> Vec<Route> {
    let settle = |EventRoute { mut route, says_nothing_of_authorizers }| {
        if says_nothing_of_authorizers {
            route.authorizer = default.map(str::to_owned);
        }
        route
    };
    routes.into_iter().map(settle).collect()
}

fn function(
    resource: &Resource<'_>,
    globals: Option<&Yaml>,
    resolver: &Resolver<'_>,
    rights: Rights,
) -> Result<Function, TemplateError> {
    let binary = resource
        .body
        .get("Metadata")
        .and_then(|metadata| metadata.get("BuildProperties"))
        .and_then(|build| build.get("Binary"))
        .ok_or_else(|| TemplateError::malformed(resource.id, "has no Metadata.BuildProperties.Binary"))?;
    let number = |name: &str, default: u64| {
        let declared = resource.property(name).or_else(|| globals.and_then(|globals| globals.get(name)));
        match declared {
            Some(value) => typed(&format!("{}.{name}", resource.id), resolver.resolve(value)?),
            None => Ok(default),
        }
    };
    let mut environment = BTreeMap::new();
    let global = globals.and_then(|globals| globals.get("Environment"));
    for declared in [global, resource.property("Environment")].into_iter().flatten() {
        if let Some(variables) = declared.get("Variables") {
            environment.append(&mut variables_of(resource.id, resolver.resolve(variables)?)?);
        }
    }
    Ok(Function {
        binary: typed(resource.id, resolver.resolve(binary)?)?,
        timeout: Duration::from_secs(number("Timeout", DEFAULT_TIMEOUT_SECONDS)?),
        memory_mb: number("MemorySize", DEFAULT_MEMORY_MB)?,
        environment,
        rights,
    })
}

fn variables_of(id: &str, resolved: Json) -> Result<BTreeMap<String, String>, TemplateError> {
    let variables: BTreeMap<String, Json> = typed(id, resolved)?;
    let as_text = |(name, value)| {
        let value = match value {
            Json::String(text) => text,
            Json::Number(number) => number.to_string(),
            Json::Bool(flag) => flag.to_string(),
            _ => return Err(TemplateError::malformed(format!("{id}, variable {name}"), "is not plain text")),
        };
        Ok((name, value))
    };
    variables.into_iter().map(as_text).collect()
}

impl Declared {
    fn add_events(
        &mut self,
        resource: &Resource<'_>,
        function: &str,
        resolver: &Resolver<'_>,
    ) -> Result<(), TemplateError> {
        let Some(events) = resource.property("Events").and_then(Yaml::as_mapping) else { return Ok(()) };
        for (name, event) in events {
            let name = name.as_str().unwrap_or_default();
            let properties = event
                .get("Properties")
                .ok_or_else(|| TemplateError::malformed(format!("{}.{name}", resource.id), "has no Properties"))?;
            let place = (resource.id, name);
            match event.get("Type").and_then(Yaml::as_str).unwrap_or_default() {
                "HttpApi" => self.routes.push(route(place, function, properties, resolver)?),
                "Schedule" => self.schedules.push(schedule::read(place, function, properties, resolver)?),
                "DynamoDB" => self.streams.extend(mapping::stream(place, function, properties, resolver)?),
                "SQS" => self.queues.extend(mapping::queue(place, function, properties, resolver)?),
                kind => {
                    return Err(TemplateError::UnknownEvent {
                        function: resource.id.to_owned(),
                        event: name.to_owned(),
                        kind: kind.to_owned(),
                    });
                }
            }
        }
        Ok(())
    }
}

fn route(
    (id, name): (&str, &str),
    function: &str,
    properties: &Yaml,
    resolver: &Resolver<'_>,
) -> Result<EventRoute, TemplateError> {
    let event: HttpApiEvent = typed(&format!("{id}.{name}"), resolver.resolve(properties)?)?;
    let named = event.auth.and_then(|auth| auth.authorizer);
    Ok(EventRoute {
        says_nothing_of_authorizers: named.is_none(),
        route: Route {
            method: event.method.to_ascii_uppercase(),
            path: event.path,
            function: function.to_owned(),
            authorizer: named.filter(|name| name != "NONE"),
        },
    })
}
