//! Counters that bound how often something happens in a span of time; the table drops them afterwards.

use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue};
use domain::Timestamp;

use crate::client::{Ledger, failed};
use crate::error::Error;
use crate::item::Reader;
use crate::keys::Key;

/// How far a counter may go, and how long it is kept.
#[derive(Clone, Copy)]
pub(crate) struct Bound {
    /// The attribute that counts.
    pub attribute: &'static str,
    /// It never stands above this.
    pub most: u64,
    /// Seconds for which the table keeps it after it was last counted.
    pub kept_seconds: i64,
}

impl Ledger {
    /// Adds one to a counter and answers how far it is; `None` when it stands at its bound already.
    pub(crate) async fn count_up(&self, key: &Key, bound: Bound, now: Timestamp) -> Result<Option<u64>, Error> {
        let Bound { attribute, most, kept_seconds } = bound;
        let kept_until = now.unix_ms().div_euclid(1_000).saturating_add(kept_seconds);
        let number = |number: String| AttributeValue::N(number);
        let outcome = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(key.attributes()))
            .update_expression(format!("ADD {attribute} :one SET kept_until = :kept_until"))
            .condition_expression(format!("attribute_not_exists({attribute}) OR {attribute} < :most"))
            .expression_attribute_values(":one", number("1".to_owned()))
            .expression_attribute_values(":most", number(most.to_string()))
            .expression_attribute_values(":kept_until", number(kept_until.to_string()))
            .return_values(ReturnValue::UpdatedNew)
            .send()
            .await;
        match outcome {
            Ok(output) => Ok(Some(Reader(&output.attributes.unwrap_or_default()).number(attribute)?)),
            Err(error) => match error.as_service_error() {
                Some(UpdateItemError::ConditionalCheckFailedException(_)) => Ok(None),
                _ => Err(failed(error)),
            },
        }
    }
}
