//! Queues, and where messages go that cannot be worked on.

use serde::Deserialize;

use super::intrinsics::Resolver;
use super::{Resource, TemplateError, typed};
use crate::aws;

const KIND: &str = "AWS::SQS::Queue";

/// An SQS queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Queue {
    /// Its logical id.
    pub(crate) id: String,
    /// The last part of its URL and ARN.
    pub(crate) name: String,
    pub(crate) arn: String,
    pub(crate) redrive: Option<Redrive>,
}

/// What becomes of a message that fails again and again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Redrive {
    /// The name of the queue that it goes to.
    pub(crate) queue: String,
    /// How often it is tried before that.
    pub(crate) max_receive_count: u32,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct RedrivePolicy {
    dead_letter_target_arn: String,
    max_receive_count: u32,
}

/// The other properties (retention, visibility, encryption, tags) are about running in AWS.
pub(super) fn read(resources: &[Resource<'_>], resolver: &Resolver<'_>) -> Result<Vec<Queue>, TemplateError> {
    let mut queues = Vec::new();
    let mut policies = Vec::new();
    for resource in resources.iter().filter(|resource| resource.kind == KIND) {
        if resource.property("FifoQueue").is_some() {
            return Err(TemplateError::malformed(resource.id, "is a FIFO queue, which the local stack does not serve"));
        }
        let name = resolver.physical_name(resource.id)?;
        let policy: Option<RedrivePolicy> = match resource.property("RedrivePolicy") {
            Some(policy) => Some(typed(&format!("{}.RedrivePolicy", resource.id), resolver.resolve(policy)?)?),
            None => None,
        };
        policies.push(policy);
        queues.push(Queue { id: resource.id.to_owned(), arn: aws::arn("sqs", &name), name, redrive: None });
    }
    for (position, policy) in policies.into_iter().enumerate() {
        let Some(policy) = policy else { continue };
        let target = by_arn(&queues, &policy.dead_letter_target_arn).map(|queue| queue.name.clone());
        let Some(queue) = queues.get_mut(position) else { continue };
        let target = target.ok_or_else(|| {
            TemplateError::malformed(&queue.id, format!("has no queue {}", policy.dead_letter_target_arn))
        })?;
        queue.redrive = Some(Redrive { queue: target, max_receive_count: policy.max_receive_count });
    }
    Ok(queues)
}

/// The queue with an ARN.
pub(super) fn by_arn<'a>(queues: &'a [Queue], arn: &str) -> Option<&'a Queue> {
    queues.iter().find(|queue| queue.arn == arn)
}
