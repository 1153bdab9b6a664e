//! `/etc/shadow`: whether an account's password is locked, and whether the account has expired (shadow(5)).
//!
//! Read here and not through the name service, which would load other people's code into this process and hand it the
//! hashes. Accounts of a directory or of systemd-homed have no entry: of them nothing is known here.

use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use nix::errno::Errno;
use nix::fcntl::{OFlag, open};
use nix::sys::stat::Mode;
use zeroize::Zeroizing;

/// The largest file that is read, in bytes: some ten thousand accounts.
const LARGEST: u64 = 4 * 1024 * 1024;

/// Why the file does not answer.
#[derive(Debug, thiserror::Error)]
pub enum ShadowError {
    /// There is none.
    #[error("{0} is not there")]
    Missing(PathBuf),
    /// Its mode keeps root without capabilities out.
    #[error(
        "{0} may not be read by root without capabilities (mode 0000); docs/accounts.md tells what to do"
    )]
    Forbidden(PathBuf),
    /// It is not a file that only root can have written.
    #[error("{0} is not a regular file of root's that only root may write; correct its owner and mode")]
    Unsafe(PathBuf),
    /// It is larger than any password file.
    #[error("{0} is larger than {LARGEST} bytes")]
    TooLarge(PathBuf),
    /// Reading failed.
    #[error("cannot read {0}: {1}")]
    Io(PathBuf, io::Error),
    /// The user's line holds something else than a number.
    #[error("the entry of {user:?} in {path} has no number where one belongs; `pwck -r` lists what is wrong")]
    Malformed {
        /// The file.
        path: PathBuf,
        /// Whose entry.
        user: String,
    },
}

/// Whether an account may be entered on a day (in days since 1970): not when its password is locked, nor when it has
/// expired. True for who has no entry.
pub fn may_enter(path: &Path, user: &str, today: i64) -> Result<bool, ShadowError> {
    let text = read(path)?;
    entry_allows(&text, user, today).ok_or_else(|| ShadowError::Malformed {
        path: path.to_owned(),
        user: user.to_owned(),
    })
}

fn read(path: &Path) -> Result<Zeroizing<Vec<u8>>, ShadowError> {
    // O_NONBLOCK so that a FIFO in its place cannot hang us before it is refused.
    let flags = OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC | OFlag::O_NONBLOCK | OFlag::O_NOCTTY;
    let fd = open(path, OFlag::O_RDONLY | flags, Mode::empty()).map_err(|errno| match errno {
        Errno::ENOENT => ShadowError::Missing(path.to_owned()),
        Errno::EACCES | Errno::EPERM => ShadowError::Forbidden(path.to_owned()),
        Errno::ELOOP => ShadowError::Unsafe(path.to_owned()),
        other => ShadowError::Io(path.to_owned(), other.into()),
    })?;
    let file = File::from(fd);
    let failed = |error| ShadowError::Io(path.to_owned(), error);
    let meta = file.metadata().map_err(failed)?;
    if !meta.is_file() || meta.uid() != nix::unistd::geteuid().as_raw() || meta.mode() & 0o022 != 0 {
        return Err(ShadowError::Unsafe(path.to_owned()));
    }
    if meta.len() > LARGEST {
        return Err(ShadowError::TooLarge(path.to_owned()));
    }
    // All the room at once: a buffer that grows would leave copies of the hashes behind.
    let mut text = Zeroizing::new(Vec::with_capacity(LARGEST.min(meta.len()) as usize + 1));
    let read = file.take(meta.len() + 1).read_to_end(&mut text).map_err(failed)?;
    // It is replaced, not written in place; one that grew meanwhile is another file.
    if read as u64 > meta.len() {
        return Err(ShadowError::TooLarge(path.to_owned()));
    }
    Ok(text)
}

/// Whether every entry of the user allows it; `None` when one cannot be understood.
fn entry_allows(text: &[u8], user: &str, today: i64) -> Option<bool> {
    let mut allowed = true;
    for line in text.split(|byte| *byte == b'\n') {
        let mut fields = line.split(|byte| *byte == b':');
        if fields.next() != Some(user.as_bytes()) {
            continue;
        }
        let fields: Vec<&[u8]> = fields.collect();
        let field = |index: usize| fields.get(index).copied().unwrap_or_default();
        // passwd(1) and usermod(8) lock by putting a `!` in front; useradd(8) leaves `!` until there is a password.
        // `*` and the like are the administrator's way to say that the password is kept elsewhere, or that there is
        // none and other means are welcome; sshd(8) draws the same line.
        let locked = field(0).starts_with(b"!");
        let (changed, max, inactive) = (number(field(1))?, number(field(3))?, number(field(5))?);
        // As pam_unix(8) counts: on the day itself it is over.
        let expired = number(field(6))?.is_some_and(|day| today >= day);
        // So long after its last day an old password can no longer be changed: the account is disabled.
        let stale = match (changed, max, inactive) {
            (Some(changed @ 1..), Some(max), Some(inactive)) => {
                today > changed.saturating_add(max).saturating_add(inactive)
            }
            _ => false,
        };
        allowed &= !locked && !expired && !stale;
    }
    Some(allowed)
}

/// A number of days: `Some(None)` for an absent one, which is empty or negative; `None` for what is no number.
fn number(field: &[u8]) -> Option<Option<i64>> {
    let text = std::str::from_utf8(field).ok()?.trim();
    if text.is_empty() {
        return Some(None);
    }
    let value: i64 = text.parse().ok()?;
    Some((value >= 0).then_some(value))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::{PermissionsExt, symlink};

    #[test]
    fn locked_and_expired_accounts_are_told_from_those_without_a_password_here() {
        let today = 20_000;
        let table: &[(&str, Option<bool>)] = &[
            ("ada:$y$j9T$x$y:19000:0:99999:7:::", Some(true)),
            ("ada:!$y$j9T$x$y:19000:0:99999:7:::", Some(false)), // passwd -l
            ("ada:!:19000:0:99999:7:::", Some(false)),           // useradd
            ("ada:!!:19000:0:99999:7:::", Some(false)),          // useradd on Fedora
            ("ada:!*:19000:0:99999:7:::", Some(false)),          // a locked account without a password
            ("ada:*:19000:0:99999:7:::", Some(true)),            // --disabled-password, Kerberos
            ("ada:*K*:19000:0:99999:7:::", Some(true)),
            ("ada:x:19000:0:99999:7:::", Some(true)),
            ("ada::19000:0:99999:7:::", Some(true)),
            // Expiry.
            ("ada:$y$x:19000:0:99999:7::20001:", Some(true)),
            ("ada:$y$x:19000:0:99999:7::20000:", Some(false)),
            ("ada:$y$x:19000:0:99999:7::0:", Some(false)),
            ("ada:$y$x:19000:0:99999:7::1:", Some(false)), // usermod -e 1
            ("ada:$y$x:19000:0:99999:7::-1:", Some(true)),
            ("ada:*:19000:0:99999:7::1:", Some(false)),
            // An old password: its last day, the last day of grace, the day after.
            ("ada:$y$x:19900:0:90:7:10::", Some(true)),
            ("ada:$y$x:19900:0:89:7:10::", Some(false)),
            ("ada:$y$x:19900:0:1:7:::", Some(true)),
            ("ada:$y$x:0:0:1:7:1::", Some(true)), // to be changed at the next login: the account phase asks
            (
                "ada:$y$x:1:0:9223372036854775807:7:9223372036854775807::",
                Some(true),
            ),
            // Less than a whole line, and more.
            ("ada:$y$x", Some(true)),
            ("ada:!", Some(false)),
            ("ada", Some(true)),
            ("ada:$y$x:::::::::::", Some(true)),
            // Not numbers.
            ("ada:$y$x:19000:0:99999:7::soon:", None),
            ("ada:$y$x:19000:0:99999:7::99999999999999999999:", None),
            ("ada:$y$x:x:0:99999:7:::", None),
            // Somebody else's, nobody's, and twice.
            ("ad:!:::::::\nadam:!:::::::\n ada:!:::::::\n#ada:!\n", Some(true)),
            ("", Some(true)),
            ("ada:$y$x:::::::\nada:!:::::::\n", Some(false)),
            ("ada:!$y$x:::::::\nada:$y$x:::::::\n", Some(false)),
        ];
        for (text, expected) in table {
            assert_eq!(entry_allows(text.as_bytes(), "ada", today), *expected, "{text:?}");
        }
        assert_eq!(
            entry_allows(b"\xff:!\nada:\xff:\xff:::::::\n", "ada", today),
            None
        );
    }

    #[test]
    fn r17_a_shadow_file_that_others_could_have_written_does_not_answer() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("shadow");
        let ask = |path: &Path| may_enter(path, "ada", 20_000);
        assert!(matches!(ask(&path), Err(ShadowError::Missing(_))));
        std::fs::write(&path, "ada:$y$x:19000:0:99999:7:::\n").unwrap();
        let mode = |bits| std::fs::set_permissions(&path, PermissionsExt::from_mode(bits)).unwrap();
        mode(0o640);
        assert!(ask(&path).unwrap());
        for bits in [0o660, 0o642] {
            mode(bits);
            assert!(matches!(ask(&path), Err(ShadowError::Unsafe(_))), "{bits:o}");
        }
        mode(0o640);
        let link = dir.path().join("link");
        symlink(&path, &link).unwrap();
        assert!(matches!(ask(&link), Err(ShadowError::Unsafe(_))));
        assert!(matches!(ask(dir.path()), Err(ShadowError::Unsafe(_))));
        let fifo = dir.path().join("fifo");
        nix::unistd::mkfifo(&fifo, Mode::from_bits_truncate(0o600)).unwrap();
        assert!(matches!(ask(&fifo), Err(ShadowError::Unsafe(_))));
        File::options()
            .write(true)
            .open(&path)
            .unwrap()
            .set_len(LARGEST + 1)
            .unwrap();
        assert!(matches!(ask(&path), Err(ShadowError::TooLarge(_))));
    }
}
