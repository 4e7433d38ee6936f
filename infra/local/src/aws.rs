//! What AWS would be called here: names that functions and stores see.

/// The region that functions believe to run in.
pub(crate) const REGION: &str = "us-east-1";
/// The account that they believe to run in.
pub(crate) const ACCOUNT_ID: &str = "000000000000";
/// Not secrets: nothing on this machine checks them, but clients insist on having some.
pub(crate) const ACCESS_KEY_ID: &str = "local";
/// See [`ACCESS_KEY_ID`].
pub(crate) const SECRET_ACCESS_KEY: &str = "local";

/// The ARN of a resource of this account.
pub(crate) fn arn(service: &str, resource: &str) -> String {
    format!("arn:aws:{service}:{REGION}:{ACCOUNT_ID}:{resource}")
}

/// The ARN of a function.
pub(crate) fn function_arn(name: &str) -> String {
    arn("lambda", &format!("function:{name}"))
}

/// When every table's stream is said to have been switched on: stores call their streams by other names.
const STREAM_LABEL: &str = "2026-01-01T00:00:00.000";

/// The ARN of a table's stream, as functions see it.
pub(crate) fn stream_arn(table: &str) -> String {
    arn("dynamodb", &format!("table/{table}/stream/{STREAM_LABEL}"))
}

/// The URL of a queue, which names it and is never called: clients are given another endpoint.
pub(crate) fn queue_url(name: &str) -> String {
    format!("https://sqs.{REGION}.amazonaws.com/{ACCOUNT_ID}/{name}")
}
