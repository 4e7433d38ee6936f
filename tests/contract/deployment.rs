//! What is deployed is closed to whoever has no business with it. That the rights of functions suffice, every test on the
//! local stack shows, which holds them to their policies; here it is that they do not reach further.

use serde_yaml_ng::Value;
use tests::template::{resources, routes};

/// Kinds of items of which nothing is ever changed or taken away.
const PERMANENT: [&str; 3] = ["ENTRIES#", "IDEMPOTENCY#", "PAYMENTS#"];

/// Whose numbers are money: written only together with the entry that says why.
const MONEY: &str = "ACCOUNT#";

/// What the environment of functions may hold: names of things, and how much to log.
const VARIABLES: [&str; 8] = [
    "TABLE_NAME",
    "LOG_LEVEL",
    "ACCOUNT_DIRECTORY_URL",
    "EVENT_BUS_NAME",
    "DEAD_LETTER_QUEUE_URL",
    "MAIL_FROM",
    "MAIL_CONFIGURATION_SET",
    "PORTAL_URL",
];

/// One permission of a function.
#[derive(Debug)]
struct Statement {
    role: String,
    actions: Vec<String>,
    resource: Value,
    condition: Value,
}

fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::Sequence(values) => values.iter().flat_map(texts).collect(),
        Value::Tagged(tagged) => texts(&tagged.value),
        value => value.as_str().map(str::to_owned).into_iter().collect(),
    }
}

fn of_kind(kind: &str) -> Vec<(String, Value)> {
    let of_kind = resources().into_iter().filter(|(_, resource)| resource["Type"] == *kind);
    let found: Vec<(String, Value)> =
        of_kind.map(|(id, resource)| (id.as_str().unwrap().to_owned(), resource["Properties"].clone())).collect();
    assert!(!found.is_empty(), "the template has no {kind}");
    found
}

fn statements() -> Vec<Statement> {
    let of_role = |(role, properties): (String, Value)| {
        let policies = properties["Policies"].as_sequence().unwrap_or_else(|| panic!("{role} has no policies")).clone();
        let of_policy = |policy: Value| policy["PolicyDocument"]["Statement"].as_sequence().unwrap().clone();
        let statements = policies.into_iter().flat_map(of_policy);
        let statement = move |statement: Value| Statement {
            role: role.clone(),
            actions: texts(&statement["Action"]),
            resource: statement["Resource"].clone(),
            condition: statement["Condition"].clone(),
        };
        statements.map(statement).collect::<Vec<_>>()
    };
    of_kind("AWS::IAM::Role").into_iter().flat_map(of_role).collect()
}

impl Statement {
    /// The partitions that it is about, as patterns.
    fn partitions(&self) -> Vec<String> {
        texts(&self.condition["ForAllValues:StringLike"]["dynamodb:LeadingKeys"])
    }

    fn is_in_transactions_only(&self) -> bool {
        texts(&self.condition["ForAnyValue:StringEquals"]["dynamodb:EnclosingOperation"]) == ["TransactWriteItems"]
    }

    fn is_of_items(&self) -> bool {
        let of_items =
            ["GetItem", "BatchGetItem", "Query", "PutItem", "UpdateItem", "DeleteItem", "ConditionCheckItem"];
        self.actions.iter().any(|action| of_items.iter().any(|item| *action == format!("dynamodb:{item}")))
    }

    fn grants(&self, action: &str) -> bool {
        self.actions.iter().any(|granted| granted == action)
    }
}

/// The roles that have a right, in their order.
fn holders(action: &str) -> Vec<String> {
    let mut holders: Vec<String> =
        statements().into_iter().filter(|statement| statement.grants(action)).map(|statement| statement.role).collect();
    holders.sort();
    holders.dedup();
    holders
}

#[test]
fn no_function_may_do_everything_or_anywhere() {
    for statement in statements() {
        let mut words = [statement.actions.clone(), texts(&statement.resource)].concat();
        words.extend(statement.partitions());
        assert!(words.iter().all(|word| word != "*" && !word.ends_with(":*")), "{statement:?}");
        assert!(statement.actions.iter().all(|action| !action.contains('*')), "{statement:?}");
    }
}

#[test]
fn items_are_reached_by_their_kind_and_written_in_transactions() {
    let of_items: Vec<Statement> = statements().into_iter().filter(Statement::is_of_items).collect();
    assert!(of_items.len() > 20, "{}", of_items.len());
    for statement in of_items {
        assert!(!statement.partitions().is_empty(), "every kind of item is open: {statement:?}");
        let writes = ["dynamodb:PutItem", "dynamodb:DeleteItem", "dynamodb:ConditionCheckItem"];
        if writes.iter().any(|write| statement.grants(write)) {
            assert!(statement.is_in_transactions_only(), "{statement:?}");
        }
    }
}

#[test]
fn what_is_permanent_is_neither_changed_nor_taken_away() {
    for statement in statements() {
        let removes = statement.grants("dynamodb:DeleteItem") || statement.grants("dynamodb:UpdateItem");
        let reaches = |kind: &str| statement.partitions().iter().any(|pattern| pattern.starts_with(kind));
        assert!(!removes || !PERMANENT.into_iter().chain([MONEY]).any(reaches), "{statement:?}");
    }
    for action in ["dynamodb:Scan", "dynamodb:DeleteTable", "dynamodb:BatchWriteItem", "dynamodb:PartiQLDelete"] {
        assert_eq!(holders(action), Vec::<String>::new(), "{action}");
    }
}

#[test]
fn everything_outside_the_table_has_its_one_function() {
    assert_eq!(holders("events:PutEvents"), ["RelayRole"]);
    assert_eq!(holders("ses:SendEmail"), ["NotifierRole"]);
    assert_eq!(holders("sqs:SendMessage"), ["IntakeRole", "RelayRole"]);
    // Nobody who takes money in may also tell of it, and whoever reads only does just that.
    for reader in ["ReportingRole", "IdentityRole"] {
        let of_reader = statements().into_iter().filter(|statement| statement.role == reader);
        let actions: Vec<String> = of_reader.flat_map(|statement| statement.actions).collect();
        let may = [
            "dynamodb:GetItem",
            "dynamodb:BatchGetItem",
            "dynamodb:Query",
            "logs:CreateLogStream",
            "logs:PutLogEvents",
        ];
        assert!(actions.iter().all(|action| may.contains(&action.as_str())), "{reader}: {actions:?}");
    }
}

#[test]
fn the_ledger_is_encrypted_restorable_and_hard_to_delete() {
    for (id, table) in of_kind("AWS::DynamoDB::Table") {
        assert_eq!(table["SSESpecification"]["SSEEnabled"], true, "{id}");
        assert_eq!(table["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"], true, "{id}");
        assert_eq!(table["DeletionProtectionEnabled"], true, "{id}");
        assert_eq!(resources()[id.as_str()]["DeletionPolicy"], "Retain", "{id}");
    }
}

#[test]
fn queues_are_encrypted_and_take_nothing_over_plain_http() {
    let policies = of_kind("AWS::SQS::QueuePolicy");
    for (id, queue) in of_kind("AWS::SQS::Queue") {
        assert_eq!(queue["SqsManagedSseEnabled"], true, "{id}");
        let of_queue = policies.iter().find(|(_, policy)| texts(&policy["Queues"]) == [id.clone()]);
        let (_, policy) = of_queue.unwrap_or_else(|| panic!("{id} has no policy"));
        let statements = policy["PolicyDocument"]["Statement"].as_sequence().unwrap();
        let denies = |statement: &&Value| {
            statement["Effect"] == "Deny" && statement["Condition"]["Bool"]["aws:SecureTransport"] == "false"
        };
        assert!(statements.iter().any(|statement| denies(&statement)), "{id}");
    }
}

#[test]
fn logs_are_kept_for_a_time_and_each_function_has_its_own() {
    let groups = of_kind("AWS::Logs::LogGroup");
    for (id, group) in &groups {
        assert_eq!(texts(&group["RetentionInDays"]), ["LogRetentionDays"], "{id}");
    }
    let mut used = Vec::new();
    for (id, function) in of_kind("AWS::Serverless::Function") {
        let group = texts(&function["LoggingConfig"]["LogGroup"]);
        assert!(groups.iter().any(|(group_id, _)| group == [group_id.clone()]), "{id} logs to {group:?}");
        assert!(!used.contains(&group), "{id} shares {group:?}");
        used.push(group);
    }
}

#[test]
fn environments_hold_no_secrets() {
    let globals = tests::template::globals();
    let functions = of_kind("AWS::Serverless::Function").into_iter().map(|(_, function)| function);
    for owner in functions.chain([globals["Function"].clone()]) {
        let variables = owner["Environment"]["Variables"].as_mapping().cloned().unwrap_or_default();
        for name in variables.keys() {
            let name = name.as_str().unwrap();
            assert!(VARIABLES.contains(&name), "is {name} a secret? if so it belongs elsewhere, else into this list");
        }
    }
}

#[test]
fn every_route_is_throttled_and_only_the_description_is_public() {
    for (id, api) in of_kind("AWS::Serverless::HttpApi") {
        assert_eq!(texts(&api["Auth"]["DefaultAuthorizer"]), ["Jwt"], "{id}");
        for limit in ["ThrottlingRateLimit", "ThrottlingBurstLimit"] {
            assert_eq!(texts(&api["DefaultRouteSettings"][limit]), [limit], "{id}");
        }
        // Settings of single routes would take them out of the default's throttle.
        assert!(api["RouteSettings"].is_null(), "{id}");
    }
    let open: Vec<String> = routes().into_iter().filter(|route| !route.needs_token).map(|route| route.path).collect();
    assert_eq!(open, ["/v1/openapi.json"]);
}
