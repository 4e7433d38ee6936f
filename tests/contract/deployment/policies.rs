//! What the template's roles say, read as IAM reads it.

use serde_yaml_ng::Value;

use super::{of_kind, texts};

/// What there is to a statement of ours. Anything else, such as `NotAction`, would turn its sense around.
const STATEMENT: [&str; 5] = ["Sid", "Effect", "Action", "Resource", "Condition"];

/// What a right on items may depend on. An unknown operator could be one that holds for everything.
const PARTITIONS: (&str, &str) = ("ForAllValues:StringLike", "dynamodb:LeadingKeys");
const TRANSACTIONS: (&str, &str) = ("ForAnyValue:StringEquals", "dynamodb:EnclosingOperation");

/// One permission of a function.
#[derive(Debug)]
pub struct Statement {
    /// The function, as its folder is called.
    pub function: String,
    pub actions: Vec<String>,
    pub resource: Value,
    pub condition: Value,
}

/// The permissions of all functions.
pub fn statements() -> Vec<Statement> {
    of_kind("AWS::IAM::Role").into_iter().flat_map(|(role, properties)| of_role(&role, &properties)).collect()
}

fn of_role(role: &str, properties: &Value) -> Vec<Statement> {
    let function = role.strip_suffix("Role").unwrap_or_else(|| panic!("{role} is of no function")).to_lowercase();
    let policies = properties["Policies"].as_sequence().unwrap_or_else(|| panic!("{role} has no policies"));
    let statements = policies.iter().flat_map(|policy| {
        let statements = policy["PolicyDocument"]["Statement"].as_sequence();
        statements.unwrap_or_else(|| panic!("{role} has a policy without a list of statements: {policy:?}"))
    });
    statements.map(|statement| of_function(&function, statement)).collect()
}

fn of_function(function: &str, statement: &Value) -> Statement {
    assert_eq!(unknown(statement, &STATEMENT), Vec::<String>::new(), "{function}: {statement:?}");
    assert_eq!(statement["Effect"], "Allow", "{function}: {statement:?}");
    Statement {
        function: function.to_owned(),
        actions: texts(&statement["Action"]),
        resource: statement["Resource"].clone(),
        condition: statement["Condition"].clone(),
    }
}

/// The names in a mapping that are not among the known ones.
pub fn unknown(mapping: &Value, known: &[&str]) -> Vec<String> {
    let names = mapping.as_mapping().into_iter().flat_map(|mapping| mapping.keys());
    let names = names.map(|name| name.as_str().expect("a name").to_owned());
    names.filter(|name| !known.contains(&name.as_str())).collect()
}

impl Statement {
    /// The partitions that it is about, as patterns.
    pub fn partitions(&self) -> Vec<String> {
        let (operator, key) = PARTITIONS;
        texts(&self.condition[operator][key])
    }

    /// Whether it reaches a partition.
    pub fn reaches(&self, partition: &str) -> bool {
        self.partitions().iter().any(|pattern| is_like(pattern.as_bytes(), partition.as_bytes()))
    }

    pub fn is_in_transactions_only(&self) -> bool {
        let (operator, key) = TRANSACTIONS;
        texts(&self.condition[operator][key]) == ["TransactWriteItems"]
    }

    /// Whether it depends on partitions, on transactions, and on nothing else.
    pub fn has_known_conditions(&self) -> bool {
        let is_known = |(operator, key): (&str, &str)| unknown(&self.condition[operator], &[key]).is_empty();
        unknown(&self.condition, &[PARTITIONS.0, TRANSACTIONS.0]).is_empty()
            && is_known(PARTITIONS)
            && is_known(TRANSACTIONS)
    }

    pub fn is_of_items(&self) -> bool {
        let of_items =
            ["GetItem", "BatchGetItem", "Query", "PutItem", "UpdateItem", "DeleteItem", "ConditionCheckItem"];
        self.actions.iter().any(|action| of_items.iter().any(|item| *action == format!("dynamodb:{item}")))
    }

    pub fn grants(&self, action: &str) -> bool {
        self.actions.iter().any(|granted| granted == action)
    }
}

/// Whether a text is like a pattern: a star stands for any characters or none, a question mark for one.
fn is_like(pattern: &[u8], text: &[u8]) -> bool {
    match (pattern.split_first(), text.split_first()) {
        (None, None) => true,
        (Some((b'*', rest)), _) if is_like(rest, text) => true,
        (Some((b'*', _)), Some((_, rest))) => is_like(pattern, rest),
        (Some((wanted, pattern)), Some((found, text))) => {
            (wanted == found || *wanted == b'?') && is_like(pattern, text)
        }
        _ => false,
    }
}

#[test]
fn patterns_are_like_what_iam_says_that_they_are_like() {
    for pattern in ["ENTRIES#*", "ENTRIES*", "E*", "*", "ENT?IES#*", "*acc_*", "ENTRIES#acc_1", "ENTRIES#acc_1*"] {
        assert!(is_like(pattern.as_bytes(), b"ENTRIES#acc_1"), "{pattern}");
    }
    for pattern in ["ENTRY#*", "ENTRIES#", "ENTRIES#acc_?1", "NTRIES#*", "entries#*", ""] {
        assert!(!is_like(pattern.as_bytes(), b"ENTRIES#acc_1"), "{pattern}");
    }
}
