//! A line to the system's log where there is no journal.

use std::io;
use std::os::unix::net::UnixDatagram;
use std::path::Path;

use syslog::{Facility, Formatter3164, Logger, LoggerBackend};

use super::{IDENTIFIER, Level, Message};

/// A connected syslog.
pub struct Syslog(Logger<LoggerBackend, Formatter3164>);

impl Syslog {
    /// `None` where nobody listens.
    pub fn connect(path: &Path) -> Option<Self> {
        let formatter = Formatter3164 {
            facility: Facility::LOG_AUTHPRIV,
            hostname: None,
            process: IDENTIFIER.into(),
            pid: std::process::id(),
        };
        let socket = UnixDatagram::unbound().ok()?;
        socket.set_nonblocking(true).ok()?;
        socket.connect(path).ok()?;
        Some(Self(Logger::new(LoggerBackend::Unix(socket), formatter)))
    }

    /// One line, now or never.
    pub fn send(&mut self, message: &Message<'_>, lost: u64) -> io::Result<()> {
        let mut line = message.line.clone();
        if lost > 0 {
            line.push_str(&format!(" lost_before={lost}"));
        }
        let written = match message.level {
            Level::Notice => self.0.notice(line),
            Level::Warning => self.0.warning(line),
        };
        written.map_err(|error| match error {
            syslog::Error::Write(error) | syslog::Error::Io(error) => error,
            other @ syslog::Error::Initialization(_) => io::Error::other(other.to_string()),
        })
    }
}
