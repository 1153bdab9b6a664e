//! One connection to the message bus, and what is asked over it. Several questions are sent at once, so that a login
//! waits for logind twice and not once a question.

use std::path::Path;
use std::time::Duration;

use dbus::arg::Variant;
use dbus::channel::Channel;
use dbus::{Message, MessageType};
use facelogin_protocol::Deadline;

use crate::logind::LogindError;

const BUS: (&str, &str, &str) = (
    "org.freedesktop.DBus",
    "/org/freedesktop/DBus",
    "org.freedesktop.DBus",
);
const PROPERTIES: &str = "org.freedesktop.DBus.Properties";

/// logind's name on the bus.
pub const NAME: &str = "org.freedesktop.login1";
const PATH: &str = "/org/freedesktop/login1";

/// Its interfaces.
pub const MANAGER: &str = "org.freedesktop.login1.Manager";
/// Its interfaces.
pub const SESSION: &str = "org.freedesktop.login1.Session";

/// A connection that the bus knows.
pub struct Line {
    channel: Channel,
}

/// What is done with whatever arrives that is no answer.
pub type Signals<'a> = &'a mut dyn FnMut(&Message);

impl Line {
    /// Connects to the bus at `path`.
    pub fn open(path: &Path, deadline: Deadline) -> Result<Self, LogindError> {
        let out_of_reach = |why: String| LogindError::NoBus {
            path: path.into(),
            why,
        };
        let channel = Channel::open_private(&address(path))
            .map_err(|error| out_of_reach(error.message().unwrap_or("it says nothing").into()))?;
        let line = Self { channel };
        // Not the library's own registration, which waits for 25 s.
        let [hello] = line.ask([call(BUS, "Hello")], deadline, &mut |_| {})?;
        hello?;
        Ok(line)
    }

    /// Sends all calls, waits for all answers, and hands what else arrives to `signals`.
    pub fn ask<const N: usize>(
        &self,
        calls: [Message; N],
        deadline: Deadline,
        signals: Signals<'_>,
    ) -> Result<[Result<Message, LogindError>; N], LogindError> {
        let answers = self.ask_all(calls.into(), deadline, signals)?;
        // There is one for each call.
        answers
            .try_into()
            .map_err(|_| LogindError::Malformed("the number of answers"))
    }

    /// The same for any number.
    pub fn ask_all(
        &self,
        calls: Vec<Message>,
        deadline: Deadline,
        signals: Signals<'_>,
    ) -> Result<Vec<Result<Message, LogindError>>, LogindError> {
        let mut serials = Vec::new();
        for call in calls {
            serials.push(self.channel.send(call).map_err(|()| LogindError::HungUp)?);
        }
        let mut answers: Vec<Option<Message>> = serials.iter().map(|_| None).collect();
        while answers.iter().any(Option::is_none) {
            let Some(message) = self.channel.pop_message() else {
                if deadline.passed() {
                    return Err(LogindError::Silent);
                }
                // The library counts whole milliseconds, and none would be a loop.
                let wait = deadline.remaining().max(Duration::from_millis(1));
                self.channel
                    .read_write(Some(wait))
                    .map_err(|()| LogindError::HungUp)?;
                continue;
            };
            let of = answered(&message);
            let place = serials.iter().position(|serial| of == Some(*serial));
            match place.and_then(|place| answers.get_mut(place)) {
                Some(answer) => *answer = Some(message),
                None => signals(&message),
            }
        }
        Ok(answers.into_iter().flatten().map(sound).collect())
    }

    /// Waits for as long as it takes until something arrives, and hands it to `signals`.
    pub fn listen(&self, signals: Signals<'_>) -> Result<(), LogindError> {
        while let Some(message) = self.channel.pop_message() {
            signals(&message);
        }
        self.channel.read_write(None).map_err(|()| LogindError::HungUp)
    }
}

/// The call that a message answers. Anybody may send us a signal or a call and write into it that it answers one; answers
/// proper the bus passes on from nobody but whom was asked.
fn answered(message: &Message) -> Option<u32> {
    match message.msg_type() {
        MessageType::MethodReturn | MessageType::Error => message.get_reply_serial(),
        MessageType::MethodCall | MessageType::Signal => None,
    }
}

/// An answer that is no error.
fn sound(mut answer: Message) -> Result<Message, LogindError> {
    match answer.as_result() {
        Ok(_) => Ok(answer),
        Err(error) => Err(LogindError::Refused {
            name: error.name().unwrap_or_default().into(),
            why: error.message().unwrap_or_default().into(),
        }),
    }
}

/// The bus's address, as its specification spells a path.
fn address(path: &Path) -> String {
    use std::os::unix::ffi::OsStrExt;
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_/.\\*".contains(&byte);
    let spelled = path.as_os_str().as_bytes().iter().map(|byte| match byte {
        byte if plain(*byte) => char::from(*byte).to_string(),
        byte => format!("%{byte:02x}"),
    });
    format!("unix:path={}", spelled.collect::<String>())
}

fn call((name, path, interface): (&str, &str, &str), member: &str) -> Message {
    // The names are all written here, or came as an object's path out of a message; the library has no other error.
    #[allow(clippy::unwrap_used)]
    Message::new_method_call(name, path, interface, member).unwrap()
}

/// Asks for the list of sessions.
pub fn sessions() -> Message {
    call((NAME, PATH, MANAGER), "ListSessions")
}

/// Asks whether the lid is closed.
pub fn lid() -> Message {
    call((NAME, PATH, PROPERTIES), "Get").append2(MANAGER, "LidClosed")
}

/// Asks for everything about a session.
pub fn session(path: &dbus::Path<'static>) -> Message {
    call((NAME, path, PROPERTIES), "GetAll").append1(SESSION)
}

/// Asks the bus to pass on the signals that match.
pub fn subscribe(rule: &str) -> Message {
    call(BUS, "AddMatch").append1(rule)
}

/// Asks the bus who has logind's name.
pub fn owner() -> Message {
    call(BUS, "GetNameOwner").append1(NAME)
}

/// A property that is true or false.
pub fn flag(answer: &Message) -> Option<bool> {
    answer.read1::<Variant<bool>>().ok().map(|value| value.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A message of that type (D-Bus specification, "Message Format") which says that it answers call 7.
    fn claims_to_answer(kind: u8) -> Message {
        let mut fields = Vec::new();
        for (code, signature, text) in [
            (1, b'o', "/a"),
            (2, b's', "a.b"),
            (3, b's', "c"),
            (4, b's', "a.b"),
        ] {
            fields.resize(fields.len().next_multiple_of(8), 0);
            fields.extend([code, 1, signature, 0, text.len() as u8, 0, 0, 0]);
            fields.extend(text.as_bytes());
            fields.push(0);
        }
        fields.resize(fields.len().next_multiple_of(8), 0);
        fields.extend([5, 1, b'u', 0, 7, 0, 0, 0]);
        let mut bytes = vec![
            b'l',
            kind,
            0,
            1,
            0,
            0,
            0,
            0,
            1,
            0,
            0,
            0,
            fields.len() as u8,
            0,
            0,
            0,
        ];
        bytes.extend(fields);
        bytes.resize(bytes.len().next_multiple_of(8), 0);
        Message::demarshal(&bytes).unwrap()
    }

    #[test]
    fn r27_only_answers_are_taken_for_answers() {
        for (kind, expected) in [(1, None), (2, Some(7)), (3, Some(7)), (4, None)] {
            let message = claims_to_answer(kind);
            assert_eq!(message.get_reply_serial(), Some(7));
            assert_eq!(answered(&message), expected, "{message:?}");
        }
    }

    #[test]
    fn a_path_becomes_an_address_that_means_nothing_else() {
        for (path, expected) in [
            (
                "/run/dbus/system_bus_socket",
                "unix:path=/run/dbus/system_bus_socket",
            ),
            ("/a,guid=b;c:d%é", "unix:path=/a%2cguid%3db%3bc%3ad%25%c3%a9"),
        ] {
            assert_eq!(address(Path::new(path)), expected);
        }
    }
}
