//! The binaries that are measured: where they are, and having Cargo build them as they are released, in one call for this
//! machine. The template builds each by itself for arm64: features may unite differently there, and sizes differ a little.

use std::path::{Path, PathBuf};
use std::process::Command;

/// Every function.
pub const FUNCTIONS: [&str; 12] = [
    "adjustment",
    "alerting",
    "allocation",
    "identity",
    "intake",
    "notifier",
    "onboarding",
    "purchasing",
    "relay",
    "reporting",
    "settlement",
    "sweeper",
];

/// The package of the yardsticks.
const YARDSTICKS: &str = "bare";

/// Builds all of them, unless they are up to date. Packages are named, and the tests are not among them: so no feature
/// that only tests want gets into a binary.
///
/// # Panics
/// When Cargo does not succeed.
pub fn build() {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.args(["build", "--release", "--target-dir"]).arg(target()).current_dir(workspace());
    for package in FUNCTIONS.iter().chain(&[YARDSTICKS]) {
        command.args(["-p", package]);
    }
    // What Cargo tells a benchmark about its package would have some crates compiled again.
    for (name, _) in std::env::vars_os() {
        if name.to_str().is_some_and(|name| name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_")) {
            command.env_remove(name);
        }
    }
    let status = command.status().expect("cargo");
    assert!(status.success(), "cargo ended with {status}");
}

/// Where a binary is.
#[must_use]
pub fn path(name: &str) -> PathBuf {
    target().join("release").join(name)
}

/// The root of the workspace.
#[must_use]
pub fn workspace() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("a workspace around the tests")
}

/// The target folder: this is `release/deps/suite-…` in it.
fn target() -> PathBuf {
    let executable = std::env::current_exe().expect("the path of this executable");
    executable.ancestors().nth(3).expect("a target folder").to_owned()
}
