//! How large the functions are as they are uploaded.

use std::io::Write;

use flate2::Compression;
use flate2::write::DeflateEncoder;

use super::Effort;
use super::binaries::{self, FUNCTIONS};
use super::table::Row;

/// What Lambda has a function's file be called in the archive.
const NAME: &str = "bootstrap";

/// The headers of an archive with one file, which name it twice.
const ARCHIVE_BYTES: usize = 30 + 46 + 22 + 2 * NAME.len();

const MEGABYTE: f64 = 1_000_000.0;

/// Functions that render mails hold seven languages and their numbers.
const MAILERS: [&str; 1] = ["notifier"];

pub async fn rows(_effort: Effort) -> Vec<Row> {
    let bare = zipped("bare_store");
    let mut rows = vec![Row::of("zip of bare_echo", megabytes(zipped("bare_echo")))];
    rows.extend(FUNCTIONS.iter().map(|function| {
        let bytes = zipped(function);
        let most = if MAILERS.contains(function) { 3.0 } else { 2.2 };
        Row {
            ratio: format!("{:.2}", bytes / bare),
            ..Row::of(format!("zip of {function}"), megabytes(bytes))
                .against(format!("bare_store {}", megabytes(bare)))
                .target(format!("≤ {most} MB"), bytes <= most * MEGABYTE)
        }
    }));
    rows
}

fn zipped(binary: &str) -> f64 {
    let content = std::fs::read(binaries::path(binary)).expect("a binary");
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(&content).expect("memory");
    let bytes = encoder.finish().expect("memory").len() + ARCHIVE_BYTES;
    bytes as f64
}

fn megabytes(bytes: f64) -> String {
    format!("{:.2} MB", bytes / MEGABYTE)
}
