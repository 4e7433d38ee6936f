//! Resolving `!Ref`, `!GetAtt`, `!Sub`, `!If`, `!Join`, `!Split` and `!Select` to what they are on this machine.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json};
use serde_yaml_ng::{Mapping, Value as Yaml};

use super::{Overrides, TemplateError};
use crate::aws;

/// How deep conditions may refer to one another, so that a circle is found out.
const MAX_CONDITION_DEPTH: u8 = 16;

/// Knows what names stand for.
pub(super) struct Resolver<'a> {
    parameters: &'a Mapping,
    conditions: &'a Mapping,
    resources: &'a Mapping,
    overrides: &'a Overrides,
}

/// The pseudo parameter that may be given a value.
pub(crate) const STACK_NAME: &str = "AWS::StackName";

impl<'a> Resolver<'a> {
    pub(super) fn new(document: &'a Yaml, overrides: &'a Overrides) -> Result<Resolver<'a>, TemplateError> {
        static NONE: std::sync::LazyLock<Mapping> = std::sync::LazyLock::new(Mapping::new);
        let section = |name: &str| match document.get(name) {
            None => Ok(&*NONE),
            Some(Yaml::Mapping(mapping)) => Ok(mapping),
            Some(_) => Err(TemplateError::malformed(name, "is not a mapping")),
        };
        Ok(Resolver {
            parameters: section("Parameters")?,
            conditions: section("Conditions")?,
            resources: section("Resources")?,
            overrides,
        })
    }

    /// The value with all intrinsics replaced. `AWS::NoValue` takes its list entry or property away.
    pub(super) fn resolve(&self, value: &Yaml) -> Result<Json, TemplateError> {
        match value {
            Yaml::Null => Ok(Json::Null),
            Yaml::Bool(flag) => Ok(Json::Bool(*flag)),
            Yaml::Number(number) => {
                serde_json::to_value(number).map_err(|error| TemplateError::Unreadable(error.to_string()))
            }
            Yaml::String(text) => Ok(Json::String(text.clone())),
            Yaml::Sequence(entries) => {
                let mut resolved = Vec::new();
                for entry in entries {
                    let entry = self.resolve(entry)?;
                    if !entry.is_null() {
                        resolved.push(entry);
                    }
                }
                Ok(Json::Array(resolved))
            }
            Yaml::Mapping(mapping) => match long_form(mapping) {
                Some((name, argument)) => self.intrinsic(name, argument),
                None => self.resolve_mapping(mapping),
            },
            Yaml::Tagged(tagged) => {
                let tag = tagged.tag.to_string();
                self.intrinsic(tag.trim_start_matches('!'), &tagged.value)
            }
        }
    }

    fn resolve_mapping(&self, mapping: &Mapping) -> Result<Json, TemplateError> {
        let mut resolved = Map::new();
        for (name, value) in mapping {
            let name = scalar(name).ok_or_else(|| TemplateError::Unreadable("a property has no plain name".into()))?;
            let value = self.resolve(value)?;
            if !value.is_null() {
                resolved.insert(name, value);
            }
        }
        Ok(Json::Object(resolved))
    }

    fn intrinsic(&self, name: &str, argument: &Yaml) -> Result<Json, TemplateError> {
        match name {
            "Ref" => self.reference(text(name, argument)?),
            "GetAtt" => self.attribute(&dotted(name, argument)?).map(Json::String),
            "Sub" => self.substitute(argument).map(Json::String),
            "If" => {
                let [condition, then, otherwise] = arguments(name, argument)?;
                let holds = self.condition_named(text(name, condition)?)?;
                self.resolve(if holds { then } else { otherwise })
            }
            "Join" => {
                let [separator, parts] = arguments(name, argument)?;
                let parts: Vec<String> = super::typed("!Join", self.resolve(parts)?)?;
                Ok(Json::String(parts.join(text(name, separator)?)))
            }
            "Split" => {
                let [separator, joined] = arguments(name, argument)?;
                let joined: String = super::typed("!Split", self.resolve(joined)?)?;
                Ok(joined.split(text(name, separator)?).map(Json::from).collect())
            }
            "Select" => {
                let [index, list] = arguments(name, argument)?;
                let (index, list) = (self.resolve(index)?, self.resolve(list)?);
                let chosen = index.as_u64().and_then(|index| list.get(usize::try_from(index).ok()?));
                chosen.cloned().ok_or_else(|| TemplateError::malformed("!Select", format!("{list} has no {index}")))
            }
            unknown => Err(TemplateError::UnknownIntrinsic(unknown.to_owned())),
        }
    }

    fn reference(&self, name: &str) -> Result<Json, TemplateError> {
        if let Some(value) = self.overrides.get(STACK_NAME).filter(|_| name == STACK_NAME) {
            return Ok(Json::String(value.clone()));
        }
        if let Some(value) = pseudo_parameter(name) {
            return Ok(value);
        }
        if let Some(parameter) = self.parameters.get(name) {
            return self.parameter(name, parameter);
        }
        let physical = self.physical_name(name)?;
        let is_queue = self.kind(name) == Some("AWS::SQS::Queue");
        Ok(Json::String(if is_queue { aws::queue_url(&physical) } else { physical }))
    }

    fn kind(&self, id: &str) -> Option<&str> {
        self.resources.get(id)?.get("Type")?.as_str()
    }

    fn parameter(&self, name: &str, declared: &Yaml) -> Result<Json, TemplateError> {
        let value = match self.overrides.get(name) {
            Some(value) => value.clone(),
            None => declared.get("Default").and_then(scalar).ok_or_else(|| TemplateError::NoValue(name.to_owned()))?,
        };
        let kind = declared.get("Type").and_then(Yaml::as_str).unwrap_or("String");
        if kind == "CommaDelimitedList" || kind.starts_with("List<") {
            return Ok(value.split(',').map(|entry| Json::String(entry.trim().to_owned())).collect());
        }
        Ok(Json::String(value))
    }

    /// What a resource is called here: the name that it gives itself, else its logical id. `!Ref` says the same of all
    /// but queues.
    pub(super) fn physical_name(&self, id: &str) -> Result<String, TemplateError> {
        let resource = self.resources.get(id).ok_or_else(|| TemplateError::UnknownName(id.to_owned()))?;
        let property = match self.kind(id) {
            Some("AWS::DynamoDB::Table") => "TableName",
            Some("AWS::Serverless::Function") => "FunctionName",
            Some("AWS::SQS::Queue") => "QueueName",
            Some("AWS::Events::EventBus" | "AWS::SES::ConfigurationSet") => "Name",
            _ => return Ok(id.to_owned()),
        };
        match resource.get("Properties").and_then(|properties| properties.get(property)) {
            Some(name) => super::typed(id, self.resolve(name)?),
            None if property == "TableName" => Ok(table_name(self.overrides.get(STACK_NAME).map(String::as_str), id)),
            None => Ok(id.to_owned()),
        }
    }

    fn attribute(&self, path: &str) -> Result<String, TemplateError> {
        let unknown = || TemplateError::UnknownAttribute(path.to_owned());
        let (id, attribute) = path.split_once('.').ok_or_else(unknown)?;
        let name = self.physical_name(id)?;
        match (self.kind(id), attribute) {
            (Some("AWS::DynamoDB::Table"), "Arn") => Ok(aws::arn("dynamodb", &format!("table/{name}"))),
            (Some("AWS::DynamoDB::Table"), "StreamArn") => Ok(aws::stream_arn(&name)),
            (Some("AWS::Serverless::Function"), "Arn") => Ok(aws::function_arn(&name)),
            (Some("AWS::SQS::Queue"), "Arn") => Ok(aws::arn("sqs", &name)),
            (Some("AWS::SQS::Queue"), "QueueName") | (Some("AWS::Events::EventBus"), "Name") => Ok(name),
            (Some("AWS::SQS::Queue"), "QueueUrl") => Ok(aws::queue_url(&name)),
            (Some("AWS::Events::EventBus"), "Arn") => Ok(aws::arn("events", &format!("event-bus/{name}"))),
            _ => Err(unknown()),
        }
    }

    /// `!Sub text` or `!Sub [text, {name: value}]`.
    fn substitute(&self, argument: &Yaml) -> Result<String, TemplateError> {
        let mut local = BTreeMap::new();
        let pattern = match argument {
            Yaml::Sequence(_) => {
                let [pattern, values] = arguments("Sub", argument)?;
                let values: Map<String, Json> = super::typed("!Sub", self.resolve(values)?)?;
                local.extend(values);
                text("Sub", pattern)?
            }
            pattern => text("Sub", pattern)?,
        };
        let mut result = String::new();
        let mut rest = pattern;
        while let Some((before, after)) = rest.split_once("${") {
            result.push_str(before);
            let (name, after) = after
                .split_once('}')
                .ok_or_else(|| TemplateError::malformed("!Sub", format!("{pattern} has no closing brace")))?;
            match name.strip_prefix('!') {
                Some(literal) => {
                    result.push_str("${");
                    result.push_str(literal);
                    result.push('}');
                }
                None => result.push_str(&self.substitution(name, &local)?),
            }
            rest = after;
        }
        result.push_str(rest);
        Ok(result)
    }

    fn substitution(&self, name: &str, local: &BTreeMap<String, Json>) -> Result<String, TemplateError> {
        if let Some(value) = local.get(name) {
            return super::typed("!Sub", value.clone());
        }
        if name.contains('.') {
            return self.attribute(name);
        }
        super::typed("!Sub", self.reference(name)?)
    }

    /// Whether a declared condition holds.
    pub(super) fn condition_named(&self, name: &str) -> Result<bool, TemplateError> {
        self.condition_at(name, 0)
    }

    fn condition_at(&self, name: &str, depth: u8) -> Result<bool, TemplateError> {
        let unknown = || TemplateError::UnknownCondition(name.to_owned());
        if depth > MAX_CONDITION_DEPTH {
            return Err(unknown());
        }
        self.holds(self.conditions.get(name).ok_or_else(unknown)?, depth)
    }

    fn holds(&self, expression: &Yaml, depth: u8) -> Result<bool, TemplateError> {
        let tag;
        let (name, argument) = match expression {
            Yaml::Tagged(tagged) => {
                tag = tagged.tag.to_string();
                (tag.trim_start_matches('!'), &tagged.value)
            }
            Yaml::Mapping(mapping) => {
                long_form(mapping).ok_or_else(|| TemplateError::malformed("Conditions", "has no intrinsic"))?
            }
            _ => return Err(TemplateError::malformed("Conditions", "has no intrinsic")),
        };
        match name {
            "Equals" => {
                let [left, right] = arguments(name, argument)?;
                Ok(self.resolve(left)? == self.resolve(right)?)
            }
            "Not" => {
                let [operand] = arguments(name, argument)?;
                Ok(!self.holds(operand, depth)?)
            }
            "And" | "Or" => {
                let is_and = name == "And";
                for operand in list(name, argument)? {
                    if self.holds(operand, depth)? != is_and {
                        return Ok(!is_and);
                    }
                }
                Ok(is_and)
            }
            "Condition" => self.condition_at(text(name, argument)?, depth.saturating_add(1)),
            unknown => Err(TemplateError::UnknownIntrinsic(unknown.to_owned())),
        }
    }
}

/// What a table is called that the template does not name.
pub(crate) fn table_name(stack: Option<&str>, id: &str) -> String {
    stack.map_or_else(|| id.to_owned(), |stack| format!("{stack}-{id}"))
}

fn pseudo_parameter(name: &str) -> Option<Json> {
    let value = match name {
        "AWS::Region" => aws::REGION,
        "AWS::AccountId" => aws::ACCOUNT_ID,
        "AWS::Partition" => "aws",
        STACK_NAME => "partner-quota-local",
        "AWS::URLSuffix" => "amazonaws.com",
        "AWS::NoValue" => return Some(Json::Null),
        _ => return None,
    };
    Some(Json::String(value.to_owned()))
}

/// `{"Fn::Sub": …}` as `("Sub", …)`.
fn long_form(mapping: &Mapping) -> Option<(&str, &Yaml)> {
    let (key, argument) = mapping.iter().next().filter(|_| mapping.len() == 1)?;
    match key.as_str()? {
        name @ ("Ref" | "Condition") if argument.is_string() => Some((name, argument)),
        name => name.strip_prefix("Fn::").map(|name| (name, argument)),
    }
}

fn text<'v>(intrinsic: &str, value: &'v Yaml) -> Result<&'v str, TemplateError> {
    value.as_str().ok_or_else(|| TemplateError::malformed(format!("!{intrinsic}"), "expects a string"))
}

fn list<'v>(intrinsic: &str, value: &'v Yaml) -> Result<&'v [Yaml], TemplateError> {
    value
        .as_sequence()
        .map(Vec::as_slice)
        .ok_or_else(|| TemplateError::malformed(format!("!{intrinsic}"), "expects a list"))
}

fn arguments<'v, const N: usize>(intrinsic: &str, value: &'v Yaml) -> Result<&'v [Yaml; N], TemplateError> {
    list(intrinsic, value)?
        .try_into()
        .map_err(|_| TemplateError::malformed(format!("!{intrinsic}"), format!("expects {N} arguments")))
}

fn dotted(intrinsic: &str, value: &Yaml) -> Result<String, TemplateError> {
    match value {
        Yaml::Sequence(parts) => {
            let parts: Result<Vec<&str>, _> = parts.iter().map(|part| text(intrinsic, part)).collect();
            Ok(parts?.join("."))
        }
        value => text(intrinsic, value).map(str::to_owned),
    }
}

/// A scalar as CloudFormation sees it: text.
fn scalar(value: &Yaml) -> Option<String> {
    match value {
        Yaml::String(text) => Some(text.clone()),
        Yaml::Number(number) => Some(number.to_string()),
        Yaml::Bool(flag) => Some(flag.to_string()),
        _ => None,
    }
}
