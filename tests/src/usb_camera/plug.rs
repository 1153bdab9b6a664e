//! Plugging the camera in and pulling it out.

use std::io;
use std::net::Shutdown;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::camera::Camera;
use super::descriptors::Function;
use super::link;
use super::vhci::{self, Unplugged};

/// How long the kernel may take to notice, on a processor that does other things too.
const PATIENCE: Duration = Duration::from_secs(20);

/// How often it is asked.
const PAUSE: Duration = Duration::from_millis(10);

/// A camera in its port.
pub struct Plugged {
    port: u32,
    socket: UnixStream,
    served: JoinHandle<io::Result<()>>,
}

/// Why plugging or pulling failed.
#[derive(Debug, thiserror::Error)]
pub enum Failed {
    /// The controller's reason.
    #[error(transparent)]
    Vhci(#[from] Unplugged),
    /// No socket, no thread.
    #[error("no line to the kernel: {0}")]
    Line(#[from] io::Error),
    /// The device's driver has not made the nodes.
    #[error("the camera is on port {0}, and uvcvideo has made no /dev/video* of it; see dmesg")]
    NoNodes(u32),
    /// The kernel still has the device.
    #[error("the camera was pulled out of port {0}, and the kernel has not noticed")]
    Unnoticed(u32),
}

impl Plugged {
    /// Plugs it in, and waits until the driver has made its nodes.
    ///
    /// # Errors
    /// The port is taken or not there, or no driver wants the device: it is unplugged again.
    pub fn plug(camera: &Arc<Mutex<Camera>>, port: Option<u32>) -> Result<Self, Failed> {
        let port = vhci::choose(port)?;
        let (socket, end) = UnixStream::pair()?;
        lock(camera).reset();
        vhci::attach(port, OwnedFd::from(end))?;
        let line = socket.try_clone()?;
        let served = {
            let camera = Arc::clone(camera);
            thread::spawn(move || {
                let ended = link::serve(&camera, &line);
                lock(&camera).reset();
                ended
            })
        };
        let plugged = Self { port, socket, served };
        let count = lock(camera).functions.len();
        let made = || plugged.device().is_some_and(|device| nodes(&device, count));
        if waited(made) {
            return Ok(plugged);
        }
        plugged.pull()?;
        Err(Failed::NoNodes(port))
    }

    /// Pulls it out, and waits until the kernel has noticed.
    ///
    /// # Errors
    /// The kernel has not noticed.
    pub fn pull(self) -> Result<(), Failed> {
        let device = self.device();
        // The other end may have gone already.
        let _ = self.socket.shutdown(Shutdown::Both);
        let Ok(_) = self.served.join() else {
            return Err(Failed::Line(io::Error::other("the thread of the line panicked")));
        };
        let port = self.port;
        let gone = || {
            vhci::port(port).is_ok_and(|port| port.free)
                && device.as_ref().is_none_or(|device| !vhci::is_there(device))
        };
        if waited(gone) {
            Ok(())
        } else {
            Err(Failed::Unnoticed(port))
        }
    }

    /// The port.
    pub fn port(&self) -> u32 {
        self.port
    }

    /// Its name on the bus, as `1-1`.
    pub fn device(&self) -> Option<String> {
        vhci::port(self.port).ok()?.device
    }

    /// Whether the kernel still talks to it.
    pub fn is_there(&self) -> bool {
        !self.served.is_finished()
    }
}

/// Whether every function has its node.
fn nodes(device: &str, functions: usize) -> bool {
    (0..functions).all(|index| vhci::node(device, Function::control_interface(index)).is_some())
}

fn waited(mut done: impl FnMut() -> bool) -> bool {
    let end = Instant::now() + PATIENCE;
    loop {
        if done() {
            return true;
        }
        if Instant::now() > end {
            return false;
        }
        thread::sleep(PAUSE);
    }
}

fn lock(camera: &Mutex<Camera>) -> std::sync::MutexGuard<'_, Camera> {
    camera.lock().unwrap_or_else(PoisonError::into_inner)
}
