//! systemd-journald's native protocol: a datagram of fields, as <https://systemd.io/JOURNAL_NATIVE_PROTOCOL> has it.
//!
//! The crates that speak it (libsystemd, systemd-journal-logger, tracing-journald) send on a blocking socket, and a
//! log that is full must not hold up logins. What is sent here always fits one datagram, so that of the protocol there
//! remain the two forms of a field.

use std::io;
use std::os::unix::net::UnixDatagram;
use std::path::Path;

use super::{IDENTIFIER, Message};

/// `LOG_AUTHPRIV`, as a number of syslog(3)'s facilities.
const AUTHPRIV: &str = "10";

/// A connected journal.
pub struct Journal(UnixDatagram);

impl Journal {
    /// `None` where no journal listens.
    pub fn connect(path: &Path) -> Option<Self> {
        let socket = UnixDatagram::unbound().ok()?;
        socket.set_nonblocking(true).ok()?;
        socket.connect(path).ok()?;
        Some(Self(socket))
    }

    /// One entry, now or never.
    pub fn send(&self, message: &Message<'_>, lost: u64) -> io::Result<()> {
        self.0.send(&datagram(message, lost)).map(drop)
    }
}

fn datagram(message: &Message<'_>, lost: u64) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(1024);
    field(&mut bytes, "MESSAGE", &message.line);
    field(&mut bytes, "MESSAGE_ID", message.event.id());
    field(&mut bytes, "PRIORITY", &(message.level as u8).to_string());
    field(&mut bytes, "SYSLOG_FACILITY", AUTHPRIV);
    field(&mut bytes, "SYSLOG_IDENTIFIER", IDENTIFIER);
    for (key, value) in message.entry.map(|entry| entry.fields()).unwrap_or_default() {
        field(&mut bytes, key, &value);
    }
    if lost > 0 {
        field(&mut bytes, "FACELOGIN_LOST_BEFORE", &lost.to_string());
    }
    bytes
}

/// One field: `KEY=value` and a line feed. A value that holds a line feed goes with its length, 64 bits little-endian,
/// and so cannot begin another field.
fn field(bytes: &mut Vec<u8>, key: &str, value: &str) {
    bytes.extend_from_slice(key.as_bytes());
    if value.contains('\n') {
        bytes.push(b'\n');
        bytes.extend_from_slice(&(value.len() as u64).to_le_bytes());
    } else {
        bytes.push(b'=');
    }
    bytes.extend_from_slice(value.as_bytes());
    bytes.push(b'\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r14_a_line_feed_in_a_value_begins_no_field() {
        let mut bytes = Vec::new();
        field(&mut bytes, "A", "one");
        field(&mut bytes, "B", "x\nA=two");
        field(&mut bytes, "C", "");
        assert_eq!(bytes, b"A=one\nB\n\x07\0\0\0\0\0\0\0x\nA=two\nC=\n");
    }
}
