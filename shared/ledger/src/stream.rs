//! The table's stream: what a change of an item means.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use domain::account::Status;
use domain::application::Application;
use domain::{Account, AccountId, By, Entry, ProgramId, Timestamp};
use serde_json::{Map, Value};

use crate::account_item::read_position;
use crate::application_item::read_application;
use crate::entry_item::read_entry;
use crate::error::Corrupt;
use crate::item::{Item, Reader};
use crate::members::{Invited, read_invited};

/// A committed change that others are told of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// A ledger entry was made.
    Entry {
        /// The entry.
        entry: Box<Entry>,
        /// Its account's program.
        program_id: ProgramId,
        /// Its account's parent.
        parent_id: Option<AccountId>,
    },
    /// An account came into being or changed: its position, its status, its price or what it counts.
    Account {
        /// As it was; `None` when it is new.
        before: Option<Box<Account>>,
        /// As it is.
        after: Box<Account>,
    },
    /// An application was handed in or took a step.
    Application {
        /// As it was; `None` when it is new.
        before: Option<Box<Application>>,
        /// As it is.
        after: Box<Application>,
    },
    /// Somebody became a member of an account.
    Member(Box<Invited>),
    /// An account's status was changed.
    Status {
        /// The account.
        account_id: AccountId,
        /// Its program.
        program_id: ProgramId,
        /// Its parent.
        parent_id: Option<AccountId>,
        /// Its version after the change, which names the change.
        version: u64,
        /// The new status.
        status: Status,
        /// Who changed it.
        by: By,
        /// Why.
        reason: Option<String>,
        /// When.
        at: Timestamp,
    },
}

const NOT_AN_IMAGE: Corrupt = Corrupt { attribute: "dynamodb", problem: "is not an image of an item" };

impl Change {
    /// Reads the images of a stream record, in the form in which the stream writes them. `None` is a change that nobody
    /// is told of.
    ///
    /// # Errors
    /// [`Corrupt`] when an image is not one that this crate writes.
    pub fn read(before: Option<&Value>, after: Option<&Value>) -> Result<Option<Change>, Corrupt> {
        let Some(after) = after else { return Ok(None) };
        let after = item(after)?;
        let before = before.map(item).transpose()?;
        Ok(match Reader(&after).text("item")? {
            "entry" => Some(entry(&after)?),
            "position" => Some(Change::Account {
                before: before.as_ref().map(read_position).transpose()?.map(Box::new),
                after: Box::new(read_position(&after)?),
            }),
            "application" => Some(Change::Application {
                before: before.as_ref().map(read_application).transpose()?.map(Box::new),
                after: Box::new(read_application(&after)?),
            }),
            "status change" => Some(status(Reader(&after))?),
            // Whose roles change was invited before.
            "member" if before.is_none() => Some(Change::Member(Box::new(read_invited(&after)?))),
            _ => None,
        })
    }
}

fn entry(item: &Item) -> Result<Change, Corrupt> {
    let reader = Reader(item);
    Ok(Change::Entry {
        entry: Box::new(read_entry(item)?),
        program_id: reader.parsed("program_id", ProgramId::parse)?,
        parent_id: reader.optional_parsed("parent_id", AccountId::parse)?,
    })
}

fn status(item: Reader<'_>) -> Result<Change, Corrupt> {
    Ok(Change::Status {
        account_id: item.parsed("account_id", AccountId::parse)?,
        program_id: item.parsed("program_id", ProgramId::parse)?,
        parent_id: item.optional_parsed("parent_id", AccountId::parse)?,
        version: item.number("version")?,
        status: item.named("status", Status::from_name)?,
        by: By {
            account_id: item.optional_parsed("by_account_id", AccountId::parse)?,
            sub: item.optional_text("by_sub")?.map(str::to_owned),
        },
        reason: item.optional_text("reason")?.map(str::to_owned),
        at: item.time("created_at")?,
    })
}

/// An item from the stream's form: `{"name": {"S": "value"}, …}`.
fn item(image: &Value) -> Result<Item, Corrupt> {
    attributes(image.as_object().ok_or(NOT_AN_IMAGE)?)
}

fn attributes(map: &Map<String, Value>) -> Result<HashMap<String, AttributeValue>, Corrupt> {
    map.iter().map(|(name, value)| Ok((name.clone(), attribute(value)?))).collect()
}

/// Only the types that this crate writes are known.
fn attribute(value: &Value) -> Result<AttributeValue, Corrupt> {
    let (kind, content) = value.as_object().and_then(|typed| typed.iter().next()).ok_or(NOT_AN_IMAGE)?;
    let known = match (kind.as_str(), content) {
        ("S", Value::String(text)) => Some(AttributeValue::S(text.clone())),
        ("N", Value::String(number)) => Some(AttributeValue::N(number.clone())),
        ("BOOL", Value::Bool(flag)) => Some(AttributeValue::Bool(*flag)),
        ("L", Value::Array(list)) => Some(AttributeValue::L(list.iter().map(attribute).collect::<Result<_, _>>()?)),
        ("M", Value::Object(map)) => Some(AttributeValue::M(attributes(map)?)),
        _ => None,
    };
    known.ok_or(NOT_AN_IMAGE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_nobody_is_told_of_is_passed_over() {
        let image = json!({"item": {"S": "purchase"}, "purchase_id": {"S": "pur_1"}});
        assert_eq!(Change::read(None, Some(&image)), Ok(None));
        assert_eq!(Change::read(Some(&image), None), Ok(None));
    }

    #[test]
    fn what_is_not_an_image_of_ours_is_corrupt() {
        for image in [
            json!({}),
            json!("text"),
            json!({"item": "entry"}),
            json!({"item": {"S": "entry"}}),
            json!({"item": {"S": "position"}, "version": {"N": 1}}),
            json!({"item": {"S": "application"}, "binary": {"B": "AAAA"}}),
        ] {
            assert!(Change::read(None, Some(&image)).is_err(), "{image}");
        }
    }

    #[test]
    fn images_are_read_in_every_depth() {
        let image = json!({"map": {"M": {"list": {"L": [{"N": "1.50"}, {"BOOL": true}]}}}});
        let inner = AttributeValue::L(vec![AttributeValue::N("1.50".into()), AttributeValue::Bool(true)]);
        let expected = AttributeValue::M(HashMap::from([("list".to_owned(), inner)]));
        assert_eq!(item(&image).unwrap()["map"], expected);
    }
}
