//! Takes commands at a socket, one connection each: the words as a JSON array, up to the end of the writing half.
//! The answer is `ok` or `error` in a line of its own, and what there is to say.

use std::fs;
use std::io::{self, Read, Write};
use std::net::Shutdown;
use std::os::fd::AsFd;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{SigSet, Signal};
use nix::sys::signalfd::{SfdFlags, SignalFd};

use super::camera::Camera;
use super::command::{Command, Unknown};
use super::device::Device;
use super::plug::{Failed, Plugged};
use super::scene::{Scene, Unseen};
use super::state::State;

/// How long whoever connects may take to say what they want.
const PATIENCE: Duration = Duration::from_secs(5);

/// The most bytes of a command.
const LONGEST: u64 = 1 << 16;

/// Why a command was not carried out.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// It is no command.
    #[error(transparent)]
    Unknown(#[from] Unknown),
    /// There is nothing to show.
    #[error(transparent)]
    Scene(#[from] Unseen),
    /// Plugging or pulling failed.
    #[error(transparent)]
    Plug(#[from] Failed),
    /// It is there already.
    #[error("the camera is plugged in, at port {0}")]
    Plugged(u32),
    /// It is not there.
    #[error("the camera is not plugged in")]
    Unplugged,
    /// It says nothing by that name.
    #[error("{0:?} is nothing that the camera says of itself; `state` alone tells what is")]
    Nameless(String),
    /// Not a list of words.
    #[error("a command is a JSON array of words: {0}")]
    Words(#[from] serde_json::Error),
    /// The socket for commands.
    #[error("the socket for commands: {0}")]
    Line(#[from] io::Error),
}

/// A camera that takes commands.
pub struct Server {
    camera: Arc<Mutex<Camera>>,
    port: Option<u32>,
    plugged: Option<Plugged>,
    listener: UnixListener,
    path: PathBuf,
    signals: SignalFd,
}

impl Server {
    /// Plugs the camera in and listens. SIGTERM and SIGINT end [`Server::serve`] from then on: call it before any
    /// thread is started.
    ///
    /// # Errors
    /// The camera cannot be plugged in, or the socket cannot be made.
    pub fn start(device: Device, scene: Scene, path: &Path) -> Result<Self, Refused> {
        let mut ends = SigSet::empty();
        ends.add(Signal::SIGTERM);
        ends.add(Signal::SIGINT);
        ends.thread_block().map_err(io::Error::from)?;
        let signals = SignalFd::with_flags(&ends, SfdFlags::SFD_CLOEXEC).map_err(io::Error::from)?;
        if UnixStream::connect(path).is_err() {
            // Left behind by one that was killed.
            let _ = fs::remove_file(path);
        }
        // Before it is plugged in: whoever asks too early waits for the answer.
        let listener = UnixListener::bind(path)?;
        fs::set_permissions(path, fs::Permissions::from_mode(0o600))?;
        let port = device.port;
        let camera = Arc::new(Mutex::new(Camera::new(device, scene)));
        let plugged = Plugged::plug(&camera, port).inspect_err(|_| {
            let _ = fs::remove_file(path);
        })?;
        Ok(Self {
            camera,
            port: Some(plugged.port()),
            plugged: Some(plugged),
            listener,
            path: path.into(),
            signals,
        })
    }

    /// Takes commands until a signal ends it, and pulls the camera out.
    ///
    /// # Errors
    /// The socket broke, or the kernel has not noticed that the camera is gone.
    pub fn serve(mut self) -> Result<(), Refused> {
        loop {
            let mut fds = [
                PollFd::new(self.listener.as_fd(), PollFlags::POLLIN),
                PollFd::new(self.signals.as_fd(), PollFlags::POLLIN),
            ];
            match poll(&mut fds, PollTimeout::NONE) {
                Ok(_) | Err(Errno::EINTR) => {}
                Err(error) => return Err(io::Error::from(error).into()),
            }
            let [commands, ends] = fds.map(|fd| fd.any().unwrap_or(false));
            if ends {
                break;
            }
            if commands {
                let (line, _) = self.listener.accept()?;
                // Whoever goes away without waiting for the answer does not want it.
                let _ = self.one(&line);
            }
        }
        let _ = fs::remove_file(&self.path);
        if let Some(plugged) = self.plugged.take() {
            plugged.pull()?;
        }
        Ok(())
    }

    fn one(&mut self, mut line: &UnixStream) -> io::Result<()> {
        line.set_read_timeout(Some(PATIENCE))?;
        line.set_write_timeout(Some(PATIENCE))?;
        let answer = match self.carry_out(line) {
            Ok(said) => format!("ok\n{said}"),
            Err(refused) => format!("error\n{refused}"),
        };
        line.write_all(answer.as_bytes())
    }

    fn carry_out(&mut self, line: &UnixStream) -> Result<String, Refused> {
        let mut words = Vec::new();
        line.take(LONGEST).read_to_end(&mut words)?;
        let words: Vec<String> = serde_json::from_slice(&words)?;
        // What the kernel has let go of is not plugged in.
        if let Some(gone) = self.plugged.take_if(|plugged| !plugged.is_there()) {
            gone.pull()?;
        }
        match Command::parse(&words)? {
            Command::Show(folder) => {
                let scene = Scene::read(&folder)?;
                self.camera().show(scene);
                Ok(String::new())
            }
            Command::Fault(fault, frames) => {
                self.camera().fail(fault, frames);
                Ok(String::new())
            }
            Command::Unplug => {
                self.plugged.take().ok_or(Refused::Unplugged)?.pull()?;
                Ok(String::new())
            }
            Command::Plug(port) => {
                if let Some(plugged) = &self.plugged {
                    return Err(Refused::Plugged(plugged.port()));
                }
                let plugged = Plugged::plug(&self.camera, port.or(self.port))?;
                self.port = Some(plugged.port());
                self.plugged = Some(plugged);
                Ok(self.state().all()?)
            }
            Command::State(None) => Ok(self.state().all()?),
            Command::State(Some(name)) => match self.state().named(&name)? {
                Some(text) => Ok(text),
                None => Err(Refused::Nameless(name)),
            },
        }
    }

    fn state(&self) -> State {
        let port = self.plugged.as_ref().map(Plugged::port);
        let device = self.plugged.as_ref().and_then(Plugged::device);
        State::of(&self.camera(), port, device)
    }

    fn camera(&self) -> std::sync::MutexGuard<'_, Camera> {
        self.camera.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Tells a camera something, and what it says to that.
///
/// # Errors
/// Nobody is there; or, as the other error, the camera refused, in its own words.
pub fn tell(path: &Path, words: &[String]) -> io::Result<Result<String, String>> {
    let mut line = UnixStream::connect(path)?;
    line.write_all(&serde_json::to_vec(words)?)?;
    line.shutdown(Shutdown::Write)?;
    let mut answer = String::new();
    line.read_to_string(&mut answer)?;
    Ok(match answer.split_once('\n') {
        Some(("ok", said)) => Ok(said.into()),
        Some(("error", why)) => Err(why.into()),
        _ => return Err(io::Error::other("the camera went away before it answered")),
    })
}
