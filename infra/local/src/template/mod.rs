//! What the stack takes from the SAM template: functions, routes, schedules, the authorizer, CORS, tables, event buses
//! with their rules, queues, and what streams and queues deliver to functions.
//!
//! The template is the only list of these. What it does not name does not exist here; what it says in a way that this
//! module does not understand stops the start, as guessing would make the local stack differ from the deployed one.

mod api;
mod events;
mod functions;
mod intrinsics;
mod mapping;
mod queue;
mod roles;
mod schedule;
mod table;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use serde_json::Value as Json;
use serde_yaml_ng::Value as Yaml;

pub(crate) use api::{Cors, JwtAuthorizer};
pub(crate) use events::{DEFAULT_BUS, Rule};
pub(crate) use functions::{Function, Route};
use intrinsics::Resolver;
pub(crate) use intrinsics::{STACK_NAME, table_name};
pub(crate) use mapping::{Mapping, QueueMapping, StreamMapping};
pub(crate) use queue::Queue;
#[cfg(test)]
pub(crate) use queue::Redrive;
pub(crate) use schedule::Schedule;
pub(crate) use table::Table;

use crate::aws;

/// Values that replace parameters' defaults, by parameter name. Names that the template does not declare are ignored.
pub(crate) type Overrides = BTreeMap<String, String>;

/// The part of the template that runs locally, with every intrinsic resolved.
#[derive(Debug)]
pub(crate) struct Template {
    pub(crate) functions: Vec<Function>,
    pub(crate) routes: Vec<Route>,
    pub(crate) schedules: Vec<Schedule>,
    /// By the name that routes use.
    pub(crate) authorizers: BTreeMap<String, JwtAuthorizer>,
    pub(crate) cors: Option<Cors>,
    pub(crate) tables: Vec<Table>,
    /// The names of the event buses, the default one first.
    pub(crate) buses: Vec<String>,
    pub(crate) rules: Vec<Rule>,
    pub(crate) queues: Vec<Queue>,
    pub(crate) stream_mappings: Vec<StreamMapping>,
    pub(crate) queue_mappings: Vec<QueueMapping>,
    /// The names of the configuration sets under which mail may be sent.
    pub(crate) mail_configurations: Vec<String>,
}

/// What is wrong with the template, or beyond this stack.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    /// The file cannot be read, or is not YAML.
    #[error("{0}")]
    Unreadable(String),
    /// An intrinsic function that the local stack does not know.
    #[error("the intrinsic !{0} is not supported by the local stack")]
    UnknownIntrinsic(String),
    /// A name that nothing in the template declares.
    #[error("{0} is neither a parameter nor a resource")]
    UnknownName(String),
    /// An attribute of a resource that has no local counterpart.
    #[error("!GetAtt {0} has no local counterpart")]
    UnknownAttribute(String),
    /// A condition that the template does not declare.
    #[error("the condition {0} is not declared, or refers to itself")]
    UnknownCondition(String),
    /// A parameter without a default that the local stack gives no value.
    #[error("the parameter {0} has no default and no local value")]
    NoValue(String),
    /// A kind of event source that the local stack does not deliver.
    #[error("{function} has an event {event} of type {kind}, which the local stack does not deliver")]
    UnknownEvent {
        /// The function's logical id.
        function: String,
        /// The event's name.
        event: String,
        /// Its type.
        kind: String,
    },
    /// Something has not the form that SAM gives it, or is left out.
    #[error("{place}: {problem}")]
    Malformed {
        /// Where in the template.
        place: String,
        /// What is wrong.
        problem: String,
    },
}

impl TemplateError {
    fn malformed(place: impl Into<String>, problem: impl Into<String>) -> TemplateError {
        TemplateError::Malformed { place: place.into(), problem: problem.into() }
    }
}

impl Template {
    /// Reads the template from YAML text.
    pub(crate) fn parse(text: &str, overrides: &Overrides) -> Result<Template, TemplateError> {
        let document: Yaml =
            serde_yaml_ng::from_str(text).map_err(|error| TemplateError::Unreadable(error.to_string()))?;
        let resolver = Resolver::new(&document, overrides)?;
        let resources = resources(&document, &resolver)?;
        let declared = functions::read(&document, &resources, &resolver)?;
        let api = api::read(&resources, &resolver)?;
        let buses = events::buses(&resources, &resolver)?;
        let queues = queue::read(&resources, &resolver)?;
        let template = Template {
            functions: declared.functions,
            routes: functions::with_default_authorizer(declared.routes, api.default_authorizer.as_deref()),
            schedules: declared.schedules,
            authorizers: api.authorizers,
            cors: api.cors,
            tables: table::read(&resources, &resolver)?,
            rules: events::rules(&resources, &resolver, &buses, &queues)?,
            buses,
            queues,
            stream_mappings: declared.streams,
            queue_mappings: declared.queues,
            mail_configurations: events::mail_configurations(&resources, &resolver)?,
        };
        template.check_authorizers()?;
        template.check_mappings()?;
        Ok(template)
    }

    fn check_authorizers(&self) -> Result<(), TemplateError> {
        for route in &self.routes {
            if let Some(name) = &route.authorizer
                && !self.authorizers.contains_key(name)
            {
                let place = format!("{} {}", route.method, route.path);
                return Err(TemplateError::malformed(place, format!("no authorizer is called {name}")));
            }
        }
        Ok(())
    }

    /// What a mapping delivers from must be here.
    fn check_mappings(&self) -> Result<(), TemplateError> {
        let streams: Vec<String> = self.tables.iter().map(|table| aws::stream_arn(&table.name)).collect();
        let sources =
            self.stream_mappings.iter().map(|stream| (&stream.mapping, streams.contains(&stream.mapping.source)));
        let queues = self.queue_mappings.iter().map(|queue| &queue.mapping);
        let queues = queues.map(|mapping| (mapping, queue::by_arn(&self.queues, &mapping.source).is_some()));
        match sources.chain(queues).find(|(_, is_here)| !is_here) {
            Some((mapping, _)) => {
                let problem = format!("delivers from {}, which the template does not make", mapping.source);
                Err(TemplateError::malformed(&mapping.id, problem))
            }
            None => Ok(()),
        }
    }
}

/// A resource whose condition holds.
struct Resource<'a> {
    id: &'a str,
    kind: &'a str,
    body: &'a Yaml,
}

impl<'a> Resource<'a> {
    fn property(&self, name: &str) -> Option<&'a Yaml> {
        self.body.get("Properties").and_then(|properties| properties.get(name))
    }

    /// Refuses properties that change what happens and that nothing here looks at.
    fn know(&self, known: &[&str]) -> Result<(), TemplateError> {
        self.body.get("Properties").map_or(Ok(()), |properties| know(self.id, properties, known))
    }
}

fn know(place: &str, properties: &Yaml, known: &[&str]) -> Result<(), TemplateError> {
    let names = properties.as_mapping().into_iter().flat_map(|mapping| mapping.keys());
    match names.map(|name| name.as_str().unwrap_or_default()).find(|name| !known.contains(name)) {
        Some(unknown) => Err(TemplateError::malformed(place, format!("{unknown} is not known to the local stack"))),
        None => Ok(()),
    }
}

fn resources<'a>(document: &'a Yaml, resolver: &Resolver<'_>) -> Result<Vec<Resource<'a>>, TemplateError> {
    let declared = document
        .get("Resources")
        .and_then(Yaml::as_mapping)
        .ok_or_else(|| TemplateError::malformed("Resources", "is missing"))?;
    let mut resources = Vec::new();
    for (id, body) in declared {
        let id = id.as_str().ok_or_else(|| TemplateError::malformed("Resources", "has a name that is not a string"))?;
        let kind =
            body.get("Type").and_then(Yaml::as_str).ok_or_else(|| TemplateError::malformed(id, "has no Type"))?;
        let exists = match body.get("Condition").and_then(Yaml::as_str) {
            Some(condition) => resolver.condition_named(condition)?,
            None => true,
        };
        if exists {
            resources.push(Resource { id, kind, body });
        }
    }
    Ok(resources)
}

/// A resolved value in the form that `T` describes.
fn typed<T: serde::de::DeserializeOwned>(place: &str, value: Json) -> Result<T, TemplateError> {
    serde_json::from_value(value).map_err(|error| TemplateError::malformed(place, error.to_string()))
}
