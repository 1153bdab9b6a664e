//! What the vision process gives up before it touches a picture: its rights, its name in the process table's tools,
//! and every file but the camera, the models and what the C library reads.

use std::os::fd::RawFd;
use std::path::{Path, PathBuf};

use landlock::{
    ABI, Access, AccessFs, AccessNet, CompatLevel, Compatible, PathBeneath, PathFd, Ruleset, RulesetAttr,
    RulesetCreatedAttr, RulesetError, Scope,
};
use nix::errno::Errno;
use nix::sys::prctl;
use nix::sys::resource::{Resource, setrlimit};
use nix::sys::signal::Signal;
use nix::unistd::{Gid, Group, Uid, User, geteuid, setgid, setgroups, setsid, setuid};
use rustix::thread::{CapabilitySet, CapabilitySets, set_capabilities};

/// The account it runs as.
pub const ACCOUNT: &str = "facelogin";

/// Where there is no such account (a demonstration, a test): the one that owns nothing.
pub const FALLBACK: &str = "nobody";

/// The group that may open cameras.
pub const CAMERA_GROUP: &str = "video";

/// Why the process must not go on.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    /// Neither account exists.
    #[error("there is neither an account {ACCOUNT:?} nor {FALLBACK:?} to run as")]
    NoAccount,
    /// The system refused.
    #[error("{what}: {errno}")]
    System {
        /// What was tried.
        what: &'static str,
        /// What it said.
        errno: Errno,
    },
    /// A library started threads before `main`, outside of what follows.
    #[error("it has {0} threads at its start, expected 1; is OPENBLAS_NUM_THREADS=1 in its environment?")]
    Threads(usize),
    /// It still has rights.
    #[error("the vision process must not run as root")]
    StillRoot,
    /// The kernel's file sandbox refused its rules.
    #[error("landlock: {0}")]
    Landlock(#[from] RulesetError),
}

fn system(what: &'static str) -> impl Fn(Errno) -> SandboxError {
    move |errno| SandboxError::System { what, errno }
}

/// Started by root, becomes the account; started by its unit, it already is. Must be called while there is one thread:
/// part of what it gives up it gives up for the calling thread and those that it starts.
pub fn drop_privileges() -> Result<(), SandboxError> {
    one_thread()?;
    // Out of the session of whoever started it: no terminal to put words into. It may lead one already.
    let _ = setsid();
    // Its parent's death must not leave it holding the camera.
    prctl::set_pdeathsig(Signal::SIGKILL).map_err(system("PR_SET_PDEATHSIG"))?;
    if geteuid().is_root() {
        let user = account(&[ACCOUNT, FALLBACK])?;
        let video = Group::from_name(CAMERA_GROUP)
            .ok()
            .flatten()
            .map(|group| group.gid);
        let groups: Vec<Gid> = video.into_iter().collect();
        setgroups(&groups).map_err(system("setgroups"))?;
        setgid(user.gid).map_err(system("setgid"))?;
        setuid(user.uid).map_err(system("setuid"))?;
        // Changing the uid clears it.
        prctl::set_pdeathsig(Signal::SIGKILL).map_err(system("PR_SET_PDEATHSIG"))?;
    }
    last_rights()
}

/// For a process that reads its user's pictures and has no camera: root's becomes the account that owns nothing, with
/// the right to read any file as the only one it keeps; another user's stays that user's. To be called as
/// [`drop_privileges`].
pub fn drop_privileges_but_reading() -> Result<(), SandboxError> {
    one_thread()?;
    if geteuid().is_root() {
        let user = account(&[FALLBACK])?;
        prctl::set_keepcaps(true).map_err(system("PR_SET_KEEPCAPS"))?;
        setgroups(&[]).map_err(system("setgroups"))?;
        setgid(user.gid).map_err(system("setgid"))?;
        setuid(user.uid).map_err(system("setuid"))?;
        let reading = CapabilitySet::DAC_READ_SEARCH;
        let kept = CapabilitySets {
            effective: reading,
            permitted: reading,
            inheritable: CapabilitySet::empty(),
        };
        set_capabilities(None, kept).map_err(|error| SandboxError::System {
            what: "capset",
            errno: Errno::from_raw(error.raw_os_error()),
        })?;
    }
    // Its parent's death must not leave it encoding; changing the uid would clear it.
    prctl::set_pdeathsig(Signal::SIGKILL).map_err(system("PR_SET_PDEATHSIG"))?;
    last_rights()
}

/// Closes all descriptors but the standard three: what whoever started it left open is none of its business. To be called
/// before the process opens anything of its own.
pub fn close_inherited() -> Result<(), SandboxError> {
    let what = "listing /proc/self/fd";
    let failed = |error: std::io::Error| SandboxError::System {
        what,
        errno: Errno::from_raw(error.raw_os_error().unwrap_or(0)),
    };
    let mut open = Vec::new();
    for entry in std::fs::read_dir("/proc/self/fd").map_err(failed)? {
        let number = entry.map_err(failed)?.file_name();
        open.extend(number.to_str().and_then(|number| number.parse::<RawFd>().ok()));
    }
    for fd in open.into_iter().filter(|fd| *fd > 2) {
        // The one that the list was read by is closed already.
        let _ = nix::unistd::close(fd);
    }
    Ok(())
}

fn one_thread() -> Result<(), SandboxError> {
    let threads = std::fs::read_dir("/proc/self/task")
        .map(Iterator::count)
        .unwrap_or(0);
    if threads == 1 {
        Ok(())
    } else {
        Err(SandboxError::Threads(threads))
    }
}

/// The first of these accounts that there is.
fn account(names: &[&str]) -> Result<User, SandboxError> {
    let found = names.iter().find_map(|name| User::from_name(name).ok().flatten());
    found.ok_or(SandboxError::NoAccount)
}

fn last_rights() -> Result<(), SandboxError> {
    if geteuid().is_root() || setuid(Uid::from_raw(0)).is_ok() {
        return Err(SandboxError::StillRoot);
    }
    prctl::set_no_new_privs().map_err(system("PR_SET_NO_NEW_PRIVS"))?;
    // Other processes of the same account may neither trace it nor read its memory; nor is it dumped with a face in it.
    prctl::set_dumpable(false).map_err(system("PR_SET_DUMPABLE"))?;
    setrlimit(Resource::RLIMIT_CORE, 0, 0).map_err(system("RLIMIT_CORE"))
}

/// Confines the process as far as this kernel can: reading `folders` and what describes cameras, using what is in
/// /dev (cameras come and go), no TCP, no signals to and no abstract sockets of others. Returns whether the kernel
/// enforces any of it.
pub fn confine(folders: &[PathBuf]) -> Result<bool, SandboxError> {
    restrict(folders, true)
}

/// As [`confine`], without any device.
pub fn confine_to_reading(folders: &[PathBuf]) -> Result<bool, SandboxError> {
    restrict(folders, false)
}

fn restrict(folders: &[PathBuf], devices: bool) -> Result<bool, SandboxError> {
    let abi = ABI::V6;
    let read = AccessFs::ReadFile | AccessFs::ReadDir;
    let mut ruleset = Ruleset::default()
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(AccessFs::from_all(abi))?
        .handle_access(AccessNet::from_all(abi))?
        .scope(Scope::from_all(abi))?
        .create()?;
    let readable = [
        "/sys",
        "/etc/localtime",
        "/proc/self",
        "/proc/cpuinfo",
        "/proc/meminfo",
    ]
    .map(PathBuf::from);
    for path in readable.iter().chain(folders) {
        // What is not there needs no rule.
        if let Ok(fd) = PathFd::new(path) {
            let allowed = if path.is_dir() {
                read
            } else {
                read & AccessFs::from_file(abi)
            };
            ruleset = ruleset.add_rule(PathBeneath::new(fd, allowed))?;
        }
    }
    if devices && let Ok(fd) = PathFd::new(Path::new("/dev")) {
        ruleset = ruleset.add_rule(PathBeneath::new(
            fd,
            read | AccessFs::WriteFile | AccessFs::IoctlDev,
        ))?;
    }
    let status = ruleset.restrict_self()?;
    Ok(status.ruleset != landlock::RulesetStatus::NotEnforced)
}
