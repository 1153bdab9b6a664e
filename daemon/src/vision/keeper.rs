//! Keeps a vision process at hand: starts it (or connects to the unit that does), and replaces it when the line
//! breaks.

use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use facelogin_protocol::Deadline;
use facelogin_protocol::socket::connect_to;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use crate::vision::link::{Link, VisionError};
use crate::vision::loan::Desk;

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

/// Begins to keep a vision process at `desk`, in a thread of its own.
pub fn keep_at(desk: Arc<Desk>, origin: Origin) -> std::io::Result<()> {
    std::thread::Builder::new()
        .name("keeper".into())
        .spawn(move || keep(&origin, &desk))
        .map(drop)
}

fn keep(origin: &Origin, desk: &Desk) -> ! {
    let mut failures = 0;
    loop {
        match begin(origin) {
            Ok((mut child, link, watch)) => {
                desk.arrived(link);
                wait_for_end(&watch);
                // A process that did its work before it ended was no failed start.
                let served = desk.gone("it ended and is being started anew".into());
                failures = if served { 0 } else { failures + 1 };
                if let Some(child) = child.as_mut() {
                    end(child);
                }
            }
            Err(why) => {
                desk.gone(why.to_string());
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
                // rten starts a thread for each processor when it first runs a network, which then wait for nothing.
                .env("RTEN_NUM_THREADS", "1")
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
