use super::*;
use crate::rights::Rights;

const FIXTURE: &str = r#"
Parameters:
  DirectoryUrl: {Type: String}
  Origins: {Type: CommaDelimitedList, Default: "http://a.example, http://b.example"}
  Issuer: {Type: String, Default: ""}
Conditions:
  External: !Not [!Equals [!Ref Issuer, ""]]
  Internal: !Not [!Condition External]
Globals:
  Function:
    Timeout: 7
    MemorySize: 256
    Environment:
      Variables: {TABLE: !Ref Table, LEVEL: info}
Resources:
  Api:
    Type: AWS::Serverless::HttpApi
    Properties:
      Auth:
        DefaultAuthorizer: Jwt
        Authorizers:
          Jwt:
            IdentitySource: $request.header.Authorization
            JwtConfiguration:
              issuer: !If [External, !Ref Issuer, !GetAtt Pool.ProviderURL]
              audience: [portal]
      CorsConfiguration: {AllowOrigins: !Ref Origins, AllowMethods: [GET], MaxAge: 600}
  Pool: {Type: AWS::Cognito::UserPool, Condition: Internal}
  ReadFunction:
    Type: AWS::Serverless::Function
    Metadata: {BuildMethod: rust-cargolambda, BuildProperties: {Binary: read}}
    Properties:
      Role: !GetAtt Nowhere.Arn
      Environment:
        Variables:
          LEVEL: debug
          WHERE: !Sub "${DirectoryUrl}/${AWS::Region}/${!kept}"
          TABLE_ARN: !GetAtt Table.Arn
          BUS: !Ref Bus
          DEAD_LETTERS: !Ref DeadLetters
          MAIL: !Ref MailConfiguration
      Events:
        One: {Type: HttpApi, Properties: {ApiId: !Ref Api, Method: get, Path: "/things/{id}"}}
        Open: {Type: HttpApi, Properties: {Method: GET, Path: /open, Auth: {Authorizer: NONE}}}
        Often: {Type: Schedule, Properties: {Schedule: rate(5 minutes), Description: Looks}}
        Changes:
          Type: DynamoDB
          Properties:
            Stream: !GetAtt Table.StreamArn
            StartingPosition: TRIM_HORIZON
            BatchSize: 50
            BisectBatchOnFunctionError: true
            MaximumRecordAgeInSeconds: 79200
            ParallelizationFactor: 2
            FunctionResponseTypes: [ReportBatchItemFailures]
            DestinationConfig: {OnFailure: {Type: SQS, Destination: !GetAtt DeadLetters.Arn}}
            FilterCriteria: {Filters: [{Pattern: '{"dynamodb":{"NewImage":{"item":{"S":["entry"]}}}}'}]}
        Work:
          Type: SQS
          Properties: {Queue: !GetAtt Queue.Arn, ScalingConfig: {MaximumConcurrency: 3}}
  Bus: {Type: AWS::Events::EventBus, Properties: {Name: things}}
  Rule:
    Type: AWS::Events::Rule
    Properties:
      EventBusName: !Ref Bus
      EventPattern: {source: [ours], detail: {data: {notify: [true]}}}
      Targets:
        - Id: Queue
          Arn: !GetAtt Queue.Arn
          DeadLetterConfig: {Arn: !GetAtt DeadLetters.Arn}
          RetryPolicy: {MaximumRetryAttempts: 5}
  FeedbackRule:
    Type: AWS::Events::Rule
    Properties:
      State: ENABLED
      EventPattern: {source: [aws.ses]}
      Targets: [{Id: Queue, Arn: !GetAtt Queue.Arn}]
  UnusedRule:
    Type: AWS::Events::Rule
    Properties: {State: DISABLED, EventPattern: {source: [nobody]}, Targets: [{Id: Queue, Arn: !GetAtt Queue.Arn}]}
  Queue:
    Type: AWS::SQS::Queue
    Properties:
      VisibilityTimeout: 60
      RedrivePolicy: {deadLetterTargetArn: !GetAtt DeadLetters.Arn, maxReceiveCount: 5}
  DeadLetters: {Type: AWS::SQS::Queue, Properties: {QueueName: dead-things}}
  QueuePolicy: {Type: AWS::SQS::QueuePolicy, Properties: {Queues: [!Ref Queue], PolicyDocument: !Unknown x}}
  MailConfiguration: {Type: AWS::SES::ConfigurationSet}
  Table:
    Type: AWS::DynamoDB::Table
    Properties:
      BillingMode: PAY_PER_REQUEST
      KeySchema: [{AttributeName: key, KeyType: HASH}]
      StreamSpecification: {StreamViewType: NEW_AND_OLD_IMAGES}
      DeletionProtectionEnabled: true
      Tags: [{Key: a, Value: !ImportValue Unknown}]
"#;

fn overrides() -> Overrides {
    let pairs = [("DirectoryUrl", "http://directory"), ("Issuer", "https://issuer"), ("Undeclared", "x")];
    pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).into()
}

fn parse(text: &str) -> Result<Template, TemplateError> {
    Template::parse(text, &overrides())
}

#[test]
fn a_table_without_a_name_is_called_after_its_stack() {
    let mut overrides = overrides();
    overrides.insert(STACK_NAME.to_owned(), "one".to_owned());
    let template = Template::parse(FIXTURE, &overrides).unwrap();
    let [table] = template.tables.as_slice() else { panic!("one table") };
    assert_eq!((&*table.name, table.definition["TableName"].as_str()), ("one-Table", Some("one-Table")));
    assert_eq!(template.functions[0].environment["TABLE"], "one-Table");
    let named = FIXTURE.replace("BillingMode: PAY", "TableName: things\n      BillingMode: PAY");
    let template = Template::parse(&named, &overrides).unwrap();
    assert_eq!(template.tables[0].name, "things");
}

#[test]
fn functions_merge_their_environment_over_the_global_one() {
    let template = parse(FIXTURE).unwrap();
    let [function] = template.functions.as_slice() else { panic!("one function") };
    assert_eq!(function.binary, "read");
    assert_eq!(function.timeout.as_secs(), 7);
    assert_eq!(function.memory_mb, 256);
    let expected = [
        ("BUS", "things"),
        ("DEAD_LETTERS", "https://sqs.us-east-1.amazonaws.com/000000000000/dead-things"),
        ("LEVEL", "debug"),
        ("MAIL", "MailConfiguration"),
        ("TABLE", "Table"),
        ("TABLE_ARN", "arn:aws:dynamodb:us-east-1:000000000000:table/Table"),
        ("WHERE", "http://directory/us-east-1/${kept}"),
    ];
    let environment: Vec<_> = function.environment.iter().map(|(name, value)| (&**name, &**value)).collect();
    assert_eq!(environment, expected);
}

#[test]
fn routes_take_the_default_authorizer_unless_they_opt_out() {
    let template = parse(FIXTURE).unwrap();
    let routes: Vec<_> =
        template.routes.iter().map(|route| (&*route.method, &*route.path, route.authorizer.as_deref())).collect();
    assert_eq!(routes, [("GET", "/things/{id}", Some("Jwt")), ("GET", "/open", None)]);
}

#[test]
fn schedules_are_read_or_named() {
    let template = parse(FIXTURE).unwrap();
    let [schedule] = template.schedules.as_slice() else { panic!("one schedule") };
    assert_eq!((&*schedule.rule, &*schedule.function), ("ReadFunctionOften", "read"));
    assert_eq!(schedule.period.as_secs(), 300);
    let daily = parse(&FIXTURE.replace("rate(5 minutes)", "cron(0 12 * * ? *)")).unwrap_err().to_string();
    assert!(daily.starts_with("ReadFunction.Often: is on the schedule cron(0 12 * * ? *); "), "{daily}");
    let unknown = parse(&FIXTURE.replace("Description: Looks", "Input: Looks")).unwrap_err().to_string();
    assert!(unknown.contains("ReadFunction.Often") && unknown.contains("Input"), "{unknown}");
}

#[test]
fn buses_and_their_rules_lead_to_queues() {
    let template = parse(FIXTURE).unwrap();
    assert_eq!(template.buses, ["default", "things"]);
    let rules: Vec<_> = template.rules.iter().map(|rule| (&*rule.bus, rule.queues.join(","))).collect();
    assert_eq!(rules, [("things", "Queue".to_owned()), ("default", "Queue".to_owned())], "without the disabled one");
    let event = |source: &str| serde_json::json!({ "source": source, "detail": { "data": { "notify": true } } });
    assert!(template.rules[0].pattern.matches(&event("ours")) && !template.rules[0].pattern.matches(&event("aws.ses")));
    let arn = "arn:aws:sqs:us-east-1:000000000000:dead-things".to_owned();
    let redrive = Redrive { queue: "dead-things".to_owned(), max_receive_count: 5 };
    let queue =
        |id: &str, name: &str, redrive| Queue { id: id.into(), name: name.into(), arn: aws::arn("sqs", name), redrive };
    assert_eq!(template.queues, [queue("Queue", "Queue", Some(redrive)), queue("DeadLetters", "dead-things", None)]);
    assert_eq!(template.queues[1].arn, arn);
    assert_eq!(template.mail_configurations, ["MailConfiguration"]);
}

#[test]
fn streams_and_queues_are_mapped_to_functions() {
    let template = parse(FIXTURE).unwrap();
    let [stream] = template.stream_mappings.as_slice() else { panic!("one stream") };
    assert!(stream.from_the_oldest && stream.mapping.reports_items);
    assert_eq!((&*stream.mapping.id, &*stream.mapping.function), ("ReadFunctionChanges", "read"));
    assert_eq!((&stream.mapping.source, stream.mapping.batch_size), (&aws::stream_arn("Table"), 50));
    let record = |kind: &str| serde_json::json!({ "dynamodb": { "NewImage": { "item": { "S": kind } } } });
    let [filter] = stream.mapping.filters.as_slice() else { panic!("one filter") };
    assert!(filter.matches(&record("entry")) && !filter.matches(&record("other")));
    let [queue] = template.queue_mappings.as_slice() else { panic!("one queue") };
    assert_eq!((&*queue.mapping.id, &queue.mapping.source), ("ReadFunctionWork", &aws::arn("sqs", "Queue")));
    assert_eq!((queue.concurrency, queue.mapping.batch_size, queue.mapping.reports_items), (3, 10, false));
}

#[test]
fn what_is_said_of_events_and_not_understood_is_named() {
    for (from, to, said) in [
        ("{source: [aws.ses]}", "{source: [{wildcard: a*}]}", "FeedbackRule.EventPattern: the operator wildcard"),
        ("!Ref Bus", "other", "Rule: is on the bus other"),
        ("Arn: !GetAtt Queue.Arn\n", "Arn: !GetAtt Table.Arn\n", "Rule.Targets: leads to arn:aws:dynamodb"),
        ("RetryPolicy: {", "InputPath: {", "Rule.Targets: InputPath is not known"),
        ("State: ENABLED", "ScheduleExpression: rate(1 minute)", "FeedbackRule: ScheduleExpression is not known"),
        ("State: ENABLED", "State: SOMETIMES", "FeedbackRule.State: unknown variant"),
        ("BatchSize: 50", "BatchSize: 0", "ReadFunction.Changes: has a BatchSize of 0"),
        ("BatchSize: 50", "TumblingWindowInSeconds: 5", "ReadFunction.Changes: unknown field"),
        ("TRIM_HORIZON", "AT_TIMESTAMP", "ReadFunction.Changes: unknown variant"),
        ("[ReportBatchItemFailures]", "[Everything]", "ReadFunction.Changes: has the unknown response type Everything"),
        ("[\"entry\"]", "[{\"wildcard\":\"e*\"}]", "ReadFunction.Changes.FilterCriteria: the operator wildcard"),
        ("Queue: !GetAtt Queue.Arn", "Queue: arn:elsewhere", "ReadFunctionWork: delivers from arn:elsewhere"),
        ("deadLetterTargetArn: !GetAtt DeadLetters.Arn", "deadLetterTargetArn: a", "Queue: has no queue a"),
        ("QueueName: dead-things", "FifoQueue: true", "DeadLetters: is a FIFO queue"),
    ] {
        assert!(FIXTURE.contains(from), "{from}");
        let error = parse(&FIXTURE.replace(from, to)).unwrap_err().to_string();
        assert!(error.starts_with(said), "{to}: {error}");
    }
}

#[test]
fn the_authorizer_and_cors_are_resolved() {
    let template = parse(FIXTURE).unwrap();
    let jwt = &template.authorizers["Jwt"];
    assert_eq!((&*jwt.header, &*jwt.issuer), ("authorization", "https://issuer"));
    assert_eq!(jwt.audience, ["portal"]);
    let cors = template.cors.unwrap();
    assert_eq!(cors.allow_origins, ["http://a.example", "http://b.example"]);
    assert_eq!(cors.max_age, Some(600));
}

#[test]
fn tables_keep_what_stores_take_and_say_that_the_stream_is_on() {
    let template = parse(FIXTURE).unwrap();
    let [table] = template.tables.as_slice() else { panic!("one table") };
    let expected = serde_json::json!({
        "TableName": "Table",
        "BillingMode": "PAY_PER_REQUEST",
        "KeySchema": [{"AttributeName": "key", "KeyType": "HASH"}],
        "StreamSpecification": {"StreamViewType": "NEW_AND_OLD_IMAGES", "StreamEnabled": true},
    });
    assert_eq!(table.definition, expected);
}

#[test]
fn what_is_not_understood_is_named() {
    let unknown_event = FIXTURE.replace("Type: HttpApi, Properties: {Method", "Type: Kinesis, Properties: {Method");
    let refused = parse(&unknown_event).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "ReadFunction has an event Open of type Kinesis, which the local stack does not deliver"
    );
    let unknown_intrinsic = FIXTURE.replace("!Ref Table", "!FindInMap [a, b, c]");
    assert_eq!(parse(&unknown_intrinsic).unwrap_err(), TemplateError::UnknownIntrinsic("FindInMap".into()));
    let unknown_name = FIXTURE.replace("!Ref Table", "!Ref Tabel");
    assert_eq!(parse(&unknown_name).unwrap_err(), TemplateError::UnknownName("Tabel".into()));
    let no_value = Template::parse(FIXTURE, &Overrides::new()).unwrap_err();
    assert_eq!(no_value, TemplateError::NoValue("DirectoryUrl".into()));
    let without_issuer: Overrides = [("DirectoryUrl".to_owned(), "x".to_owned())].into();
    let attribute = Template::parse(FIXTURE, &without_issuer).unwrap_err();
    assert_eq!(attribute, TemplateError::UnknownAttribute("Pool.ProviderURL".into()));
}

#[test]
fn a_route_cannot_name_an_authorizer_that_does_not_exist() {
    let text = FIXTURE.replace("Authorizer: NONE", "Authorizer: Nobody");
    assert_eq!(parse(&text).unwrap_err().to_string(), "GET /open: no authorizer is called Nobody");
}

#[test]
fn conditions_that_refer_to_themselves_are_found_out() {
    let text = FIXTURE.replace("External: !Not [!Equals [!Ref Issuer, \"\"]]", "External: !Not [!Condition Internal]");
    assert!(matches!(parse(&text), Err(TemplateError::UnknownCondition(_))));
}

#[test]
fn the_projects_own_template_is_understood() {
    let text = include_str!("../../../template.yaml");
    let names = ["AccountDirectoryUrl", "JwtIssuer", "JwtAudience", "PortalUrl"];
    let mut overrides: Overrides = names.map(|name| (name.to_owned(), format!("https://{name}.example"))).into();
    overrides.insert("MailFrom".to_owned(), "alerts@partners.example".to_owned());
    let template = Template::parse(text, &overrides).unwrap();
    assert!(template.functions.iter().all(|function| function.environment.contains_key("TABLE_NAME")));
    assert!(template.functions.iter().all(|function| function.rights != Rights::default()), "nobody has no rights");
    assert!(template.routes.iter().all(|route| route.path.starts_with("/v1/")));
    assert!(template.schedules.iter().any(|schedule| schedule.function == "sweeper"));
    assert!(template.stream_mappings.iter().any(|stream| stream.mapping.function == "relay"));
    for function in ["notifier", "intake"] {
        assert!(template.queue_mappings.iter().any(|queue| queue.mapping.function == function), "{function}");
    }
    assert!(template.rules.iter().all(|rule| !rule.queues.is_empty()) && !template.rules.is_empty());
}
