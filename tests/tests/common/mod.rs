//! What the tests of the PAM module share.
#![allow(dead_code, clippy::unwrap_used, clippy::print_stderr)]

use std::fmt::Display;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use facelogin_tests::bins;
use facelogin_tests::pam_host::{ConfDir, PamHost, Style, code};
use facelogin_tests::scripted::{Script, ScriptedDaemon, Seen};
use tempfile::TempDir;

/// An account that every Unix system has and nobody logs in to; its uid.
pub const USER: &str = "nobody";

/// The module asks only root; a scripted daemon of an ordinary user would be refused for that alone.
pub fn root() -> bool {
    let root = nix::unistd::geteuid().is_root();
    if !root {
        eprintln!("skipped: the scripted daemon must run as root, for the module asks nobody else");
    }
    root
}

pub fn uid() -> u32 {
    nix::unistd::User::from_name(USER).unwrap().unwrap().uid.as_raw()
}

/// A line of a stack: the built module under this control, with these arguments.
pub fn line(kind: &str, control: &str, arguments: impl Display) -> String {
    format!("{kind} {control} {} {arguments}\n", bins::module().display())
}

/// Stacks with a service `face` that has nothing but the module to authenticate with.
pub fn only_face(arguments: impl Display) -> ConfDir {
    let stacks = ConfDir::new().unwrap();
    let auth = line("auth", "required", arguments);
    stacks
        .service("face", &format!("{auth}account required pam_permit.so"))
        .unwrap();
    stacks
}

/// Arguments for a daemon at `socket`, with the shortest deadline there is.
pub fn at(socket: &Path) -> String {
    format!("socket={} timeout=1", socket.display())
}

/// `pam_authenticate` in service `face`; that it ends, long before a person would give up, is checked every time.
pub fn authenticate(stacks: &ConfDir, prepare: impl FnOnce(&mut PamHost)) -> i32 {
    let mut host = PamHost::mute("face", USER, stacks.path()).unwrap();
    prepare(&mut host);
    let start = Instant::now();
    let result = host.authenticate(0);
    assert!(start.elapsed() < Duration::from_secs(5), "it did not end in time");
    assert!(
        ![code::IGNORE, code::INCOMPLETE].contains(&result),
        "R1: {}",
        code::name(result)
    );
    let messages = host.messages();
    assert!(
        messages.len() <= 1 && messages.iter().all(|message| message.style == Style::Info),
        "without an enter at most one line of information: {messages:?}"
    );
    result
}

/// One attempt against one script, with further module arguments: the code, and what the daemon saw.
pub fn against(script: Script, arguments: &str) -> (i32, Vec<Seen>) {
    let daemon = ScriptedDaemon::start(script).unwrap();
    let stacks = only_face(format!("{} {arguments}", at(daemon.socket())));
    let result = authenticate(&stacks, |_| {});
    (result, daemon.stop())
}

/// A stack's next module, `pam_exec` with a script that writes down the password handed on and judges it. Where
/// `PAM_AUTHTOK` is NULL it asks, as `pam_unix` does.
pub struct Handed {
    /// For the stack.
    pub stacks: ConfDir,
    folder: TempDir,
}

impl Handed {
    /// One that accepts every password.
    pub fn new() -> Self {
        Self::judging("exit 0")
    }

    /// One that accepts this password, of letters, alone.
    pub fn accepting(password: &str) -> Self {
        Self::judging(&format!("[ \"$(tr -d '\\0' <\"$0.got\")\" = {password} ]"))
    }

    /// One whose script ends with these commands.
    pub fn judging(verdict: &str) -> Self {
        let folder = TempDir::with_prefix("facelogin-next-").unwrap();
        let script = folder.path().join("next");
        fs::write(&script, format!("#!/bin/sh\ncat >\"$0.got\"\n{verdict}\n")).unwrap();
        fs::set_permissions(&script, Permissions::from_mode(0o755)).unwrap();
        let stacks = ConfDir::new().unwrap();
        Self { stacks, folder }
    }

    fn script(&self) -> PathBuf {
        self.folder.path().join("next")
    }

    /// Its line under this control.
    pub fn line(&self, control: &str) -> String {
        let script = self.script();
        format!(
            "auth {control} pam_exec.so expose_authtok quiet {}\n",
            script.display()
        )
    }

    /// The password it was handed last.
    pub fn password(&self) -> Option<Vec<u8>> {
        let mut bytes = fs::read(self.script().with_extension("got")).ok()?;
        bytes.pop_if(|last| *last == 0);
        Some(bytes)
    }

    /// Lets a program of any user run it.
    pub fn open_to_all(&self) {
        fs::set_permissions(self.folder.path(), Permissions::from_mode(0o777)).unwrap();
    }
}

/// Compares codes by name.
#[track_caller]
pub fn assert_code(what: impl Display, result: i32, expected: i32) {
    assert_eq!(code::name(result), code::name(expected), "{what}");
}
