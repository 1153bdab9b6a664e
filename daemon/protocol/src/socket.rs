//! Unix stream sockets as both sides need them: close-on-exec, non-blocking, never one of the standard
//! descriptors, never a SIGPIPE, every wait under one deadline.

use std::os::fd::{AsFd, AsRawFd, FromRawFd, OwnedFd};
use std::path::Path;
use std::time::Duration;

use nix::errno::Errno;
use nix::fcntl::{FcntlArg, fcntl};
use nix::poll::PollFlags;
use nix::sys::socket::{
    AddressFamily, MsgFlags, SockFlag, SockType, UnixAddr, connect, getsockopt, recv, send, socket, sockopt,
};

use crate::deadline::Deadline;

/// Why a wait on a socket ended without what was wanted.
#[derive(Debug, thiserror::Error)]
pub enum SocketError {
    /// The deadline passed first.
    #[error("no answer in time")]
    TimedOut,
    /// The system refused; the call and its error.
    #[error("{call}: {errno}")]
    System {
        /// The system call.
        call: &'static str,
        /// What it said.
        errno: Errno,
    },
}

fn system(call: &'static str) -> impl Fn(Errno) -> SocketError {
    move |errno| SocketError::System { call, errno }
}

/// Connects to the socket at `path`. When its queue is full it tries again until the deadline.
pub fn connect_to(path: &Path, deadline: Deadline) -> Result<OwnedFd, SocketError> {
    let flags = SockFlag::SOCK_CLOEXEC | SockFlag::SOCK_NONBLOCK;
    let fd = socket(AddressFamily::Unix, SockType::Stream, flags, None).map_err(system("socket"))?;
    let fd = away_from_standard(fd)?;
    let address = UnixAddr::new(path).map_err(system("socket path"))?;
    loop {
        match connect(fd.as_raw_fd(), &address) {
            Ok(()) => return Ok(fd),
            // A full queue of a Unix socket cannot be polled for.
            Err(Errno::EAGAIN | Errno::EINTR) if !deadline.passed() => {
                deadline.pause(Duration::from_millis(5))
            }
            Err(Errno::EAGAIN | Errno::EINTR) => return Err(SocketError::TimedOut),
            Err(errno) => return Err(system("connect")(errno)),
        }
    }
}

/// R9: a host that closed descriptor 0, 1 or 2 would have its next `printf` land in our socket.
fn away_from_standard(fd: OwnedFd) -> Result<OwnedFd, SocketError> {
    if fd.as_raw_fd() > 2 {
        return Ok(fd);
    }
    let raw = fcntl(&fd, FcntlArg::F_DUPFD_CLOEXEC(3)).map_err(system("fcntl"))?;
    Ok(adopt(raw))
}

#[allow(unsafe_code)]
fn adopt(raw: i32) -> OwnedFd {
    // SAFETY: F_DUPFD_CLOEXEC has just returned this descriptor and nothing else owns it.
    unsafe { OwnedFd::from_raw_fd(raw) }
}

/// The effective uid the peer had when it connected or, for a listening peer, when it called `listen`.
pub fn peer_uid(fd: &impl AsFd) -> Result<u32, SocketError> {
    getsockopt(fd, sockopt::PeerCredentials)
        .map(|peer| peer.uid())
        .map_err(system("SO_PEERCRED"))
}

/// Sends all of `bytes` before the deadline.
pub fn send_all(fd: &OwnedFd, mut bytes: &[u8], deadline: Deadline) -> Result<(), SocketError> {
    while !bytes.is_empty() {
        match send(
            fd.as_raw_fd(),
            bytes,
            MsgFlags::MSG_NOSIGNAL | MsgFlags::MSG_DONTWAIT,
        ) {
            Ok(sent) => bytes = bytes.get(sent..).unwrap_or_default(),
            Err(Errno::EINTR) => {}
            Err(Errno::EAGAIN) => {
                deadline
                    .wait(fd.as_fd(), PollFlags::POLLOUT)
                    .map_err(system("poll"))?
                    .ok_or(SocketError::TimedOut)?;
            }
            Err(errno) => return Err(system("send")(errno)),
        }
        if deadline.passed() && !bytes.is_empty() {
            return Err(SocketError::TimedOut);
        }
    }
    Ok(())
}

/// Receives what is there, waiting for something until the deadline. `Ok(0)`: the peer closed.
pub fn receive(fd: &OwnedFd, buffer: &mut [u8], deadline: Deadline) -> Result<usize, SocketError> {
    loop {
        // The deadline comes first: a peer that drips bytes must not be served beyond it.
        if deadline.passed() {
            return Err(SocketError::TimedOut);
        }
        match recv(fd.as_raw_fd(), buffer, MsgFlags::MSG_DONTWAIT) {
            Ok(got) => return Ok(got),
            Err(Errno::EINTR) => {}
            Err(Errno::EAGAIN) => {
                deadline
                    .wait(fd.as_fd(), PollFlags::POLLIN)
                    .map_err(system("poll"))?
                    .ok_or(SocketError::TimedOut)?;
            }
            Err(errno) => return Err(system("recv")(errno)),
        }
    }
}
