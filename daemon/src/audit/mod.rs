//! The audit trail: one entry a decision. To systemd's journal, as fields, where there is one; else a line to syslog
//! under `LOG_AUTHPRIV`; else to standard error. Never to two of them.

mod entry;
mod journal;
mod syslog;

use std::io::{self, Write as _};
use std::os::fd::AsFd;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use facelogin_protocol::escape::for_log;
use facelogin_protocol::types::Verdict;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

pub use entry::Entry;
use entry::Event;
use journal::Journal;
use syslog::Syslog;

/// The name that everything is logged under.
const IDENTIFIER: &str = "facelogind";

/// The longest remark, in characters.
const MAX_REMARK: usize = 400;

/// How much an entry matters: the severities of syslog(3) that are used here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Level {
    Warning = 4,
    Notice = 5,
}

/// What is to be logged.
struct Message<'a> {
    level: Level,
    event: Event,
    line: String,
    entry: Option<&'a Entry<'a>>,
}

/// Where it goes at the moment.
enum Sink {
    Journal(Journal),
    Syslog(Syslog),
}

impl Sink {
    /// Never waits. `lost`: how many before this one nobody took.
    fn send(&mut self, message: &Message<'_>, lost: u64) -> io::Result<()> {
        match self {
            Self::Journal(journal) => journal.send(message, lost),
            Self::Syslog(syslog) => syslog.send(message, lost),
        }
    }
}

#[derive(Default)]
struct State {
    sink: Option<Sink>,
    lost: u64,
}

/// The way to the system's log; standard error where there is none.
pub struct Audit {
    journal: PathBuf,
    syslog: PathBuf,
    state: Mutex<State>,
}

impl std::fmt::Debug for Audit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Audit")
            .field("journal", &self.journal)
            .field("syslog", &self.syslog)
            .finish_non_exhaustive()
    }
}

impl Audit {
    /// To this machine's log.
    pub fn system() -> Self {
        // Where systemd-journald listens, and where everybody else does: systemd.journal-fields(7), syslog(3).
        Self::to("/run/systemd/journal/socket".into(), "/dev/log".into())
    }

    /// To other datagram sockets: the journal's, and syslog's where there is none of the journal.
    pub fn to(journal: PathBuf, syslog: PathBuf) -> Self {
        Self {
            journal,
            syslog,
            state: Mutex::default(),
        }
    }

    /// Records a decision: a match or a refusal at notice, a mismatch or a lockout at warning.
    pub fn decision(&self, entry: &Entry<'_>) {
        let level = match entry.verdict {
            Some((Verdict::NoMatch | Verdict::LockedOut, _)) => Level::Warning,
            _ => Level::Notice,
        };
        self.write(&Message {
            level,
            event: entry.event(),
            line: entry.line(),
            entry: Some(entry),
        });
    }

    /// Records what else an admin should know; `text` may hold what came from outside.
    pub fn remark(&self, text: &str) {
        self.write(&Message {
            level: Level::Warning,
            event: Event::Remark,
            line: for_log(text, MAX_REMARK),
            entry: None,
        });
    }

    /// Never waits: a log that is full or hung must not stop logins. What it did not take is counted, and told when
    /// it takes something again.
    fn write(&self, message: &Message<'_>) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        // A log daemon that was restarted left a dead socket behind: the second try is on a fresh one.
        for _ in 0..2 {
            if state.sink.is_none() {
                state.sink = self.connect();
            }
            let lost = state.lost;
            let Some(sink) = state.sink.as_mut() else {
                break;
            };
            match sink.send(message, lost) {
                Ok(()) => {
                    state.lost = 0;
                    return;
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    state.lost += 1;
                    break;
                }
                Err(_) => state.sink = None,
            }
        }
        let stderr = io::stderr();
        let mut fds = [PollFd::new(stderr.as_fd(), PollFlags::POLLOUT)];
        if poll(&mut fds, PollTimeout::ZERO) == Ok(1) {
            // Nothing is left to tell when standard error is gone too.
            let _ = stderr
                .lock()
                .write_all(format!("{IDENTIFIER}: {}\n", message.line).as_bytes());
        }
    }

    fn connect(&self) -> Option<Sink> {
        let journal = Journal::connect(&self.journal).map(Sink::Journal);
        journal.or_else(|| Syslog::connect(&self.syslog).map(Sink::Syslog))
    }
}

#[cfg(test)]
mod tests;
