//! What the stream hands over, and what it is told back.

use domain::Timestamp;
use ledger::{Change, Corrupt};
use serde::Deserialize;
use serde_json::{Number, Value, json};

/// A batch of records, in the order in which they were committed.
#[derive(Deserialize)]
pub struct StreamEvent {
    /// The records, each kept as it came so that it can be parked whole.
    #[serde(rename = "Records")]
    pub records: Vec<Value>,
}

#[derive(Deserialize)]
struct Shape {
    dynamodb: Images,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Images {
    sequence_number: String,
    approximate_creation_date_time: Option<Number>,
    old_image: Option<Value>,
    new_image: Option<Value>,
}

/// A record that has its place in the stream.
pub struct Record {
    /// Its place; what has failed is named by it.
    pub sequence_number: String,
    /// About when it was committed.
    pub at: Option<Timestamp>,
    /// What it means; `None` when nobody is told of it.
    pub change: Result<Option<Change>, Corrupt>,
    /// As it came.
    pub raw: Value,
}

impl Record {
    /// Reads a record; `None` when it does not even have a place.
    pub fn read(raw: Value) -> Option<Record> {
        let Images { sequence_number, approximate_creation_date_time, old_image, new_image } =
            Shape::deserialize(&raw).ok()?.dynamodb;
        let change = Change::read(old_image.as_ref(), new_image.as_ref());
        let at = approximate_creation_date_time.and_then(|seconds| time(&seconds));
        Some(Record { sequence_number, at, change, raw })
    }

    /// What others are told of it, if anything.
    pub fn told(&self) -> Option<&Change> {
        self.change.as_ref().ok()?.as_ref()
    }

    /// About when it was committed; before everything else where the stream does not say.
    pub fn time(&self) -> Timestamp {
        self.at.unwrap_or(Timestamp::EPOCH)
    }

    /// What the record can be found by.
    pub fn stub(&self) -> Value {
        let keys = self.raw.pointer("/dynamodb/Keys");
        json!({"dynamodb": {"SequenceNumber": self.sequence_number, "Keys": keys}})
    }
}

/// From seconds since 1970, which the stream gives as a whole number or with a fraction that says nothing.
fn time(seconds: &Number) -> Option<Timestamp> {
    let text = seconds.to_string();
    let whole: i64 = text.split('.').next()?.parse().ok()?;
    Timestamp::from_unix_ms(whole.checked_mul(1_000)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn records_are_read_with_their_place() {
        let record = |dynamodb: Value| Record::read(json!({"eventName": "INSERT", "dynamodb": dynamodb}));
        let known = record(json!({"SequenceNumber": "7", "ApproximateCreationDateTime": 1_790_000_000,
            "NewImage": {"item": {"S": "purchase"}}}))
        .unwrap();
        assert_eq!((known.sequence_number.as_str(), known.change), ("7", Ok(None)));
        assert_eq!(known.at.unwrap().unix_ms(), 1_790_000_000_000);
        let fractional = record(json!({"SequenceNumber": "8", "ApproximateCreationDateTime": 1_790_000_000.25}));
        assert_eq!(fractional.unwrap().at, known.at);
        assert!(record(json!({"SequenceNumber": "9", "NewImage": {"item": {"N": "1"}}})).unwrap().change.is_err());
        assert!(record(json!({"NewImage": {}})).is_none());
    }
}
