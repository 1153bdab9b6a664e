//! What the calling program says of the login. None of it is trusted: lengths and characters are checked before any
//! use (R14).

use std::ffi::CStr;

use facelogin_protocol::escape::for_log;
use pamsm::{Pam, PamError, PamLibExt, PamResult};

use crate::{asker, ffi};

/// No user name, service, terminal or host name is longer: `LOGIN_NAME_MAX` and `HOST_NAME_MAX` are below it.
const MAX_BYTES: usize = 256;

/// Who wants in, through what.
#[derive(Debug, PartialEq, Eq)]
pub struct Caller {
    /// `PAM_USER`.
    pub user: String,
    /// `PAM_SERVICE`.
    pub service: String,
    /// `PAM_TTY`.
    pub tty: Option<String>,
    /// Who asks: what the kernel says of it, where it says anything, else `PAM_RUSER`.
    pub ruser: Option<String>,
}

/// Why the daemon is not asked about this login.
#[derive(Debug, PartialEq, thiserror::Error)]
pub enum CallerError {
    /// R27. `PAM_RHOST` is not empty.
    #[error("the login comes from another machine")]
    Remote,
    /// libpam could not find out who wants in.
    #[error("the program did not say which user, and asking failed ({0})")]
    NoUser(PamError),
    /// No account can have this name.
    #[error("the user name is {0}")]
    UserName(Flaw),
    /// An item that cannot be passed on.
    #[error("{item} is {flaw}")]
    Item {
        /// Its name in PAM.
        item: &'static str,
        /// What is wrong with it.
        flaw: Flaw,
    },
}

/// What is wrong with a string.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Flaw {
    /// Nothing in it.
    #[error("empty")]
    Empty,
    /// Too many bytes.
    #[error("longer than {MAX_BYTES} bytes")]
    TooLong,
    /// Bytes that are no text.
    #[error("not UTF-8")]
    NotText,
    /// No name has any, and each would take six bytes of the request.
    #[error("spoilt by a control character")]
    Control,
}

impl Caller {
    /// Reads and checks the items of this login.
    pub fn read(pam: &Pam) -> Result<Self, CallerError> {
        // First: a request from another machine is not even asked for its user's name.
        // A host that cannot be read is one all the same.
        if !matches!(pam.get_rhost(), Ok(host) if host.is_none_or(CStr::is_empty)) {
            return Err(CallerError::Remote);
        }
        let user = user(pam).map_err(CallerError::NoUser)?;
        let user = checked(user.to_bytes()).map_err(CallerError::UserName)?;
        let service = item("PAM_SERVICE", pam.get_service())?.ok_or(CallerError::Item {
            item: "PAM_SERVICE",
            flaw: Flaw::Empty,
        })?;
        let tty = item("PAM_TTY", Ok(ffi::tty(pam)))?;
        let ruser = asker::name(&service, item("PAM_RUSER", pam.get_ruser())?);
        Ok(Self {
            user,
            service,
            tty,
            ruser,
        })
    }
}

/// The name the program gave, else what libpam's own prompt brings. That prompt is libpam's code: it survives a
/// conversation that answers NULL, and takes it for a failure; but it calls a function without looking whether there is
/// one.
fn user(pam: &Pam) -> PamResult<&CStr> {
    match pam.get_cached_user()? {
        Some(user) => Ok(user),
        None if !ffi::can_converse(pam) => Err(PamError::CONV_ERR),
        None => pam.get_user(None)?.ok_or(PamError::CONV_ERR),
    }
}

/// An optional item; empty counts as absent.
fn item(name: &'static str, value: PamResult<Option<&CStr>>) -> Result<Option<String>, CallerError> {
    match value.ok().flatten() {
        None => Ok(None),
        Some(text) if text.is_empty() => Ok(None),
        Some(text) => match checked(text.to_bytes()) {
            Ok(text) => Ok(Some(text)),
            Err(flaw) => Err(CallerError::Item { item: name, flaw }),
        },
    }
}

/// A string as it may be passed on.
pub fn checked(bytes: &[u8]) -> Result<String, Flaw> {
    if bytes.is_empty() {
        return Err(Flaw::Empty);
    }
    if bytes.len() > MAX_BYTES {
        return Err(Flaw::TooLong);
    }
    let text = std::str::from_utf8(bytes).map_err(|_| Flaw::NotText)?;
    if text.chars().any(char::is_control) {
        return Err(Flaw::Control);
    }
    Ok(text.to_owned())
}

/// A foreign string as it may stand in a log line.
pub fn shown(text: &str) -> String {
    for_log(text, 200)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r14_strings_are_checked_before_use() {
        let longest = "x".repeat(256);
        let cases: [(&[u8], Result<&str, Flaw>); 7] = [
            (b"alice", Ok("alice")),
            ("zoë".as_bytes(), Ok("zoë")),
            (longest.as_bytes(), Ok(&longest)),
            (b"", Err(Flaw::Empty)),
            (&[b'x'; 257], Err(Flaw::TooLong)),
            (b"\xff", Err(Flaw::NotText)),
            (b"a\nb", Err(Flaw::Control)),
        ];
        for (bytes, expected) in cases {
            assert_eq!(checked(bytes), expected.map(str::to_owned), "{bytes:?}");
        }
    }

    #[test]
    fn an_empty_item_is_an_absent_one() {
        assert_eq!(item("PAM_TTY", Ok(None)), Ok(None));
        assert_eq!(item("PAM_TTY", Ok(Some(c""))), Ok(None));
        assert_eq!(item("PAM_TTY", Ok(Some(c"tty1"))), Ok(Some("tty1".into())));
        assert_eq!(item("PAM_TTY", Err(PamError::BAD_ITEM)), Ok(None));
    }

    #[test]
    fn r14_a_shown_string_has_one_line() {
        assert!(!shown("a\nb\x1b[2J\u{202e}").contains(|c: char| c.is_control()));
    }
}
