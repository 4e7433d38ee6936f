//! The function binaries: where they are, whether they are up to date, and having Cargo build them.
//!
//! The stack runs the binaries of its own target folder and profile, so that `cargo run --release` runs release
//! functions and a test binary those of its own build.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::SystemTime;

use tokio::process::Command;
use tokio::sync::Mutex;

use crate::error::StartError;

/// Everything that a function binary is made from.
const SOURCES: [&str; 5] = ["functions", "shared", "Cargo.toml", "Cargo.lock", ".cargo"];
/// Written after a build, with the time at which it began. Cargo leaves binaries alone that a change does not concern,
/// so their own times cannot tell that they were looked at since.
const STAMP: &str = ".functions-built";

/// Stacks of one process wait for each other here instead of each starting a Cargo that waits for the other.
static ONE_BUILD: Mutex<()> = Mutex::const_new(());

/// The target folder that this executable came from.
#[derive(Debug)]
pub(crate) struct Binaries {
    workspace: PathBuf,
    /// `target/debug`, `target/release`, …
    folder: PathBuf,
}

impl Binaries {
    pub(crate) fn of_this_executable() -> Result<Binaries, StartError> {
        let executable = std::env::current_exe().map_err(StartError::io("find the running executable"))?;
        let folder = profile_folder(&executable)
            .ok_or_else(|| StartError::Build(format!("{} is not in a folder", executable.display())))?;
        Ok(Binaries { workspace: workspace_root(), folder })
    }

    /// Where a function's binary is.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{name}{}", std::env::consts::EXE_SUFFIX))
    }

    /// Sees to it that the binaries exist and, if `build` is set, that none is older than its sources.
    pub(crate) async fn ensure(&self, names: &[&str], build: bool) -> Result<(), StartError> {
        if build {
            let _one = ONE_BUILD.lock().await;
            if !self.are_fresh(names) {
                self.build(names).await?;
            }
        }
        match names.iter().map(|name| self.path(name)).find(|path| !path.is_file()) {
            Some(path) => Err(StartError::BinaryMissing { path }),
            None => Ok(()),
        }
    }

    fn are_fresh(&self, names: &[&str]) -> bool {
        // What cannot be read is no proof of anything: then Cargo decides.
        let Ok(newest_source) = newest(SOURCES.iter().map(|source| self.workspace.join(source))) else { return false };
        let binaries: Vec<_> = names.iter().map(|name| modified(&self.path(name)).ok()).collect();
        is_fresh(&binaries, newest_source, modified(&self.folder.join(STAMP)).ok())
    }

    async fn build(&self, names: &[&str]) -> Result<(), StartError> {
        let failed = |error: io::Error| StartError::Build(error.to_string());
        fs::create_dir_all(&self.folder).map_err(failed)?;
        // Made before Cargo looks at the sources: what changes meanwhile counts as newer.
        let begun = self.folder.join(format!("{STAMP}-{:08x}", fastrand::u32(..)));
        File::create(&begun).map_err(failed)?;
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let status = self.command(&cargo, names).status().await;
        if let Ok(status) = &status
            && status.success()
        {
            return fs::rename(&begun, self.folder.join(STAMP)).map_err(failed);
        }
        // A stamp that stays behind is only clutter.
        let _ = fs::remove_file(&begun);
        Err(StartError::Build(match status {
            Ok(status) => format!("cargo ended with {status}; what it wrote above says why"),
            Err(error) => format!("{} could not be started: {error}", cargo.display()),
        }))
    }

    fn command(&self, cargo: &OsString, names: &[&str]) -> Command {
        let mut command = Command::new(cargo);
        command.arg("build").args(profile_arguments(&self.folder)).current_dir(&self.workspace);
        if let Some(target) = self.folder.parent() {
            command.arg("--target-dir").arg(target);
        }
        // Named as binaries, not as packages: so Cargo resolves features over the whole workspace, as it did for this
        // executable, and what both depend on is not compiled a second time with other features.
        for name in names {
            command.args(["--bin", name]);
        }
        // Under `cargo run` and `cargo test` the environment describes the package that is running. Some build scripts
        // look at it, and would take the difference for a change and compile their crate again.
        for (name, _) in std::env::vars_os() {
            if name.to_str().is_some_and(describes_a_package) {
                command.env_remove(name);
            }
        }
        command.stdin(Stdio::null()).kill_on_drop(true);
        command
    }
}

/// The root of the workspace that this crate was compiled in.
pub(crate) fn workspace_root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap_or(here).to_owned()
}

/// Test and example binaries are one folder below the profile's.
fn profile_folder(executable: &Path) -> Option<PathBuf> {
    let folder = executable.parent()?;
    let is_below = folder.file_name().is_some_and(|name| name == "deps" || name == "examples");
    if is_below { folder.parent().map(Path::to_owned) } else { Some(folder.to_owned()) }
}

fn profile_arguments(folder: &Path) -> Vec<OsString> {
    match folder.file_name() {
        Some(name) if name == "debug" => vec!["--profile".into(), "dev".into()],
        Some(name) if name == "release" => vec!["--release".into()],
        Some(name) => vec!["--profile".into(), name.to_owned()],
        None => Vec::new(),
    }
}

fn describes_a_package(variable: &str) -> bool {
    variable.starts_with("CARGO_PKG_")
        || variable.starts_with("CARGO_MANIFEST_")
        || variable.starts_with("CARGO_BIN_")
        || matches!(variable, "CARGO_CRATE_NAME" | "CARGO_PRIMARY_PACKAGE" | "CARGO_TARGET_TMPDIR")
}

/// Fresh are binaries that all exist and either are newer than every source or were looked at by a build begun since.
fn is_fresh(binaries: &[Option<SystemTime>], newest_source: SystemTime, last_build: Option<SystemTime>) -> bool {
    let was_built_since = last_build.is_some_and(|begun| begun > newest_source);
    binaries.iter().all(|binary| binary.is_some_and(|modified| was_built_since || modified > newest_source))
}

fn modified(path: &Path) -> io::Result<SystemTime> {
    fs::metadata(path)?.modified()
}

/// The latest change in any of the trees. A folder's own time counts, as it shows what was deleted or renamed.
fn newest(roots: impl Iterator<Item = PathBuf>) -> io::Result<SystemTime> {
    let mut newest = SystemTime::UNIX_EPOCH;
    let mut open: Vec<PathBuf> = roots.filter(|root| root.exists()).collect();
    while let Some(path) = open.pop() {
        newest = newest.max(modified(&path)?);
        if path.is_dir() {
            for entry in fs::read_dir(&path)? {
                open.push(entry?.path());
            }
        }
    }
    Ok(newest)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn at(seconds: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(seconds)).unwrap()
    }

    #[test]
    fn binaries_newer_than_every_source_are_fresh() {
        assert!(is_fresh(&[Some(at(11)), Some(at(12))], at(10), None));
        assert!(!is_fresh(&[Some(at(11)), Some(at(9))], at(10), None), "one is older");
        assert!(!is_fresh(&[Some(at(10))], at(10), None), "the same instant proves nothing");
        assert!(!is_fresh(&[Some(at(11)), None], at(10), None), "one is missing");
    }

    #[test]
    fn a_build_since_the_last_change_vouches_for_older_binaries() {
        assert!(is_fresh(&[Some(at(5))], at(10), Some(at(11))));
        assert!(!is_fresh(&[Some(at(5))], at(10), Some(at(10))));
        assert!(!is_fresh(&[None], at(10), Some(at(11))), "but not for a missing one");
    }

    #[test]
    fn a_deeply_nested_change_is_noticed() {
        let root = tempfile::tempdir().unwrap();
        let nested = root.path().join("a/b");
        fs::create_dir_all(&nested).unwrap();
        let file = nested.join("c.rs");
        let later = at(4_000_000_000);
        File::create(&file).unwrap().set_modified(later).unwrap();
        let missing = root.path().join("missing");
        assert_eq!(newest([root.path().to_owned(), missing].into_iter()).unwrap(), later);
    }

    #[test]
    fn the_profile_is_that_of_the_executables_folder() {
        let folder = |path: &str| profile_folder(Path::new(path)).unwrap();
        assert_eq!(folder("/w/target/debug/local"), Path::new("/w/target/debug"));
        assert_eq!(folder("/w/target/debug/deps/story-123"), Path::new("/w/target/debug"));
        assert_eq!(profile_arguments(Path::new("/w/target/debug")), ["--profile", "dev"]);
        assert_eq!(profile_arguments(Path::new("/w/target/release")), ["--release"]);
        assert_eq!(profile_arguments(Path::new("/w/target/fast")), ["--profile", "fast"]);
    }
}
