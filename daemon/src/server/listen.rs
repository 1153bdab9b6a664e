//! The socket that callers find us at: systemd's, or one we make (R15).

#![allow(unsafe_code)]

use std::fs;
use std::io;
use std::os::fd::{FromRawFd, OwnedFd};
use std::os::unix::fs::{DirBuilderExt, FileTypeExt, MetadataExt, PermissionsExt};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::time::Duration;

use facelogin_protocol::Deadline;
use facelogin_protocol::socket::{SocketError, connect_to, peer_uid};
use nix::errno::Errno;

/// Why nobody can reach us.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    /// The folder could let others put their socket in ours' place.
    #[error("{0}: the socket's folder must be root's, and writable by nobody else")]
    Folder(PathBuf),
    /// Somebody answers there already.
    #[error("{0}: another facelogind is listening there")]
    InUse(PathBuf),
    /// Something that is not a socket has its name; it is left alone.
    #[error("{0}: is not a socket; move it away")]
    NotSocket(PathBuf),
    /// systemd handed over something unexpected.
    #[error("systemd handed over {0} sockets, expected one")]
    Handed(usize),
    /// The system refused.
    #[error("{what}: {why}")]
    System {
        /// What was tried.
        what: String,
        /// What it said.
        why: io::Error,
    },
}

/// A listening socket.
#[derive(Debug)]
pub struct Listener(UnixListener);

fn system(what: impl Into<String>) -> impl FnOnce(io::Error) -> ListenError {
    let what = what.into();
    move |why| ListenError::System { what, why }
}

/// Marks every descriptor from 3 on close-on-exec: whatever this process inherited from a careless starter is no
/// business of the vision process. After [`Listener::handed_over`].
pub fn keep_descriptors() {
    // SAFETY: close_range with CLOSE_RANGE_CLOEXEC closes nothing and touches no memory; an old kernel refuses it, and
    // then everything is as before.
    let _ = unsafe { nix::libc::close_range(3, u32::MAX, nix::libc::CLOSE_RANGE_CLOEXEC as i32) };
}

impl Listener {
    /// systemd's socket, when it passed one. Must be called before the process opens anything.
    pub fn handed_over() -> Result<Option<Self>, ListenError> {
        let mut fds = sd_notify::listen_fds().map_err(system("reading LISTEN_FDS"))?;
        match (fds.len(), fds.next()) {
            (0, _) => Ok(None),
            (1, Some(raw)) => {
                // SAFETY: systemd opened this descriptor for this process alone (LISTEN_PID was checked), it is read
                // once, before anything else is opened, and nothing else owns it.
                let fd = unsafe { OwnedFd::from_raw_fd(raw) };
                Ok(Some(Self(UnixListener::from(fd))))
            }
            (count, _) => Err(ListenError::Handed(count)),
        }
    }

    /// Makes the socket at `path`, connectable by everyone. A socket that nobody answers at is replaced; anything
    /// else of that name is left alone.
    pub fn bind(path: &Path) -> Result<Self, ListenError> {
        let named = |what: &str| system(format!("{what} {}", path.display()));
        if let Some(folder) = path.parent() {
            if !folder.exists() {
                fs::DirBuilder::new()
                    .mode(0o755)
                    .create(folder)
                    .map_err(named("making the folder of"))?;
                // The umask may have taken more away.
                fs::set_permissions(folder, fs::Permissions::from_mode(0o755))
                    .map_err(named("opening the folder of"))?;
            }
            let meta = fs::symlink_metadata(folder).map_err(named("looking at the folder of"))?;
            if !meta.is_dir() || meta.uid() != nix::unistd::geteuid().as_raw() || meta.mode() & 0o022 != 0 {
                return Err(ListenError::Folder(folder.into()));
            }
        }
        match fs::symlink_metadata(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(named("looking at")(error)),
            Ok(meta) if !meta.file_type().is_socket() => return Err(ListenError::NotSocket(path.into())),
            Ok(_) if answers(path) => return Err(ListenError::InUse(path.into())),
            Ok(_) => fs::remove_file(path).map_err(named("removing the dead socket"))?,
        }
        let listener = UnixListener::bind(path).map_err(named("listening at"))?;
        fs::set_permissions(path, fs::Permissions::from_mode(0o666)).map_err(named("opening"))?;
        Ok(Self(listener))
    }

    /// The next caller and their uid; `None` for one that went away before it could be asked who it is.
    pub fn accept(&self) -> Result<Option<(OwnedFd, u32)>, ListenError> {
        match self.0.accept() {
            Ok((stream, _)) => {
                let fd = OwnedFd::from(stream);
                let uid = peer_uid(&fd).ok();
                Ok(uid.map(|uid| (fd, uid)))
            }
            Err(error) => match Errno::from_raw(error.raw_os_error().unwrap_or(0)) {
                Errno::EINTR | Errno::ECONNABORTED => Ok(None),
                // Out of descriptors or memory: some will be given back.
                Errno::EMFILE | Errno::ENFILE | Errno::ENOBUFS | Errno::ENOMEM => {
                    std::thread::sleep(std::time::Duration::from_millis(50));
                    Ok(None)
                }
                _ => Err(system("accepting a connection")(error)),
            },
        }
    }
}

/// Whether anybody has the socket open: also one whose queue is full because it hangs.
fn answers(path: &Path) -> bool {
    match connect_to(path, Deadline::after(Duration::from_millis(200))) {
        Ok(_) | Err(SocketError::TimedOut) => true,
        Err(SocketError::System { .. }) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r15_dead_sockets_are_replaced_and_nothing_else_is() {
        let dir = tempfile::tempdir().unwrap();
        fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let path = dir.path().join("run/socket");
        let first = Listener::bind(&path).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o666);
        assert!(matches!(Listener::bind(&path), Err(ListenError::InUse(_))));
        drop(first);
        Listener::bind(&path).unwrap();

        let file = dir.path().join("file");
        fs::write(&file, "precious").unwrap();
        assert!(matches!(Listener::bind(&file), Err(ListenError::NotSocket(_))));
        let link = dir.path().join("link");
        std::os::unix::fs::symlink(&path, &link).unwrap();
        assert!(matches!(Listener::bind(&link), Err(ListenError::NotSocket(_))));
        assert_eq!(fs::read(&file).unwrap(), b"precious");

        fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o777)).unwrap();
        assert!(matches!(
            Listener::bind(&dir.path().join("s")),
            Err(ListenError::Folder(_))
        ));
    }
}
