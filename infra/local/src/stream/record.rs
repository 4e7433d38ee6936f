//! Stream records: as a store writes them, and as functions see them.

use serde_json::{Value as Json, json};

use crate::aws;

/// A record on its way to a function.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Record {
    /// Its place in the shard.
    pub(super) sequence: String,
    /// The record of a DynamoDB event for Lambda.
    pub(super) event: Json,
}

impl Record {
    /// Makes of a store's record what a function expects: the region and ARN that functions believe in, and a time that
    /// has moved on with the stack's clock. `None` if it is none.
    pub(super) fn read(mut event: Json, stream_arn: &str, ahead_seconds: i64) -> Option<Record> {
        let change = event.get_mut("dynamodb")?.as_object_mut()?;
        let sequence = change.get("SequenceNumber")?.as_str()?.to_owned();
        if let Some(created) = change.get_mut("ApproximateCreationDateTime") {
            // Stores write whole seconds, some of them as a fraction.
            let seconds = created.as_i64().or_else(|| created.as_f64().map(|seconds| seconds as i64))?;
            *created = json!(seconds.saturating_add(ahead_seconds));
        }
        let record = event.as_object_mut()?;
        for (name, value) in
            [("eventSource", "aws:dynamodb"), ("awsRegion", aws::REGION), ("eventSourceARN", stream_arn)]
        {
            record.insert(name.to_owned(), json!(value));
        }
        Some(Record { sequence, event })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stores_record_becomes_what_functions_expect() {
        let stored = json!({
            "eventID": "e1",
            "eventName": "MODIFY",
            "eventVersion": "1.1",
            "eventSource": "aws:dynamodb",
            "awsRegion": "dynoxide",
            "dynamodb": {
                "Keys": { "k": { "S": "a" } },
                "NewImage": { "k": { "S": "a" }, "n": { "N": "2" } },
                "OldImage": { "k": { "S": "a" }, "n": { "N": "1" } },
                "SequenceNumber": "100000000000000000007",
                "SizeBytes": 30,
                "StreamViewType": "NEW_AND_OLD_IMAGES",
                "ApproximateCreationDateTime": 1_700_000_000.0,
            },
        });
        let arn = aws::stream_arn("Things");
        let record = Record::read(stored.clone(), &arn, 90).unwrap();
        assert_eq!(record.sequence, "100000000000000000007");
        let mut expected = stored;
        expected["awsRegion"] = json!("us-east-1");
        expected["eventSourceARN"] = json!(arn);
        expected["dynamodb"]["ApproximateCreationDateTime"] = json!(1_700_000_090);
        assert_eq!(record.event, expected);
    }

    #[test]
    fn what_has_no_place_in_the_shard_is_no_record() {
        assert_eq!(Record::read(json!({ "eventID": "e1" }), "", 0), None);
        assert_eq!(Record::read(json!({ "dynamodb": { "Keys": {} } }), "", 0), None);
    }
}
