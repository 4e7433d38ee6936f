//! What a function's role allows it, decided as IAM decides it: what no statement allows is denied.
//!
//! The stack holds functions to the policies of the template, so a right that is missing there fails a test here before
//! it fails a request in AWS. Only what the template uses of IAM's language is known; anything else stops the start.

#[cfg(test)]
mod tests;
mod wish;

use serde_json::Value as Json;

pub(crate) use wish::wishes;

/// What one call wants to do to one resource, and what conditions may ask about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Wish {
    /// Such as `dynamodb:PutItem`.
    action: &'static str,
    /// An ARN.
    resource: String,
    /// Values by condition key.
    context: Vec<(&'static str, Vec<String>)>,
}

impl Wish {
    fn values(&self, key: &str) -> &[String] {
        let found = self.context.iter().find(|(known, _)| known.eq_ignore_ascii_case(key));
        found.map_or(&[], |(_, values)| values)
    }

    /// How IAM words a refusal, with what the conditions were asked about.
    pub(crate) fn refusal(&self, function: &str) -> String {
        let Wish { action, resource, context } = self;
        format!("{function} is not authorized to perform: {action} on resource: {resource} with {context:?}")
    }
}

/// All statements of a role.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Rights {
    statements: Vec<Statement>,
}

/// One permission.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Statement {
    actions: Vec<String>,
    resources: Vec<String>,
    conditions: Vec<Condition>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Condition {
    operator: Operator,
    key: String,
    values: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operator {
    /// The key has one value, which is one of these.
    StringEquals,
    /// One of the key's values is one of these.
    AnyStringEquals,
    /// Each of the key's values is one of these; so it is when there is none.
    AllStringEquals,
    /// Each of the key's values is like one of these; so it is when there is none.
    AllStringLike,
}

impl Rights {
    pub(crate) fn new(statements: Vec<Statement>) -> Rights {
        Rights { statements }
    }

    /// Whether any statement allows this.
    pub(crate) fn allow(&self, wish: &Wish) -> bool {
        self.statements.iter().any(|statement| statement.allows(wish))
    }
}

impl Statement {
    /// Reads a statement whose intrinsics are resolved.
    ///
    /// # Errors
    /// Says what is not known here.
    pub(crate) fn read(statement: &Json) -> Result<Statement, String> {
        let member = |name: &str| statement.get(name).ok_or_else(|| format!("has no {name}"));
        if member("Effect")? != "Allow" {
            return Err("does something else than to allow".to_owned());
        }
        let known = ["Sid", "Effect", "Action", "Resource", "Condition"];
        let names = statement.as_object().into_iter().flat_map(|statement| statement.keys());
        if let Some(unknown) = names.map(String::as_str).find(|name| !known.contains(name)) {
            return Err(format!("has {unknown}, which is not known here"));
        }
        Ok(Statement {
            actions: texts(member("Action")?)?,
            resources: texts(member("Resource")?)?,
            conditions: statement.get("Condition").map_or(Ok(Vec::new()), conditions)?,
        })
    }

    fn allows(&self, wish: &Wish) -> bool {
        let is_any_like = |patterns: &[String], text: &str| patterns.iter().any(|pattern| is_like(pattern, text));
        is_any_like(&self.actions, wish.action)
            && is_any_like(&self.resources, &wish.resource)
            && self.conditions.iter().all(|condition| condition.holds(wish))
    }
}

fn conditions(declared: &Json) -> Result<Vec<Condition>, String> {
    let mut conditions = Vec::new();
    for (operator, keys) in declared.as_object().ok_or("has conditions that are no mapping")? {
        let operator = match operator.as_str() {
            "StringEquals" => Operator::StringEquals,
            "ForAnyValue:StringEquals" => Operator::AnyStringEquals,
            "ForAllValues:StringEquals" => Operator::AllStringEquals,
            "ForAllValues:StringLike" => Operator::AllStringLike,
            unknown => return Err(format!("has a condition {unknown}, which is not known here")),
        };
        for (key, values) in keys.as_object().ok_or("has a condition that is no mapping")? {
            conditions.push(Condition { operator, key: key.clone(), values: texts(values)? });
        }
    }
    Ok(conditions)
}

/// A text or a list of them.
fn texts(value: &Json) -> Result<Vec<String>, String> {
    let text = |value: &Json| value.as_str().map(str::to_owned).ok_or_else(|| format!("{value} is no text"));
    match value {
        Json::Array(values) => values.iter().map(text).collect(),
        value => Ok(vec![text(value)?]),
    }
}

impl Condition {
    fn holds(&self, wish: &Wish) -> bool {
        let values = wish.values(&self.key);
        let is_one = |value: &String| self.values.contains(value);
        match self.operator {
            Operator::StringEquals => matches!(values, [value] if is_one(value)),
            Operator::AnyStringEquals => values.iter().any(is_one),
            Operator::AllStringEquals => values.iter().all(is_one),
            Operator::AllStringLike => values.iter().all(|value| self.values.iter().any(|like| is_like(like, value))),
        }
    }
}

/// Whether a text is like a pattern in which `*` stands for any characters and `?` for one.
fn is_like(pattern: &str, text: &str) -> bool {
    let mut rest = pattern.chars();
    match rest.next() {
        None => text.is_empty(),
        Some('*') => is_like(rest.as_str(), text) || shorter(text).is_some_and(|text| is_like(pattern, text)),
        Some('?') => shorter(text).is_some_and(|text| is_like(rest.as_str(), text)),
        Some(head) => text.strip_prefix(head).is_some_and(|text| is_like(rest.as_str(), text)),
    }
}

/// A text without its first character, if it has one.
fn shorter(text: &str) -> Option<&str> {
    let mut rest = text.chars();
    rest.next().map(|_| rest.as_str())
}
