//! Stored pages of a partition.

use std::collections::HashMap;
use std::fmt::Write as _;

use aws_sdk_dynamodb::types::{AttributeValue, Select};

use crate::client::{Ledger, failed};
use crate::error::Error;
use crate::item::Item;
use crate::keys::{PARTITION_KEY, SORT_KEY};

/// A stored page of a partition.
pub(crate) struct Range<'a> {
    pub partition: &'a str,
    /// What the sort keys begin with; nothing takes all of them.
    pub beginning: &'a str,
    pub after: Option<&'a str>,
    pub limit: i32,
    pub is_newest_first: bool,
}

impl Ledger {
    /// How many items a partition has, `most` at most.
    pub(crate) async fn count(&self, partition: &str, most: usize) -> Result<usize, Error> {
        let output = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression(format!("{PARTITION_KEY} = :partition"))
            .expression_attribute_values(":partition", AttributeValue::S(partition.to_owned()))
            .select(Select::Count)
            .limit(i32::try_from(most).unwrap_or(i32::MAX))
            .consistent_read(true)
            .send()
            .await
            .map_err(failed)?;
        Ok(usize::try_from(output.count).unwrap_or_default())
    }

    /// One stored page of a partition and the sort key after which the next one begins.
    pub(crate) async fn query(&self, range: Range<'_>) -> Result<(Vec<Item>, Option<String>), Error> {
        let start = range.after.map(|sort| {
            HashMap::from([
                (PARTITION_KEY.to_owned(), AttributeValue::S(range.partition.to_owned())),
                (SORT_KEY.to_owned(), AttributeValue::S(sort.to_owned())),
            ])
        });
        let mut condition = format!("{PARTITION_KEY} = :partition");
        let mut values = HashMap::from([(":partition".to_owned(), AttributeValue::S(range.partition.to_owned()))]);
        if !range.beginning.is_empty() {
            // Writing to a string does not fail.
            let _ = write!(condition, " AND begins_with({SORT_KEY}, :beginning)");
            values.insert(":beginning".to_owned(), AttributeValue::S(range.beginning.to_owned()));
        }
        let output = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression(condition)
            .set_expression_attribute_values(Some(values))
            .set_exclusive_start_key(start)
            .scan_index_forward(!range.is_newest_first)
            .limit(range.limit)
            .consistent_read(true)
            .send()
            .await
            .map_err(failed)?;
        let next = output.last_evaluated_key.as_ref().and_then(|key| match key.get(SORT_KEY) {
            Some(AttributeValue::S(sort)) => Some(sort.clone()),
            _ => None,
        });
        Ok((output.items.unwrap_or_default(), next))
    }
}
