//! The machine the figures are of, and what a process takes of it.

use std::fs;
use std::process::Command;

use nix::unistd::{SysconfVar, sysconf};
use serde::Serialize;

use super::Failed;

/// What a reader must know to compare figures.
#[derive(Debug, Serialize)]
pub struct Machine {
    /// From /proc/cpuinfo.
    pub cpu: String,
    /// Those this process may use.
    pub cores: usize,
    /// Its release.
    pub kernel: String,
    /// Runnable processes before the bench began, over one minute: much more than 0 makes figures of more than the
    /// program.
    pub load: String,
    /// Of the checkout, when there is one.
    pub commit: Option<String>,
    /// UTC.
    pub date: String,
}

impl Machine {
    /// This one.
    pub fn here() -> Self {
        let read = |path| fs::read_to_string(path).unwrap_or_default();
        let cpuinfo = read("/proc/cpuinfo");
        let cpu = cpuinfo
            .lines()
            .find_map(|line| line.strip_prefix("model name")?.split_once(':'));
        let folder = env!("CARGO_MANIFEST_DIR");
        Self {
            cpu: cpu.map_or("unknown".into(), |(_, name)| name.trim().into()),
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            kernel: read("/proc/sys/kernel/osrelease").trim().into(),
            load: read("/proc/loadavg").split(' ').next().unwrap_or_default().into(),
            commit: said("git", &["-C", folder, "describe", "--always", "--dirty"]),
            date: said("date", &["-u", "+%Y-%m-%d %H:%M UTC"]).unwrap_or_default(),
        }
    }

    /// For people.
    pub fn text(&self) -> String {
        let commit = self.commit.as_deref().unwrap_or("unknown");
        format!(
            "facelogin bench, {}, commit {commit}\n{}, {} cores, Linux {}, load {} at the start\n",
            self.date, self.cpu, self.cores, self.kernel, self.load
        )
    }
}

/// What a program printed, when it succeeded.
fn said(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| text.trim().to_owned())
}

/// The processes whose parent is `parent`.
pub fn children(parent: u32) -> Result<Vec<u32>, Failed> {
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc")? {
        let Some(pid) = entry?.file_name().to_str().and_then(|name| name.parse().ok()) else {
            continue;
        };
        // One that has ended meanwhile is nobody's child.
        if stat(pid).is_ok_and(|fields| fields.get(1) == Some(&u64::from(parent))) {
            found.push(pid);
        }
    }
    Ok(found)
}

/// Processor time of a process so far, in seconds, in steps of one clock tick (10 ms).
pub fn cpu_seconds(pid: u32) -> Result<f64, Failed> {
    let fields = stat(pid)?;
    let (Some(user), Some(system)) = (fields.get(11), fields.get(12)) else {
        return Err(format!("/proc/{pid}/stat is too short").into());
    };
    let per_second = sysconf(SysconfVar::CLK_TCK)?.ok_or("the clock tick is not known")?;
    Ok((user + system) as f64 / per_second as f64)
}

/// The numbers after the name in /proc/PID/stat, from the state on: parent at 1, utime at 11, stime at 12. What is no
/// unsigned number reads 0.
fn stat(pid: u32) -> Result<Vec<u64>, Failed> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat"))?;
    // The name may hold spaces and parentheses; the last one ends it.
    let (_, rest) = text.rsplit_once(')').ok_or("no name in /proc/PID/stat")?;
    Ok(rest
        .split_whitespace()
        .map(|field| field.parse().unwrap_or(0))
        .collect())
}

/// Resident memory of a process in MB (10^6 bytes): all of it, and its share of it (`VmRSS`, `Pss`).
pub fn memory(pid: u32) -> Result<(f64, f64), Failed> {
    let field = |file: &str, name: &str| -> Result<f64, Failed> {
        let path = format!("/proc/{pid}/{file}");
        let text = fs::read_to_string(&path)?;
        let kib = text
            .lines()
            .find_map(|line| line.strip_prefix(name)?.split_whitespace().next());
        let kib: f64 = kib.ok_or(format!("{path} has no {name}"))?.parse()?;
        Ok(kib * 1024.0 / 1e6)
    };
    Ok((field("status", "VmRSS:")?, field("smaps_rollup", "Pss:")?))
}
