//! A daemon that follows a script, right or wrong, on a Unix socket in a folder of its own.

mod damage;
mod peer;
mod script;

use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use nix::sys::socket::{AddressFamily, Backlog, SockFlag, SockType, UnixAddr, connect, listen, socket};
use nix::unistd::Pid;
use tempfile::TempDir;

pub use peer::PeerSocket;
pub use script::{Script, Seen, length_of_match};

/// A scripted daemon in a thread of this process: its peer sees this process's uid.
pub struct ScriptedDaemon {
    socket: PathBuf,
    seen: Arc<Mutex<Vec<Seen>>>,
    stopping: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
    _folder: TempDir,
}

impl ScriptedDaemon {
    /// One that does the same on every connection.
    pub fn start(script: Script) -> io::Result<Self> {
        Self::sequence(vec![script])
    }

    /// One that follows the n-th script on the n-th connection, and the last one ever after.
    pub fn sequence(scripts: Vec<Script>) -> io::Result<Self> {
        let folder = folder()?;
        let socket = folder.path().join("socket");
        let listener = UnixListener::bind(&socket)?;
        let seen = Arc::new(Mutex::new(Vec::new()));
        let stopping = Arc::new(AtomicBool::new(false));
        let thread = {
            let (seen, stopping) = (Arc::clone(&seen), Arc::clone(&stopping));
            thread::spawn(move || {
                serve(&listener, &scripts, &stopping, |what| {
                    seen.lock().unwrap_or_else(PoisonError::into_inner).push(what);
                });
            })
        };
        Ok(Self {
            socket,
            seen,
            stopping,
            thread: Some(thread),
            _folder: folder,
        })
    }

    /// Where it listens.
    pub fn socket(&self) -> &Path {
        &self.socket
    }

    /// Ends it and tells what it saw, a line a connection.
    pub fn stop(mut self) -> Vec<Seen> {
        self.end();
        std::mem::take(&mut self.seen.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn end(&mut self) {
        self.stopping.store(true, Ordering::SeqCst);
        // Wakes the thread from `accept`.
        let _ = UnixStream::connect(&self.socket);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Drop for ScriptedDaemon {
    fn drop(&mut self) {
        self.end();
    }
}

/// Serves connections one after the other until `stopping` is set and one more comes.
pub fn serve(
    listener: &UnixListener,
    scripts: &[Script],
    stopping: &AtomicBool,
    mut record: impl FnMut(Seen),
) {
    for (number, stream) in listener.incoming().enumerate() {
        if stopping.load(Ordering::SeqCst) {
            return;
        }
        let (Ok(stream), Some(script)) = (stream, scripts.get(number).or(scripts.last())) else {
            return;
        };
        let mut seen = Seen::default();
        // A peer that leaves early is part of the play.
        let _ = script::perform(script, stream, &mut seen);
        record(seen);
    }
}

/// A scripted daemon in a process of its own: `scripted-daemon`, under another uid if wanted (that needs root).
pub struct ScriptedProcess {
    socket: PathBuf,
    child: Child,
    _folder: TempDir,
}

impl ScriptedProcess {
    /// `program` is `env!("CARGO_BIN_EXE_scripted-daemon")`, which only integration tests can say.
    pub fn start(program: &str, scripts: &[Script], uid: Option<u32>) -> io::Result<Self> {
        let folder = folder()?;
        // Whatever its uid, it makes its socket there.
        std::fs::set_permissions(folder.path(), PermissionsExt::from_mode(0o777))?;
        let socket = folder.path().join("socket");
        let mut command = Command::new(program);
        command.arg(&socket).arg(serde_json::to_string(scripts)?);
        if let Some(uid) = uid {
            command.arg(uid.to_string());
        }
        let mut child = command.spawn()?;
        let start = Instant::now();
        while !socket.exists() {
            if let Some(status) = child.try_wait()? {
                return Err(io::Error::other(format!("{program}: {status}")));
            }
            if start.elapsed() > Duration::from_secs(20) {
                let _ = child.kill();
                return Err(io::ErrorKind::TimedOut.into());
            }
            thread::sleep(Duration::from_millis(2));
        }
        Ok(Self {
            socket,
            child,
            _folder: folder,
        })
    }

    /// Where it listens.
    pub fn socket(&self) -> &Path {
        &self.socket
    }
}

impl ScriptedProcess {
    /// Its process.
    pub fn pid(&self) -> Pid {
        Pid::from_raw(self.child.id().cast_signed())
    }
}

impl Drop for ScriptedProcess {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A socket whose queue is full and that accepts nobody.
pub struct FullQueue {
    socket: PathBuf,
    _listener: UnixListener,
    _queue: Vec<OwnedFd>,
    _folder: TempDir,
}

impl FullQueue {
    /// Makes the socket and fills its queue.
    pub fn start() -> io::Result<Self> {
        let folder = folder()?;
        let socket_path = folder.path().join("socket");
        let listener = UnixListener::bind(&socket_path)?;
        // The shortest queue there is; the second call of listen(2) changes it.
        listen(&listener, Backlog::new(0)?)?;
        let address = UnixAddr::new(&socket_path)?;
        let mut queue = Vec::new();
        loop {
            let flags = SockFlag::SOCK_CLOEXEC | SockFlag::SOCK_NONBLOCK;
            let fd = socket(AddressFamily::Unix, SockType::Stream, flags, None)?;
            match connect(fd.as_raw_fd(), &address) {
                Ok(()) => queue.push(fd),
                Err(nix::errno::Errno::EAGAIN) => break,
                Err(errno) => return Err(errno.into()),
            }
        }
        Ok(Self {
            socket: socket_path,
            _listener: listener,
            _queue: queue,
            _folder: folder,
        })
    }

    /// Where it is.
    pub fn socket(&self) -> &Path {
        &self.socket
    }
}

fn folder() -> io::Result<TempDir> {
    TempDir::with_prefix("facelogin-scripted-")
}
