//! Attempts against a vision process that a test plays: what it is told, and in which order with the answer.

use super::*;
use crate::audit::Audit;
use crate::lockout::BootClock;
use crate::store::{KeySource, NewTemplate, Store};
use crate::testing::{encoding, face, link, observation, soon};
use crate::vision::loan::Desk;
use crate::vision::wire::{FromVision, Light, Strobe, ToVision, receive_message, send};
use facelogin_config::{Config, Liveness};
use facelogin_score::ENCODING_LEN;
use std::cell::Cell;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Condvar, Mutex};

const COLOUR: &str = "usb:04f2:b6d9 kind=colour path=a";
const INFRARED: &str = "usb:04f2:b6d9 kind=infrared path=a";
const OLD_LINK: &str = "/dev/v4l/by-id/usb-Cam-video-index0";

/// What the vision process answers to `Start`.
type Shows = fn(&OwnedFd, u64, &Wanted);

struct Room {
    daemon: Daemon,
    told: Receiver<ToVision>,
    _folder: tempfile::TempDir,
}

/// A daemon in whose store root has a template of each of these cameras, all of the same face.
fn room(cameras: &[&str], shows: Shows) -> Room {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().canonicalize().unwrap().join("store");
    let mut store = Store::open(&state, KeySource::File(state.join("store.key"))).unwrap();
    for camera in cameras {
        let new = NewTemplate {
            user: "root".into(),
            uid: 0,
            label: "face".into(),
            engine: "e".into(),
            model: "m".into(),
            camera: (*camera).into(),
            encodings: vec![vec![0.0; ENCODING_LEN]],
        };
        store.add_template(&new).unwrap();
    }
    let desk = Arc::new(Desk::default());
    let (line, theirs) = link();
    desk.arrived(line);
    let (tell, told) = channel();
    std::thread::spawn(move || {
        while let Ok(order) = receive_message::<ToVision>(&theirs, soon()) {
            match &order {
                ToVision::Start { scan, wanted } => shows(&theirs, *scan, wanted),
                ToVision::Stop { scan } => {
                    send(&theirs, &FromVision::Stopped { scan: *scan }, soon()).unwrap()
                }
                _ => {}
            }
            tell.send(order).unwrap();
        }
    });
    let audit = Audit::to(folder.path().join("no-journal"), folder.path().join("no-log"));
    let daemon = Daemon::new(
        Config::default(),
        store,
        desk,
        audit,
        BootClock::new().unwrap(),
        None,
    );
    Room {
        daemon,
        told,
        _folder: folder,
    }
}

impl Room {
    fn attempt(&self, policy: impl Fn(&Standing) -> Policy) -> Judged {
        let (ours, _theirs) = UnixStream::pair().unwrap();
        let peer = Peer::at(ours.into(), 0);
        let mut answers = Vec::new();
        attempt(&self.daemon, &peer, &roots_test(), policy, |judged| {
            answers.push(judged.clone())
        });
        assert_eq!(answers.len(), 1);
        answers.remove(0)
    }

    /// What the vision process was told.
    fn told(self) -> Vec<ToVision> {
        drop(self.daemon);
        self.told.iter().collect()
    }
}

/// Lets nobody in, and so is held up by nothing but the policy.
fn roots_test() -> Attempted<'static> {
    Attempted {
        action: "test",
        user: "root",
        uid: Ok(Some(0)),
        service: "login",
        tty: "",
        ruser: "",
        asker: Some(0),
        consent: true,
        class: EntryClass::Unprivileged,
        counts: false,
        since: Instant::now(),
    }
}

fn scan(standing: &Standing) -> Policy {
    match standing.usable_templates {
        0 => Policy::Refuse(Verdict::Unavailable, Reason::OtherEngine),
        _ => Policy::Scan(ScanRules {
            strictness: Strictness::Distance(0.3),
            frames: 2,
            liveness: Liveness::On,
            timeout: Duration::from_secs(8),
            no_face_timeout: Duration::from_secs(8),
        }),
    }
}

/// Opens a camera, and shows the enrolled face through it.
fn shows_the_face(line: &OwnedFd, scan: u64, camera: &str, kind: CameraKind) {
    let camera = camera.into();
    send(line, &FromVision::Opened { scan, camera, kind }, soon()).unwrap();
    for number in 0..2 {
        let seen = Observation {
            faces: vec![face(encoding(0.1, 0))],
            ..observation(scan, number)
        };
        send(line, &FromVision::Observation(seen), soon()).unwrap();
    }
}

/// The first kind that is wanted.
fn as_wanted(line: &OwnedFd, scan: u64, wanted: &Wanted) {
    match wanted.kinds[0] {
        CameraKind::Infrared => shows_the_face(line, scan, INFRARED, CameraKind::Infrared),
        _ => shows_the_face(line, scan, COLOUR, CameraKind::Colour),
    }
}

#[test]
fn r04_what_the_first_word_of_the_policy_refuses_lights_no_camera() {
    // Before the wait for the camera its word is given twice, without the circumstances and with them. After it, once
    // in the dark, and then twice again while the camera opens.
    for (refused, expected) in [
        (0, "nothing"),
        (1, "nothing"),
        (2, "nothing"),
        (3, "opened and closed"),
        (4, "opened and closed"),
    ] {
        let room = room(&[COLOUR], as_wanted);
        let asked = Cell::new(0);
        let judged = room.attempt(|standing| {
            asked.set(asked.get() + 1);
            match asked.get() > refused {
                true => Policy::Refuse(Verdict::LockedOut, Reason::LockedOut),
                false => scan(standing),
            }
        });
        assert_eq!(
            (judged.verdict, judged.reason),
            (Verdict::LockedOut, Reason::LockedOut)
        );
        assert_eq!(judged.detail.camera, None);
        let told = room.told();
        let seen = match told[..] {
            [] => "nothing",
            [ToVision::Start { scan: 1, .. }, ToVision::Stop { scan: 1 }] => "opened and closed",
            _ => "something else",
        };
        assert_eq!(seen, expected, "{refused}: {told:?}");
    }
}

#[test]
fn r18_a_user_without_a_template_of_this_engine_lights_no_camera() {
    let room = room(&[], as_wanted);
    let judged = room.attempt(scan);
    assert_eq!(judged.reason, Reason::OtherEngine);
    assert!(room.told().is_empty());
}

/// What keeps [`slow_to_open`] from opening, and whether the answer came meanwhile.
static GATE: (Mutex<bool>, Condvar) = (Mutex::new(false), Condvar::new());

fn slow_to_open(_: &OwnedFd, _: u64, _: &Wanted) {
    let (answered, changed) = &GATE;
    let waiting = changed.wait_timeout_while(answered.lock().unwrap(), Duration::from_secs(5), |answered| {
        !*answered
    });
    assert!(!waiting.unwrap().1.timed_out(), "the answer waits for the camera");
}

#[test]
fn r25_a_refusal_does_not_wait_for_a_camera_that_is_just_opening() {
    let room = room(&[COLOUR], slow_to_open);
    let (ours, _theirs) = UnixStream::pair().unwrap();
    let peer = Peer::at(ours.into(), 0);
    let asked = Cell::new(0);
    let policy = |standing: &Standing| {
        asked.set(asked.get() + 1);
        match asked.get() > 3 {
            true => Policy::Refuse(Verdict::LockedOut, Reason::LockedOut),
            false => scan(standing),
        }
    };
    attempt(&room.daemon, &peer, &roots_test(), policy, |_| {
        *GATE.0.lock().unwrap() = true;
        GATE.1.notify_all();
    });
    assert_eq!(room.told().len(), 2);
}

#[test]
fn r18_a_camera_is_wanted_of_the_kinds_that_the_user_is_enrolled_with() {
    use CameraKind::{Colour, Infrared};
    for (cameras, expected) in [
        (&[COLOUR][..], vec![Colour]),
        (&["pictures"], vec![Colour]),
        (&["replay"], vec![Colour]),
        (&[OLD_LINK], vec![Colour]),
        (&[INFRARED], vec![Infrared]),
        (&[INFRARED, COLOUR, INFRARED], vec![Colour, Infrared]),
    ] {
        let room = room(cameras, as_wanted);
        let judged = room.attempt(scan);
        assert_eq!(judged.verdict, Verdict::Match, "{cameras:?}");
        let camera = judged.detail.camera.unwrap();
        let told = room.told();
        let Some(ToVision::Start { wanted, .. }) = told.first() else {
            panic!("{told:?}");
        };
        let mut kinds = wanted.kinds.clone();
        kinds.sort_by_key(|kind| *kind == Infrared);
        assert_eq!(kinds, expected, "{cameras:?}");
        assert!(wanted.built_in);
        assert_eq!(
            camera,
            if wanted.kinds[0] == Infrared {
                INFRARED
            } else {
                COLOUR
            }
        );
    }
}

#[test]
fn r18_the_right_face_in_the_wrong_light_is_nobodys() {
    let cases: [(&str, Shows); 3] = [
        (COLOUR, |line, scan, _| {
            shows_the_face(line, scan, INFRARED, CameraKind::Infrared)
        }),
        (INFRARED, |line, scan, _| {
            shows_the_face(line, scan, COLOUR, CameraKind::Colour)
        }),
        (INFRARED, |line, scan, _| {
            shows_the_face(line, scan, "replay", CameraKind::Replay)
        }),
    ];
    for (enrolled, shows) in cases {
        let room = room(&[enrolled], shows);
        let judged = room.attempt(scan);
        assert_eq!(
            (judged.verdict, judged.reason, judged.template),
            (Verdict::Unavailable, Reason::NotEnrolled, None),
            "{enrolled}"
        );
    }
}

/// The same rules, and what matches must be alive.
fn scan_for_the_living(standing: &Standing) -> Policy {
    match scan(standing) {
        Policy::Scan(rules) => Policy::Scan(ScanRules {
            liveness: Liveness::Required,
            ..rules
        }),
        refused => refused,
    }
}

#[test]
fn r23_a_camera_that_cannot_tell_what_must_be_told_stays_dark() {
    use CameraKind::Infrared;
    // The vision process that is played here has no liveness networks.
    for (cameras, wanted) in [
        (&[COLOUR][..], None),
        (&[INFRARED], Some(vec![Infrared])),
        (&[COLOUR, INFRARED], Some(vec![Infrared])),
    ] {
        let room = room(cameras, as_wanted);
        let judged = room.attempt(scan_for_the_living);
        // What was looked at and could not be told counts like a stranger, and reads so to all but root.
        let verdict = match wanted {
            None => Verdict::Unavailable,
            Some(_) => Verdict::NoMatch,
        };
        assert_eq!(
            (judged.verdict, judged.reason, judged.template),
            (verdict, Reason::LivenessUnavailable, None),
            "{cameras:?}"
        );
        let kinds = room.told().into_iter().find_map(|told| match told {
            ToVision::Start { wanted, .. } => Some(wanted.kinds),
            _ => None,
        });
        assert_eq!(kinds, wanted, "{cameras:?}");
    }
}

#[test]
fn in_infrared_what_the_flash_showed_decides() {
    fn with_flash(line: &OwnedFd, scan: u64, face_lit: f32) {
        let (camera, kind) = (INFRARED.into(), CameraKind::Infrared);
        send(line, &FromVision::Opened { scan, camera, kind }, soon()).unwrap();
        for number in 0..2 {
            let seen = Observation {
                faces: vec![face(encoding(0.1, 0))],
                light: Light::Lit,
                strobe: Some(Strobe {
                    face: face_lit,
                    surround: 0.05,
                }),
                ..observation(scan, number)
            };
            send(line, &FromVision::Observation(seen), soon()).unwrap();
        }
    }
    let cases: [(Shows, Verdict, Reason); 2] = [
        (
            |line, scan, _| with_flash(line, scan, 0.4),
            Verdict::Match,
            Reason::Matched,
        ),
        (
            |line, scan, _| with_flash(line, scan, 0.0),
            Verdict::NoMatch,
            Reason::LivenessRefused,
        ),
    ];
    for (shows, verdict, reason) in cases {
        for policy in [scan, scan_for_the_living] {
            let room = room(&[INFRARED], shows);
            let judged = room.attempt(policy);
            assert_eq!((judged.verdict, judged.reason), (verdict, reason));
            assert_eq!(judged.template.is_some(), verdict == Verdict::Match);
        }
    }
}
