//! The real module in programs that started as C programs do, and what its file imports and exports.
#![allow(clippy::unwrap_used)]

mod common;

use std::os::unix::process::ExitStatusExt;
use std::process::{Command, ExitStatus};

use common::{USER, at, only_face, root};
use facelogin_tests::bins;
use facelogin_tests::pam_host::{ConfDir, code};
use facelogin_tests::scripted::{Script, ScriptedDaemon};

fn pam_try(stacks: &ConfDir, more: &[&str]) -> ExitStatus {
    Command::new(env!("CARGO_BIN_EXE_pam-try"))
        .args(["--service", "face", "--user", USER, "--confdir"])
        .arg(stacks.path())
        .args(more)
        .output()
        .unwrap()
        .status
}

#[test]
fn r08_a_peer_that_closes_raises_no_signal() {
    if !root() {
        return;
    }
    for script in [Script::Deaf, Script::Close, Script::Cut(10)] {
        let daemon = ScriptedDaemon::start(script.clone()).unwrap();
        let stacks = only_face(at(daemon.socket()));
        // Which of the two sides is first differs from time to time.
        let status = pam_try(&stacks, &["--repeat", "40"]);
        assert_eq!(status.signal(), None, "{script:?}");
        assert_eq!(status.code(), Some(code::AUTHINFO_UNAVAIL), "{script:?}");
    }
}

#[test]
fn r09_the_socket_is_no_standard_descriptor_and_closes_on_exec() {
    if !root() {
        return;
    }
    for more in [&["--json"][..], &["--close-stdio"]] {
        let daemon = ScriptedDaemon::start(Script::MATCH).unwrap();
        let stacks = only_face(at(daemon.socket()));
        assert_eq!(pam_try(&stacks, more).code(), Some(code::SUCCESS), "{more:?}");
        let seen = daemon.stop().remove(0);
        let [socket] = seen.sockets[..] else {
            panic!("{more:?}: one socket, not {:?}", seen.sockets);
        };
        assert!(socket.fd > 2 && socket.close_on_exec, "{more:?}: {socket:?}");
    }
}

#[test]
fn r13_the_environment_changes_nothing() {
    if !root() {
        return;
    }
    let daemon = ScriptedDaemon::start(Script::OtherId).unwrap();
    let stacks = only_face(at(daemon.socket()));
    let output = Command::new(env!("CARGO_BIN_EXE_pam-try"))
        .args(["--service", "face", "--user", USER, "--confdir"])
        .arg(stacks.path())
        .envs([("RUST_BACKTRACE", "full"), ("RUST_LOG", "trace")])
        .envs([("FACELOGIN_SOCKET", "/nowhere"), ("SSH_CONNECTION", "x")])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(code::SERVICE_ERR));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}

/// The dynamic symbols of the module, by `nm`, which comes with the linker that built it.
fn symbols(which: &str) -> Vec<String> {
    let output = Command::new("nm")
        .args(["-D", which])
        .arg(bins::module())
        .output()
        .unwrap();
    assert!(output.status.success());
    String::from_utf8(output.stdout)
        .unwrap()
        .lines()
        .filter_map(|line| line.split_whitespace().last())
        .map(|name| name.split('@').next().unwrap_or(name).to_owned())
        .collect()
}

#[test]
fn the_module_exports_its_six_hooks_and_nothing_else() {
    let mut names = symbols("--defined-only");
    names.sort();
    assert_eq!(
        names,
        [
            "pam_sm_acct_mgmt",
            "pam_sm_authenticate",
            "pam_sm_chauthtok",
            "pam_sm_close_session",
            "pam_sm_open_session",
            "pam_sm_setcred",
        ]
    );
}

#[test]
fn r07_the_module_cannot_even_call_what_it_must_not() {
    let names = symbols("--undefined-only");
    assert!(names.iter().any(|name| name == "pam_get_user"), "{names:?}");
    let forbidden = [
        "fork",
        "vfork",
        "clone",
        "posix_spawn",
        "posix_spawnp",
        "system",
        "popen",
        "pthread_create",
        "thrd_create",
        "signal",
        "sigaction",
        "sigprocmask",
        "pthread_sigmask",
        "sigaltstack",
        "umask",
        "chdir",
        "fchdir",
        "chroot",
        "setlocale",
        "setenv",
        "putenv",
        "unsetenv",
        "clearenv",
        "pam_putenv",
        "prctl",
        "setuid",
        "seteuid",
        "setreuid",
        "setresuid",
        "setgid",
        "setegid",
        "setregid",
        "setresgid",
        "setgroups",
        "initgroups",
        "setfsuid",
        "setrlimit",
        "unlink",
        "rename",
        "kill",
        "exit",
        "_exit",
    ];
    for name in names {
        assert!(!forbidden.contains(&name.as_str()), "{name}");
        assert!(!name.starts_with("exec"), "{name}");
    }
}
