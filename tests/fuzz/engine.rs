//! What the engine calls with every input that it makes up. Which target is meant, `run` says in the environment.

#![no_main]
#![allow(clippy::expect_used, clippy::panic, reason = "what goes wrong here has to end the run, with a message")]

use std::sync::LazyLock;

static TARGET: LazyLock<String> =
    LazyLock::new(|| std::env::var("PARTNER_QUOTA_FUZZ_TARGET").expect("PARTNER_QUOTA_FUZZ_TARGET names a target"));

libfuzzer_sys::fuzz_target!(|input: &[u8]| fuzz::try_input(&TARGET, input));
