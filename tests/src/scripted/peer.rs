//! What `/proc` says of the process on the other end.

use std::fs;
use std::os::unix::net::UnixStream;

use nix::sys::socket::{getsockopt, sockopt};

/// One open socket of a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PeerSocket {
    /// Its descriptor.
    pub fd: i32,
    /// Whether it is closed when the process runs another program.
    pub close_on_exec: bool,
}

/// The sockets of the process that connected; none when it is gone.
pub fn sockets_of_peer(stream: &UnixStream) -> Vec<PeerSocket> {
    let Ok(peer) = getsockopt(stream, sockopt::PeerCredentials) else {
        return Vec::new();
    };
    let process = format!("/proc/{}", peer.pid());
    let Ok(entries) = fs::read_dir(format!("{process}/fd")) else {
        return Vec::new();
    };
    entries
        .flatten()
        .filter(|entry| {
            fs::read_link(entry.path()).is_ok_and(|target| target.to_string_lossy().starts_with("socket:"))
        })
        .filter_map(|entry| {
            let fd = entry.file_name().to_string_lossy().parse().ok()?;
            let info = fs::read_to_string(format!("{process}/fdinfo/{fd}")).ok()?;
            let flags = info.lines().find_map(|line| line.strip_prefix("flags:"))?;
            let flags = i32::from_str_radix(flags.trim(), 8).ok()?;
            Some(PeerSocket {
                fd,
                close_on_exec: flags & nix::libc::O_CLOEXEC != 0,
            })
        })
        .collect()
}
