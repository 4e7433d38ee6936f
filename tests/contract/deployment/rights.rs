//! What functions may do. That their rights suffice, every test on the local stack shows, which holds them to their
//! policies; here it is that they do not reach further.

use std::collections::BTreeSet;

use serde_json::json;
use serde_yaml_ng::Value;
use tests::template::{globals, resources};

use super::policies::{Statement, statements, unknown};
use super::table::{CONDITIONS, ELSEWHERE, ITEMS, KINDS};
use super::{of_kind, texts};

/// Kinds of items of which nothing is ever changed or taken away.
const PERMANENT: [&str; 3] = ["ENTRIES", "IDEMPOTENCY", "PAYMENTS"];

/// Whose numbers are money: written only together with the entry that says why.
const MONEY: &str = "ACCOUNT";

/// Orders that wait, by their partitions: no money moves when one joins or leaves the line.
const WAITING: [&str; 1] = ["QUEUE#*"];

/// What a role has. Policies of AWS's own are not among it: they are wide, and AWS changes them.
const ROLE: [&str; 3] = ["Description", "AssumeRolePolicyDocument", "Policies"];

/// The types of things that give rights, each looked at by a test here or beside. Rights do not come in by another way,
/// such as a policy that is attached to a role from outside.
const GIVING_RIGHTS: [&str; 4] =
    ["AWS::IAM::Role", "AWS::SQS::QueuePolicy", "AWS::Events::EventBusPolicy", "AWS::Lambda::Permission"];

/// All other types of things that there are.
const GIVING_NONE: [&str; 15] = [
    "AWS::CloudWatch::Alarm",
    "AWS::CloudWatch::Dashboard",
    "AWS::Cognito::UserPool",
    "AWS::Cognito::UserPoolClient",
    "AWS::Cognito::UserPoolDomain",
    "AWS::Cognito::UserPoolGroup",
    "AWS::DynamoDB::Table",
    "AWS::Events::EventBus",
    "AWS::Events::Rule",
    "AWS::Logs::LogGroup",
    "AWS::Logs::MetricFilter",
    "AWS::SES::ConfigurationSet",
    "AWS::SES::ConfigurationSetEventDestination",
    "AWS::SQS::Queue",
    "AWS::Serverless::HttpApi",
];

/// A function, an action, and what it is done to.
type Right = (String, String, String);

/// The kinds of items that a statement reaches.
fn kinds(statement: &Statement) -> impl Iterator<Item = &'static str> {
    KINDS.into_iter().filter(|(_, partition)| statement.reaches(partition)).map(|(kind, _)| kind)
}

/// The functions that have a right.
fn holders(action: &str) -> BTreeSet<String> {
    statements().into_iter().filter(|statement| statement.grants(action)).map(|statement| statement.function).collect()
}

fn assert_same(granted: &BTreeSet<Right>, written_down: &BTreeSet<Right>) {
    let more: Vec<&Right> = granted.difference(written_down).collect();
    let less: Vec<&Right> = written_down.difference(granted).collect();
    assert!(more.is_empty(), "granted, but not written down in the table: {more:#?}");
    assert!(less.is_empty(), "written down in the table, but not granted: {less:#?}");
}

#[test]
fn rights_come_from_the_roles_of_functions_only() {
    let mut roles = BTreeSet::new();
    for (id, resource) in resources() {
        let kind = resource["Type"].as_str().unwrap();
        let is_function = kind == "AWS::Serverless::Function";
        assert!(is_function || [&GIVING_RIGHTS[..], &GIVING_NONE].concat().contains(&kind), "what may {kind} do?");
        // SAM would make policies of connectors, and of policies that a function has itself.
        assert!(resource["Connectors"].is_null() && resource["Properties"]["ResourcePolicy"].is_null(), "{id:?}");
        if is_function {
            let (id, properties) = (id.as_str().unwrap(), &resource["Properties"]);
            let name = id.strip_suffix("Function").unwrap();
            assert_eq!(texts(&properties["Role"]), [format!("{name}Role.Arn")], "{id}");
            assert!(properties["Policies"].is_null() && properties["Connectors"].is_null(), "{id}");
            assert_eq!(texts(&properties["CodeUri"]), [format!("../functions/{}", name.to_lowercase())], "{id}");
            roles.insert(format!("{name}Role"));
        }
    }
    assert!(globals()["Function"]["Policies"].is_null() && globals()["Function"]["Role"].is_null());
    assert_eq!(of_kind("AWS::IAM::Role").into_iter().map(|(id, _)| id).collect::<BTreeSet<_>>(), roles);
}

#[test]
fn roles_have_their_own_policies_and_are_taken_by_lambda_only() {
    let trust = json!({ "Version": "2012-10-17", "Statement": [
        { "Effect": "Allow", "Principal": { "Service": "lambda.amazonaws.com" }, "Action": "sts:AssumeRole" },
    ]});
    for (id, role) in of_kind("AWS::IAM::Role") {
        assert_eq!(unknown(&role, &ROLE), Vec::<String>::new(), "{id}");
        assert_eq!(serde_json::to_value(&role["AssumeRolePolicyDocument"]).unwrap(), trust, "{id}");
    }
}

#[test]
fn no_function_may_do_everything_or_anywhere() {
    for statement in statements() {
        let mut words = [statement.actions.clone(), texts(&statement.resource)].concat();
        words.extend(statement.partitions());
        assert!(words.iter().all(|word| word != "*" && !word.ends_with(":*")), "{statement:?}");
        assert!(statement.actions.iter().all(|action| !action.contains(['*', '?'])), "{statement:?}");
    }
}

#[test]
fn each_function_may_do_with_items_what_the_table_says() {
    let mut granted = BTreeSet::new();
    for statement in statements().iter().filter(|statement| statement.is_of_items()) {
        assert_eq!(texts(&statement.resource), ["QuotaTable.Arn"], "{statement:?}");
        assert!(statement.has_known_conditions(), "{statement:?}");
        for action in &statement.actions {
            granted.extend(kinds(statement).map(|kind| (statement.function.clone(), action.clone(), kind.to_owned())));
        }
    }
    let mut written_down = BTreeSet::new();
    for (function, rights) in ITEMS {
        for (actions, kinds) in rights {
            for action in actions.split(' ') {
                let right = |kind: &str| (function.to_owned(), format!("dynamodb:{action}"), kind.to_owned());
                written_down.extend(kinds.split(' ').map(right));
            }
        }
    }
    assert_same(&granted, &written_down);
}

#[test]
fn each_function_may_do_elsewhere_what_the_table_says() {
    let mut granted = BTreeSet::new();
    let mut conditions = BTreeSet::new();
    for statement in statements().iter().filter(|statement| !statement.is_of_items()) {
        let things = texts(&statement.resource);
        for action in &statement.actions {
            granted.extend(things.iter().map(|thing| (statement.function.clone(), action.clone(), thing.clone())));
        }
        for (operator, keys) in statement.condition.as_mapping().into_iter().flatten() {
            for (key, value) in keys.as_mapping().unwrap() {
                let words = [operator, key, value].map(|word| texts(word).concat());
                conditions.insert((statement.actions.concat(), words));
            }
        }
    }
    let owned =
        |(function, action, thing): (&str, &str, &str)| (function.to_owned(), action.to_owned(), thing.to_owned());
    let mut written_down: BTreeSet<Right> = ELSEWHERE.into_iter().map(owned).collect();
    for (id, _) in of_kind("AWS::IAM::Role") {
        let name = id.strip_suffix("Role").unwrap();
        for action in ["logs:CreateLogStream", "logs:PutLogEvents"] {
            written_down.insert(owned((&name.to_lowercase(), action, &format!("{name}Log.Arn"))));
        }
    }
    assert_same(&granted, &written_down);
    let expected =
        CONDITIONS.map(|(action, operator, key, value)| (action.to_owned(), [operator, key, value].map(str::to_owned)));
    assert_eq!(conditions, expected.into_iter().collect());
}

#[test]
fn the_table_knows_every_kind_of_item() {
    let keys = include_str!("../../../shared/ledger/src/keys.rs");
    let partitions = keys.lines().filter_map(|line| line.strip_prefix("//! | `"));
    let described: BTreeSet<&str> = partitions.filter_map(|partition| Some(partition.split_once('#')?.0)).collect();
    assert_eq!(KINDS.into_iter().map(|(kind, _)| kind).collect::<BTreeSet<_>>(), described);
}

#[test]
fn items_are_reached_by_their_kind_and_written_in_transactions() {
    let of_items: Vec<Statement> = statements().into_iter().filter(Statement::is_of_items).collect();
    assert!(of_items.len() > 20, "{}", of_items.len());
    for statement in of_items {
        assert!(!statement.partitions().is_empty(), "every kind of item is open: {statement:?}");
        // A pattern that is about a part of a kind would reach none of the kinds' examples, and so be overlooked.
        let whole = |pattern: &String| KINDS.into_iter().any(|(kind, _)| *pattern == format!("{kind}#*"));
        assert!(statement.partitions().iter().all(whole), "not one whole kind: {statement:?}");
        let writes = ["dynamodb:PutItem", "dynamodb:DeleteItem", "dynamodb:ConditionCheckItem"];
        if writes.iter().any(|write| statement.grants(write)) {
            assert!(statement.is_in_transactions_only() || statement.partitions() == WAITING, "{statement:?}");
        }
    }
}

#[test]
fn what_is_permanent_is_neither_changed_nor_taken_away() {
    for statement in statements() {
        let removes = statement.grants("dynamodb:DeleteItem") || statement.grants("dynamodb:UpdateItem");
        let kept = kinds(&statement).find(|kind| PERMANENT.contains(kind) || *kind == MONEY);
        assert!(!removes || kept.is_none(), "{kept:?}: {statement:?}");
    }
    for action in ["dynamodb:Scan", "dynamodb:DeleteTable", "dynamodb:BatchWriteItem", "dynamodb:PartiQLDelete"] {
        assert_eq!(holders(action), BTreeSet::new(), "{action}");
    }
}

#[test]
fn whoever_writes_money_writes_the_entry_that_says_why() {
    for statement in statements().iter().filter(|statement| statement.grants("dynamodb:PutItem")) {
        let written: Vec<&str> = kinds(statement).collect();
        let [entries, records, money] = ["ENTRIES", "IDEMPOTENCY", MONEY].map(|kind| written.contains(&kind));
        assert!(entries == money && records == money, "{statement:?}");
    }
}

#[test]
fn everything_outside_the_table_has_its_one_function() {
    let of = |functions: &[&str]| functions.iter().map(|function| (*function).to_owned()).collect::<BTreeSet<_>>();
    assert_eq!(holders("events:PutEvents"), of(&["relay"]));
    assert_eq!(holders("ses:SendEmail"), of(&["notifier"]));
    assert_eq!(holders("sqs:SendMessage"), of(&["intake", "relay"]));
}

#[test]
fn others_may_put_events_of_their_own_on_the_bus_and_sign_in_and_nothing_else() {
    let policies = of_kind("AWS::Events::EventBusPolicy").into_iter().map(|(_, policy)| {
        let statement = &policy["Statement"];
        assert_eq!(statement["Action"], "events:PutEvents", "{policy:?}");
        let source = texts(&statement["Condition"]["ForAllValues:StringEquals"]["events:source"]).concat();
        (texts(&statement["Principal"]["AWS"]).concat(), source)
    });
    let of =
        |account: &str, source: &str| (format!("arn:${{AWS::Partition}}:iam::${{{account}}}:root"), source.to_owned());
    let expected = [of("CloudConsoleAccountId", "cloud-console"), of("FinanceAccountId", "finance")];
    assert_eq!(policies.collect::<BTreeSet<_>>(), BTreeSet::from(expected));
    for (id, permission) in of_kind("AWS::Lambda::Permission") {
        let words = ["FunctionName", "Action", "Principal", "SourceArn"].map(|name| texts(&permission[name]).concat());
        let sign_in = ["IdentityFunction", "lambda:InvokeFunction", "cognito-idp.amazonaws.com", "UserPool.Arn"];
        assert_eq!(words, sign_in, "{id}");
    }
}

#[test]
fn queues_take_from_rules_only() {
    for (id, policy) in of_kind("AWS::SQS::QueuePolicy") {
        let statements = policy["PolicyDocument"]["Statement"].as_sequence().unwrap();
        for statement in statements.iter().filter(|statement| statement["Effect"] != "Deny") {
            let is_of_rules = |source: &Value| texts(source).iter().all(|source| source.ends_with("Rule.Arn"));
            assert_eq!(statement["Principal"]["Service"], "events.amazonaws.com", "{id}");
            assert_eq!(texts(&statement["Action"]), ["sqs:SendMessage"], "{id}");
            let sources = &statement["Condition"]["ArnEquals"]["aws:SourceArn"];
            assert!(!texts(sources).is_empty() && is_of_rules(sources), "{id}: {sources:?}");
        }
    }
}
