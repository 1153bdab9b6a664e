//! Hears of it when a session is locked: a thread that sleeps on its connection to the bus until something arrives.

use std::convert::Infallible;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use dbus::Message;
use dbus::arg::{PropMap, prop_cast};
use facelogin_protocol::Deadline;

use crate::grace::{self, Locks};
use crate::logind::line::{self, Line};
use crate::logind::{LogindError, session};

/// How long bus and logind may take for what is asked at the beginning. Nobody waits for it.
const BEGINNING: Duration = Duration::from_secs(10);

/// Between two tries to reach a bus that is not there. A bus is restarted once a year, if ever.
const SHORTEST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_secs(60);

/// The signals that are wanted. The bus tells only logind's apart by their sender; see [`Ears::heard`].
const RULES: [&str; 3] = [
    "type='signal',sender='org.freedesktop.login1',interface='org.freedesktop.DBus.Properties',\
     member='PropertiesChanged',arg0='org.freedesktop.login1.Session'",
    "type='signal',sender='org.freedesktop.login1',interface='org.freedesktop.login1.Manager',member='SessionRemoved'",
    "type='signal',sender='org.freedesktop.DBus',interface='org.freedesktop.DBus',member='NameOwnerChanged',\
     arg0='org.freedesktop.login1'",
];

/// Listens for ever, on the bus at `path`, through all its absences.
pub fn begin(path: PathBuf, locks: Arc<Locks>) -> io::Result<()> {
    let listen = move || {
        let mut ears = Ears {
            locks,
            owner: None,
            interrupted: false,
        };
        let mut pause = SHORTEST;
        loop {
            let begun = Instant::now();
            let Err(_) = follow(&path, &mut ears);
            // Why is told to whoever is refused for it: an attempt asks logind anew and logs what is wrong.
            pause = match begun.elapsed() > LONGEST {
                true => SHORTEST,
                false => (2 * pause).min(LONGEST),
            };
            thread::sleep(pause);
        }
    };
    thread::Builder::new().name("locks".into()).spawn(listen)?;
    Ok(())
}

/// Follows one connection to its end.
fn follow(path: &Path, ears: &mut Ears) -> Result<Infallible, LogindError> {
    let deadline = Deadline::after(BEGINNING);
    let line = Line::open(path, deadline)?;
    let [sessions, removals, owners] = RULES.map(line::subscribe);
    let calls = [sessions, removals, owners, line::owner()];
    let [sessions, removals, owners, owner] = line.ask(calls, deadline, &mut |signal| ears.heard(signal))?;
    for subscribed in [sessions, removals, owners] {
        subscribed?;
    }
    // There may be no logind yet: then there are no sessions either.
    ears.owner = owner.ok().and_then(|answer| answer.read1().ok());
    if ears.owner.is_some() {
        let [listed] = line.ask([line::sessions()], deadline, &mut |signal| ears.heard(signal))?;
        for one in session::described(&line, deadline, session::listed(&listed?)?)? {
            ears.found(&one.path, one.locked);
        }
    }
    ears.interrupted = true;
    loop {
        line.listen(&mut |signal| ears.heard(signal))?;
    }
}

/// What is made of what arrives.
struct Ears {
    locks: Arc<Locks>,
    /// logind's unique name. Anybody may send us a signal that looks like one of its; none of them has its name.
    owner: Option<String>,
    /// A connection was lost, and with it what happened meanwhile.
    interrupted: bool,
}

impl Ears {
    fn found(&self, session: &str, locked: bool) {
        match locked {
            // At the daemon's start, long ago; after an interruption nobody knows, and it may have been just now.
            true if self.interrupted => self.locks.found(session, grace::now()),
            true => self.locks.found(session, None),
            false => self.locks.open(session),
        }
    }

    fn heard(&mut self, signal: &Message) {
        let (sender, path) = (signal.sender(), signal.path());
        let member = signal.member();
        let (Some(sender), Some(path), Some(member)) =
            (sender.as_deref(), path.as_deref(), member.as_deref())
        else {
            return;
        };
        if sender == "org.freedesktop.DBus" && member == "NameOwnerChanged" {
            if let Ok((line::NAME, _, owner)) = signal.read3::<&str, &str, &str>() {
                self.owner = (!owner.is_empty()).then(|| owner.to_owned());
            }
        } else if self.owner.as_deref() != Some(sender) {
            // Not logind's.
        } else if member == "SessionRemoved" {
            if let Ok((_, session)) = signal.read2::<&str, dbus::Path<'_>>() {
                self.locks.open(&session);
            }
        } else if member == "PropertiesChanged"
            && let Ok((line::SESSION, changed)) = signal.read2::<&str, PropMap>()
        {
            match (prop_cast::<bool>(&changed, "LockedHint"), grace::now()) {
                (Some(true), Some(now)) => self.locks.locked(path, now),
                (Some(false), _) => self.locks.open(path),
                _ => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grace::Grace;
    use crate::presence::Session;
    use crate::testing::desk;

    const PATH: &str = "/org/freedesktop/login1/session/_32";

    /// A signal as the bus would deliver it; what a sender writes into it itself the bus replaces.
    fn signal(sender: &str, interface: &str, member: &str) -> Message {
        let mut signal = Message::new_signal(PATH, interface, member).unwrap();
        signal.set_sender(Some(sender.into()));
        signal
    }

    fn hint(sender: &str, locked: bool) -> Message {
        let mut changed = PropMap::new();
        changed.insert("LockedHint".into(), dbus::arg::Variant(Box::new(locked)));
        signal(sender, "org.freedesktop.DBus.Properties", "PropertiesChanged").append3(
            line::SESSION,
            changed,
            Vec::<String>::new(),
        )
    }

    fn ears() -> Ears {
        Ears {
            locks: Arc::default(),
            owner: Some(":1.4".into()),
            interrupted: false,
        }
    }

    fn just_locked(ears: &Ears) -> bool {
        let session = Session {
            path: PATH.into(),
            locked: true,
            ..desk(1000)
        };
        let grace = Grace::new(Duration::from_secs(600), ears.locks.clone());
        grace.holds(
            1000,
            "gdm-password",
            [&session].into_iter(),
            grace::now().unwrap(),
        )
    }

    #[test]
    fn only_logind_s_own_signals_count() {
        let mut ears = ears();
        ears.found(PATH, true);
        assert!(!just_locked(&ears));
        for forged in [
            hint(":1.5", true),
            hint("org.freedesktop.login1", true),
            signal(":1.5", "org.freedesktop.DBus", "NameOwnerChanged").append3(line::NAME, ":1.4", ":1.5"),
            signal("org.freedesktop.DBus", "org.freedesktop.DBus", "NameOwnerChanged").append3(
                "org.example",
                "",
                ":1.5",
            ),
            signal(":1.4", "org.freedesktop.DBus.Properties", "PropertiesChanged").append1("LockedHint"),
            signal(":1.4", "org.freedesktop.login1.Session", "Lock"),
        ] {
            ears.heard(&forged);
            ears.heard(&hint(":1.5", true));
            assert!(!just_locked(&ears), "{forged:?}");
        }
        ears.heard(&hint(":1.4", true));
        assert!(just_locked(&ears));
    }

    #[test]
    fn a_logind_that_was_restarted_is_heard_under_its_new_name() {
        let mut ears = ears();
        ears.found(PATH, true);
        let bus = |new: &str| {
            signal("org.freedesktop.DBus", "org.freedesktop.DBus", "NameOwnerChanged").append3(
                line::NAME,
                ":1.4",
                new,
            )
        };
        ears.heard(&bus(""));
        ears.heard(&hint(":1.4", true));
        assert!(!just_locked(&ears));
        ears.heard(&bus(":1.9"));
        ears.heard(&hint(":1.9", true));
        assert!(just_locked(&ears));
    }

    #[test]
    fn what_is_found_locked_after_an_interruption_may_have_been_locked_just_now() {
        let mut ears = ears();
        ears.interrupted = true;
        ears.found(PATH, true);
        assert!(just_locked(&ears));
        ears.found(PATH, false);
        ears.interrupted = false;
        ears.found(PATH, true);
        assert!(!just_locked(&ears));
    }
}
