//! Varlink messages: JSON objects ended by NUL, capped before they are parsed, unknown fields refused.

use std::os::fd::OwnedFd;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::deadline::Deadline;
use crate::socket::{SocketError, receive};

/// Why bytes are not a message.
#[derive(Debug, thiserror::Error)]
pub enum CodecError {
    /// More bytes than the cap without a NUL.
    #[error("the message is longer than {0} bytes")]
    TooLong(usize),
    /// The peer closed in the middle of a message.
    #[error("the connection ended in the middle of a message")]
    Truncated,
    /// Not the JSON that was expected.
    #[error("not a valid message: {0}")]
    Json(#[from] serde_json::Error),
    /// The socket failed or the deadline passed.
    #[error(transparent)]
    Socket(#[from] SocketError),
}

/// A call as it arrives: the method's name and its parameters, still unread.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Call {
    /// `org.facelogin.Login.Authenticate`, for example.
    pub method: String,
    /// An object, `null` or absent.
    #[serde(default)]
    parameters: Option<Box<RawValue>>,
    /// The caller takes several replies.
    #[serde(default)]
    pub more: Option<bool>,
    /// The caller wants no reply. Refused: nothing here makes sense unanswered.
    #[serde(default)]
    pub oneway: Option<bool>,
    /// The caller wants the connection for another protocol. Refused.
    #[serde(default)]
    pub upgrade: Option<bool>,
}

impl Call {
    /// The parameters as `T`; absent and `null` count as the empty object.
    pub fn parameters<T: DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        from_object(self.parameters.as_deref())
    }
}

/// A reply as it arrives.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reply {
    #[serde(default)]
    parameters: Option<Box<RawValue>>,
    /// More replies follow.
    #[serde(default)]
    pub continues: Option<bool>,
    /// The name of the error, when it is one.
    #[serde(default)]
    pub error: Option<String>,
}

impl Reply {
    /// The parameters as `T`; absent and `null` count as the empty object.
    pub fn parameters<T: DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        from_object(self.parameters.as_deref())
    }
}

fn from_object<T: DeserializeOwned>(raw: Option<&RawValue>) -> Result<T, serde_json::Error> {
    match raw.map(RawValue::get) {
        None | Some("null") => serde_json::from_str("{}"),
        Some(text) => parse_object(text.as_bytes()),
    }
}

/// serde would take an array of a struct's fields for the struct, and their names would say nothing.
fn parse_object<T: DeserializeOwned>(text: &[u8]) -> Result<T, serde_json::Error> {
    match text.trim_ascii_start().first() {
        Some(b'{') => serde_json::from_slice(text),
        _ => Err(serde::de::Error::custom("expected an object")),
    }
}

#[derive(Serialize)]
struct CallOut<'a, P> {
    method: &'a str,
    parameters: &'a P,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    more: bool,
}

#[derive(Serialize)]
struct ReplyOut<'a, P> {
    parameters: &'a P,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    continues: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'a str>,
}

/// A call as bytes, NUL included.
pub fn encode_call(
    method: &str,
    parameters: &impl Serialize,
    more: bool,
) -> Result<Vec<u8>, serde_json::Error> {
    ended(serde_json::to_vec(&CallOut {
        method,
        parameters,
        more,
    })?)
}

/// A reply as bytes, NUL included.
pub fn encode_reply(parameters: &impl Serialize, continues: bool) -> Result<Vec<u8>, serde_json::Error> {
    ended(serde_json::to_vec(&ReplyOut {
        parameters,
        continues,
        error: None,
    })?)
}

/// An error reply as bytes, NUL included; `name` with its interface.
pub fn encode_error(name: &str, parameters: &impl Serialize) -> Result<Vec<u8>, serde_json::Error> {
    ended(serde_json::to_vec(&ReplyOut {
        parameters,
        continues: false,
        error: Some(name),
    })?)
}

fn ended(mut bytes: Vec<u8>) -> Result<Vec<u8>, serde_json::Error> {
    // JSON text escapes NUL, so this is the only one.
    bytes.push(0);
    Ok(bytes)
}

/// Parses a message without its NUL.
pub fn decode<T: DeserializeOwned>(message: &[u8]) -> Result<T, CodecError> {
    Ok(parse_object(message)?)
}

/// Cuts messages out of a byte stream.
#[derive(Debug, Default)]
pub struct Inbox {
    bytes: Vec<u8>,
    searched: usize,
}

impl Inbox {
    /// The next message without its NUL; `None` when the peer closed between messages.
    pub fn next(
        &mut self,
        fd: &OwnedFd,
        max: usize,
        deadline: Deadline,
    ) -> Result<Option<Vec<u8>>, CodecError> {
        loop {
            let fresh = self.bytes.get(self.searched..).unwrap_or_default();
            if let Some(end) = fresh.iter().position(|byte| *byte == 0) {
                let mut message: Vec<u8> = self.bytes.drain(..=self.searched + end).collect();
                message.pop();
                self.searched = 0;
                if message.len() > max {
                    return Err(CodecError::TooLong(max));
                }
                return Ok(Some(message));
            }
            self.searched = self.bytes.len();
            if self.bytes.len() > max {
                return Err(CodecError::TooLong(max));
            }
            // The chunk is about as large as a small message: what root sends is read in larger pieces.
            let mut chunk = [0; 16 * 1024];
            let room = chunk.len().min(max + 1 - self.bytes.len() + 1);
            let got = receive(fd, chunk.get_mut(..room).unwrap_or_default(), deadline)?;
            if got == 0 {
                return if self.bytes.is_empty() {
                    Ok(None)
                } else {
                    Err(CodecError::Truncated)
                };
            }
            self.bytes.extend_from_slice(chunk.get(..got).unwrap_or_default());
        }
    }

    /// Whether bytes of a further message have already arrived.
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;
    use std::os::unix::net::UnixStream;
    use std::time::Duration;

    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(deny_unknown_fields)]
    struct Nothing {}

    #[test]
    fn r20_calls_are_read_totally_and_strangers_refused() {
        let good: Call = decode(br#"{"method":"a.b","parameters":null}"#).unwrap();
        assert_eq!(good.parameters::<Nothing>().unwrap(), Nothing {});
        assert!(
            decode::<Call>(br#"{"method":"a.b"}"#)
                .unwrap()
                .parameters::<Nothing>()
                .is_ok()
        );
        for bad in [
            &b""[..],
            b"{}",
            b"null",
            b"[]",
            b"[\"a.b\",null,null,null,null]",
            b"{\"method\":1}",
            b"{\"method\":\"a\",\"x\":1}",
            b"{\"method\":\"a\",\"method\":\"b\"}",
            b"{\"method\":\"a\"} {}",
            b"\xff\xfe",
        ] {
            assert!(decode::<Call>(bad).is_err(), "{bad:?}");
        }
        let deep = [b"{\"method\":\"a\",\"parameters\":".to_vec(), vec![b'['; 100_000]].concat();
        assert!(decode::<Call>(&deep).is_err());
        let extra: Call = decode(br#"{"method":"a","parameters":{"x":1}}"#).unwrap();
        assert!(extra.parameters::<Nothing>().is_err());
        let nameless: Call = decode(br#"{"method":"a","parameters":[]}"#).unwrap();
        assert!(nameless.parameters::<Nothing>().is_err());
    }

    fn pair() -> (OwnedFd, UnixStream) {
        let (near, far) = UnixStream::pair().unwrap();
        (near.into(), far)
    }

    fn soon() -> Deadline {
        Deadline::after(Duration::from_millis(200))
    }

    #[test]
    fn r20_messages_are_cut_at_nul_and_capped() {
        let (near, mut far) = pair();
        let mut inbox = Inbox::default();
        far.write_all(b"one\0two\0thr").unwrap();
        assert_eq!(inbox.next(&near, 8, soon()).unwrap().unwrap(), b"one");
        assert_eq!(inbox.next(&near, 8, soon()).unwrap().unwrap(), b"two");
        assert!(matches!(
            inbox.next(&near, 8, soon()),
            Err(CodecError::Socket(SocketError::TimedOut))
        ));
        far.write_all(b"eeeeee").unwrap();
        assert!(matches!(
            inbox.next(&near, 8, soon()),
            Err(CodecError::TooLong(8))
        ));

        let (near, far) = pair();
        drop(far);
        assert!(Inbox::default().next(&near, 8, soon()).unwrap().is_none());
        let (near, mut far) = pair();
        far.write_all(b"half").unwrap();
        drop(far);
        assert!(matches!(
            Inbox::default().next(&near, 8, soon()),
            Err(CodecError::Truncated)
        ));
    }

    #[test]
    fn r20_a_message_of_exactly_the_cap_passes_and_one_more_byte_does_not() {
        for (length, fits) in [(8, true), (9, false)] {
            let (near, mut far) = pair();
            far.write_all(&vec![b'x'; length]).unwrap();
            far.write_all(b"\0").unwrap();
            assert_eq!(Inbox::default().next(&near, 8, soon()).is_ok(), fits, "{length}");
        }
    }
}
