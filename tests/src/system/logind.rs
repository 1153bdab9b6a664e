//! A message bus of a test's own, and on it a logind that says what the test wants, late, wrongly, or not at all.
//!
//! It serves the part of `org.freedesktop.login1` that the daemon asks, with the types that logind has.

use std::fs;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use dbus::Message;
use dbus::arg::{PropMap, RefArg, Variant};
use dbus::channel::Channel;
use nix::sys::signal::Signal;
use tempfile::TempDir;

use super::{process, until};

const NAME: &str = "org.freedesktop.login1";
const SESSION: &str = "org.freedesktop.login1.Session";

/// One session, in logind's words.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Session {
    pub id: &'static str,
    pub uid: u32,
    pub class: &'static str,
    pub seat: &'static str,
    pub tty: &'static str,
    pub remote: bool,
    pub active: bool,
    pub state: &'static str,
    pub locked: bool,
}

impl Session {
    /// A person's, in front of the first seat.
    pub fn desk(uid: u32) -> Self {
        Self {
            id: "2",
            uid,
            class: "user",
            seat: "seat0",
            tty: "tty2",
            remote: false,
            active: true,
            state: "active",
            locked: false,
        }
    }

    /// One over SSH.
    pub fn ssh(uid: u32) -> Self {
        Self {
            id: "7",
            seat: "",
            tty: "pts/0",
            remote: true,
            ..Self::desk(uid)
        }
    }

    /// A display manager's, in front of the first seat.
    pub fn greeter(uid: u32) -> Self {
        Self {
            id: "c1",
            class: "greeter",
            tty: "tty1",
            ..Self::desk(uid)
        }
    }

    fn path(&self) -> String {
        format!("/org/freedesktop/login1/session/_{}", self.id)
    }
}

/// How logind behaves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Manner {
    /// As it should.
    #[default]
    Sound,
    /// It takes so long for each answer.
    Late(Duration),
    /// It answers nothing.
    Hung,
    /// It answers every question with an error.
    Failing,
    /// The list of sessions is of another type.
    StrangeList,
    /// This property of a session is of another type.
    Strange(&'static str),
    /// This property of a session is left out.
    Lacking(&'static str),
    /// Whether the lid is closed is a word.
    StrangeLid,
    /// The list names a session that has gone meanwhile.
    Outdated,
}

#[derive(Debug, Default)]
struct Said {
    sessions: Vec<Session>,
    lid_closed: bool,
    manner: Manner,
    changed: Vec<Session>,
    end: bool,
}

/// A bus without anybody on it.
#[derive(Debug)]
pub struct Bus {
    folder: TempDir,
    child: Child,
}

impl Bus {
    /// Starts one. It needs the program `dbus-daemon`.
    pub fn start() -> Self {
        let folder = TempDir::with_prefix("facelogin-bus-").unwrap();
        let socket = folder.path().join("bus");
        let config = folder.path().join("bus.conf");
        let text = format!(
            "<busconfig><type>custom</type><listen>unix:path={}</listen><auth>EXTERNAL</auth>\
             <policy context=\"default\"><allow send_destination=\"*\"/><allow receive_type=\"method_call\"/>\
             <allow receive_type=\"method_return\"/><allow receive_type=\"error\"/><allow receive_type=\"signal\"/>\
             <allow own=\"*\"/>\
             </policy></busconfig>",
            socket.display()
        );
        fs::write(&config, text).unwrap();
        let child = run(&config);
        let bus = Self { folder, child };
        bus.wait();
        bus
    }

    /// Ends it, with all its connections, and starts another in its place.
    pub fn restart(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        fs::remove_file(self.socket()).unwrap();
        self.child = run(&self.folder.path().join("bus.conf"));
        self.wait();
    }

    fn wait(&self) {
        until("the bus listens", || UnixStream::connect(self.socket()).ok());
    }

    /// Where it listens.
    pub fn socket(&self) -> PathBuf {
        self.folder.path().join("bus")
    }

    /// Stops it from doing anything, or lets it go on.
    pub fn hang(&self, hang: bool) {
        let signal = if hang { Signal::SIGSTOP } else { Signal::SIGCONT };
        process::signal(self.child.id(), signal);
    }
}

fn run(config: &Path) -> Child {
    Command::new("dbus-daemon")
        .arg(format!("--config-file={}", config.display()))
        .args(["--nofork", "--nopidfile"])
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("dbus-daemon must be installed: apt-get install dbus")
}

impl Drop for Bus {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A logind on a bus. Dropped, it is gone from it.
#[derive(Debug)]
pub struct Logind {
    said: Arc<Mutex<Said>>,
    thread: Option<JoinHandle<()>>,
}

impl Logind {
    /// Comes onto the bus with these sessions.
    pub fn on(bus: &Path, sessions: &[Session]) -> Self {
        let said = Arc::new(Mutex::new(Said {
            sessions: sessions.into(),
            ..Said::default()
        }));
        let channel = join(bus);
        let ours = Arc::clone(&said);
        let thread = thread::spawn(move || serve(&channel, &ours));
        Self {
            said,
            thread: Some(thread),
        }
    }

    fn said(&self) -> MutexGuard<'_, Said> {
        lock(&self.said)
    }

    /// These sessions instead; tells nobody.
    pub fn sessions(&self, sessions: &[Session]) {
        self.said().sessions = sessions.into();
    }

    /// Opens or closes the lid.
    pub fn lid(&self, closed: bool) {
        self.said().lid_closed = closed;
    }

    /// Changes how it behaves.
    pub fn manner(&self, manner: Manner) {
        self.said().manner = manner;
    }

    /// Locks or opens every session and tells whoever listens, as a lock screen's `SetLockedHint` has it done.
    pub fn lock(&self, locked: bool) {
        let mut said = self.said();
        for session in &mut said.sessions {
            session.locked = locked;
        }
        said.changed = said.sessions.clone();
    }
}

impl Drop for Logind {
    fn drop(&mut self) {
        self.said().end = true;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn lock(said: &Mutex<Said>) -> MutexGuard<'_, Said> {
    said.lock().unwrap_or_else(PoisonError::into_inner)
}

fn join(bus: &Path) -> Channel {
    let mut channel = Channel::open_private(&format!("unix:path={}", bus.display())).unwrap();
    channel.register().unwrap();
    let (to, path) = ("org.freedesktop.DBus", "/org/freedesktop/DBus");
    // 4: do not wait in a queue for the name.
    let request = Message::new_method_call(to, path, to, "RequestName")
        .unwrap()
        .append2(NAME, 4_u32);
    let reply = channel
        .send_with_reply_and_block(request, Duration::from_secs(10))
        .unwrap();
    assert_eq!(reply.read1::<u32>(), Ok(1), "the name is taken");
    channel
}

fn serve(channel: &Channel, said: &Mutex<Said>) {
    let mut due: Vec<(Instant, Message)> = Vec::new();
    loop {
        while let Some(message) = channel.pop_message() {
            let said = lock(said);
            let Some(answer) = answer(&said, &message) else {
                continue;
            };
            let after = match said.manner {
                Manner::Hung => continue,
                Manner::Late(after) => after,
                _ => Duration::ZERO,
            };
            due.push((Instant::now() + after, answer));
        }
        let now = Instant::now();
        let (ready, later) = due.into_iter().partition(|(at, _)| *at <= now);
        due = later;
        for (_, answer) in ready as Vec<(Instant, Message)> {
            let _ = channel.send(answer);
        }
        let changed = std::mem::take(&mut lock(said).changed);
        for session in changed {
            let _ = channel.send(hint(&session));
        }
        if lock(said).end || channel.read_write(Some(Duration::from_millis(5))).is_err() {
            return;
        }
    }
}

fn hint(session: &Session) -> Message {
    let mut changed = PropMap::new();
    put(&mut changed, "LockedHint", session.locked);
    Message::new_signal(
        session.path(),
        "org.freedesktop.DBus.Properties",
        "PropertiesChanged",
    )
    .unwrap()
    .append3(SESSION, changed, Vec::<String>::new())
}

fn put(map: &mut PropMap, name: &str, value: impl RefArg + 'static) {
    map.insert(name.into(), Variant(Box::new(value)));
}

fn answer(said: &Said, call: &Message) -> Option<Message> {
    let (member, path) = (call.member()?, call.path()?);
    if said.manner == Manner::Failing {
        return Some(call.error(
            &"org.freedesktop.DBus.Error.Failed".into(),
            c"it does not work today",
        ));
    }
    let answer = call.method_return();
    match &*member {
        "ListSessions" if said.manner == Manner::StrangeList => Some(answer.append1("none")),
        "ListSessions" => {
            let mut rows: Vec<_> = said.sessions.iter().map(row).collect();
            if said.manner == Manner::Outdated {
                rows.push(row(&Session {
                    id: "99",
                    ..Session::ssh(0)
                }));
                let gone = rows.len() - 1;
                // Of everybody's: it is asked about, and not there.
                if let (Some(first), Some(last)) = (said.sessions.first(), rows.get_mut(gone)) {
                    last.1 = first.uid;
                }
            }
            Some(answer.append1(rows))
        }
        "Get" if said.manner == Manner::StrangeLid => Some(answer.append1(Variant("no"))),
        "Get" => Some(answer.append1(Variant(said.lid_closed))),
        "GetAll" => match said.sessions.iter().find(|session| session.path() == *path) {
            Some(session) => Some(answer.append1(properties(session, said.manner))),
            None => Some(call.error(
                &"org.freedesktop.DBus.Error.UnknownObject".into(),
                c"no such session",
            )),
        },
        _ => dbus::channel::default_reply(call),
    }
}

type Row = (String, u32, String, String, dbus::Path<'static>);

fn row(session: &Session) -> Row {
    let path = dbus::Path::new(session.path()).unwrap();
    (
        session.id.into(),
        session.uid,
        "somebody".into(),
        session.seat.into(),
        path,
    )
}

/// What systemd 252 tells of a session, as far as it bears on this, and some that does not.
fn properties(session: &Session, manner: Manner) -> PropMap {
    let mut all = PropMap::new();
    put(&mut all, "Id", session.id.to_owned());
    put(&mut all, "Timestamp", 1_u64);
    put(&mut all, "VTNr", 2_u32);
    put(&mut all, "TTY", session.tty.to_owned());
    put(&mut all, "Remote", session.remote);
    put(&mut all, "Class", session.class.to_owned());
    put(&mut all, "Active", session.active);
    put(&mut all, "State", session.state.to_owned());
    put(&mut all, "LockedHint", session.locked);
    match manner {
        Manner::Strange(name) => put(&mut all, name, 1_u32),
        Manner::Lacking(name) => drop(all.remove(name)),
        _ => {}
    }
    all
}
