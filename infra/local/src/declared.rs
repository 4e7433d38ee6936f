//! What the template declares, for tests that carry functions out themselves, without the stack.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use crate::pattern::Pattern;
use crate::template::{Mapping, Overrides, Template, TemplateError};

/// Tables, rules and deliveries of a template.
#[derive(Debug)]
pub struct Declared {
    template: Template,
}

/// What a stream or a queue delivers to a function.
#[derive(Clone, Copy, Debug)]
pub struct Delivery<'a> {
    mapping: &'a Mapping,
}

impl Declared {
    /// Reads the template from YAML text; `parameters` are the values of those that have no default, by name.
    ///
    /// # Errors
    /// What is wrong with the template, or beyond the local stack.
    pub fn read(text: &str, parameters: &[(&str, &str)]) -> Result<Declared, TemplateError> {
        let overrides: Overrides =
            parameters.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Ok(Declared { template: Template::parse(text, &overrides)? })
    }

    /// The body of the `CreateTable` call of every table, by the table's name.
    #[must_use]
    pub fn tables(&self) -> BTreeMap<&str, &Json> {
        self.template.tables.iter().map(|table| (table.name.as_str(), &table.definition)).collect()
    }

    /// The names of the queues that an event on a bus is led to.
    #[must_use]
    pub fn queues(&self, bus: &str, event: &Json) -> Vec<&str> {
        let rules = self.template.rules.iter().filter(|rule| rule.bus == bus && rule.pattern.matches(event));
        rules.flat_map(|rule| rule.queues.iter().map(String::as_str)).collect()
    }

    /// How the table's stream is delivered to a function.
    #[must_use]
    pub fn stream_of(&self, function: &str) -> Option<Delivery<'_>> {
        let mut mappings = self.template.stream_mappings.iter().map(|stream| &stream.mapping);
        mappings.find(|mapping| mapping.function == function).map(|mapping| Delivery { mapping })
    }

    /// How a queue is delivered to a function.
    #[must_use]
    pub fn queue_of(&self, function: &str) -> Option<Delivery<'_>> {
        let mut mappings = self.template.queue_mappings.iter().map(|queue| &queue.mapping);
        mappings.find(|mapping| mapping.function == function).map(|mapping| Delivery { mapping })
    }
}

impl<'a> Delivery<'a> {
    /// The last part of the source's ARN: a queue's name.
    #[must_use]
    pub fn source(self) -> &'a str {
        self.mapping.source.rsplit(':').next().unwrap_or_default()
    }

    /// How much is delivered at once.
    #[must_use]
    pub fn batch_size(self) -> usize {
        self.mapping.batch_size
    }

    /// Whether a record or a message is delivered at all.
    #[must_use]
    pub fn takes(self, record: &Json) -> bool {
        let filters: &[Pattern] = &self.mapping.filters;
        filters.is_empty() || filters.iter().any(|filter| filter.matches(record))
    }
}
