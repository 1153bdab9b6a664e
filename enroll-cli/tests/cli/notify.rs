//! R26: `notify`, on a session bus of the test's own with a desktop that only takes notes.

use std::io::{BufRead, BufReader};
use std::os::unix::net::UnixListener;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use dbus::Message;
use dbus::channel::Channel;
use facelogin_protocol::codec::encode_reply;
use serde_json::{Value, json};

use crate::run::{built, finish, open_dir, program, skip_without_root};

const PATIENCE: Duration = Duration::from_secs(30);

/// A bus of its own, gone when dropped.
struct Bus {
    daemon: Child,
    address: String,
}

impl Bus {
    /// `None` where there is no bus to be had.
    fn start() -> Option<Self> {
        let started = Command::new("dbus-daemon")
            .args(["--session", "--nofork", "--nopidfile", "--print-address"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn();
        let mut daemon = match started {
            Ok(daemon) => daemon,
            Err(error) if std::env::var_os("FACELOGIN_TEST_NO_SKIP").is_some() => {
                panic!("dbus-daemon: {error}")
            }
            Err(error) => {
                eprintln!("skipped: dbus-daemon: {error}");
                return None;
            }
        };
        let mut address = String::new();
        let mut out = BufReader::new(daemon.stdout.take().unwrap());
        out.read_line(&mut address).unwrap();
        Some(Self {
            daemon,
            address: address.trim().into(),
        })
    }

    /// A desktop that takes every notification: summary and body.
    fn desktop(&self) -> Receiver<(String, String)> {
        let (sender, receiver) = channel();
        let mut bus = Channel::open_private(&self.address).unwrap();
        bus.register().unwrap();
        let own = Message::call_with_args(
            "org.freedesktop.DBus",
            "/org/freedesktop/DBus",
            "org.freedesktop.DBus",
            "RequestName",
            ("org.freedesktop.Notifications", 4u32),
        );
        bus.send_with_reply_and_block(own, PATIENCE).unwrap();
        thread::spawn(move || {
            while bus.read_write(Some(Duration::from_secs(1))).is_ok() {
                while let Some(message) = bus.pop_message() {
                    if message.member().as_deref() != Some("Notify") {
                        continue;
                    }
                    let (name, _, _, summary, body): (String, u32, String, String, String) =
                        message.read5().unwrap();
                    assert_eq!(name, "facelogin");
                    bus.send(message.method_return().append1(1u32)).unwrap();
                    if sender.send((summary, body)).is_err() {
                        return;
                    }
                }
            }
        });
        receiver
    }
}

impl Drop for Bus {
    fn drop(&mut self) {
        let _ = self.daemon.kill();
        let _ = self.daemon.wait();
    }
}

/// One connection: takes the call and answers as `Watch` does, then closes.
fn watched(listener: &UnixListener, elevations: &[Value]) -> Value {
    use std::io::{Read, Write};
    let (mut stream, _) = listener.accept().unwrap();
    let mut call = Vec::new();
    while call.last() != Some(&0) {
        let mut byte = [0];
        stream.read_exact(&mut byte).unwrap();
        call.push(byte[0]);
    }
    call.pop();
    for elevation in [&Value::Null].into_iter().chain(elevations) {
        let bytes = encode_reply(&json!({ "elevation": elevation }), true).unwrap();
        stream.write_all(&bytes).unwrap();
    }
    serde_json::from_slice(&call).unwrap()
}

fn elevation(service: &str, tty: Option<&str>) -> Value {
    json!({"time": 1_700_000_000, "user": "alice", "service": service, "tty": tty})
}

#[test]
fn r26_each_elevation_is_shown_on_the_desktop_and_a_daemon_that_restarts_is_found_again() {
    if skip_without_root("the client asks no daemon that is not root's") {
        return;
    }
    let Some(bus) = Bus::start() else { return };
    let shown = bus.desktop();
    let dir = open_dir();
    let socket = dir.path().join("socket");
    let mut notifier = program(built())
        .arg("--socket")
        .arg(&socket)
        .arg("notify")
        .env("DBUS_SESSION_BUS_ADDRESS", &bus.address)
        .env("TZ", "UTC0")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // The daemon comes later.
    thread::sleep(Duration::from_millis(300));
    let listener = UnixListener::bind(&socket).unwrap();
    let call = watched(
        &listener,
        &[elevation("sudo", Some("/dev/pts/3")), elevation("su", None)],
    );
    assert_eq!(
        call,
        json!({"method": "org.facelogin.Login.Watch", "parameters": {}, "more": true})
    );
    let (summary, body) = shown.recv_timeout(PATIENCE).unwrap();
    assert_eq!(summary, "sudo: allowed by face");
    assert!(
        body.starts_with("The face of alice was accepted on /dev/pts/3 at 2023-11-14 22:13:20."),
        "{body}"
    );
    assert_eq!(shown.recv_timeout(PATIENCE).unwrap().0, "su: allowed by face");

    // The daemon has gone, and comes again at another inode.
    drop(listener);
    std::fs::remove_file(&socket).unwrap();
    let listener = UnixListener::bind(&socket).unwrap();
    watched(&listener, &[elevation("polkit-1", None)]);
    assert_eq!(
        shown.recv_timeout(PATIENCE).unwrap().0,
        "polkit-1: allowed by face"
    );
    assert_eq!(notifier.try_wait().unwrap(), None, "it goes on");
    notifier.kill().unwrap();
    let said = notifier.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&said.stderr).into_owned();
    assert!(
        said.contains("cannot reach facelogind") && said.contains("trying again"),
        "{said}"
    );
}

#[test]
fn a_desktop_that_shows_nothing_ends_nothing_and_is_told() {
    if skip_without_root("the client asks no daemon that is not root's") {
        return;
    }
    let Some(bus) = Bus::start() else { return };
    let dir = open_dir();
    let socket = dir.path().join("socket");
    let listener = UnixListener::bind(&socket).unwrap();
    let mut notifier = program(built())
        .arg("--socket")
        .arg(&socket)
        .arg("notify")
        .env("DBUS_SESSION_BUS_ADDRESS", &bus.address)
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    watched(&listener, &[elevation("sudo", None)]);
    let mut said = BufReader::new(notifier.stderr.take().unwrap()).lines();
    let first = said.next().unwrap().unwrap();
    assert!(
        first.contains("the desktop did not show a notification"),
        "{first}"
    );
    assert_eq!(notifier.try_wait().unwrap(), None);
    notifier.kill().unwrap();
    notifier.wait().unwrap();
}

#[test]
fn without_a_session_bus_it_ends_with_a_code_of_its_own() {
    let start = Instant::now();
    let mut command = program(built());
    let address = "unix:path=/nonexistent/bus";
    let ran = finish(command.arg("notify").env("DBUS_SESSION_BUS_ADDRESS", address));
    assert_eq!(ran.code, 4, "{ran:?}");
    assert!(ran.err.contains("run this in a desktop session"), "{ran:?}");
    assert!(start.elapsed() < PATIENCE);
}
