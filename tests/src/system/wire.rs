//! The daemon's socket byte by byte.

use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use facelogin_protocol::types::AuthenticateIn;
use facelogin_protocol::{INTERFACE_NAME, RequestId};
use serde_json::{Value, json};

use super::user;

/// One raw connection.
#[derive(Debug)]
pub struct Wire {
    stream: UnixStream,
    inbox: Vec<u8>,
}

impl Wire {
    /// As root.
    pub fn connect(socket: &Path) -> Self {
        let stream = UnixStream::connect(socket).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(45))).unwrap();
        stream.set_write_timeout(Some(Duration::from_secs(10))).unwrap();
        Self {
            stream,
            inbox: Vec::new(),
        }
    }

    /// As somebody else: the daemon takes the uid from who connected.
    pub fn connect_as(socket: &Path, uid: u32) -> Self {
        user::act_as(uid, || Self::connect(socket))
    }

    /// Sends bytes. A daemon that has closed already is part of the play.
    pub fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes)
    }

    /// Sends one call.
    pub fn call(&mut self, call: &Value) -> io::Result<()> {
        self.send(format!("{call}\0").as_bytes())
    }

    /// The next reply; `None` when the daemon has closed.
    ///
    /// # Panics
    /// When neither happens, and when it is not JSON.
    #[track_caller]
    pub fn reply(&mut self) -> Option<Value> {
        loop {
            if let Some(end) = self.inbox.iter().position(|byte| *byte == 0) {
                let message: Vec<u8> = self.inbox.drain(..=end).collect();
                return Some(serde_json::from_slice(&message[..end]).unwrap());
            }
            let mut chunk = [0; 4096];
            match self.stream.read(&mut chunk) {
                Ok(0) => return None,
                Ok(got) => self.inbox.extend_from_slice(&chunk[..got]),
                Err(error) if error.kind() == io::ErrorKind::ConnectionReset => return None,
                Err(error) => panic!("no reply and no end: {error}"),
            }
        }
    }

    /// Sends one call and waits for its reply.
    #[track_caller]
    pub fn ask(&mut self, call: &Value) -> Option<Value> {
        self.call(call).unwrap();
        self.reply()
    }
}

/// A call of a method of ours.
pub fn method(name: &str, parameters: Value) -> Value {
    json!({ "method": format!("{INTERFACE_NAME}.{name}"), "parameters": parameters })
}

/// What the module would send.
pub fn authenticate_in(user: &str, service: &str) -> AuthenticateIn {
    authenticate_account(user, user::uid(user), service)
}

/// The same about an account that this machine need not have.
pub fn authenticate_account(user: &str, uid: u32, service: &str) -> AuthenticateIn {
    AuthenticateIn {
        request_id: RequestId::random().unwrap(),
        user: user.into(),
        uid,
        service: service.into(),
        tty: None,
        rhost: None,
        ruser: None,
        consent: true,
        timeout_ms: 20_000,
    }
}
