//! The rule wired up: whose sessions are asked for, what has a grace, and what a silent logind means.

use std::os::unix::net::UnixDatagram;

use facelogin_config::{Camera, Device, Service};

use super::*;
use crate::presence::{Class, Scene, Session, State};
use crate::server::users;
use crate::testing::desk;

const ALICE: u32 = 1000;
const DAEMON: u32 = 1;

/// Always says the same.
#[derive(Debug)]
struct Fake {
    answer: Result<Scene, LogindError>,
}

impl Logind for Fake {
    fn scene(&self) -> Result<Scene, LogindError> {
        self.answer.clone()
    }
}

fn at_desks(uids: &[u32]) -> Result<Scene, LogindError> {
    Ok(Scene {
        sessions: uids.iter().map(|uid| desk(*uid)).collect(),
        lid_closed: false,
        foreground: Some(2),
    })
}

fn config() -> Config {
    let mut config = Config::default();
    let rules = config.rules.clone();
    for (name, trigger) in [
        ("sudo", Trigger::Enter),
        ("swaylock", Trigger::Enter),
        ("hyprlock", Trigger::Immediate),
    ] {
        let service = Service {
            enabled: true,
            trigger,
            rules: rules.clone(),
        };
        config.services.insert(name.into(), service);
    }
    config
}

struct Asked {
    whereabouts: Whereabouts,
    config: Config,
    audit: Audit,
    log: UnixDatagram,
    _folder: tempfile::TempDir,
}

impl Asked {
    fn of(config: Config, answer: Result<Scene, LogindError>) -> Self {
        let fake = Fake { answer };
        let folder = tempfile::tempdir().unwrap();
        let log = UnixDatagram::bind(folder.path().join("log")).unwrap();
        log.set_nonblocking(true).unwrap();
        Self {
            whereabouts: Whereabouts::new(&config, Box::new(fake), Arc::default()),
            audit: Audit::to(folder.path().join("no-journal"), folder.path().join("log")),
            config,
            log,
            _folder: folder,
        }
    }

    fn hindrance(&self, attempted: &Attempted<'_>) -> Option<Reason> {
        self.judge(attempted).err()
    }

    fn judge(&self, attempted: &Attempted<'_>) -> Result<bool, Reason> {
        self.whereabouts.judge(&self.config, &self.audit, attempted)
    }

    fn logged(&self) -> Vec<String> {
        let mut lines = Vec::new();
        let mut buffer = [0; 1024];
        while let Ok(length) = self.log.recv(&mut buffer) {
            lines.push(String::from_utf8_lossy(&buffer[..length]).into_owned());
        }
        lines
    }
}

fn attempt(service: &'static str, root: bool) -> Attempted<'static> {
    Attempted {
        action: "authenticate",
        user: "alice",
        uid: Ok(Some(ALICE)),
        service,
        tty: "tty2",
        ruser: "",
        asker: Some(ALICE),
        consent: false,
        class: EntryClass::of(service, root),
        counts: true,
        since: Instant::now(),
    }
}

#[test]
fn r27_more_rights_are_about_who_asks_and_everything_else_about_the_user() {
    for (service, ruser, about) in [
        ("su", "daemon", Some(DAEMON)),
        ("su", "", Some(ALICE)),
        ("sudo", "daemon", Some(DAEMON)),
        ("su", "no-such-user-here", None),
        ("su", "daemon\n", None),
        ("login", "daemon", Some(ALICE)),
        ("gdm-password", "no-such-user-here", Some(ALICE)),
        ("xfce4-screensaver", "daemon", Some(ALICE)),
    ] {
        let attempted = Attempted {
            asker: users::asker(EntryClass::of(service, true), ruser, Some(ALICE)),
            consent: true,
            ..attempt(service, true)
        };
        let with = |uids: &[u32]| Asked::of(config(), at_desks(uids)).hindrance(&attempted);
        let expected = about.is_none().then_some(Reason::NotPresent);
        assert_eq!(with(&[ALICE, DAEMON]), expected, "{service} {ruser}");
        assert_eq!(
            with(Vec::from_iter(about).as_slice()),
            expected,
            "{service} {ruser}"
        );
    }
    // It is the asker who must be there, not the one whose rights are asked for.
    let asked = Asked::of(config(), at_desks(&[ALICE]));
    let attempted = Attempted {
        asker: Some(DAEMON),
        ..attempt("su", true)
    };
    assert_eq!(asked.hindrance(&attempted), Some(Reason::NotPresent));
    let nobody = Attempted {
        uid: Ok(None),
        ..attempt("login", true)
    };
    assert_eq!(asked.hindrance(&nobody), Some(Reason::NotPresent));
}

#[test]
fn r27_a_logind_that_cannot_be_asked_refuses_everybody_and_is_named_in_the_log_once() {
    for mode in [Presence::Seat, Presence::Local] {
        let config = Config {
            presence: mode,
            ..config()
        };
        let asked = Asked::of(config, Err(LogindError::Silent));
        for service in ["login", "gdm-password", "xfce4-screensaver", "sudo", "whatever"] {
            for root in [true, false] {
                let hindrance = asked.hindrance(&attempt(service, root));
                assert_eq!(hindrance, Some(Reason::NotPresent), "{service} {root}");
            }
        }
        let logged = asked.logged();
        assert!(
            matches!(&logged[..], [one] if one.contains("does not answer in time")),
            "{logged:?}"
        );
        // Another cause, or the same a minute later, is told.
        let now = Instant::now();
        let complain = |error, after| asked.whereabouts.complain(&asked.audit, error, now + after);
        complain(LogindError::HungUp, Duration::ZERO);
        complain(LogindError::HungUp, QUIET / 2);
        complain(LogindError::HungUp, QUIET);
        assert_eq!(asked.logged().len(), 2);
    }
}

#[test]
fn r27_the_lid_is_asked_about_for_the_camera_behind_it() {
    let closed = at_desks(&[ALICE]).map(|scene| Scene {
        lid_closed: true,
        ..scene
    });
    let lid = |camera: Camera| {
        let config = Config { camera, ..config() };
        Asked::of(config, closed.clone()).judge(&attempt("login", true))
    };
    assert_eq!(lid(Camera::default()), Err(Reason::LidClosed));
    let link = Device::Link("/dev/v4l/by-id/no-such-camera-here".into());
    assert_eq!(
        lid(Camera {
            devices: vec![link],
            ..Camera::default()
        }),
        Err(Reason::LidClosed)
    );
    let replay = Camera {
        replay: Some("/srv/pictures".into()),
        ..Camera::default()
    };
    // It may be used, and whoever opens a camera knows which may not.
    assert_eq!(lid(replay), Ok(true));
    let open = Asked::of(config(), at_desks(&[ALICE]));
    assert_eq!(open.judge(&attempt("login", true)), Ok(false));
}

#[test]
fn the_grace_is_for_what_unlocks_by_itself() {
    let held = |attempted: Attempted<'static>| {
        let asked = Asked::of(config(), at_desks(&[ALICE]));
        let hindrance = asked.hindrance(&attempted);
        assert!(
            matches!(hindrance, None | Some(Reason::JustLocked)),
            "{hindrance:?}"
        );
        hindrance.is_some()
    };
    for (service, root) in [
        ("xfce4-screensaver", true),
        ("xfce4-screensaver", false),
        ("kde-face", false),
        ("gdm-password", true),
        ("gdm-password", false),
    ] {
        assert!(held(attempt(service, root)), "{service} {root}");
        assert!(
            !held(Attempted {
                consent: true,
                ..attempt(service, root)
            }),
            "{service} {root}"
        );
    }
    // These wait for an answer at a prompt, open nothing that was locked, or are no service at all.
    for (service, root) in [
        ("swaylock", false),
        ("swaylock", true),
        ("login", true),
        ("sudo", true),
        ("x", false),
    ] {
        assert!(!held(attempt(service, root)), "{service} {root}");
    }
}

#[test]
fn the_grace_ends_and_a_login_at_a_greeter_has_none() {
    let asked = Asked::of(config(), at_desks(&[ALICE]));
    let service = "xfce4-screensaver";
    assert_eq!(
        asked.hindrance(&attempt(service, false)),
        Some(Reason::JustLocked)
    );
    assert_eq!(
        asked.hindrance(&attempt(service, false)),
        Some(Reason::JustLocked)
    );
    let none = Config {
        lock_grace_seconds: 0,
        ..config()
    };
    assert_eq!(
        Asked::of(none, at_desks(&[ALICE])).hindrance(&attempt(service, false)),
        None
    );

    let mut locked = desk(ALICE);
    locked.locked = true;
    let mut scene = at_desks(&[]).unwrap();
    scene.sessions.push(locked);
    let mut unlock = Asked::of(config(), Ok(scene.clone()));
    unlock.whereabouts.grace = {
        let locks = Arc::<Locks>::default();
        locks.found("/org/freedesktop/login1/session/_1000", None);
        Grace::new(Duration::from_secs(10), locks)
    };
    assert_eq!(unlock.hindrance(&attempt("gdm-password", true)), None);

    // Somebody else's screen, and a greeter: a login.
    let greeter = Session {
        class: Class::Greeter,
        ..desk(120)
    };
    scene.sessions = vec![greeter];
    let login = Asked::of(config(), Ok(scene));
    assert_eq!(login.hindrance(&attempt("gdm-password", true)), None);

    // A display manager that locks by showing its greeter: what it opens is behind it.
    let behind = Session {
        active: false,
        state: State::Online,
        ..desk(ALICE)
    };
    let greeter = Session {
        class: Class::Greeter,
        ..desk(120)
    };
    let with = |session: Session| Scene {
        sessions: vec![greeter.clone(), session],
        ..at_desks(&[]).unwrap()
    };
    let reason = |scene| Asked::of(config(), Ok(scene)).hindrance(&attempt("lightdm", true));
    assert_eq!(reason(with(behind.clone())), Some(Reason::JustLocked));
    for another in [
        Session {
            uid: 1,
            ..behind.clone()
        },
        Session {
            state: State::Closing,
            ..behind.clone()
        },
        Session {
            seat: "seat1".into(),
            ..behind
        },
    ] {
        assert_eq!(reason(with(another.clone())), None, "{another:?}");
    }
}
