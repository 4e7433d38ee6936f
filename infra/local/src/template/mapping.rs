//! Event source mappings: function events of the types `DynamoDB` and `SQS`.

use serde::Deserialize;
use serde_json::Value as Json;
use serde_yaml_ng::Value as Yaml;

use super::intrinsics::Resolver;
use super::{TemplateError, typed};
use crate::pattern::Pattern;

/// What Lambda takes when the template does not say.
const STREAM_BATCH: usize = 100;
const QUEUE_BATCH: usize = 10;
/// How many batches of a queue are under way at once when the template does not say. Lambda begins with more, on more
/// machines.
const CONCURRENCY: usize = 2;
const ITEM_FAILURES: &str = "ReportBatchItemFailures";

/// What both kinds of mapping have.
#[derive(Clone, Debug)]
pub(crate) struct Mapping {
    /// The logical id of the function and the name of the event, joined as SAM joins them.
    pub(crate) id: String,
    /// The function's binary.
    pub(crate) function: String,
    /// The ARN of the stream or queue.
    pub(crate) source: String,
    pub(crate) batch_size: usize,
    /// Whether the function says which items of a batch failed.
    pub(crate) reports_items: bool,
    /// What to deliver: what matches any of them, all if there are none.
    pub(crate) filters: Vec<Pattern>,
}

/// A function gets the changes of a table.
#[derive(Clone, Debug)]
pub(crate) struct StreamMapping {
    pub(crate) mapping: Mapping,
    /// Whether a first start begins with the oldest change that the stream has, not with the next one.
    pub(crate) from_the_oldest: bool,
}

/// A function gets the messages of a queue.
#[derive(Clone, Debug)]
pub(crate) struct QueueMapping {
    pub(crate) mapping: Mapping,
    /// How many batches may be under way at once.
    pub(crate) concurrency: usize,
}

#[derive(Deserialize)]
enum StartingPosition {
    #[serde(rename = "TRIM_HORIZON")]
    TrimHorizon,
    #[serde(rename = "LATEST")]
    Latest,
}

/// An event of the type `DynamoDB`. Locally a batch that fails is tried again for ever and as it is, so what is said of
/// giving up and of splitting is taken and not followed.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct StreamEvent {
    stream: String,
    starting_position: StartingPosition,
    batch_size: Option<usize>,
    #[serde(default)]
    function_response_types: Vec<String>,
    filter_criteria: Option<FilterCriteria>,
    enabled: Option<bool>,
    #[serde(rename = "BisectBatchOnFunctionError")]
    _bisect_batch_on_function_error: Option<bool>,
    #[serde(rename = "MaximumRecordAgeInSeconds")]
    _maximum_record_age_in_seconds: Option<i64>,
    #[serde(rename = "MaximumRetryAttempts")]
    _maximum_retry_attempts: Option<i64>,
    #[serde(rename = "MaximumBatchingWindowInSeconds")]
    _maximum_batching_window_in_seconds: Option<u64>,
    #[serde(rename = "ParallelizationFactor")]
    _parallelization_factor: Option<u64>,
    #[serde(rename = "DestinationConfig")]
    _destination_config: Option<Json>,
    #[serde(rename = "MetricsConfig")]
    _metrics_config: Option<Json>,
}

/// An event of the type `SQS`. A message is delivered as soon as it is there.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct QueueEvent {
    queue: String,
    batch_size: Option<usize>,
    #[serde(default)]
    function_response_types: Vec<String>,
    filter_criteria: Option<FilterCriteria>,
    scaling_config: Option<ScalingConfig>,
    enabled: Option<bool>,
    #[serde(rename = "MaximumBatchingWindowInSeconds")]
    _maximum_batching_window_in_seconds: Option<u64>,
    #[serde(rename = "MetricsConfig")]
    _metrics_config: Option<Json>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct ScalingConfig {
    maximum_concurrency: usize,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct FilterCriteria {
    filters: Vec<Filter>,
}

/// The pattern is JSON in a string, as Lambda wants it.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Filter {
    pattern: String,
}

/// The mapping that the event `name` of the function with the logical id `id` asks for; `None` if it is disabled.
pub(super) fn stream(
    (id, name): (&str, &str),
    function: &str,
    properties: &Yaml,
    resolver: &Resolver<'_>,
) -> Result<Option<StreamMapping>, TemplateError> {
    let place = format!("{id}.{name}");
    let event: StreamEvent = typed(&place, resolver.resolve(properties)?)?;
    let from_the_oldest = match event.starting_position {
        StartingPosition::TrimHorizon => true,
        StartingPosition::Latest => false,
    };
    let mapping = Mapping {
        id: format!("{id}{name}"),
        function: function.to_owned(),
        source: event.stream,
        batch_size: batch_size(&place, event.batch_size, STREAM_BATCH)?,
        reports_items: reports_items(&place, &event.function_response_types)?,
        filters: filters(&place, event.filter_criteria)?,
    };
    Ok((event.enabled != Some(false)).then_some(StreamMapping { mapping, from_the_oldest }))
}

/// As [`stream`], for a queue.
pub(super) fn queue(
    (id, name): (&str, &str),
    function: &str,
    properties: &Yaml,
    resolver: &Resolver<'_>,
) -> Result<Option<QueueMapping>, TemplateError> {
    let place = format!("{id}.{name}");
    let event: QueueEvent = typed(&place, resolver.resolve(properties)?)?;
    let concurrency = event.scaling_config.map_or(CONCURRENCY, |scaling| scaling.maximum_concurrency);
    if concurrency == 0 {
        return Err(TemplateError::malformed(place, "has a MaximumConcurrency of 0"));
    }
    let mapping = Mapping {
        id: format!("{id}{name}"),
        function: function.to_owned(),
        source: event.queue,
        batch_size: batch_size(&place, event.batch_size, QUEUE_BATCH)?,
        reports_items: reports_items(&place, &event.function_response_types)?,
        filters: filters(&place, event.filter_criteria)?,
    };
    Ok((event.enabled != Some(false)).then_some(QueueMapping { mapping, concurrency }))
}

fn batch_size(place: &str, declared: Option<usize>, default: usize) -> Result<usize, TemplateError> {
    match declared.unwrap_or(default) {
        0 => Err(TemplateError::malformed(place, "has a BatchSize of 0")),
        size => Ok(size),
    }
}

fn reports_items(place: &str, types: &[String]) -> Result<bool, TemplateError> {
    match types.iter().find(|kind| *kind != ITEM_FAILURES) {
        Some(unknown) => Err(TemplateError::malformed(place, format!("has the unknown response type {unknown}"))),
        None => Ok(!types.is_empty()),
    }
}

fn filters(place: &str, criteria: Option<FilterCriteria>) -> Result<Vec<Pattern>, TemplateError> {
    let malformed = |problem: String| TemplateError::malformed(format!("{place}.FilterCriteria"), problem);
    let parse = |filter: Filter| {
        let pattern: Json = serde_json::from_str(&filter.pattern).map_err(|error| malformed(error.to_string()))?;
        Pattern::parse(&pattern).map_err(|error| malformed(error.to_string()))
    };
    criteria.map(|criteria| criteria.filters).unwrap_or_default().into_iter().map(parse).collect()
}
