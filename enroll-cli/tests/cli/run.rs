//! Runs the program with an environment of its own.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

/// `nobody` everywhere.
const NOBODY: u32 = 65534;

/// What a run left behind.
#[derive(Debug)]
pub struct Ran {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Ran {
    /// Standard output as the one JSON document it must be.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

/// The program, with nothing of this environment that it reads.
pub fn program(path: &Path) -> Command {
    let mut command = Command::new(path);
    command.env_clear().stdin(Stdio::null());
    command
}

pub fn finish(command: &mut Command) -> Ran {
    logged_in_as(None);
    ran(command.output().unwrap())
}

/// What a finished child left behind.
pub fn ran(output: Output) -> Ran {
    Ran {
        code: output.status.code().unwrap(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

/// What this thread starts from now on looks as if this uid's login, or none, stood behind it, and not whoever runs
/// the tests. Only root can, and only for root it makes a difference.
pub fn logged_in_as(uid: Option<u32>) {
    let set = |uid: u32| fs::write("/proc/thread-self/loginuid", uid.to_string());
    // Some kernels let nothing but -1 be replaced.
    let wiped = set(u32::MAX);
    if let Some(uid) = uid {
        wiped.and_then(|()| set(uid)).unwrap();
    }
}

pub fn built() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_facelogin-enroll"))
}

/// As the user of the tests.
pub fn run(args: &[&str]) -> Ran {
    finish(program(built()).args(args))
}

/// As `nobody` when the tests run as root, else as their user: never as root. The program is copied to where
/// everybody can run it.
pub fn run_without_root(args: &[&str]) -> Ran {
    if !is_root() {
        return run(args);
    }
    let dir = open_dir();
    let copy = dir.path().join("facelogin-enroll");
    // By another process: a child that some other test forks while this one has the copy open for writing would keep it
    // so, and the kernel runs no program that somebody may still write.
    assert!(
        Command::new("cp")
            .arg(built())
            .arg(&copy)
            .status()
            .unwrap()
            .success()
    );
    finish(program(&copy).args(args).uid(NOBODY).gid(NOBODY).current_dir("/"))
}

/// A folder that everybody may enter.
pub fn open_dir() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o755)).unwrap();
    dir
}

pub fn is_root() -> bool {
    nix::unistd::geteuid().is_root()
}

/// Whether the test must be skipped, which is said.
pub fn skip_without_root(why: &str) -> bool {
    if !is_root() {
        eprintln!("skipped, not root: {why}");
    }
    !is_root()
}
