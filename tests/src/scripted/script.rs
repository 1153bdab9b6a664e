//! What a scripted daemon does on one connection.

use std::io::{self, Read, Write};
use std::net::Shutdown;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::thread::sleep;
use std::time::Duration;

use facelogin_protocol::codec::{Call, Inbox, decode, encode_error, encode_reply};
use facelogin_protocol::types::{AuthenticateIn, AuthenticateOut, Done, Reason, ReportPasswordIn, Verdict};
use facelogin_protocol::{Deadline, RequestId, SMALL_MESSAGE};
use nix::poll::PollFlags;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::peer::{PeerSocket, sockets_of_peer};

/// What to do on one connection. Unless it says otherwise: read the request, answer, close. What would answer an
/// `Authenticate` says `Done` to a `ReportPassword`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Script {
    /// As the daemon does.
    Answer(Verdict, Reason),
    /// The right match, at a service that hands out another user's rights.
    Elevation,
    /// A match before the request is read, then the right match.
    EarlyMatch,
    /// A match with another request's id.
    OtherId,
    /// A match about another uid.
    OtherUid,
    /// The right match, twice.
    Twice,
    /// The right match, then these bytes.
    MatchAnd(Vec<u8>),
    /// The right match, and the connection stays open.
    MatchAndStay,
    /// The right match, one byte at a time with this many milliseconds between.
    Drip(u64),
    /// The right match, but only this many bytes of it.
    Cut(usize),
    /// The right match, announcing another reply.
    Continues,
    /// These bytes.
    Bytes(Vec<u8>),
    /// A Varlink error.
    Error(String, Value),
    /// The request is read, and nothing is said until the peer leaves.
    Silence,
    /// Nothing is read or said until the peer leaves.
    Ignore,
    /// Closes at once.
    Close,
    /// Closes its receiving side at once, so that sending to it raises SIGPIPE, and the rest a little later.
    Deaf,
}

impl Script {
    /// The one that lets in.
    pub const MATCH: Self = Self::Answer(Verdict::Match, Reason::Matched);

    /// What a service with the trigger `enter` is told first.
    pub const CONSENT: Self = Self::Answer(Verdict::Unavailable, Reason::ConsentNeeded);
}

/// What was seen on one connection.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    /// The request, when it was read and was one.
    pub request: Option<AuthenticateIn>,
    /// The report of a typed password, when it was one.
    pub report: Option<ReportPasswordIn>,
    /// The sockets that the peer's process had open meanwhile.
    pub sockets: Vec<PeerSocket>,
    /// The peer sent more, or closed its sending side, before the answer.
    pub stirred: bool,
}

/// Longer than any test waits: only a peer that never leaves is cut off by it.
const PATIENCE: Duration = Duration::from_secs(40);

/// Follows the script on one connection. Errors are a peer that left early.
pub fn perform(script: &Script, mut stream: UnixStream, seen: &mut Seen) -> io::Result<()> {
    match script {
        Script::Close => return Ok(()),
        Script::Deaf => {
            stream.shutdown(Shutdown::Read)?;
            sleep(Duration::from_millis(20));
            return Ok(());
        }
        Script::Ignore => return wait_for_end(&mut stream, false),
        Script::EarlyMatch => {
            let made_up = RequestId::parse(&"0".repeat(32)).ok_or(io::ErrorKind::InvalidData)?;
            stream.write_all(&reply(made_up, 0, Verdict::Match, Reason::Matched)?)?;
        }
        _ => {}
    }
    let request = match read_request(&stream)? {
        Request::Authenticate(request) => request,
        Request::ReportPassword(report) => {
            seen.report = Some(report);
            return match script {
                Script::Bytes(bytes) => stream.write_all(bytes),
                Script::Error(name, parameters) => stream.write_all(&encode_error(name, parameters)?),
                Script::Silence => wait_for_end(&mut stream, true),
                _ => stream.write_all(&encode_reply(&Done {}, false)?),
            };
        }
    };
    seen.sockets = sockets_of_peer(&stream);
    seen.stirred = stirs(&stream)?;
    let (id, uid) = (request.request_id, request.uid);
    seen.request = Some(request);
    let good = reply(id, uid, Verdict::Match, Reason::Matched)?;
    let other = RequestId::random().ok_or(io::ErrorKind::Other)?;
    match script {
        Script::Answer(verdict, reason) => stream.write_all(&reply(id, uid, *verdict, *reason)?),
        Script::Elevation => {
            let elevation = AuthenticateOut {
                elevation: true,
                ..out(id, uid, Verdict::Match, Reason::Matched)
            };
            stream.write_all(&encode_reply(&elevation, false)?)
        }
        Script::EarlyMatch => stream.write_all(&good),
        Script::OtherId => stream.write_all(&reply(other, uid, Verdict::Match, Reason::Matched)?),
        Script::OtherUid => {
            let other = uid.wrapping_add(1);
            stream.write_all(&reply(id, other, Verdict::Match, Reason::Matched)?)
        }
        Script::Twice => stream.write_all(&[&good[..], &good[..]].concat()),
        Script::MatchAnd(more) => stream.write_all(&[&good[..], &more[..]].concat()),
        Script::MatchAndStay => {
            stream.write_all(&good)?;
            wait_for_end(&mut stream, true)
        }
        Script::Drip(pause) => good.iter().try_for_each(|byte| {
            sleep(Duration::from_millis(*pause));
            stream.write_all(&[*byte])
        }),
        Script::Cut(length) => stream.write_all(good.get(..*length).unwrap_or(&good)),
        Script::Continues => stream.write_all(&encode_reply(
            &out(id, uid, Verdict::Match, Reason::Matched),
            true,
        )?),
        Script::Bytes(bytes) => stream.write_all(bytes),
        Script::Error(name, parameters) => stream.write_all(&encode_error(name, parameters)?),
        Script::Silence => wait_for_end(&mut stream, true),
        Script::Ignore | Script::Close | Script::Deaf => Ok(()),
    }
}

/// The length of the right answer about `uid`, its NUL included.
pub fn length_of_match(uid: u32) -> usize {
    RequestId::random()
        .and_then(|id| reply(id, uid, Verdict::Match, Reason::Matched).ok())
        .map_or(0, |bytes| bytes.len())
}

fn out(request_id: RequestId, uid: u32, verdict: Verdict, reason: Reason) -> AuthenticateOut {
    AuthenticateOut {
        request_id,
        uid,
        verdict,
        reason,
        elevation: false,
    }
}

fn reply(id: RequestId, uid: u32, verdict: Verdict, reason: Reason) -> io::Result<Vec<u8>> {
    Ok(encode_reply(&out(id, uid, verdict, reason), false)?)
}

enum Request {
    Authenticate(AuthenticateIn),
    ReportPassword(ReportPasswordIn),
}

fn read_request(stream: &UnixStream) -> io::Result<Request> {
    let fd: OwnedFd = stream.try_clone()?.into();
    let message = Inbox::default()
        .next(&fd, SMALL_MESSAGE, Deadline::after(PATIENCE))
        .map_err(io::Error::other)?
        .ok_or(io::ErrorKind::UnexpectedEof)?;
    let call: Call = decode(&message).map_err(io::Error::other)?;
    match call.method.as_str() {
        "org.facelogin.Login.Authenticate" => Ok(Request::Authenticate(call.parameters()?)),
        "org.facelogin.Login.ReportPassword" => Ok(Request::ReportPassword(call.parameters()?)),
        _ => Err(io::Error::other(call.method)),
    }
}

/// Whether the peer sends more, or shuts its sending side down, although no answer has come.
fn stirs(stream: &UnixStream) -> io::Result<bool> {
    let wait = Deadline::after(Duration::from_millis(5));
    Ok(wait.wait(stream.as_fd(), PollFlags::POLLIN)?.is_some())
}

/// Waits until the peer leaves; `reading` what it still sends.
fn wait_for_end(stream: &mut UnixStream, reading: bool) -> io::Result<()> {
    if !reading {
        Deadline::after(PATIENCE).wait(stream.as_fd(), PollFlags::POLLHUP)?;
        return Ok(());
    }
    stream.set_read_timeout(Some(PATIENCE))?;
    while stream.read(&mut [0; 256])? > 0 {}
    Ok(())
}
