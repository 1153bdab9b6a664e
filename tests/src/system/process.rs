//! Processes as `/proc` shows them.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// Sends a signal.
pub fn signal(pid: u32, signal: Signal) {
    kill(Pid::from_raw(pid as i32), signal).unwrap();
}

/// Whether it runs: a zombie does not.
pub fn alive(pid: u32) -> bool {
    stat(pid).is_some_and(|fields| fields[0] != "Z" && fields[0] != "X")
}

/// The processes whose parent it is.
pub fn children(parent: u32) -> Vec<u32> {
    let all = fs::read_dir("/proc").unwrap();
    let pids = all.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
    let is_child =
        |pid: &u32| stat(*pid).is_some_and(|fields| fields[0] != "Z" && fields[1] == parent.to_string());
    pids.filter(is_child).collect()
}

/// Processor time used so far, all threads, in ticks of a hundredth of a second.
pub fn ticks(pid: u32) -> u64 {
    let fields = stat(pid).unwrap();
    // utime and stime, proc_pid_stat(5) fields 14 and 15; `stat` begins at field 3.
    fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap()
}

/// What its descriptors point to.
pub fn descriptors(pid: u32) -> Vec<PathBuf> {
    let all = fs::read_dir(format!("/proc/{pid}/fd")).unwrap();
    all.filter_map(|entry| fs::read_link(entry.ok()?.path()).ok())
        .collect()
}

/// The lines of its `status`.
pub fn status(pid: u32) -> BTreeMap<String, String> {
    let text = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    text.lines()
        .filter_map(|line| line.split_once(':'))
        .map(|(key, value)| (key.to_owned(), value.trim().to_owned()))
        .collect()
}

/// Whose its files in `/proc` are: root's when the process is not dumpable, whatever its uid.
pub fn owner_of_files(pid: u32) -> u32 {
    fs::metadata(format!("/proc/{pid}/environ")).unwrap().uid()
}

/// The fields of `stat` from the third on: the second may hold anything.
fn stat(pid: u32) -> Option<Vec<String>> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (_, rest) = text.rsplit_once(')')?;
    Some(rest.split_whitespace().map(str::to_owned).collect())
}
