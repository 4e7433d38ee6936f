//! Reading and writing attributes: the only place where numbers and texts become DynamoDB's and back.

use std::collections::HashMap;
use std::str::FromStr;

use aws_sdk_dynamodb::types::AttributeValue;
use domain::{Amount, Timestamp};
use rust_decimal::Decimal;

use crate::error::Corrupt;
use crate::keys::Key;

/// An item as the SDK has it.
pub(crate) type Item = HashMap<String, AttributeValue>;

/// Builds an item attribute by attribute.
#[derive(Default)]
pub(crate) struct Writer(Item);

impl Writer {
    /// An item with a key; `kind` says in the console what the item is.
    pub fn new(key: &Key, kind: &str) -> Writer {
        Writer(key.attributes()).text("item", kind)
    }

    pub fn put(mut self, name: &str, value: AttributeValue) -> Writer {
        self.0.insert(name.to_owned(), value);
        self
    }

    pub fn text(self, name: &str, value: impl ToString) -> Writer {
        self.put(name, AttributeValue::S(value.to_string()))
    }

    pub fn optional_text(self, name: &str, value: Option<impl ToString>) -> Writer {
        match value {
            Some(value) => self.text(name, value),
            None => self,
        }
    }

    pub fn amount(self, name: &str, value: Amount) -> Writer {
        self.put(name, AttributeValue::N(value.to_string()))
    }

    pub fn flag(self, name: &str, value: bool) -> Writer {
        self.put(name, AttributeValue::Bool(value))
    }

    pub fn number(self, name: &str, value: impl Into<u64>) -> Writer {
        self.put(name, AttributeValue::N(value.into().to_string()))
    }

    pub fn texts<T: ToString>(self, name: &str, values: impl IntoIterator<Item = T>) -> Writer {
        let list = values.into_iter().map(|value| AttributeValue::S(value.to_string())).collect();
        self.put(name, AttributeValue::L(list))
    }

    pub fn amounts(self, name: &str, values: &[Amount]) -> Writer {
        let list = values.iter().map(|value| AttributeValue::N(value.to_string())).collect();
        self.put(name, AttributeValue::L(list))
    }

    pub fn list(self, name: &str, values: impl IntoIterator<Item = Writer>) -> Writer {
        let list = values.into_iter().map(|value| AttributeValue::M(value.0)).collect();
        self.put(name, AttributeValue::L(list))
    }

    pub fn map(self, name: &str, value: Writer) -> Writer {
        self.put(name, AttributeValue::M(value.0))
    }

    pub fn build(self) -> Item {
        self.0
    }
}

/// Reads an item attribute by attribute. What is missing or has another shape is [`Corrupt`], never a default.
#[derive(Clone, Copy)]
pub(crate) struct Reader<'a>(pub &'a Item);

impl<'a> Reader<'a> {
    pub fn optional_text(self, name: &'static str) -> Result<Option<&'a str>, Corrupt> {
        match self.0.get(name) {
            None => Ok(None),
            Some(AttributeValue::S(text)) => Ok(Some(text)),
            Some(_) => Err(Corrupt { attribute: name, problem: "is not a text" }),
        }
    }

    pub fn text(self, name: &'static str) -> Result<&'a str, Corrupt> {
        self.optional_text(name)?.ok_or(Corrupt { attribute: name, problem: "is missing" })
    }

    /// A text that means something: an id, a time, the name of a state.
    pub fn parsed<T, E>(self, name: &'static str, parse: impl Fn(&str) -> Result<T, E>) -> Result<T, Corrupt> {
        parse(self.text(name)?).map_err(|_| Corrupt { attribute: name, problem: "cannot be read" })
    }

    pub fn optional_parsed<T, E>(
        self,
        name: &'static str,
        parse: impl Fn(&str) -> Result<T, E>,
    ) -> Result<Option<T>, Corrupt> {
        match self.optional_text(name)? {
            None => Ok(None),
            Some(text) => parse(text).map(Some).map_err(|_| Corrupt { attribute: name, problem: "cannot be read" }),
        }
    }

    /// A text that is one of a fixed set of names.
    pub fn named<T>(self, name: &'static str, from_name: impl Fn(&str) -> Option<T>) -> Result<T, Corrupt> {
        self.parsed(name, |text| from_name(text).ok_or(()))
    }

    pub fn time(self, name: &'static str) -> Result<Timestamp, Corrupt> {
        self.parsed(name, Timestamp::parse)
    }

    pub fn amount(self, name: &'static str) -> Result<Amount, Corrupt> {
        self.optional_amount(name)?.ok_or(Corrupt { attribute: name, problem: "is missing" })
    }

    pub fn optional_amount(self, name: &'static str) -> Result<Option<Amount>, Corrupt> {
        self.0.get(name).map(|value| amount(name, value)).transpose()
    }

    pub fn amounts(self, name: &'static str) -> Result<Vec<Amount>, Corrupt> {
        self.elements(name)?.iter().map(|value| amount(name, value)).collect()
    }

    pub fn number(self, name: &'static str) -> Result<u64, Corrupt> {
        match self.0.get(name) {
            Some(AttributeValue::N(text)) => {
                text.parse().map_err(|_| Corrupt { attribute: name, problem: "is not a whole number" })
            }
            _ => Err(Corrupt { attribute: name, problem: "is not a number" }),
        }
    }

    pub fn flag(self, name: &'static str) -> Result<bool, Corrupt> {
        match self.0.get(name) {
            Some(AttributeValue::Bool(value)) => Ok(*value),
            _ => Err(Corrupt { attribute: name, problem: "is not true or false" }),
        }
    }

    /// A list of texts that mean something.
    pub fn list_parsed<T, E>(
        self,
        name: &'static str,
        parse: impl Fn(&str) -> Result<T, E>,
    ) -> Result<Vec<T>, Corrupt> {
        self.elements(name)?
            .iter()
            .map(|value| match value {
                AttributeValue::S(text) => {
                    parse(text).map_err(|_| Corrupt { attribute: name, problem: "cannot be read" })
                }
                _ => Err(Corrupt { attribute: name, problem: "is not a list of texts" }),
            })
            .collect()
    }

    /// A list of maps.
    pub fn list(self, name: &'static str) -> Result<Vec<Reader<'a>>, Corrupt> {
        self.elements(name)?
            .iter()
            .map(|value| match value {
                AttributeValue::M(map) => Ok(Reader(map)),
                _ => Err(Corrupt { attribute: name, problem: "is not a list of maps" }),
            })
            .collect()
    }

    pub fn map(self, name: &'static str) -> Result<Reader<'a>, Corrupt> {
        match self.0.get(name) {
            Some(AttributeValue::M(map)) => Ok(Reader(map)),
            _ => Err(Corrupt { attribute: name, problem: "is not a map" }),
        }
    }

    fn elements(self, name: &'static str) -> Result<&'a [AttributeValue], Corrupt> {
        match self.0.get(name) {
            Some(AttributeValue::L(list)) => Ok(list),
            _ => Err(Corrupt { attribute: name, problem: "is not a list" }),
        }
    }
}

fn amount(name: &'static str, value: &AttributeValue) -> Result<Amount, Corrupt> {
    let AttributeValue::N(text) = value else {
        return Err(Corrupt { attribute: name, problem: "is not a number" });
    };
    // The store may write a number in another form than it was given ("1E+3"), so both spellings are read.
    let decimal = Decimal::from_str(text).or_else(|_| Decimal::from_scientific(text));
    decimal
        .ok()
        .and_then(|decimal| Amount::from_decimal(decimal).ok())
        .ok_or(Corrupt { attribute: name, problem: "is not an amount" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_come_back_as_they_went() {
        for text in ["0", "-2.6137", "0.000000000001", "1000000000000000", "999999999999999.999999999999"] {
            let value = Amount::parse(text, 12).unwrap();
            let item = Writer::default().amount("amount", value).build();
            assert_eq!(item["amount"], AttributeValue::N(text.to_owned()));
            assert_eq!(Reader(&item).amount("amount"), Ok(value));
        }
        let item = Item::from([("amount".to_owned(), AttributeValue::N("1E+3".to_owned()))]);
        assert_eq!(Reader(&item).amount("amount").unwrap().to_string(), "1000");
    }

    #[test]
    fn what_has_another_shape_is_an_error() {
        let item = Writer::default().text("amount", "1").build();
        assert!(Reader(&item).amount("amount").is_err());
        assert!(Reader(&item).text("name").is_err());
        assert!(Reader(&item).named("amount", |_| None::<()>).is_err());
    }
}
