//! What Linux says about a process.

use std::fs;

/// What a process has used and holds.
#[derive(Clone, Copy, Debug)]
pub struct Usage {
    /// CPU time of all its threads.
    pub cpu_ns: f64,
    /// Resident memory.
    pub resident_kb: f64,
}

/// What a process has used so far. Threads that ended are left out; those of a function's only work until it first asks
/// for an event, and wait for more after that.
///
/// # Panics
/// When there is no such process.
#[must_use]
pub fn usage(process: u32) -> Usage {
    let status = fs::read_to_string(format!("/proc/{process}/status")).expect("the status of a process");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("resident memory");
    let resident = line.trim().trim_end_matches(" kB").parse().expect("a number of kB");
    Usage { cpu_ns: cpu_ns(process), resident_kb: resident }
}

/// What a process has used so far, in nanoseconds of CPU.
///
/// # Panics
/// When there is no such process.
#[must_use]
pub fn cpu_ns(process: u32) -> f64 {
    let threads = fs::read_dir(format!("/proc/{process}/task")).expect("the threads of a process");
    let used = threads.filter_map(|thread| fs::read_to_string(thread.ok()?.path().join("schedstat")).ok());
    used.filter_map(|used| used.split_whitespace().next()?.parse::<f64>().ok()).sum()
}

/// The processes of that name that this one has started.
///
/// # Panics
/// When there are no processes to be read.
#[must_use]
pub fn children(name: &str) -> Vec<u32> {
    let own = std::process::id();
    let processes = fs::read_dir("/proc").expect("processes").filter_map(|entry| {
        let process: u32 = entry.ok()?.file_name().to_str()?.parse().ok()?;
        let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
        // `pid (name) state parent …`
        let (before, after) = stat.rsplit_once(')')?;
        let is_ours = after.split_whitespace().nth(1)? == own.to_string() && before.split_once('(')?.1 == name;
        is_ours.then_some(process)
    });
    processes.collect()
}
