//! Who may do what: function by function, what it may do, and to what. A right is granted by the template and written down
//! here, so that nobody gets one in passing.

/// Each kind of item with the partition of one.
pub const KINDS: [(&str, &str); 25] = [
    ("PROGRAM", "PROGRAM#prg_1"),
    ("ACCOUNT", "ACCOUNT#acc_1"),
    ("MEMBERS", "MEMBERS#acc_1"),
    ("MEMBERSHIPS", "MEMBERSHIPS#2f1d"),
    ("CHILDREN", "CHILDREN#acc_1"),
    ("ENTRIES", "ENTRIES#acc_1"),
    ("PURCHASES", "PURCHASES#acc_1"),
    ("HOLDS", "HOLDS#acc_1"),
    ("DUE", "DUE#7"),
    ("QUEUE", "QUEUE#acc_1"),
    ("SETTLEMENTS", "SETTLEMENTS#acc_1"),
    ("PAYMENTS", "PAYMENTS#acc_1"),
    ("IDEMPOTENCY", "IDEMPOTENCY#2f1d"),
    ("APPLICATIONS", "APPLICATIONS#acc_1"),
    ("APPLICATION", "APPLICATION#app_1"),
    ("CLAIM", "CLAIM#prg_1#console_account_id#1000000001"),
    ("ALERTS", "ALERTS#acc_1"),
    ("NOTIFICATIONS", "NOTIFICATIONS#acc_1"),
    ("UNREAD", "UNREAD#acc_1"),
    ("MAILS", "MAILS#ent_1"),
    ("MAILED", "MAILED#2f1d"),
    ("SUPPRESSED", "SUPPRESSED#2f1d"),
    ("ROLLUP", "ROLLUP#acc_1"),
    ("NEAREST", "NEAREST#acc_1"),
    ("CHECKS", "CHECKS#acc_1"),
];

/// What a function may do in the table: the actions, and the kinds of items.
type OfItems = &'static [(&'static str, &'static str)];

/// What each function may do in the table.
pub const ITEMS: [(&str, OfItems); 12] = [
    (
        "onboarding",
        &[
            (
                "GetItem BatchGetItem Query",
                "PROGRAM ACCOUNT APPLICATION APPLICATIONS CLAIM ENTRIES IDEMPOTENCY MEMBERS",
            ),
            ("PutItem", "PROGRAM ACCOUNT CHILDREN APPLICATION APPLICATIONS CLAIM CHECKS MEMBERS MEMBERSHIPS"),
            // A new program's provider begins with its capacity, and a closed account hands on what is left of its
            // upstream. Both are postings.
            ("PutItem", "ENTRIES IDEMPOTENCY"),
            ("ConditionCheckItem", "CLAIM ACCOUNT"),
            ("DeleteItem", "APPLICATIONS CLAIM MEMBERS MEMBERSHIPS"),
            ("UpdateItem", "CHECKS"),
        ],
    ),
    (
        "allocation",
        &[("GetItem BatchGetItem", "PROGRAM ACCOUNT ENTRIES IDEMPOTENCY"), ("PutItem", "ACCOUNT ENTRIES IDEMPOTENCY")],
    ),
    (
        "adjustment",
        &[("GetItem BatchGetItem", "PROGRAM ACCOUNT ENTRIES IDEMPOTENCY"), ("PutItem", "ACCOUNT ENTRIES IDEMPOTENCY")],
    ),
    (
        "purchasing",
        &[
            ("GetItem BatchGetItem Query", "PROGRAM ACCOUNT ENTRIES IDEMPOTENCY PURCHASES HOLDS QUEUE"),
            ("PutItem", "ACCOUNT ENTRIES IDEMPOTENCY PURCHASES HOLDS DUE"),
            ("DeleteItem", "DUE"),
            // Orders join and leave their line by themselves.
            ("PutItem DeleteItem", "QUEUE"),
        ],
    ),
    (
        "settlement",
        &[
            ("GetItem BatchGetItem Query", "PROGRAM ACCOUNT ENTRIES IDEMPOTENCY SETTLEMENTS PAYMENTS"),
            ("PutItem", "ACCOUNT ENTRIES IDEMPOTENCY SETTLEMENTS PAYMENTS"),
        ],
    ),
    ("reporting", &[("GetItem BatchGetItem Query", "PROGRAM ACCOUNT CHILDREN ENTRIES ROLLUP NEAREST UNREAD")]),
    ("identity", &[("GetItem Query", "PROGRAM MEMBERSHIPS")]),
    (
        "sweeper",
        &[
            ("GetItem BatchGetItem Query", "PROGRAM ACCOUNT ENTRIES IDEMPOTENCY HOLDS DUE"),
            ("PutItem", "ACCOUNT ENTRIES IDEMPOTENCY HOLDS"),
            ("DeleteItem", "DUE"),
        ],
    ),
    (
        "alerting",
        &[
            ("GetItem BatchGetItem Query", "PROGRAM ACCOUNT ALERTS NOTIFICATIONS UNREAD"),
            ("PutItem", "ALERTS NOTIFICATIONS"),
            ("DeleteItem", "UNREAD"),
        ],
    ),
    (
        "relay",
        &[("GetItem BatchGetItem", "PROGRAM ALERTS ROLLUP"), ("PutItem", "ROLLUP NEAREST"), ("DeleteItem", "NEAREST")],
    ),
    (
        "notifier",
        &[
            ("GetItem BatchGetItem", "PROGRAM ACCOUNT ALERTS NOTIFICATIONS MAILS SUPPRESSED"),
            ("PutItem", "NOTIFICATIONS UNREAD MAILS SUPPRESSED"),
            ("UpdateItem", "MAILED"),
        ],
    ),
    (
        "intake",
        &[
            ("GetItem BatchGetItem Query", "PROGRAM ACCOUNT ENTRIES IDEMPOTENCY SETTLEMENTS PAYMENTS"),
            ("PutItem", "ACCOUNT ENTRIES IDEMPOTENCY SETTLEMENTS PAYMENTS"),
        ],
    ),
];

/// What functions may do besides, and to what; each may also write its own log.
pub const ELSEWHERE: [(&str, &str, &str); 16] = [
    ("relay", "dynamodb:DescribeStream", "QuotaTable.StreamArn"),
    ("relay", "dynamodb:GetShardIterator", "QuotaTable.StreamArn"),
    ("relay", "dynamodb:GetRecords", "QuotaTable.StreamArn"),
    ("relay", "dynamodb:ListStreams", "${QuotaTable.Arn}/stream/*"),
    ("relay", "events:PutEvents", "EventBus.Arn"),
    ("relay", "sqs:SendMessage", "RelayDeadLetters.Arn"),
    ("notifier", "sqs:ReceiveMessage", "NotificationQueue.Arn"),
    ("notifier", "sqs:DeleteMessage", "NotificationQueue.Arn"),
    ("notifier", "sqs:GetQueueAttributes", "NotificationQueue.Arn"),
    ("notifier", "ses:SendEmail", "arn:${AWS::Partition}:ses:${AWS::Region}:${AWS::AccountId}:identity/${MailFrom}"),
    ("notifier", "ses:SendEmail", "arn:${AWS::Partition}:ses:${AWS::Region}:${AWS::AccountId}:identity/${Domain}"),
    (
        "notifier",
        "ses:SendEmail",
        "arn:${AWS::Partition}:ses:${AWS::Region}:${AWS::AccountId}:configuration-set/${MailConfigurationSet}",
    ),
    ("intake", "sqs:ReceiveMessage", "IntakeQueue.Arn"),
    ("intake", "sqs:DeleteMessage", "IntakeQueue.Arn"),
    ("intake", "sqs:GetQueueAttributes", "IntakeQueue.Arn"),
    ("intake", "sqs:SendMessage", "IntakeDeadLetters.Arn"),
];

/// On what those rights depend besides: action, operator, key, value.
pub const CONDITIONS: [(&str, &str, &str, &str); 2] = [
    ("events:PutEvents", "ForAllValues:StringEquals", "events:source", "partner-quota"),
    ("ses:SendEmail", "StringEquals", "ses:FromAddress", "MailFrom"),
];
