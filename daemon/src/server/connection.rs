//! One connection: calls are read one after the other, each within its time, and answered.

use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::sync::Arc;
use std::time::{Duration, Instant};

use facelogin_protocol::codec::{Call, CodecError, Inbox, decode, encode_reply};
use facelogin_protocol::socket::{SocketError, send_all};
use facelogin_protocol::types::Reason;
use facelogin_protocol::{Deadline, INTERFACE_NAME, LARGE_MESSAGE, SMALL_MESSAGE};
use nix::sys::socket::{Shutdown, shutdown};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::server::failure::Failure;
use crate::server::quota::Place;
use crate::server::{Daemon, authenticate, enrol, history, introspect, look, manage, password, watch};

/// How long a connection may stay without a whole call: long enough for a person at a Varlink tool's prompt.
const IDLE: Duration = Duration::from_secs(10);

/// How long root's pictures may take to arrive.
const LARGE: Duration = Duration::from_secs(30);

/// How long a reply may take to leave.
const SENDING: Duration = Duration::from_secs(2);

/// For a reply that fits the socket's buffer or is not worth waiting for.
const NOW: Duration = Duration::ZERO;

/// Who is on the other end, and the way back to them.
#[derive(Debug)]
pub struct Peer {
    fd: OwnedFd,
    /// From `SO_PEERCRED`.
    pub uid: u32,
}

impl Peer {
    /// Of this uid, at the other end of `fd`.
    pub fn at(fd: OwnedFd, uid: u32) -> Self {
        Self { fd, uid }
    }

    /// Whether it is root.
    pub fn is_root(&self) -> bool {
        self.uid == 0
    }

    /// For polling whether they are still there.
    pub fn fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }

    /// Sends a reply that others follow, now or never.
    pub fn progress(&self, parameters: &impl Serialize) -> Result<(), CodecError> {
        self.send(&encode_reply(parameters, true)?, NOW)
    }

    /// Sends the last reply of the connection and ends it: the caller reads up to the end before it believes the
    /// reply (R2), and must not wait for what we still have to do.
    pub fn reply_and_end(&self, parameters: &impl Serialize) -> Result<(), CodecError> {
        let sent = self.reply_now(parameters);
        // The caller may have closed already.
        let _ = shutdown(self.fd.as_raw_fd(), Shutdown::Both);
        sent
    }

    /// Sends the last reply to a call, now or never: for whoever has the camera, which must not wait for a peer that
    /// does not read.
    pub fn reply_now(&self, parameters: &impl Serialize) -> Result<(), CodecError> {
        self.send(&encode_reply(parameters, false)?, NOW)
    }

    /// Sends the last reply to a call.
    pub fn reply(&self, parameters: &impl Serialize) -> Result<(), CodecError> {
        self.send(&encode_reply(parameters, false)?, SENDING)
    }

    fn fail(&self, failure: Failure) -> Result<(), CodecError> {
        self.send(&failure.encode()?, SENDING)
    }

    fn send(&self, bytes: &[u8], patience: Duration) -> Result<(), CodecError> {
        Ok(send_all(&self.fd, bytes, Deadline::after(patience))?)
    }
}

/// Whether the connection goes on after a call.
#[derive(Debug)]
pub enum Next {
    /// For another call.
    Call,
    /// It is closed.
    Close,
    /// For what is announced to it, and no further call.
    Watch(watch::Watching),
}

/// What a method has to say in the end.
pub type Answer = Result<Next, Failure>;

/// Serves a connection until either side ends it, and gives its place back.
pub fn serve(daemon: &Arc<Daemon>, fd: OwnedFd, uid: u32, place: Place) {
    let peer = Peer::at(fd, uid);
    let mut inbox = Inbox::default();
    let (max, patience) = if peer.is_root() {
        (LARGE_MESSAGE, LARGE)
    } else {
        (SMALL_MESSAGE, IDLE)
    };
    loop {
        let call = match inbox.next(&peer.fd, max, Deadline::after(patience)) {
            Ok(Some(message)) => decode::<Call>(&message),
            Ok(None) | Err(CodecError::Socket(SocketError::TimedOut)) => return,
            Err(error) => Err(error),
        };
        // Whoever does not speak the protocol gets no second chance to confuse us.
        let Ok(call) = call else { return };
        let answer = if daemon.pace.may_call(peer.uid, Instant::now()) {
            answer(daemon, &peer, &call)
        } else {
            // Before the store is asked or a line is logged: that is what it would be flooded for.
            Err(Failure::Unavailable(
                Reason::RateLimited,
                "too many calls; wait a second".into(),
            ))
        };
        match answer {
            Ok(Next::Call) => {}
            Ok(Next::Close) => return,
            Ok(Next::Watch(watching)) => {
                // It may stay for days, and the place is meant for logins: watchers have a quota of their own.
                drop(place);
                return watch::pass_on(daemon, &peer, watching);
            }
            Err(failure) => {
                let failure = if peer.is_root() {
                    failure
                } else {
                    failure.without_details()
                };
                // An attempt has one answer, whatever it is (R2).
                if peer.fail(failure).is_err() || call.method.ends_with(".Authenticate") {
                    return;
                }
            }
        }
    }
}

fn answer(daemon: &Daemon, peer: &Peer, call: &Call) -> Answer {
    if call.oneway == Some(true) || call.upgrade == Some(true) {
        return Ok(Next::Close);
    }
    let (interface, method) = call.method.rsplit_once('.').unwrap_or_default();
    match (interface, method) {
        ("org.varlink.service", _) => introspect::answer(peer, call, method),
        (INTERFACE_NAME, "Authenticate") => authenticate::answer(daemon, peer, read(call)?),
        (INTERFACE_NAME, "ReportPassword") => password::report(daemon, peer, read(call)?),
        (INTERFACE_NAME, "Test") => look::test(daemon, peer, read(call)?),
        (INTERFACE_NAME, "Identify") => look::identify(daemon, peer, read(call)?),
        (INTERFACE_NAME, "EnrollCamera") => {
            enrol::from_camera(daemon, peer, read(call)?, call.more == Some(true))
        }
        (INTERFACE_NAME, "EnrollPictures") => enrol::from_pictures(daemon, peer, read(call)?),
        (INTERFACE_NAME, "ListTemplates") => manage::list(daemon, peer, read(call)?),
        (INTERFACE_NAME, "RemoveTemplate") => manage::remove(daemon, peer, read(call)?),
        (INTERFACE_NAME, "RenameTemplate") => manage::rename(daemon, peer, read(call)?),
        (INTERFACE_NAME, "ClearTemplates") => manage::clear(daemon, peer, read(call)?),
        (INTERFACE_NAME, "Unlock") => manage::unlock(daemon, peer, read(call)?),
        (INTERFACE_NAME, "ListAttempts") => history::attempts(daemon, peer, read(call)?),
        (INTERFACE_NAME, "Watch") => {
            let Nothing {} = read(call)?;
            watch::begin(daemon, peer, call.more == Some(true))
        }
        (INTERFACE_NAME, "ListCameras") => manage::cameras(daemon, peer, read(call)?),
        (INTERFACE_NAME, "GetStatus") => manage::status(daemon, peer, read(call)?),
        (INTERFACE_NAME, _) => Err(Failure::MethodNotFound(call.method.clone())),
        (other, _) => Err(Failure::InterfaceNotFound(other.into())),
    }
}

/// The parameters of a call as its method's own type.
pub fn read<T: DeserializeOwned>(call: &Call) -> Result<T, Failure> {
    call.parameters()
        .map_err(|error| Failure::InvalidParameter(error.to_string()))
}

/// Parameters of a method that takes none.
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Nothing {}

/// Sends the last reply of a method whose connection goes on.
pub fn done(peer: &Peer, parameters: &impl Serialize) -> Answer {
    // A peer that cannot be reached any more is not to be answered anything else either.
    Ok(peer.reply(parameters).map_or(Next::Close, |()| Next::Call))
}

/// Lets root pass.
pub fn root_only(peer: &Peer, what: &'static str) -> Result<(), Failure> {
    if peer.is_root() {
        Ok(())
    } else {
        Err(Failure::NotPermitted(what))
    }
}
