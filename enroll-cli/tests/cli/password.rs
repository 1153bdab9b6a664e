//! R19: changing what is enrolled takes the password of whoever became root. With the real libpam and the stack that is
//! installed, in a mount namespace with accounts' passwords of the test's own.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::pty::openpty;
use serde_json::json;

use crate::run::{self, Ran, built, finish, logged_in_as, program, ran};
use crate::server::{Answer, Server, template};

/// An account that every Debian has: its uid and name.
const GAMES: [(&str, &str); 2] = [("SUDO_UID", "5"), ("SUDO_USER", "games")];

/// Accounts and their passwords ("correct horse", "root of all") as crypt(3) has them; and one that has expired.
const SHADOW: &str = "\
root:$6$rootsalt$nGsIAinB09KUTPX.V0oGrNNYvw7ruNc35SkZf8JKUmAIS74xGKqdBQN5FmwCFv/HFXlhPTXaBjgdwGmyhJekU0:19000:0:99999:7:::
games:$6$facelogin$NPaci2My58BV/t9xnH2rAdt9KJ7NXl4Qu0ZkzGkeArIXEJ0wz5FluDI/S26M.0cu42Gn5L.5p4KWIJ9GuPbil0:19000:0:99999:7:::
man:$6$facelogin$NPaci2My58BV/t9xnH2rAdt9KJ7NXl4Qu0ZkzGkeArIXEJ0wz5FluDI/S26M.0cu42Gn5L.5p4KWIJ9GuPbil0:19000:0:99999:7::1:
mail::19000:0:99999:7:::
";

const CHANGES: [&[&str]; 4] = [
    &["add", "--user", "alice"],
    &["remove", "3"],
    &["rename", "3", "desk"],
    &["clear", "--user", "alice", "--yes"],
];

/// Runs it without a terminal, whatever the tests run in.
fn without_terminal(server: &Server, args: &[&str], env: &[(&str, &str)]) -> Ran {
    let mut command = program(Path::new("setsid"));
    command.arg("-w").arg(built()).args(server.args(args));
    finish(command.env("PATH", "/usr/bin:/bin").envs(env.iter().copied()))
}

#[test]
fn r19_root_itself_without_a_terminal_is_told_of_the_flag() {
    for args in CHANGES {
        let Some(server) = Server::start(vec![]) else {
            return;
        };
        let ran = without_terminal(&server, args, &[]);
        assert_eq!(ran.code, 2, "{ran:?}");
        assert!(
            ran.err.contains("root's password at; add --unattended"),
            "{ran:?}"
        );
        assert_eq!(server.call(), None);
    }
}

#[test]
fn r19_the_flag_is_refused_to_a_root_that_a_user_became() {
    for env in [&GAMES[..], &[("PKEXEC_UID", "5")], &[("DOAS_USER", "games")]] {
        for args in CHANGES {
            let Some(server) = Server::start(vec![]) else {
                return;
            };
            let args = [args, &["--unattended", "--json"]].concat();
            let ran = without_terminal(&server, &args, env);
            assert_eq!(
                (ran.code, &ran.json()["error"]["kind"]),
                (3, &json!("password")),
                "{ran:?}"
            );
            assert!(ran.err.contains("games became root"), "{ran:?}");
            assert_eq!(server.call(), None);
        }
    }
}

#[test]
fn r19_a_login_is_remembered_after_su() {
    let Some(server) = Server::start(vec![]) else {
        return;
    };
    // `su -` wipes the environment, but not this.
    logged_in_as(Some(5));
    let mut command = program(built());
    let output = command
        .args(server.args(&["remove", "3", "--unattended"]))
        .output();
    let ran = ran(output.unwrap());
    logged_in_as(None);
    assert_eq!(ran.code, 3, "{ran:?}");
    assert!(ran.err.contains("games became root"), "{ran:?}");
    assert_eq!(server.call(), None);
}

#[test]
fn r19_without_a_terminal_no_user_s_root_changes_anything_and_a_doubt_about_who_it_was_is_a_refusal() {
    for (env, code, words) in [
        (&GAMES[..], 2, "no terminal to ask for games's password"),
        (
            &[("SUDO_UID", "5"), ("SUDO_USER", "man")],
            3,
            "do not name the same user",
        ),
        (&[("SUDO_USER", "games")], 3, "do not name the same user"),
        (&[("PKEXEC_UID", "x")], 3, "PKEXEC_UID does not name a user"),
        (
            &[("DOAS_USER", "no-such-user")],
            3,
            "DOAS_USER does not name a user",
        ),
    ] {
        let Some(server) = Server::start(vec![]) else {
            return;
        };
        let ran = without_terminal(&server, &["clear", "--user", "games", "--yes"], env);
        assert_eq!(ran.code, code, "{ran:?}");
        assert!(ran.err.contains(words), "{ran:?}");
        assert_eq!(server.call(), None);
    }
}

/// `/etc/pam.d` and `/etc/shadow` of the test's own.
struct Etc(tempfile::TempDir);

impl Etc {
    /// With the stack as it is installed, and an `other` that lets everybody in.
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let stacks = dir.path().join("pam.d");
        fs::create_dir(&stacks).unwrap();
        fs::write(dir.path().join("shadow"), SHADOW).unwrap();
        let permit = "auth required pam_permit.so\naccount required pam_permit.so\n";
        fs::write(stacks.join("other"), permit).unwrap();
        let ours = Path::new(env!("CARGO_MANIFEST_DIR")).join("../packaging/pam.d/facelogin-enroll");
        fs::copy(ours, stacks.join("facelogin-enroll")).unwrap();
        Self(dir)
    }

    fn stack(&self) -> std::path::PathBuf {
        self.0.path().join("pam.d/facelogin-enroll")
    }
}

/// What a run at a terminal left behind.
struct AtTerminal {
    ran: Ran,
    /// All that was shown.
    shown: String,
    /// Whether the terminal shows again what is typed.
    echoes: bool,
}

/// Runs it with `etc` and a terminal, at which `typed` answers the first question.
fn at_terminal(server: &Server, etc: &Etc, args: &[&str], env: &[(&str, &str)], typed: &str) -> AtTerminal {
    // Its other end stays open until all has been read.
    let pty = openpty(None, None).unwrap();
    let mut command = program(Path::new("unshare"));
    let script = "mount --bind \"$1/pam.d\" /etc/pam.d && mount --bind \"$1/shadow\" /etc/shadow && shift && \
                  exec setsid -c -w sh -c '\"$@\"; code=$?; stty -a >\"$TERMIOS\"; exit $code' sh \"$@\"";
    command
        .args(["--mount", "--propagation", "private", "sh", "-c", script, "sh"])
        .arg(etc.0.path())
        .arg(built())
        .args(server.args(args))
        .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
        .env("TERMIOS", etc.0.path().join("termios"))
        .envs(env.iter().copied())
        .stdin(Stdio::from(pty.slave.try_clone().unwrap()))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    logged_in_as(None);
    let (ran, shown) = converse(command, pty.master, typed);
    // Asked before the session ended: with it goes what was set.
    let ways = fs::read_to_string(etc.0.path().join("termios")).unwrap();
    AtTerminal {
        ran,
        shown,
        echoes: ["echo", "isig"]
            .iter()
            .all(|way| ways.split_whitespace().any(|word| word == *way)),
    }
}

/// Types when a question was asked; ends when the program does.
fn converse(mut command: Command, master: OwnedFd, typed: &str) -> (Ran, String) {
    let mut child = command.spawn().unwrap();
    let mut terminal = File::from(master);
    let mut shown = String::new();
    let mut answered = false;
    let start = Instant::now();
    loop {
        let mut fds = [PollFd::new(terminal.as_fd(), PollFlags::POLLIN)];
        let readable = poll(&mut fds, PollTimeout::from(50u16)) == Ok(1);
        if readable {
            let mut bytes = [0; 1024];
            let got = terminal.read(&mut bytes).unwrap();
            shown.push_str(&String::from_utf8_lossy(&bytes[..got]));
        } else if child.try_wait().unwrap().is_some() {
            break;
        }
        if !answered && shown.ends_with("Password: ") {
            terminal.write_all(typed.as_bytes()).unwrap();
            answered = true;
        }
        if start.elapsed() > Duration::from_secs(60) {
            // Then it has no exit code, which is a failure.
            child.kill().unwrap();
            break;
        }
    }
    (ran(child.wait_with_output().unwrap()), shown)
}

fn removed() -> Vec<Answer> {
    vec![Answer::Reply(json!({"template": template(3, "desk")}))]
}

#[test]
fn r19_with_the_password_of_whoever_became_root_things_change() {
    let etc = if run::is_root() { Etc::new() } else { return };
    for (env, password, who) in [
        (&GAMES[..], "correct horse\n", "games"),
        (&[("DOAS_USER", "games")], "correct horse\n", "games"),
        (&[], "root of all\n", "root"),
    ] {
        let Some(server) = Server::start(removed()) else {
            return;
        };
        let done = at_terminal(&server, &etc, &["remove", "3"], env, password);
        assert_eq!(done.ran.code, 0, "{:?} {}", done.ran, done.shown);
        let asked = format!("takes the password of {who}.");
        assert!(done.ran.err.contains(&asked), "{:?}", done.ran);
        assert!(!done.shown.contains(password.trim()), "{}", done.shown);
        assert!(done.echoes);
        assert_eq!(
            server.call().unwrap()["method"],
            "org.facelogin.Login.RemoveTemplate"
        );
    }
}

#[test]
fn r19_without_it_nothing_does() {
    let etc = if run::is_root() { Etc::new() } else { return };
    let man = [("SUDO_UID", "6"), ("SUDO_USER", "man")];
    let mail = [("SUDO_UID", "8"), ("SUDO_USER", "mail")];
    for (env, typed, why) in [
        (&GAMES[..], "wrong\n", "Authentication failure"),
        // Root's password is not the user's.
        (&GAMES, "root of all\n", "Authentication failure"),
        (&GAMES, "\n", "Authentication failure"),
        (&GAMES, "\x03", "password of games was not accepted"),
        (&GAMES, "\x04", "password of games was not accepted"),
        // An account that has expired, and one without a password.
        (&man, "correct horse\n", "expired"),
        (&mail, "\n", "Authentication failure"),
    ] {
        let Some(server) = Server::start(removed()) else {
            return;
        };
        let done = at_terminal(&server, &etc, &["remove", "3"], env, typed);
        assert_eq!(
            (done.ran.code, done.ran.out.as_str()),
            (3, ""),
            "{typed:?} {:?}",
            done.ran
        );
        assert!(done.ran.err.contains(why), "{typed:?} {:?}", done.ran);
        assert!(done.echoes);
        assert_eq!(server.call(), None, "{typed:?}");
    }
}

#[test]
fn r19_a_missing_stack_is_not_replaced_by_another() {
    let etc = if run::is_root() { Etc::new() } else { return };
    fs::remove_file(etc.stack()).unwrap();
    let Some(server) = Server::start(removed()) else {
        return;
    };
    let done = at_terminal(&server, &etc, &["remove", "3"], &GAMES, "correct horse\n");
    assert_eq!(done.ran.code, 3, "{:?}", done.ran);
    assert!(
        done.ran.err.contains("/etc/pam.d/facelogin-enroll is missing"),
        "{:?}",
        done.ran
    );
    assert_eq!(server.call(), None);
}

#[test]
fn r19_the_installed_stack_names_neither_the_module_nor_a_stack_that_may() {
    let ours = Path::new(env!("CARGO_MANIFEST_DIR")).join("../packaging/pam.d/facelogin-enroll");
    let text = fs::read_to_string(ours).unwrap();
    let mut rules = text
        .lines()
        .filter(|line| !line.starts_with('#') && !line.is_empty());
    assert!(rules.clone().count() > 5);
    assert!(rules.all(|line| !line.contains("facelogin")
        && !line.contains("include")
        && !line.contains("substack")
        && !line.contains("nullok")));
}
