//! The words after the module's name in a PAM file. An unknown word is an error: a misspelt restriction must not pass
//! for none (R23).

use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;
use std::time::Duration;

use facelogin_protocol::SOCKET_PATH;

/// What the arguments say.
#[derive(Debug, PartialEq, Eq)]
pub struct Settings {
    /// `socket=PATH`: where the daemon listens.
    pub socket: PathBuf,
    /// `timeout=SECONDS`: how long the whole call may take, 1 to 30.
    pub timeout: Duration,
    /// `timeout_result=auth_err`: a scan that ended without a face to compare, or had to wait for something that passes
    /// by itself, is `PAM_AUTH_ERR`, for callers that give up on a module for good after `PAM_AUTHINFO_UNAVAIL`
    /// (`kde-face`).
    pub timeout_is_auth_err: bool,
    /// `note_password`: asks nobody, and only notes that a password was typed (R21).
    pub note_password: bool,
    /// `debug`: a second line in the log.
    pub debug: bool,
}

/// Which word is wrong. The words are as they stand in the file: escape them before logging.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum ArgError {
    /// No such argument.
    #[error(
        "unknown module argument \"{0}\"; known are socket=, timeout=, timeout_result=auth_err, note_password, debug"
    )]
    Unknown(String),
    /// An argument stands twice.
    #[error("module argument \"{0}\" is given twice")]
    Twice(&'static str),
    /// Not a path a socket can have.
    #[error("socket=\"{0}\" is not an absolute path of at most {MAX_SOCKET_PATH} bytes")]
    Socket(String),
    /// Not a number of seconds in range.
    #[error("timeout=\"{0}\" is not a whole number of seconds from 1 to 30")]
    Timeout(String),
    /// Not `auth_err`.
    #[error("timeout_result=\"{0}\" is not known; only auth_err is")]
    TimeoutResult(String),
    /// No scan of this line could have a result.
    #[error("note_password and timeout_result= do not go together: this line scans nothing")]
    NoScan,
}

/// `sun_path` of unix(7) without its closing NUL.
const MAX_SOCKET_PATH: usize = 107;

/// Longer than a scan needs, far shorter than the 60 s alarm of login(1).
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(5);

/// Reads the arguments; each may stand once.
pub fn parse(args: &[String]) -> Result<Settings, ArgError> {
    let (mut socket, mut timeout, mut result) = (None, None, None);
    let (mut note, mut debug) = (None, None);
    for arg in args {
        match arg.split_once('=') {
            Some(("socket", path)) => once("socket", &mut socket, parse_socket(path)?)?,
            Some(("timeout", seconds)) => once("timeout", &mut timeout, parse_timeout(seconds)?)?,
            Some(("timeout_result", "auth_err")) => once("timeout_result", &mut result, true)?,
            Some(("timeout_result", other)) => return Err(ArgError::TimeoutResult(other.to_owned())),
            None if arg == "note_password" => once("note_password", &mut note, true)?,
            None if arg == "debug" => once("debug", &mut debug, true)?,
            _ => return Err(ArgError::Unknown(arg.clone())),
        }
    }
    if note.is_some() && result.is_some() {
        return Err(ArgError::NoScan);
    }
    Ok(Settings {
        socket: socket.unwrap_or_else(|| PathBuf::from(SOCKET_PATH)),
        timeout: timeout.unwrap_or(DEFAULT_TIMEOUT),
        timeout_is_auth_err: result.unwrap_or(false),
        note_password: note.unwrap_or(false),
        debug: debug.unwrap_or(false),
    })
}

fn once<T>(name: &'static str, slot: &mut Option<T>, value: T) -> Result<(), ArgError> {
    match slot.replace(value) {
        None => Ok(()),
        Some(_) => Err(ArgError::Twice(name)),
    }
}

fn parse_socket(text: &str) -> Result<PathBuf, ArgError> {
    let path = PathBuf::from(text);
    if path.is_absolute() && path.as_os_str().as_bytes().len() <= MAX_SOCKET_PATH {
        Ok(path)
    } else {
        Err(ArgError::Socket(text.to_owned()))
    }
}

fn parse_timeout(text: &str) -> Result<Duration, ArgError> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    match text.parse() {
        Ok(seconds @ 1..=30) if digits => Ok(Duration::from_secs(seconds)),
        _ => Err(ArgError::Timeout(text.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(words: &[&str]) -> Result<Settings, ArgError> {
        parse(&words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn no_argument_means_the_defaults() {
        let settings = read(&[]).unwrap();
        assert_eq!(settings.socket, PathBuf::from(SOCKET_PATH));
        assert_eq!(settings.timeout, Duration::from_secs(5));
        assert!(!settings.timeout_is_auth_err && !settings.note_password && !settings.debug);
    }

    #[test]
    fn every_argument_is_read() {
        let settings = read(&["debug", "timeout=30", "socket=/x", "timeout_result=auth_err"]).unwrap();
        assert_eq!(
            settings,
            Settings {
                socket: PathBuf::from("/x"),
                timeout: Duration::from_secs(30),
                timeout_is_auth_err: true,
                note_password: false,
                debug: true,
            }
        );
        assert!(
            read(&["note_password", "socket=/x", "timeout=1"])
                .unwrap()
                .note_password
        );
        assert_eq!(
            read(&["note_password", "timeout_result=auth_err"]),
            Err(ArgError::NoScan)
        );
        assert_eq!(
            read(&["socket=/a=b"]).unwrap().socket,
            PathBuf::from("/a=b"),
            "only the first = separates"
        );
    }

    #[test]
    fn r14_the_longest_socket_path_is_what_a_socket_address_holds() {
        let path = |length: usize| format!("socket=/{}", "x".repeat(length - 1));
        assert!(read(&[&path(107)]).is_ok());
        assert!(matches!(read(&[&path(108)]), Err(ArgError::Socket(_))));
    }

    #[test]
    fn r23_anything_else_is_an_error() {
        for wrong in [
            "",
            "nonsense",
            "Debug",
            "debug=1",
            "socket",
            "socket=",
            "socket=relative",
            "timeout",
            "timeout=",
            "timeout=0",
            "timeout=31",
            "timeout=-1",
            "timeout=+5",
            "timeout=5s",
            "timeout=1e1",
            "timeout= 5",
            "timeout=99999999999999999999",
            "timeout_result=",
            "timeout_result=success",
            "timeout_result=ignore",
            "TIMEOUT=5",
            "note_password=1",
            "note-password",
        ] {
            assert!(read(&[wrong]).is_err(), "{wrong:?}");
        }
        for twice in [
            ["debug", "debug"],
            ["note_password", "note_password"],
            ["timeout=1", "timeout=1"],
            ["socket=/a", "socket=/a"],
        ] {
            assert!(matches!(read(&twice), Err(ArgError::Twice(_))), "{twice:?}");
        }
    }
}
