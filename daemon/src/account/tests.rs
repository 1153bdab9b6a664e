//! Accounts with files and a systemd-homed of the test's own.

use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixListener;
use std::sync::Mutex;
use std::time::Instant;

use super::*;

const MACHINE: &str = "0123456789abcdef0123456789abcdef";

struct World {
    dir: tempfile::TempDir,
    accounts: Accounts,
    said: Mutex<Vec<String>>,
}

impl World {
    fn new(shadow: &str) -> World {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        std::fs::create_dir_all(at("home/ada")).unwrap();
        std::fs::write(at("machine-id"), format!("{MACHINE}\n")).unwrap();
        std::fs::write(at("shadow"), shadow).unwrap();
        std::fs::set_permissions(at("shadow"), PermissionsExt::from_mode(0o640)).unwrap();
        let accounts = Accounts::at(Places {
            shadow: at("shadow"),
            homed: at("homed"),
            machine_id: at("machine-id"),
            logind_users: at("users"),
        });
        World {
            dir,
            accounts,
            said: Mutex::default(),
        }
    }

    fn ask(&self, class: EntryClass) -> Option<Reason> {
        let account = Account {
            name: "ada".into(),
            uid: 1000,
            home: self.dir.path().join("home/ada"),
        };
        let remark = |text: &str| self.said.lock().unwrap().push(text.to_owned());
        self.accounts.hindrance(&account, class, &remark)
    }

    /// Plays systemd-homed for one call: what it was asked.
    fn homed(&self, answer: &[u8]) -> std::thread::JoinHandle<String> {
        let path = self.dir.path().join("homed");
        let _ = std::fs::remove_file(&path);
        let listener = UnixListener::bind(path).unwrap();
        let answer = answer.to_vec();
        std::thread::spawn(move || {
            let (mut peer, _) = listener.accept().unwrap();
            let mut asked = Vec::new();
            let mut byte = [0];
            while peer.read(&mut byte).unwrap() == 1 && byte[0] != 0 {
                asked.push(byte[0]);
            }
            peer.write_all(&answer).unwrap();
            if answer.is_empty() {
                // Until the other side gives up.
                let _ = peer.read(&mut byte);
            }
            String::from_utf8(asked).unwrap()
        })
    }
}

#[test]
fn a_locked_account_is_refused_at_every_door_and_a_closed_home_where_a_session_begins() {
    let world = World::new("ada:!:19000:0:99999:7:::\n");
    for class in EntryClass::ALL {
        assert_eq!(world.ask(class), Some(Reason::AccountLocked), "{class:?}");
    }
    let world = World::new("ada:*:19000:0:99999:7:::\n");
    for class in EntryClass::ALL {
        assert_eq!(world.ask(class), None, "{class:?}");
    }
    std::fs::create_dir_all(world.dir.path().join("home/.ecryptfs/ada")).unwrap();
    for class in EntryClass::ALL {
        let closed = matches!(class, EntryClass::Greeter | EntryClass::Tty);
        assert_eq!(
            world.ask(class),
            closed.then_some(Reason::HomeLocked),
            "{class:?}"
        );
    }
    assert!(world.said.lock().unwrap().is_empty());
}

#[test]
fn a_shadow_file_that_cannot_be_understood_is_a_refusal_and_one_that_is_kept_from_us_is_none() {
    let world = World::new("ada:$y$x:19000:0:99999:7::soon:\n");
    assert_eq!(world.ask(EntryClass::Tty), Some(Reason::AccountLocked));
    assert!(world.said.lock().unwrap()[0].contains("pwck"));
    std::fs::remove_file(world.dir.path().join("shadow")).unwrap();
    for _ in 0..3 {
        assert_eq!(world.ask(EntryClass::Tty), None);
    }
    assert_eq!(world.said.lock().unwrap().len(), 2, "said once");
}

#[test]
fn a_home_of_systemd_homed_is_open_only_when_it_says_so() {
    // Its socket's owner must be root.
    if !nix::unistd::geteuid().is_root() {
        return;
    }
    let world = World::new("");
    let record = |name: &str, machine: &str, state: &str| {
        format!(
            "{{\"parameters\":{{\"record\":{{\"userName\":\"{name}\",\"disposition\":\"regular\",\"status\":{{\
             \"{machine}\":{{\"state\":{state},\"diskUsage\":7}}}},\"privileged\":{{}}}},\"incomplete\":true}}}}\0"
        )
    };
    let own = |state: &str| record("ada", MACHINE, state);
    let error = |name: &str| format!("{{\"error\":\"{name}\",\"parameters\":{{}}}}\0");
    let closed = Some(Reason::HomeLocked);
    // What it answers, what comes of it, whether that is a doubt.
    let table = [
        (own("\"active\""), None, false),
        (own("\"lingering\""), None, false),
        (own("\"inactive\""), closed, false),
        (own("\"locked\""), closed, false),
        (own("\"absent\""), closed, false),
        (own("\"something-new\""), closed, false),
        (own("null"), closed, false),
        (record("ada", "another-machine", "\"active\""), closed, false),
        (record("eve", MACHINE, "\"active\""), closed, true),
        (own("7"), closed, true),
        (
            "{\"parameters\":{\"record\":{\"userName\":\"ada\"}}}\0".into(),
            closed,
            false,
        ),
        ("{\"parameters\":{}}\0".into(), closed, true),
        (error("io.systemd.UserDatabase.NoRecordFound"), None, false),
        (error("io.systemd.UserDatabase.ServiceNotAvailable"), closed, true),
        ("garbage\0".into(), closed, true),
        ("{\"parameters\"".into(), closed, true),
    ];
    for (answer, expected, doubt) in table {
        let homed = world.homed(answer.as_bytes());
        assert_eq!(world.ask(EntryClass::Greeter), expected, "{answer:?}");
        let asked = homed.join().unwrap();
        assert!(
            asked.contains("\"io.systemd.UserDatabase.GetUserRecord\"")
                && asked.contains("\"userName\":\"ada\"")
                && asked.contains("\"service\":\"io.systemd.Home\""),
            "{asked}"
        );
        let said = std::mem::take(&mut *world.said.lock().unwrap());
        assert_eq!(!said.is_empty(), doubt, "{answer:?}: {said:?}");
        assert!(said.iter().all(|text| !text.contains("facelogind")), "{said:?}");
    }
    // It hangs, and then it is gone: a dead socket is no systemd-homed.
    let homed = world.homed(b"");
    assert_eq!(world.ask(EntryClass::Tty), closed);
    homed.join().unwrap();
    assert_eq!(world.ask(EntryClass::Tty), None);
}

#[test]
fn a_file_system_that_hangs_holds_up_only_so_many_and_only_so_long() {
    let waiting = Arc::default();
    let (release, gate) = mpsc::channel::<()>();
    let gate = Arc::new(Mutex::new(gate));
    for _ in 0..MOST_WAITING {
        let gate = gate.clone();
        let asked = within(&waiting, Duration::from_millis(10), move || {
            let _ = gate.lock().map(|gate| gate.recv());
        });
        assert_eq!(asked, None);
    }
    assert_eq!(within(&waiting, Duration::from_secs(60), || 7), None, "too many");
    drop(release);
    let start = Instant::now();
    while waiting.load(Ordering::Relaxed) > 0 {
        assert!(start.elapsed() < Duration::from_secs(60));
        std::thread::sleep(Duration::from_millis(5));
    }
    assert_eq!(within(&waiting, Duration::from_secs(60), || 7), Some(7));
}
