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

/// What makes them anew where systemd believes that they listen. Both together: it does not start a socket whose service
/// runs.
const AGAIN: &str = "sudo systemctl restart facelogind.socket facelogind";

/// As it is. `listening`: systemd says that its unit is active.
pub fn link(path: &Path, listening: bool) -> Link {
    judge(path, Path::new(facelogin_protocol::SOCKET_PATH), listening)
}

/// Of a socket that is not the system's nothing is changed: its folder may be anybody's.
fn judge(path: &Path, system: &Path, listening: bool) -> Link {
    let shown = path.display();
    let failure = |found: String, remedy: String| {
        let remedy = match path == system {
            true => remedy,
            false => format!("leave --socket out: logins ask at {}", system.display()),
        };
        Link::failure(NAME, found, remedy)
    };
    let start = if listening { AGAIN } else { START };
    let anew = format!("sudo rm {shown} && {AGAIN}");
    let meta = match fs::symlink_metadata(path) {
        Ok(meta) => meta,
        Err(why) if why.kind() == ErrorKind::NotFound => {
            let why = match listening {
                true => "somebody removed it",
                false => "the daemon is not started",
            };
            return failure(format!("{shown} is not there: {why}"), start.to_owned());
        }
        Err(why) => return failure(format!("{shown}: {why}"), start.to_owned()),
    };
    let folder = path.parent().and_then(|folder| fs::metadata(folder).ok());
    if !meta.file_type().is_socket() {
        return failure(format!("{shown} is not a socket"), anew);
    }
    if meta.uid() != 0 {
        let found = format!(
            "{shown} belongs to uid {}, not to root: no login trusts it",
            meta.uid()
        );
        return failure(found, anew);
    }
    let mode = meta.mode() & 0o7777;
    if mode & 0o222 != 0o222 {
        let found =
            format!("{shown} has mode {mode:o}: only some may ask, and lock screens run as their user");
        return failure(found, format!("sudo chmod 666 {shown}"));
    }
    match folder {
        Some(folder) if folder.uid() == 0 && folder.mode() & 0o022 == 0 => {
            Link::ok(NAME, format!("{shown} is root's, and everybody may ask there"))
        }
        _ => {
            let folder = path.parent().unwrap_or(path).display();
            failure(
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
        let link = |path: &Path| judge(path, path, false);
        let missing = link(&path);
        assert_eq!(missing.state, State::Failure);
        assert_eq!(missing.remedy.as_deref(), Some(START));
        // systemd would do nothing for what it believes is there.
        assert_eq!(judge(&path, &path, true).remedy.as_deref(), Some(AGAIN));
        fs::write(&path, "").unwrap();
        assert!(link(&path).found.contains("is not a socket"));
        assert!(link(&path).remedy.unwrap().starts_with("sudo rm"));
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

    #[test]
    fn nothing_is_changed_for_a_socket_that_is_not_the_system_s() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("s");
        fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o777)).unwrap();
        let missing = link(&path, true);
        fs::write(&path, "mine").unwrap();
        let file = link(&path, true);
        fs::remove_file(&path).unwrap();
        let _listener = UnixListener::bind(&path).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o666)).unwrap();
        let open = link(&path, true);
        for link in [missing, file, open] {
            assert_eq!(link.state, State::Failure, "{link:?}");
            let remedy = link.remedy.unwrap();
            assert!(
                remedy.starts_with("leave --socket out") && !remedy.contains("sudo"),
                "{remedy}"
            );
        }
    }
}
