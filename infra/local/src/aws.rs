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
