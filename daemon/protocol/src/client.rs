//! A blocking client under one deadline. It trusts nobody but root on the other end.

use std::os::fd::OwnedFd;
use std::path::Path;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::codec::{CodecError, Inbox, Reply, decode, encode_call};
use crate::deadline::Deadline;
use crate::socket::{SocketError, connect_to, peer_uid, send_all};
use crate::types::{AuthenticateIn, AuthenticateOut};
use crate::{INTERFACE_NAME, LARGE_REPLY, SMALL_MESSAGE};

/// Why a call brought no answer to rely on.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// Nobody listens there.
    #[error("cannot reach facelogind: {0}")]
    Unreachable(SocketError),
    /// Who listens there is not root.
    #[error("the process behind the socket runs as uid {0}, not as root; not asking it")]
    NotRoot(u32),
    /// The exchange failed on the way.
    #[error("the conversation with facelogind failed: {0}")]
    Broken(#[from] CodecError),
    /// The daemon closed without an answer.
    #[error("facelogind closed the connection without an answer")]
    NoAnswer,
    /// The answer is not one to this question.
    #[error("facelogind's answer is not valid: {0}")]
    Violation(&'static str),
    /// The daemon answered with an error of the interface.
    #[error("facelogind refused: {name}")]
    Refused {
        /// The error's name, with its interface.
        name: String,
        /// Its parameters, for [`ClientError::refusal`].
        reply: Box<Reply>,
    },
}

impl ClientError {
    /// The parameters of a refusal, when it is the named error (without its interface).
    pub fn refusal<T: DeserializeOwned>(&self, wanted: &str) -> Option<T> {
        let Self::Refused { name, reply } = self else {
            return None;
        };
        let name = name.strip_prefix(INTERFACE_NAME)?.strip_prefix('.')?;
        (name == wanted).then(|| reply.parameters().ok()).flatten()
    }
}

impl From<SocketError> for ClientError {
    fn from(error: SocketError) -> Self {
        Self::Broken(CodecError::Socket(error))
    }
}

/// One connection to the daemon, or to another service of root's that speaks Varlink.
#[derive(Debug)]
pub struct Client {
    fd: OwnedFd,
    inbox: Inbox,
    interface: &'static str,
}

impl Client {
    /// Connects, and checks that root is on the other side.
    pub fn connect(path: &Path, deadline: Deadline) -> Result<Self, ClientError> {
        Self::connect_to_interface(path, INTERFACE_NAME, deadline)
    }

    /// Connects to whoever serves another interface, with the same check.
    pub fn connect_to_interface(
        path: &Path,
        interface: &'static str,
        deadline: Deadline,
    ) -> Result<Self, ClientError> {
        let fd = connect_to(path, deadline).map_err(ClientError::Unreachable)?;
        match peer_uid(&fd).map_err(ClientError::Unreachable)? {
            0 => Ok(Self {
                fd,
                inbox: Inbox::default(),
                interface,
            }),
            other => Err(ClientError::NotRoot(other)),
        }
    }

    /// One call, one reply. `method` without its interface.
    pub fn call<T: DeserializeOwned>(
        &mut self,
        method: &str,
        parameters: &impl Serialize,
        deadline: Deadline,
    ) -> Result<T, ClientError> {
        self.send(method, parameters, false, deadline)?;
        let reply = self.receive(LARGE_REPLY, deadline)?;
        if reply.continues == Some(true) {
            return Err(ClientError::Violation(
                "it promises a further reply that was not asked for",
            ));
        }
        Ok(reply.parameters().map_err(CodecError::from)?)
    }

    /// One call, any number of replies, each handed to `each`; the last one is returned.
    pub fn call_more<T: DeserializeOwned>(
        &mut self,
        method: &str,
        parameters: &impl Serialize,
        deadline: Deadline,
        mut each: impl FnMut(T),
    ) -> Result<T, ClientError> {
        self.send(method, parameters, true, deadline)?;
        loop {
            let reply = self.receive(LARGE_REPLY, deadline)?;
            let value = reply.parameters().map_err(CodecError::from)?;
            if reply.continues != Some(true) {
                return Ok(value);
            }
            each(value);
        }
    }

    /// The one call of a PAM module (R2): the reply must carry this request's id and uid, must be the only one, and
    /// the daemon must close after it. Never half-closes: the daemon takes the end of the stream as a cancel.
    pub fn authenticate(
        mut self,
        request: &AuthenticateIn,
        deadline: Deadline,
    ) -> Result<AuthenticateOut, ClientError> {
        if !self.inbox.is_empty() {
            return Err(ClientError::Violation("it came before the request"));
        }
        self.reject_early_bytes()?;
        self.send("Authenticate", request, false, deadline)?;
        let reply = self.receive(SMALL_MESSAGE, deadline)?;
        if reply.continues.is_some() {
            return Err(ClientError::Violation("it promises a further reply"));
        }
        let answer: AuthenticateOut = reply.parameters().map_err(CodecError::from)?;
        if answer.request_id != request.request_id {
            return Err(ClientError::Violation("it answers another request"));
        }
        if answer.uid != request.uid {
            return Err(ClientError::Violation("it is about another user"));
        }
        match self.inbox.next(&self.fd, SMALL_MESSAGE, deadline)? {
            None => Ok(answer),
            Some(_) => Err(ClientError::Violation("a second reply follows")),
        }
    }

    /// Bytes that are there before the request was sent cannot be its answer.
    fn reject_early_bytes(&self) -> Result<(), ClientError> {
        use nix::sys::socket::{MsgFlags, recv};
        use std::os::fd::AsRawFd;
        let mut byte = [0];
        match recv(
            self.fd.as_raw_fd(),
            &mut byte,
            MsgFlags::MSG_DONTWAIT | MsgFlags::MSG_PEEK,
        ) {
            Err(nix::errno::Errno::EAGAIN) => Ok(()),
            Ok(0) => Err(ClientError::NoAnswer),
            Ok(_) => Err(ClientError::Violation("it came before the request")),
            Err(errno) => Err(SocketError::System { call: "recv", errno }.into()),
        }
    }

    fn send(
        &mut self,
        method: &str,
        parameters: &impl Serialize,
        more: bool,
        deadline: Deadline,
    ) -> Result<(), ClientError> {
        let method = format!("{}.{method}", self.interface);
        let bytes = encode_call(&method, parameters, more).map_err(CodecError::from)?;
        Ok(send_all(&self.fd, &bytes, deadline)?)
    }

    fn receive(&mut self, max: usize, deadline: Deadline) -> Result<Reply, ClientError> {
        let message = self
            .inbox
            .next(&self.fd, max, deadline)?
            .ok_or(ClientError::NoAnswer)?;
        let reply: Reply = decode(&message)?;
        match &reply.error {
            None => Ok(reply),
            Some(name) => Err(ClientError::Refused {
                name: name.clone(),
                reply: Box::new(reply),
            }),
        }
    }
}
