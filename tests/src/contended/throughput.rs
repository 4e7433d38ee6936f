//! How much the store takes for one item: so many units a second and partition key, and no credit from quieter times beyond
//! one second.

use std::collections::HashMap;

use serde_json::Value;
use tokio::time::Instant;

/// Write units a second and item.
pub const WRITES: f64 = 1_000.0;

/// Read units a second and item.
pub const READS: f64 = 3_000.0;

/// Bytes of a write unit.
const WRITE_UNIT: usize = 1_024;

/// Bytes of a read unit.
const READ_UNIT: usize = 4_096;

/// What is left for each partition key.
pub struct Buckets {
    a_second: f64,
    left: HashMap<String, (f64, Instant)>,
}

impl Buckets {
    /// Full ones.
    #[must_use]
    pub fn new(a_second: f64) -> Buckets {
        Buckets { a_second, left: HashMap::new() }
    }

    /// Takes units, if there are any left: the last ones may be overdrawn, as nobody knows an item's size before.
    pub fn take(&mut self, partition: &str, units: usize) -> bool {
        let (now, full) = (Instant::now(), self.a_second);
        let (left, at) = self.left.entry(partition.to_owned()).or_insert((full, now));
        *left = (*left + now.duration_since(*at).as_secs_f64() * full).min(full);
        *at = now;
        if *left <= 0.0 {
            return false;
        }
        *left -= f64::from(u32::try_from(units).expect("few units"));
        true
    }
}

/// Units of writing that many bytes.
#[must_use]
pub fn write_units(bytes: usize) -> usize {
    bytes.div_ceil(WRITE_UNIT).max(1)
}

/// Units of reading that many bytes, as they are now.
#[must_use]
pub fn read_units(bytes: usize) -> usize {
    bytes.div_ceil(READ_UNIT).max(1)
}

/// The bytes of an item as the store counts them: names, and values by their kind.
#[must_use]
pub fn size(item: &Value) -> usize {
    let attributes = item.as_object().into_iter().flatten();
    attributes.map(|(name, value)| name.len() + size_of_value(value)).sum()
}

fn size_of_value(value: &Value) -> usize {
    let Some((kind, content)) = value.as_object().and_then(|typed| typed.iter().next()) else { return 0 };
    match (kind.as_str(), content) {
        ("S", Value::String(text)) => text.len(),
        // Two digits a byte, and one more.
        ("N", Value::String(digits)) => digits.len().div_ceil(2) + 1,
        ("L", Value::Array(list)) => 3 + list.iter().map(|value| 1 + size_of_value(value)).sum::<usize>(),
        ("M", map) => 3 + map.as_object().map_or(0, serde_json::Map::len) + size(map),
        _ => 1,
    }
}
