//! For tests: a pool with processes of their own making.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;
use std::time::Duration;

use tempfile::TempDir;

use super::Pool;
use super::process::{Log, Program, spawnery};
use serde_json::json;

use crate::clock::Clock;
use crate::rights::{Rights, Statement};
use crate::template::Function;

/// A pool, and the folder of its files.
pub(crate) struct Fixture {
    pub(crate) pool: Arc<Pool>,
    pub(crate) folder: TempDir,
}

fn every_right() -> Rights {
    let statement = json!({ "Effect": "Allow", "Action": "*", "Resource": "*" });
    Rights::new(vec![Statement::read(&statement).unwrap()])
}

/// A pool whose instances run a shell script.
pub(crate) fn pool(script: &str, limit: Duration) -> Fixture {
    let folder = tempfile::tempdir().unwrap();
    let binary = folder.path().join("function");
    fs::write(&binary, format!("#!/bin/sh\n{script}\n")).unwrap();
    fs::set_permissions(&binary, fs::Permissions::from_mode(0o755)).unwrap();
    let program = Program {
        function: Function {
            binary: "function".to_owned(),
            timeout: limit,
            memory_mb: 128,
            environment: BTreeMap::new(),
            rights: every_right(),
        },
        binary,
        runtime_api: "http://127.0.0.1:1".to_owned(),
        services: String::new(),
        log: Arc::new(Log::open(folder.path().join("log")).unwrap()),
    };
    let (spawner, spawnery) = spawnery();
    tokio::spawn(spawnery.run());
    Fixture { pool: Pool::new(program, spawner, Clock::default()), folder }
}

/// A pool whose instances do nothing for long.
pub(crate) fn sleeping(limit: Duration) -> Fixture {
    pool("exec /bin/sleep 600", limit)
}
