//! Tables, in the words of the store's `CreateTable`.

use serde_json::{Map, Value as Json, json};

use super::intrinsics::Resolver;
use super::{Resource, TemplateError};

const KIND: &str = "AWS::DynamoDB::Table";

/// The properties that stores take. The rest (point-in-time recovery, deletion protection, encryption, tags) is about
/// running in AWS, and stores on one's own machine refuse or ignore it.
const KEPT: [&str; 7] = [
    "AttributeDefinitions",
    "KeySchema",
    "GlobalSecondaryIndexes",
    "LocalSecondaryIndexes",
    "BillingMode",
    "ProvisionedThroughput",
    "StreamSpecification",
];
const KEPT_OF_INDEX: [&str; 4] = ["IndexName", "KeySchema", "Projection", "ProvisionedThroughput"];

/// A DynamoDB table.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Table {
    /// What functions know it by.
    pub(crate) name: String,
    /// The body of the `CreateTable` call.
    pub(crate) definition: Json,
}

pub(super) fn read(resources: &[Resource<'_>], resolver: &Resolver<'_>) -> Result<Vec<Table>, TemplateError> {
    resources
        .iter()
        .filter(|resource| resource.kind == KIND)
        .map(|resource| {
            let name = resolver.physical_name(resource.id)?;
            let mut definition = Map::new();
            for property in KEPT {
                if let Some(value) = resource.property(property) {
                    definition.insert(property.to_owned(), resolver.resolve(value)?);
                }
            }
            for indexes in ["GlobalSecondaryIndexes", "LocalSecondaryIndexes"] {
                for index in definition.get_mut(indexes).and_then(Json::as_array_mut).into_iter().flatten() {
                    if let Some(index) = index.as_object_mut() {
                        index.retain(|property, _| KEPT_OF_INDEX.contains(&property.as_str()));
                    }
                }
            }
            // CloudFormation takes the view type alone as the wish for a stream; the store's own call wants it said.
            if let Some(stream) = definition.get_mut("StreamSpecification").and_then(Json::as_object_mut) {
                stream.insert("StreamEnabled".to_owned(), Json::Bool(true));
            }
            definition.insert("TableName".to_owned(), json!(name));
            Ok(Table { name, definition: Json::Object(definition) })
        })
        .collect()
}
