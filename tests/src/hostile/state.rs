//! What a module could change in its host: everything that is the process's and not the call's.
#![allow(unsafe_code)]

use std::collections::BTreeMap;
use std::ffi::{CStr, c_int};
use std::io;
use std::{env, fs, mem, ptr};

use nix::libc;
use serde::{Deserialize, Serialize};

/// A look at the process. Two of them are equal when a host cannot tell that anything happened in between.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    /// What each descriptor is, and its flags in octal.
    pub descriptors: BTreeMap<i32, String>,
    /// How many threads.
    pub threads: usize,
    /// Of each signal that has not its default: handler, flags, mask.
    pub dispositions: BTreeMap<i32, (usize, i32, String)>,
    /// Lines of `/proc/self/status`: uids, gids, groups, umask, masks.
    pub status: Vec<String>,
    /// The alternate signal stack: address, flags, size.
    pub signal_stack: (usize, i32, usize),
    /// Which of the three interval timers run.
    pub timers: [bool; 3],
    /// Soft and hard limits.
    pub limits: String,
    /// The working folder.
    pub folder: String,
    /// The environment, as `NAME=VALUE`.
    pub environment: Vec<String>,
    /// The locale of every category.
    pub locale: String,
}

impl State {
    /// Looks at this process. libc's own connection to the system log is closed first: it is nobody's business.
    pub fn now() -> io::Result<Self> {
        // SAFETY: closelog(3) has no arguments and may be called at any time.
        unsafe { libc::closelog() };
        Ok(Self {
            descriptors: descriptors()?,
            threads: fs::read_dir("/proc/self/task")?.count(),
            dispositions: (1..=64)
                .map(|signal| (signal, disposition(signal)))
                .filter(|(_, disposition)| disposition.0 != libc::SIG_DFL)
                .collect(),
            status: status()?,
            signal_stack: signal_stack(),
            timers: [libc::ITIMER_REAL, libc::ITIMER_VIRTUAL, libc::ITIMER_PROF].map(runs),
            limits: fs::read_to_string("/proc/self/limits")?,
            folder: env::current_dir()?.to_string_lossy().into_owned(),
            environment: env::vars_os()
                .map(|(name, value)| format!("{}={}", name.to_string_lossy(), value.to_string_lossy()))
                .collect(),
            locale: locale(),
        })
    }
}

fn descriptors() -> io::Result<BTreeMap<i32, String>> {
    let mut all = BTreeMap::new();
    for entry in fs::read_dir("/proc/self/fd")? {
        let entry = entry?;
        // The descriptor of this very listing is gone when its link is read, or names this folder.
        let (Ok(target), Ok(fd)) = (
            fs::read_link(entry.path()),
            entry.file_name().to_string_lossy().parse(),
        ) else {
            continue;
        };
        if target.starts_with("/proc") && target.ends_with("fd") {
            continue;
        }
        let info = fs::read_to_string(format!("/proc/self/fdinfo/{fd}")).unwrap_or_default();
        let flags = info
            .lines()
            .find_map(|line| line.strip_prefix("flags:"))
            .unwrap_or("gone");
        all.insert(fd, format!("{} {}", target.display(), flags.trim()));
    }
    Ok(all)
}

fn status() -> io::Result<Vec<String>> {
    const KEPT: [&str; 10] = [
        "Uid:",
        "Gid:",
        "Groups:",
        "Umask:",
        "SigBlk:",
        "SigIgn:",
        "SigCgt:",
        "CapEff:",
        "NoNewPrivs:",
        "Seccomp:",
    ];
    let lines = fs::read_to_string("/proc/self/status")?;
    Ok(lines
        .lines()
        .filter(|line| KEPT.iter().any(|name| line.starts_with(name)))
        .map(str::to_owned)
        .collect())
}

fn disposition(signal: c_int) -> (usize, i32, String) {
    // SAFETY: all-zero is a valid `sigaction`, and with a NULL new action the call only reads the old one. For signals
    // that the C library keeps to itself it fails and leaves zeros.
    let action = unsafe {
        let mut action: libc::sigaction = mem::zeroed();
        libc::sigaction(signal, ptr::null(), &mut action);
        action
    };
    // SAFETY: the set is initialised.
    let mask = (1..=64).filter(|other| unsafe { libc::sigismember(&action.sa_mask, *other) } == 1);
    (
        action.sa_sigaction,
        action.sa_flags,
        format!("{:?}", mask.collect::<Vec<c_int>>()),
    )
}

fn signal_stack() -> (usize, i32, usize) {
    // SAFETY: all-zero is a valid `stack_t`, and with a NULL new stack the call only reads the old one.
    let stack = unsafe {
        let mut stack: libc::stack_t = mem::zeroed();
        libc::sigaltstack(ptr::null(), &mut stack);
        stack
    };
    (stack.ss_sp.addr(), stack.ss_flags, stack.ss_size)
}

fn runs(timer: c_int) -> bool {
    // SAFETY: all-zero is a valid `itimerval`, which the call fills.
    let value = unsafe {
        let mut value: libc::itimerval = mem::zeroed();
        libc::getitimer(timer, &mut value);
        value
    };
    let none = |time: libc::timeval| time.tv_sec == 0 && time.tv_usec == 0;
    !none(value.it_interval)
}

fn locale() -> String {
    // SAFETY: with NULL the call only reads, and returns a string that stays until the next one.
    unsafe {
        let name = libc::setlocale(libc::LC_ALL, ptr::null());
        if name.is_null() {
            String::new()
        } else {
            CStr::from_ptr(name).to_string_lossy().into_owned()
        }
    }
}
