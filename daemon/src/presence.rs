//! Whether the person who is asked about can be the one in front of this machine's camera (R27). A pure function of what
//! logind and the kernel say; nothing that a caller says of itself counts, but for its terminal's name.

use facelogin_config::Presence;
use facelogin_protocol::types::Reason;

use crate::lockout::EntryClass;

/// logind's name for the seat that every machine with a screen has.
const FIRST_SEAT: &str = "seat0";

/// The kernel's limit (`MAX_NR_CONSOLES`).
const MAX_VIRTUAL: u32 = 63;

/// Terminals at the end of a wire, by the beginnings of the kernel's names for them. Old pseudo-terminals are called
/// `ttyp0` and the like, so nothing is taken for a wire that is not listed.
const SERIAL: &[&str] = &[
    "ttyS", "ttyAMA", "ttyUSB", "ttyACM", "ttyGS", "ttyLP", "ttyMSM", "ttyO", "ttyPS", "ttySC", "ttymxc",
    "hvc",
];

/// What kind of session it is (`Class` of `org.freedesktop.login1.Session`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// Somebody's.
    Person,
    /// A display manager's, or that of a lock screen which stands in for one.
    Greeter,
    /// Nobody sits at it: cron, a user's service manager.
    Service,
    /// One whose home is not there yet, or that is not known here: it lets nobody pass, and counts against them.
    Other,
}

impl Class {
    /// By logind's name.
    pub fn named(name: &str) -> Self {
        match name {
            "user" | "user-early" | "user-light" | "user-early-light" => Self::Person,
            "greeter" | "lock-screen" => Self::Greeter,
            "manager" | "manager-early" | "background" | "background-light" | "none" => Self::Service,
            _ => Self::Other,
        }
    }
}

/// How far a session has come (`State` of `org.freedesktop.login1.Session`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// In the foreground of its seat, or without a seat.
    Active,
    /// In the background.
    Online,
    /// Logged out; some of its processes are left.
    Closing,
    /// Being opened, or not known here.
    Other,
}

impl State {
    /// By logind's name.
    pub fn named(name: &str) -> Self {
        match name {
            "active" => Self::Active,
            "online" => Self::Online,
            "closing" => Self::Closing,
            _ => Self::Other,
        }
    }
}

/// One session, as logind describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Its object path, never used twice in a boot.
    pub path: String,
    /// Whose it is.
    pub uid: u32,
    /// What kind.
    pub class: Class,
    /// The seat's name; empty without one.
    pub seat: String,
    /// Its terminal without `/dev/`; empty without one.
    pub tty: String,
    /// It came over a network, as far as whoever opened it told.
    pub remote: bool,
    /// It is in the foreground of its seat; without a seat it always is.
    pub active: bool,
    /// How far it has come.
    pub state: State,
    /// Its screen is locked, as far as its lock screen told.
    pub locked: bool,
}

impl Session {
    /// Whether it is at this machine: logind knows its seat or its wire. What has neither (a virtual desktop, a shell
    /// that a service opened) may be watched from anywhere, whatever `remote` says.
    fn here(&self) -> bool {
        let placed = !self.seat.is_empty() || Terminal::named(&self.tty) != Terminal::Other;
        !self.remote && placed
    }

    /// Whether it is at a place that `mode` allows, in front or not.
    fn at_the_place(&self, mode: Presence) -> bool {
        match mode {
            Presence::Seat => self.here() && self.seat == FIRST_SEAT,
            Presence::Local => self.here(),
            Presence::Off => true,
        }
    }

    /// Whether its user sits where `mode` asks them to.
    fn present(&self, mode: Presence) -> bool {
        match mode {
            Presence::Seat => self.at_the_place(mode) && self.active && self.state == State::Active,
            Presence::Local => self.at_the_place(mode) && matches!(self.state, State::Active | State::Online),
            Presence::Off => true,
        }
    }

    /// Whether somebody is, or may be, at it.
    fn open(&self) -> bool {
        self.class != Class::Service && self.state != State::Closing
    }
}

/// What is the case at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scene {
    /// All sessions.
    pub sessions: Vec<Session>,
    /// The lid is closed; never on a machine without one.
    pub lid_closed: bool,
    /// The number of the virtual terminal on the screen, where there are any.
    pub foreground: Option<u32>,
}

/// Who must be present.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Who<'a> {
    /// Who asks, for more rights; else the user to be authenticated.
    pub uid: u32,
    /// `PAM_TTY`.
    pub tty: &'a str,
    /// Every camera that could be used is part of the machine, behind its lid if it has one.
    pub built_in: bool,
}

/// Decides for an attempt that came in by `door`.
///
/// # Errors
/// [`Reason::NotPresent`] or [`Reason::LidClosed`].
pub fn judge(mode: Presence, door: EntryClass, who: &Who<'_>, scene: &Scene) -> Result<(), Reason> {
    if mode == Presence::Off {
        return Ok(());
    }
    let present = || own(mode, who.uid, scene).next().is_some();
    let allowed = match door {
        EntryClass::Greeter => {
            let greeters = || scene.sessions.iter().filter(|one| one.class == Class::Greeter);
            // A display manager has greeters for remote desktops and for other seats too. While one is open, nobody knows
            // which of them asks.
            let elsewhere = greeters().any(|greeter| greeter.open() && !greeter.at_the_place(mode));
            !elsewhere && (present() || greeters().any(|greeter| greeter.present(mode)))
        }
        EntryClass::Tty => match (Terminal::named(who.tty), mode) {
            (Terminal::Virtual(number), Presence::Seat) => scene.foreground == Some(number),
            (Terminal::Virtual(_) | Terminal::Serial, Presence::Local) => true,
            _ => false,
        },
        EntryClass::Locker | EntryClass::Unprivileged => present(),
        EntryClass::Elevation => {
            let own = |session: &&Session| session.uid == who.uid && session.open();
            let away = |session: &Session| session.locked || !session.here();
            present() && !scene.sessions.iter().filter(own).any(away)
        }
    };
    match allowed {
        false => Err(Reason::NotPresent),
        true if scene.lid_closed && who.built_in => Err(Reason::LidClosed),
        true => Ok(()),
    }
}

/// The sessions of a user's that are behind a greeter: it opens one of them, and no new one, where a display manager
/// locks a screen by putting its greeter in front (LightDM).
pub fn behind(mode: Presence, uid: u32, scene: &Scene) -> impl Iterator<Item = &Session> {
    let behind = move |session: &&Session| {
        let there = matches!(session.state, State::Active | State::Online);
        session.uid == uid && session.class == Class::Person && there && session.at_the_place(mode)
    };
    scene.sessions.iter().filter(behind)
}

/// The sessions by which a user is present.
pub fn own(mode: Presence, uid: u32, scene: &Scene) -> impl Iterator<Item = &Session> {
    let own = move |session: &&Session| session.uid == uid && session.class == Class::Person;
    scene
        .sessions
        .iter()
        .filter(own)
        .filter(move |session| session.present(mode))
}

/// What a terminal's name says of where it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Terminal {
    /// One of the machine's own screen and keyboard, by its number.
    Virtual(u32),
    /// At the end of a wire.
    Serial,
    /// A pseudo-terminal, which may end anywhere, a display, none, or not known here.
    Other,
}

impl Terminal {
    /// By its name, with `/dev/` or without.
    pub fn named(name: &str) -> Self {
        let name = name.strip_prefix("/dev/").unwrap_or(name);
        if let Some(number) = name.strip_prefix("tty").and_then(number)
            && (1..=MAX_VIRTUAL).contains(&number)
        {
            return Self::Virtual(number);
        }
        let wire = |prefix: &str| name.strip_prefix(prefix).and_then(number).is_some();
        if SERIAL.iter().any(|prefix| wire(prefix)) {
            Self::Serial
        } else {
            Self::Other
        }
    }
}

/// A number as the kernel writes it: digits alone, none of them for show.
fn number(text: &str) -> Option<u32> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
    plain.then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
#[path = "presence_tests.rs"]
mod tests;
