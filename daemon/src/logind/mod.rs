//! What logind knows: who sits where, and whether the lid is closed. Asked anew each time, and under a deadline.

mod line;
mod session;
mod watch;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use facelogin_protocol::Deadline;

use crate::grace::Locks;
use crate::logind::line::Line;
use crate::presence::{Scene, Terminal};

/// Where the message bus of the system listens (D-Bus specification, "System message bus"), where it is not
/// `/var/run`, which has been the same folder for long.
pub const SYSTEM_BUS: &str = "/run/dbus/system_bus_socket";

/// How long logind may take. It takes a few milliseconds; a login must not wait for a hung one longer than a person
/// would notice.
pub const PATIENCE: Duration = Duration::from_millis(200);

/// The kernel's name for the virtual terminal that is on the screen.
const FOREGROUND: &str = "/sys/class/tty/tty0/active";

/// Questions that may be open at a time: as many as there may be connections. Only those pile up that wait for a bus
/// whose queue of connections is full.
const MAX_OPEN: usize = 64;

/// Where the facts come from.
pub trait Logind: std::fmt::Debug + Send + Sync {
    /// All sessions, the lid, the terminal on the screen.
    ///
    /// # Errors
    /// Logind cannot be asked, or says what makes no sense; within [`PATIENCE`].
    fn scene(&self) -> Result<Scene, LogindError>;
}

/// Why nothing is known. Each is a sentence about logind.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LogindError {
    /// There is no bus to reach it by.
    #[error("logind cannot be asked, for the system's message bus at {path} is out of reach: {why}")]
    NoBus {
        /// Its socket.
        path: PathBuf,
        /// What the bus's library said.
        why: String,
    },
    /// The bus closed the connection.
    #[error("logind cannot be asked, for the system's message bus hung up")]
    HungUp,
    /// It, or the bus, hangs.
    #[error("logind does not answer in time")]
    Silent,
    /// It answered with an error, or the bus did for it.
    #[error("logind does not answer: {name}: {why}")]
    Refused {
        /// The error's name.
        name: String,
        /// Its message.
        why: String,
    },
    /// Not what its interface says.
    #[error("logind answers what is not understood here: {0}")]
    Malformed(&'static str),
    /// The system has no more threads or descriptors for us.
    #[error("logind cannot be asked: too many questions are open, or {0}")]
    Exhausted(String),
}

/// logind on the message bus.
#[derive(Debug)]
pub struct Bus {
    path: PathBuf,
    foreground: PathBuf,
    patience: Duration,
    open: Arc<AtomicUsize>,
}

impl Bus {
    /// By the bus that listens at `path`.
    pub fn at(path: &Path) -> Self {
        Self::patient(path, PATIENCE)
    }

    /// The same with another patience than [`PATIENCE`].
    pub fn patient(path: &Path, patience: Duration) -> Self {
        Self {
            path: path.into(),
            foreground: FOREGROUND.into(),
            patience,
            open: Arc::default(),
        }
    }

    /// Keeps `locks` up to date, from a thread of its own, for as long as the process lives.
    ///
    /// # Errors
    /// The thread cannot be started.
    pub fn follow_locks(&self, locks: Arc<Locks>) -> std::io::Result<()> {
        watch::begin(self.path.clone(), locks)
    }
}

impl Logind for Bus {
    fn scene(&self) -> Result<Scene, LogindError> {
        let Some(place) = Place::take(&self.open) else {
            return Err(LogindError::Exhausted(format!("all of {MAX_OPEN}")));
        };
        let deadline = Deadline::after(self.patience);
        let (path, foreground) = (self.path.clone(), self.foreground.clone());
        let (answer, answered) = channel();
        // In a thread that is left alone when time is up: the library waits without end for a place in the bus's queue.
        std::thread::Builder::new()
            .name("logind".into())
            .spawn(move || {
                // Whoever asked may have given up.
                let _ = answer.send(gather(&path, &foreground, deadline));
                drop(place);
            })
            .map_err(|error| LogindError::Exhausted(error.to_string()))?;
        match answered.recv_timeout(deadline.remaining()) {
            Ok(answer) => answer,
            Err(RecvTimeoutError::Timeout) => Err(LogindError::Silent),
            Err(RecvTimeoutError::Disconnected) => {
                Err(LogindError::Malformed("an answer that ended the thread"))
            }
        }
    }
}

fn gather(path: &Path, foreground: &Path, deadline: Deadline) -> Result<Scene, LogindError> {
    let line = Line::open(path, deadline)?;
    let [lid, listed] = line.ask([line::lid(), line::sessions()], deadline, &mut |_| {})?;
    let lid_closed = line::flag(&lid?).ok_or(LogindError::Malformed("LidClosed"))?;
    let listed = session::listed(&listed?)?;
    let sessions = session::described(&line, deadline, listed)?;
    Ok(Scene {
        sessions,
        lid_closed,
        foreground: on_the_screen(foreground),
    })
}

/// `None` on a machine without virtual terminals.
fn on_the_screen(active: &Path) -> Option<u32> {
    match Terminal::named(fs::read_to_string(active).ok()?.trim_end()) {
        Terminal::Virtual(number) => Some(number),
        Terminal::Serial | Terminal::Other => None,
    }
}

/// One of the questions that may be open.
struct Place(Arc<AtomicUsize>);

impl Place {
    fn take(open: &Arc<AtomicUsize>) -> Option<Self> {
        let place = Self(open.clone());
        (open.fetch_add(1, Ordering::SeqCst) < MAX_OPEN).then_some(place)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_terminal_on_the_screen_is_the_kernel_s_word() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("active");
        assert_eq!(on_the_screen(&file), None);
        for (text, expected) in [
            ("tty1\n", Some(1)),
            ("tty12\n", Some(12)),
            ("tty0\n", None),
            ("ttyS0\n", None),
            ("tty1 tty2\n", None),
            ("", None),
        ] {
            fs::write(&file, text).unwrap();
            assert_eq!(on_the_screen(&file), expected, "{text:?}");
        }
    }

    #[test]
    fn r27_questions_that_never_end_do_not_pile_up() {
        let open = Arc::default();
        let all: Vec<_> = (0..MAX_OPEN).map(|_| Place::take(&open).unwrap()).collect();
        assert!(Place::take(&open).is_none() && Place::take(&open).is_none());
        drop(all);
        assert!(Place::take(&open).is_some());
    }
}
