//! The kept inputs of every target: those that were thought of, those that lead into a branch of their own, and those that
//! once showed a fault.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "test code"
)]

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use fuzz::{ROUTES, TARGETS, reached, try_input};

/// All of it has to stay small: it is in everybody's checkout for ever.
const MAX_BYTES: u64 = 200 * 1024;

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("corpus")
}

fn inputs(target: &str) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> =
        fs::read_dir(folder().join(target)).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

fn replay(target: &str) {
    let inputs = inputs(target);
    assert!(!inputs.is_empty(), "no input is kept");
    for path in inputs {
        println!("{}", path.display());
        try_input(target, &fs::read(path).unwrap());
    }
}

macro_rules! targets {
    ($($name:ident)+) => {
        $(
            #[test]
            fn $name() {
                replay(stringify!($name));
            }
        )+

        #[test]
        fn every_target_has_a_corpus_and_every_corpus_a_target() {
            let tested: BTreeSet<String> = [$(stringify!($name)),+].map(str::to_owned).into();
            let known: BTreeSet<String> = TARGETS.iter().map(|(name, _)| (*name).to_owned()).collect();
            let kept = fs::read_dir(folder()).unwrap();
            let kept: BTreeSet<String> = kept.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
            assert_eq!(tested, known);
            assert_eq!(kept, known);
        }
    };
}

targets! {
    amounts
    bodies
    claims
    companies
    gateway
    identifiers
    lines
    memberships
    parameters
    records
    reports
    requests
    tables
    times
    usage
}

/// Else the target would look at little more than refusals.
#[test]
fn a_request_to_every_route_succeeds() {
    let inputs = inputs("requests").into_iter().map(|path| fs::read(path).unwrap());
    let reached: BTreeSet<&str> =
        inputs.filter_map(|input| reached(&input)).filter(|(_, status)| *status < 300).map(|(key, _)| key).collect();
    let missed: Vec<&str> =
        ROUTES.iter().map(|route| route.key.as_str()).filter(|key| !reached.contains(key)).collect();
    assert!(ROUTES.len() >= 40, "{} routes", ROUTES.len());
    assert_eq!(missed, Vec::<&str>::new());
}

#[test]
fn the_corpus_is_small() {
    let files = TARGETS.iter().flat_map(|(name, _)| inputs(name));
    let bytes: u64 = files.map(|file| file.metadata().unwrap().len()).sum();
    assert!(bytes <= MAX_BYTES, "{bytes} bytes");
}
