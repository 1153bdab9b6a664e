//! Keeps a vision process at hand: starts it (or connects to the unit that does), lends the line to one session at a
//! time, and replaces the process when the line breaks.

use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use facelogin_protocol::Deadline;
use facelogin_protocol::socket::connect_to;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use crate::vision::link::{Link, VisionError};

/// How long a fresh vision process may take to load its models; they take under a second on a laptop.
const LOADING: Duration = Duration::from_secs(30);

/// Pauses between attempts to start one, the last for ever after.
const PAUSES: [Duration; 5] = [
    Duration::from_millis(100),
    Duration::from_millis(500),
    Duration::from_secs(2),
    Duration::from_secs(10),
    Duration::from_secs(30),
];

/// A process that lived this long was not a failed start.
const SETTLED: Duration = Duration::from_secs(60);

/// How a vision process is had.
#[derive(Clone, Debug)]
pub enum Origin {
    /// Start it: the program, and its arguments.
    Spawn {
        /// This very program.
        program: PathBuf,
        /// `vision` and what follows.
        arguments: Vec<std::ffi::OsString>,
    },
    /// Connect to the socket that its unit listens on, in a folder that only root may enter.
    Connect(PathBuf),
}

/// What is known of the process without asking it.
#[derive(Clone, Debug)]
pub struct Known {
    /// `ready`, `busy`, or what it is waiting for.
    pub state: String,
    /// The engine's name and model hash, once a process has told.
    pub engine: Option<(String, String)>,
}

#[derive(Debug)]
enum State {
    Absent(String),
    Ready(Link),
    Lent,
}

#[derive(Debug)]
struct Shared {
    state: Mutex<(State, Option<(String, String)>)>,
    changed: Condvar,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, (State, Option<(String, String)>)> {
        // Nothing is left half-changed by a panic under this lock.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set(&self, state: State) {
        let mut guard = self.lock();
        if let State::Ready(link) = &state {
            guard.1 = Some((link.engine().into(), link.model().into()));
        }
        guard.0 = state;
        self.changed.notify_all();
    }
}

/// The handle that sessions borrow the line from.
#[derive(Clone, Debug)]
pub struct Vision {
    shared: Arc<Shared>,
}

impl Vision {
    /// Begins to keep a vision process, in a thread of its own.
    pub fn keep(origin: Origin) -> std::io::Result<Self> {
        let state = Mutex::new((State::Absent("it is starting".into()), None));
        let shared = Arc::new(Shared {
            state,
            changed: Condvar::new(),
        });
        let vision = Self {
            shared: shared.clone(),
        };
        std::thread::Builder::new()
            .name("keeper".into())
            .spawn(move || keep(&origin, &shared))?;
        Ok(vision)
    }

    /// The line, for this caller alone: waits until `ready_by` for a process that is starting, and until `free_by` for
    /// another session to end. `None`: somebody else still had it then.
    pub fn borrow(&self, ready_by: Deadline, free_by: Deadline) -> Result<Option<Borrowed<'_>>, VisionError> {
        let mut guard = self.shared.lock();
        loop {
            let by = match std::mem::replace(&mut guard.0, State::Lent) {
                State::Ready(link) => {
                    return Ok(Some(Borrowed {
                        link: Some(link),
                        shared: &self.shared,
                    }));
                }
                State::Absent(why) if ready_by.passed() => {
                    guard.0 = State::Absent(why.clone());
                    return Err(VisionError::NotReady(why));
                }
                State::Absent(why) => {
                    guard.0 = State::Absent(why);
                    ready_by
                }
                State::Lent if free_by.passed() => return Ok(None),
                State::Lent => free_by,
            };
            let wait = by.remaining();
            guard = self
                .shared
                .changed
                .wait_timeout(guard, wait)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
    }

    /// What is known without asking.
    pub fn known(&self) -> Known {
        let guard = self.shared.lock();
        let state = match &guard.0 {
            State::Ready(_) => "ready".into(),
            State::Lent => "busy".into(),
            State::Absent(why) => why.clone(),
        };
        Known {
            state,
            engine: guard.1.clone(),
        }
    }
}

/// The line, until it is dropped.
#[derive(Debug)]
pub struct Borrowed<'a> {
    link: Option<Link>,
    shared: &'a Shared,
}

impl std::ops::Deref for Borrowed<'_> {
    type Target = Link;
    fn deref(&self) -> &Link {
        // Only `drop` takes it out.
        #[allow(clippy::unwrap_used)]
        self.link.as_ref().unwrap()
    }
}

impl std::ops::DerefMut for Borrowed<'_> {
    fn deref_mut(&mut self) -> &mut Link {
        // Only `drop` takes it out.
        #[allow(clippy::unwrap_used)]
        self.link.as_mut().unwrap()
    }
}

impl Drop for Borrowed<'_> {
    fn drop(&mut self) {
        let Some(link) = self.link.take() else { return };
        let mut guard = self.shared.lock();
        // The keeper may have found the line dead meanwhile and already have another.
        if matches!(guard.0, State::Lent) {
            guard.0 = if link.healthy() {
                State::Ready(link)
            } else {
                State::Absent("it is being replaced".into())
            };
            self.shared.changed.notify_all();
        }
    }
}

fn keep(origin: &Origin, shared: &Shared) {
    let mut failures = 0;
    loop {
        let started = std::time::Instant::now();
        match begin(origin) {
            Ok((mut child, link, watch)) => {
                shared.set(State::Ready(link));
                wait_for_end(&watch);
                if let Some(child) = child.as_mut() {
                    end(child);
                }
                shared.set(State::Absent("it ended and is being started anew".into()));
                failures = if started.elapsed() >= SETTLED {
                    0
                } else {
                    failures + 1
                };
            }
            Err(why) => {
                shared.set(State::Absent(why.to_string()));
                failures += 1;
            }
        }
        std::thread::sleep(PAUSES[failures.min(PAUSES.len() - 1)]);
    }
}

type Begun = (Option<Child>, Link, OwnedFd);

fn begin(origin: &Origin) -> Result<Begun, VisionError> {
    let not_ready = |what: &'static str| {
        move |error: std::io::Error| {
            VisionError::NotReady(format!("cannot {what} the vision process: {error}"))
        }
    };
    let (mut child, fd) = match origin {
        Origin::Connect(path) => {
            let fd = connect_to(path, Deadline::after(Duration::from_secs(2))).map_err(|error| {
                VisionError::NotReady(format!("cannot connect to {}: {error}", path.display()))
            })?;
            (None, fd)
        }
        Origin::Spawn { program, arguments } => {
            let (ours, theirs) = UnixStream::pair().map_err(not_ready("make a socket for"))?;
            // Its standard input is the line: nothing else of ours is inherited, and no environment.
            let child = Command::new(program)
                .args(arguments)
                .env_clear()
                .env("OPENBLAS_NUM_THREADS", "1")
                .stdin(Stdio::from(OwnedFd::from(theirs)))
                .stdout(Stdio::null())
                .spawn()
                .map_err(not_ready("start"))?;
            (Some(child), OwnedFd::from(ours))
        }
    };
    let greeted = fd
        .try_clone()
        .map_err(not_ready("watch"))
        .and_then(|watch| Link::greet(fd, Deadline::after(LOADING)).map(|link| (link, watch)));
    match greeted {
        Ok((link, watch)) => Ok((child, link, watch)),
        Err(error) => {
            if let Some(child) = child.as_mut() {
                end(child);
            }
            Err(error)
        }
    }
}

/// Returns when the other side has closed, or our side was shut by a session that met a fault.
fn wait_for_end(watch: &OwnedFd) {
    loop {
        // No events asked for: only a hang-up or an error wakes us.
        let mut fds = [PollFd::new(watch.as_fd(), PollFlags::empty())];
        match poll(&mut fds, PollTimeout::NONE) {
            Ok(n) if n > 0 => return,
            Ok(_) | Err(nix::errno::Errno::EINTR) => {}
            Err(_) => return,
        }
    }
}

fn end(child: &mut Child) {
    // SIGKILL: a hung driver call or a hung network would not listen to anything else. It may have ended already.
    let _ = child.kill();
    let _ = child.wait();
}
