//! The audit trail: one line a decision, to the system's log under `LOG_AUTHPRIV`.

use std::fmt::Write as _;
use std::io::Write as _;
use std::os::fd::AsFd;
use std::os::unix::net::UnixDatagram;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use facelogin_protocol::escape::for_log;
use facelogin_protocol::types::{Reason, Verdict};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use syslog::{Facility, Formatter3164, Logger, LoggerBackend};

/// The longest value that is logged whole, in characters.
const MAX_VALUE: usize = 64;

/// What was asked, by whom, and what was decided. No distance: a log may be read by more people than root.
#[derive(Clone, Debug)]
pub struct Entry<'a> {
    /// `authenticate`, `test`, `enrol`, ...
    pub action: &'a str,
    /// About whom.
    pub user: &'a str,
    /// Their uid, when there is such a user.
    pub uid: Option<u32>,
    /// `PAM_SERVICE`.
    pub service: &'a str,
    /// `PAM_TTY`.
    pub tty: &'a str,
    /// Who asked.
    pub peer_uid: u32,
    /// What was decided, and why; `None` for what an administrator did, of which only what is done is logged.
    pub verdict: Option<(Verdict, Reason)>,
    /// How long it took.
    pub millis: u32,
}

impl Entry<'_> {
    fn line(&self) -> String {
        let mut line = format!("action={} user={}", self.action, quoted(self.user));
        if let Some(uid) = self.uid {
            // Writing to a String cannot fail.
            let _ = write!(line, " uid={uid}");
        }
        for (key, value) in [("service", self.service), ("tty", self.tty)] {
            if !value.is_empty() {
                let _ = write!(line, " {key}={}", quoted(value));
            }
        }
        let _ = write!(line, " peer_uid={}", self.peer_uid);
        let _ = match self.verdict {
            Some((verdict, reason)) => write!(line, " verdict={} reason={}", verdict.name(), reason.name()),
            None => write!(line, " done"),
        };
        let _ = write!(line, " ms={}", self.millis);
        line
    }
}

/// One value that cannot be taken for two: what is not a plain word stands in quotation marks.
fn quoted(value: &str) -> String {
    let escaped = for_log(value, MAX_VALUE);
    let plain = !escaped.is_empty()
        && escaped
            .chars()
            .all(|c| c.is_alphanumeric() || "-_./@:+".contains(c));
    if plain {
        escaped
    } else {
        format!("\"{}\"", escaped.replace('"', "\\u{22}"))
    }
}

/// How much a line matters.
#[derive(Clone, Copy, Debug)]
enum Level {
    Notice,
    Warning,
}

type Syslog = Logger<LoggerBackend, Formatter3164>;

#[derive(Default)]
struct State {
    syslog: Option<Syslog>,
    lost: u64,
}

/// The way to the system's log; standard error where there is none.
pub struct Audit {
    socket: PathBuf,
    state: Mutex<State>,
}

impl std::fmt::Debug for Audit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Audit")
            .field("socket", &self.socket)
            .finish_non_exhaustive()
    }
}

impl Audit {
    /// To `/dev/log`.
    pub fn system() -> Self {
        Self::to("/dev/log".into())
    }

    /// To another datagram socket.
    pub fn to(socket: PathBuf) -> Self {
        Self {
            socket,
            state: Mutex::default(),
        }
    }

    /// Records a decision: a match or a refusal at notice, a mismatch or a lockout at warning.
    pub fn decision(&self, entry: &Entry<'_>) {
        let level = match entry.verdict {
            Some((Verdict::NoMatch | Verdict::LockedOut, _)) => Level::Warning,
            _ => Level::Notice,
        };
        self.write(level, &entry.line());
    }

    /// Records what else an admin should know; `text` may hold what came from outside.
    pub fn remark(&self, text: &str) {
        self.write(Level::Warning, &for_log(text, 400));
    }

    /// Never waits: a log that is full or hung must not stop logins. What it did not take is counted, and told when
    /// it takes something again.
    fn write(&self, level: Level, line: &str) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        // A log daemon that was restarted left a dead socket behind: the second try is on a fresh one.
        for _ in 0..2 {
            if state.syslog.is_none() {
                state.syslog = self.connect();
            }
            let lost = state.lost;
            let Some(logger) = state.syslog.as_mut() else {
                break;
            };
            let note = if lost > 0 {
                format!(" lost_before={lost}")
            } else {
                String::new()
            };
            let written = match level {
                Level::Notice => logger.notice(format!("{line}{note}")),
                Level::Warning => logger.warning(format!("{line}{note}")),
            };
            match written {
                Ok(()) => {
                    state.lost = 0;
                    return;
                }
                Err(error) if would_block(&error) => {
                    state.lost += 1;
                    break;
                }
                Err(_) => state.syslog = None,
            }
        }
        let stderr = std::io::stderr();
        let mut fds = [PollFd::new(stderr.as_fd(), PollFlags::POLLOUT)];
        if poll(&mut fds, PollTimeout::ZERO) == Ok(1) {
            // Nothing is left to tell when standard error is gone too.
            let _ = stderr
                .lock()
                .write_all(format!("facelogind: {line}\n").as_bytes());
        }
    }

    fn connect(&self) -> Option<Syslog> {
        let formatter = Formatter3164 {
            facility: Facility::LOG_AUTHPRIV,
            hostname: None,
            process: "facelogind".into(),
            pid: std::process::id(),
        };
        let socket = UnixDatagram::unbound().ok()?;
        socket.set_nonblocking(true).ok()?;
        socket.connect(&self.socket).ok()?;
        Some(Logger::new(LoggerBackend::Unix(socket), formatter))
    }
}

fn would_block(error: &syslog::Error) -> bool {
    match error {
        syslog::Error::Write(error) | syslog::Error::Io(error) => {
            error.kind() == std::io::ErrorKind::WouldBlock
        }
        syslog::Error::Initialization(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::net::UnixDatagram;

    fn entry(user: &str) -> Entry<'_> {
        Entry {
            action: "authenticate",
            user,
            uid: Some(1000),
            service: "login",
            tty: "/dev/tty1",
            peer_uid: 0,
            verdict: Some((Verdict::NoMatch, Reason::NotMatching)),
            millis: 812,
        }
    }

    #[test]
    fn r14_a_user_name_cannot_forge_a_line_or_a_field() {
        let line = entry("eve\nuser=root verdict=match").line();
        assert_eq!(
            line,
            "action=authenticate user=\"eve\\u{a}user=root verdict=match\" uid=1000 service=login tty=/dev/tty1 \
             peer_uid=0 verdict=no_match reason=not_matching ms=812"
        );
        assert!(
            entry("a\" verdict=match \"")
                .line()
                .contains("user=\"a\\u{22} verdict=match \\u{22}\"")
        );
        assert!(entry("").line().contains("user=\"\""));
    }

    #[test]
    fn decisions_reach_the_log_socket_under_authpriv_and_survive_its_restart() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("log");
        let audit = Audit::to(path.clone());
        for _ in 0..2 {
            let _ = std::fs::remove_file(&path);
            let log = UnixDatagram::bind(&path).unwrap();
            log.set_read_timeout(Some(std::time::Duration::from_secs(5)))
                .unwrap();
            audit.decision(&entry("alice"));
            let mut buffer = [0; 1024];
            let got = log.recv(&mut buffer).unwrap();
            let text = String::from_utf8_lossy(&buffer[..got]).into_owned();
            // Facility 10 (authpriv) times 8 plus severity 4 (warning).
            assert!(text.starts_with("<84>"), "{text}");
            assert!(
                text.contains("facelogind") && text.contains("user=alice"),
                "{text}"
            );
        }
    }

    #[test]
    fn a_log_that_takes_nothing_holds_nobody_up_and_what_it_missed_is_told() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("log");
        let log = UnixDatagram::bind(&path).unwrap();
        let audit = Audit::to(path);
        // Far more than any socket's queue.
        for _ in 0..5000 {
            audit.decision(&entry("alice"));
        }
        log.set_nonblocking(true).unwrap();
        let mut buffer = [0; 1024];
        let mut taken = 0;
        while log.recv(&mut buffer).is_ok() {
            taken += 1;
        }
        assert!(taken < 5000);
        audit.decision(&entry("bob"));
        let got = log.recv(&mut buffer).unwrap();
        let text = String::from_utf8_lossy(&buffer[..got]).into_owned();
        assert!(
            text.contains("user=bob") && text.ends_with(&format!("lost_before={}", 5000 - taken)),
            "{text}"
        );
    }
}
