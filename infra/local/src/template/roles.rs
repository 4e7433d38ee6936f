//! What functions may do: the policies of their roles.

use serde_json::Value as Json;
use serde_yaml_ng::Value as Yaml;

use super::intrinsics::Resolver;
use super::{Resource, TemplateError};
use crate::rights::{Rights, Statement};

const KIND: &str = "AWS::IAM::Role";

/// What functions call themselves. All other actions of their roles (reading streams and queues, writing logs) are what
/// AWS, and here the stack, does for them.
const CALLED: [&str; 10] = [
    "dynamodb:GetItem",
    "dynamodb:BatchGetItem",
    "dynamodb:Query",
    "dynamodb:PutItem",
    "dynamodb:UpdateItem",
    "dynamodb:DeleteItem",
    "dynamodb:ConditionCheckItem",
    "events:PutEvents",
    "ses:SendEmail",
    "sqs:SendMessage",
];

/// The rights of a function; a function that names no role of the template has none.
pub(super) fn of(
    function: &Resource<'_>,
    resources: &[Resource<'_>],
    resolver: &Resolver<'_>,
) -> Result<Rights, TemplateError> {
    let role = resources.iter().find(|resource| resource.kind == KIND && Some(resource.id) == named(function));
    let policies = role.and_then(|role| role.property("Policies")).and_then(Yaml::as_sequence);
    let mut statements = Vec::new();
    for policy in policies.into_iter().flatten() {
        let declared = policy.get("PolicyDocument").and_then(|document| document.get("Statement"));
        for statement in declared.and_then(Yaml::as_sequence).into_iter().flatten() {
            if is_of_calls(statement, resolver)? {
                let read = Statement::read(&resolver.resolve(statement)?);
                statements.push(read.map_err(|problem| TemplateError::malformed(function.id, problem))?);
            }
        }
    }
    Ok(Rights::new(statements))
}

/// The logical id in `!GetAtt SomeRole.Arn`.
fn named<'a>(function: &Resource<'a>) -> Option<&'a str> {
    match function.property("Role")? {
        Yaml::Tagged(tagged) if tagged.tag == "GetAtt" => tagged.value.as_str()?.strip_suffix(".Arn"),
        _ => None,
    }
}

/// Whether a statement is about calls of the function itself. A wildcard is: nobody should have one.
fn is_of_calls(statement: &Yaml, resolver: &Resolver<'_>) -> Result<bool, TemplateError> {
    let actions = statement.get("Action").map(|actions| resolver.resolve(actions)).transpose()?.unwrap_or_default();
    let is_of_calls = |action: &Json| action.as_str().is_some_and(|name| CALLED.contains(&name) || name.contains('*'));
    Ok(actions.as_array().map_or_else(|| is_of_calls(&actions), |actions| actions.iter().any(is_of_calls)))
}
