//! logind's description of sessions, in our words.

use dbus::arg::{PropMap, prop_cast};
use dbus::{Message, Path};
use facelogin_protocol::Deadline;

use crate::logind::LogindError;
use crate::logind::line::{self, Line};
use crate::presence::{Class, Session, State};

/// More than a machine with a screen has. A hundred take logind some milliseconds.
const MAX_SESSIONS: usize = 1000;

/// What bus and logind say of an object that has gone meanwhile.
const GONE: [&str; 2] = [
    "org.freedesktop.DBus.Error.UnknownObject",
    "org.freedesktop.login1.NoSuchSession",
];

/// A session in the list: what never changes.
pub struct Listed {
    /// Its object.
    pub path: Path<'static>,
    /// Whose it is.
    pub uid: u32,
    /// Its seat; empty without one.
    pub seat: String,
}

/// The list of all.
pub fn listed(answer: &Message) -> Result<Vec<Listed>, LogindError> {
    type Row = (String, u32, String, String, Path<'static>);
    let rows: Vec<Row> = answer
        .read1()
        .map_err(|_| LogindError::Malformed("the list of sessions"))?;
    let listed = |(_, uid, _, seat, path): Row| Listed { path, uid, seat };
    Ok(rows.into_iter().map(listed).collect())
}

/// Those of them that are still there.
pub fn described(line: &Line, deadline: Deadline, listed: Vec<Listed>) -> Result<Vec<Session>, LogindError> {
    if listed.len() > MAX_SESSIONS {
        return Err(LogindError::Malformed("more than a thousand sessions"));
    }
    let calls = listed.iter().map(|one| line::session(&one.path)).collect();
    let answers = line.ask_all(calls, deadline, &mut |_| {})?;
    let mut sessions = Vec::new();
    for (one, answer) in listed.into_iter().zip(answers) {
        match answer {
            Ok(answer) => sessions.push(session(one, &answer)?),
            Err(LogindError::Refused { name, .. }) if GONE.contains(&name.as_str()) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(sessions)
}

fn session(listed: Listed, answer: &Message) -> Result<Session, LogindError> {
    let all: PropMap = answer
        .read1()
        .map_err(|_| LogindError::Malformed("the properties of a session"))?;
    Ok(Session {
        path: listed.path.to_string(),
        uid: listed.uid,
        seat: listed.seat,
        class: Class::named(text(&all, "Class")?),
        state: State::named(text(&all, "State")?),
        tty: text(&all, "TTY")?.into(),
        remote: flag(&all, "Remote")?,
        active: flag(&all, "Active")?,
        locked: flag(&all, "LockedHint")?,
    })
}

fn text<'a>(all: &'a PropMap, name: &'static str) -> Result<&'a str, LogindError> {
    prop_cast::<String>(all, name)
        .map(String::as_str)
        .ok_or(LogindError::Malformed(name))
}

fn flag(all: &PropMap, name: &'static str) -> Result<bool, LogindError> {
    prop_cast::<bool>(all, name)
        .copied()
        .ok_or(LogindError::Malformed(name))
}
