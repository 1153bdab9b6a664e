//! The line to the kernel: its transfers in, their answers out, at the camera's pace.

use std::io::{self, BufReader, Write};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, ppoll};
use nix::sys::time::TimeSpec;

use super::camera::Camera;
use super::usbip;

/// Serves until the connection ends, from either side.
///
/// # Errors
/// The connection broke, or the kernel sent what is no USB/IP.
pub fn serve(camera: &Mutex<Camera>, socket: &UnixStream) -> io::Result<()> {
    let lock = || camera.lock().unwrap_or_else(PoisonError::into_inner);
    let mut requests = BufReader::with_capacity(1 << 14, socket);
    let mut out = Vec::new();
    loop {
        let due = lock().due();
        let asked = !requests.buffer().is_empty() || wait(socket, due)?;
        out.clear();
        if asked {
            let request = match usbip::read(&mut requests) {
                Ok(request) => request,
                Err(error) if ended(&error) => return Ok(()),
                Err(error) => return Err(error),
            };
            lock().take(request, &mut out);
        }
        lock().tick(Instant::now(), &mut out);
        let mut line = socket;
        match line.write_all(&out) {
            Ok(()) => {}
            Err(error) if ended(&error) => return Ok(()),
            Err(error) => return Err(error),
        }
        if requests.buffer().is_empty() {
            lock().prepare();
        }
    }
}

/// Whether the kernel asked for something before a frame is due.
fn wait(socket: &UnixStream, due: Option<Instant>) -> io::Result<bool> {
    let mut fds = [PollFd::new(socket.as_fd(), PollFlags::POLLIN)];
    let left = due.map(|due| TimeSpec::from(due.saturating_duration_since(Instant::now())));
    match ppoll(&mut fds, left, None) {
        Ok(ready) => Ok(ready > 0),
        Err(Errno::EINTR) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// Whether somebody pulled the plug.
fn ended(error: &io::Error) -> bool {
    use io::ErrorKind::{BrokenPipe, ConnectionReset, UnexpectedEof};
    matches!(error.kind(), BrokenPipe | ConnectionReset | UnexpectedEof)
}
