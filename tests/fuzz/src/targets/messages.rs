//! The protocol's decoder, in both directions (R20): what the daemon reads of a caller, and a caller of the daemon.

use std::fmt::Debug;
use std::os::fd::{AsRawFd, OwnedFd};
use std::time::Duration;

use facelogin_protocol::codec::{
    Call, CodecError, Inbox, Reply, decode, encode_call, encode_error, encode_reply,
};
use facelogin_protocol::types::*;
use facelogin_protocol::{ClientError, Deadline, INTERFACE_NAME, SMALL_MESSAGE};
use nix::sys::socket::{AddressFamily, MsgFlags, SockFlag, SockType, send, socketpair};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{ended_by_nul, split};

/// What the daemon does with the bytes of a caller: cut into messages, each a call, its parameters a method's.
pub fn calls(input: &[u8]) {
    for message in messages(input) {
        let Ok(call) = decode::<Call>(&message) else {
            continue;
        };
        refuses_strangers::<Call>(&message, Value::take);
        call_as::<AuthenticateIn>(&call, &message);
        call_as::<ReportPasswordIn>(&call, &message);
        call_as::<UserIn>(&call, &message);
        call_as::<OptionalUserIn>(&call, &message);
        call_as::<EnrollCameraIn>(&call, &message);
        call_as::<EnrollPicturesIn>(&call, &message);
        call_as::<TemplateIn>(&call, &message);
        call_as::<RenameTemplateIn>(&call, &message);
        call_as::<ListAttemptsIn>(&call, &message);
        call_as::<Done>(&call, &message);
    }
}

/// What a caller does with the bytes of whoever answers.
pub fn replies(input: &[u8]) {
    for message in messages(input) {
        let Ok(reply) = decode::<Reply>(&message) else {
            continue;
        };
        refuses_strangers::<Reply>(&message, Value::take);
        reply_as::<AuthenticateOut>(&reply, &message);
        reply_as::<TestOut>(&reply, &message);
        reply_as::<IdentifyOut>(&reply, &message);
        reply_as::<EnrollCameraOut>(&reply, &message);
        reply_as::<EnrollPicturesOut>(&reply, &message);
        reply_as::<ListTemplatesOut>(&reply, &message);
        reply_as::<TemplateOut>(&reply, &message);
        reply_as::<ClearTemplatesOut>(&reply, &message);
        reply_as::<UnlockOut>(&reply, &message);
        reply_as::<ListAttemptsOut>(&reply, &message);
        reply_as::<WatchOut>(&reply, &message);
        reply_as::<ListCamerasOut>(&reply, &message);
        reply_as::<StatusOut>(&reply, &message);
        reply_as::<Done>(&reply, &message);
        let Some(name) = reply.error.clone() else {
            continue;
        };
        refusal(name, reply);
    }
}

/// The parameters of an error are read as the error they are named, and as no other.
fn refusal(name: String, reply: Reply) {
    let short = name
        .strip_prefix(INTERFACE_NAME)
        .and_then(|rest| rest.strip_prefix('.'));
    let error = ClientError::Refused {
        name: name.clone(),
        reply: Box::new(reply),
    };
    let is = |wanted| short == Some(wanted);
    assert!(error.refusal::<WhyError>("NotPermitted").is_none() || is("NotPermitted"));
    assert!(error.refusal::<UnknownUserError>("UnknownUser").is_none() || is("UnknownUser"));
    assert!(error.refusal::<NoSuchTemplateError>("NoSuchTemplate").is_none() || is("NoSuchTemplate"));
    assert!(error.refusal::<NotEnrolledError>("NotEnrolled").is_none() || is("NotEnrolled"));
    assert!(error.refusal::<UnavailableError>("Unavailable").is_none() || is("Unavailable"));
    if let Some(parameters) = error.refusal::<UnavailableError>("Unavailable") {
        let bytes = encode_error(&name, &parameters).expect("what was read can be written");
        let again: Reply = decode(one(&bytes)).expect("what was written can be read");
        assert_eq!(again.error, Some(name));
        assert_eq!(again.parameters::<UnavailableError>().ok(), Some(parameters));
    }
}

/// What is accepted as a `T` comes back the same when it is written and read, and is refused with one field more.
fn call_as<T: Serialize + DeserializeOwned + PartialEq + Debug>(call: &Call, message: &[u8]) {
    let Ok(value) = call.parameters::<T>() else {
        return;
    };
    let bytes =
        encode_call(&call.method, &value, call.more == Some(true)).expect("what was read can be written");
    let again: Call = decode(one(&bytes)).expect("what was written can be read");
    assert_eq!(again.method, call.method);
    assert_eq!(again.more.unwrap_or(false), call.more.unwrap_or(false));
    assert_eq!(again.parameters::<T>().expect("of the same type"), value);
    refuses_strangers::<T>(message, |value| value["parameters"].take());
}

fn reply_as<T: Serialize + DeserializeOwned + PartialEq + Debug>(reply: &Reply, message: &[u8]) {
    let Ok(value) = reply.parameters::<T>() else {
        return;
    };
    let bytes = encode_reply(&value, reply.continues == Some(true)).expect("what was read can be written");
    let again: Reply = decode(one(&bytes)).expect("what was written can be read");
    assert_eq!(again.continues.unwrap_or(false), reply.continues.unwrap_or(false));
    assert_eq!(again.parameters::<T>().expect("of the same type"), value);
    refuses_strangers::<T>(message, |value| value["parameters"].take());
}

/// Takes the part of `message` that was accepted as a `T`, adds a field, and expects a refusal.
fn refuses_strangers<T: DeserializeOwned>(message: &[u8], part: impl Fn(&mut Value) -> Value + Copy) {
    let Ok(mut value) = serde_json::from_slice::<Value>(message) else {
        return;
    };
    let mut part = part(&mut value);
    if part.is_null() {
        part = Value::Object(serde_json::Map::new());
    }
    let Some(object) = part.as_object_mut() else {
        panic!("accepted, and no object: {part}");
    };
    object.insert("no such field".into(), Value::Null);
    let text = serde_json::to_vec(&part).expect("a value can be written");
    assert!(
        serde_json::from_slice::<T>(&text).is_err(),
        "an unknown field was accepted"
    );
}

/// A written message without its NUL, which must be its only one.
fn one(bytes: &[u8]) -> &[u8] {
    let (last, message) = bytes.split_last().expect("a message is not empty");
    assert!(*last == 0 && !message.contains(&0), "one NUL, at the end");
    message
}

/// How the stream ended.
#[derive(Debug, PartialEq, Eq)]
enum End {
    Between,
    Within,
    TooLong,
}

/// The messages of the body, as [`Inbox`] cuts them out of pieces of the header's sizes; they must be the ones that a
/// plain split gives.
fn messages(input: &[u8]) -> Vec<Vec<u8>> {
    let (head, body) = split(input);
    let body = ended_by_nul(body);
    let max = match head.first() {
        Some(b's') => 16,
        Some(b'm') => 256,
        _ => SMALL_MESSAGE,
    };
    let found = through_inbox(&body, max, head.get(1..).unwrap_or_default());
    assert_eq!(found, plainly(&body, max));
    found.0
}

fn plainly(body: &[u8], max: usize) -> (Vec<Vec<u8>>, End) {
    let mut parts: Vec<Vec<u8>> = body.split(|byte| *byte == 0).map(<[u8]>::to_vec).collect();
    let rest = parts.pop().unwrap_or_default();
    let fitting = parts.iter().take_while(|part| part.len() <= max).count();
    let end = if fitting < parts.len() || rest.len() > max {
        End::TooLong
    } else if rest.is_empty() {
        End::Between
    } else {
        End::Within
    };
    parts.truncate(fitting);
    (parts, end)
}

fn through_inbox(body: &[u8], max: usize, sizes: &[u8]) -> (Vec<Vec<u8>>, End) {
    // Packets keep the pieces apart, so that all can be sent before the first is read.
    let flags = SockFlag::SOCK_CLOEXEC | SockFlag::SOCK_NONBLOCK;
    let (near, far) =
        socketpair(AddressFamily::Unix, SockType::SeqPacket, None, flags).expect("a pair of sockets");
    send_in_pieces(far, body, max, sizes);
    let deadline = Deadline::after(Duration::from_secs(10));
    let mut inbox = Inbox::default();
    let mut found = Vec::new();
    loop {
        match inbox.next(&near, max, deadline) {
            Ok(Some(message)) => found.push(message),
            Ok(None) => return (found, End::Between),
            Err(CodecError::Truncated) => return (found, End::Within),
            Err(CodecError::TooLong(cap)) if cap == max => return (found, End::TooLong),
            Err(error) => panic!("{error}"),
        }
    }
}

/// A packet longer than the room that the inbox leaves would lose its end, which a stream would not: pieces are cut to
/// that room, and end where no byte more is read.
fn send_in_pieces(far: OwnedFd, body: &[u8], max: usize, sizes: &[u8]) {
    let mut sizes = sizes.iter().map(|byte| usize::from(*byte) % 61 + 1).cycle();
    let (mut at, mut pieces) = (0, 0);
    while at < body.len() {
        let sent = &body[..at];
        let unended = sent.iter().rev().take_while(|byte| **byte != 0).count();
        if unended > max {
            return;
        }
        // Many small packets would fill the socket's buffer.
        let wanted = if pieces < 64 {
            sizes.next().unwrap_or(2048)
        } else {
            2048
        };
        let size = wanted.min(max + 2 - unended).min(body.len() - at);
        let piece = &body[at..at + size];
        match send(far.as_raw_fd(), piece, MsgFlags::MSG_NOSIGNAL) {
            Ok(all) if all == size => at += size,
            other => panic!("{other:?} of {size} after {pieces} pieces"),
        }
        pieces += 1;
    }
}
