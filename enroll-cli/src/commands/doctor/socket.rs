//! The socket that logins ask at: there, root's, open to everybody, and in a folder where nobody can replace it (R15).

use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::Path;

use super::report::Link;

const NAME: &str = "socket";

/// What makes the sockets.
pub const START: &str =
    "sudo systemctl enable --now facelogind.socket facelogin-vision.socket facelogind.service";

/// As it is.
pub fn link(path: &Path) -> Link {
    let shown = path.display();
    let anew = format!("sudo rm {shown} && sudo systemctl restart facelogind.socket");
    let meta = match fs::symlink_metadata(path) {
        Ok(meta) => meta,
        Err(why) if why.kind() == ErrorKind::NotFound => {
            return Link::failure(
                NAME,
                format!("{shown} is not there: the daemon is not started"),
                START,
            );
        }
        Err(why) => return Link::failure(NAME, format!("{shown}: {why}"), START),
    };
    let folder = path.parent().and_then(|folder| fs::metadata(folder).ok());
    if !meta.file_type().is_socket() {
        return Link::failure(NAME, format!("{shown} is not a socket"), anew);
    }
    if meta.uid() != 0 {
        let found = format!(
            "{shown} belongs to uid {}, not to root: no login trusts it",
            meta.uid()
        );
        return Link::failure(NAME, found, anew);
    }
    let mode = meta.mode() & 0o7777;
    if mode & 0o222 != 0o222 {
        let found =
            format!("{shown} has mode {mode:o}: only some may ask, and lock screens run as their user");
        return Link::failure(NAME, found, format!("sudo chmod 666 {shown}"));
    }
    match folder {
        Some(folder) if folder.uid() == 0 && folder.mode() & 0o022 == 0 => {
            Link::ok(NAME, format!("{shown} is root's, and everybody may ask there"))
        }
        _ => {
            let folder = path.parent().unwrap_or(path).display();
            Link::failure(
                NAME,
                format!("{folder} is not root's alone to write: somebody else could put a socket there"),
                format!("sudo chown root:root {folder} && sudo chmod 755 {folder}"),
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;
    use std::os::unix::net::UnixListener;

    use super::super::report::State;
    use super::*;

    #[test]
    fn r15_a_socket_is_there_root_s_and_everybody_s_to_ask_at() {
        let dir = tempfile::tempdir().unwrap();
        let mode = |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
        mode(dir.path(), 0o755);
        let path = dir.path().join("s");
        let missing = link(&path);
        assert_eq!(missing.state, State::Failure);
        assert_eq!(missing.remedy.as_deref(), Some(START));
        fs::write(&path, "").unwrap();
        assert!(link(&path).found.contains("is not a socket"));
        fs::remove_file(&path).unwrap();
        let _listener = UnixListener::bind(&path).unwrap();
        mode(&path, 0o666);
        if !nix::unistd::geteuid().is_root() {
            assert!(link(&path).found.contains("not to root"));
            return;
        }
        assert_eq!(link(&path).state, State::Ok);
        mode(&path, 0o600);
        assert!(link(&path).found.contains("mode 600"));
        mode(&path, 0o666);
        mode(dir.path(), 0o777);
        assert!(link(&path).found.contains("somebody else could put"));
        mode(dir.path(), 0o755);
        std::os::unix::fs::chown(&path, Some(1), None).unwrap();
        assert!(link(&path).found.contains("uid 1"));
    }
}
