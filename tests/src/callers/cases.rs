//! One case: what the camera sees, what the person does, and what must come of it.

use std::time::Duration;

use super::{Decided, Ended, Hand, Pty, Row, Table, Talk, World};

/// What the camera sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum View {
    /// The enrolled face.
    Match,
    /// Another.
    Stranger,
    /// Nobody.
    Nobody,
    /// There is no daemon to ask.
    Down,
}

/// What is tried, and what must come of it.
#[derive(Clone, Copy, Debug)]
pub struct Case<'a> {
    /// In the table.
    pub what: &'a str,
    /// What the camera sees.
    pub view: View,
    /// What the person does.
    pub hand: Hand<'a>,
    /// The module's codes, call by call.
    pub codes: &'a [&'a str],
    /// How it ends.
    pub ended: Ended,
    /// The module's questions, and others for a password.
    pub prompts: (u32, u32),
    /// How often the camera is opened.
    pub scans: usize,
}

impl World {
    /// Puts before the camera, or takes away, what this says.
    pub fn see(&mut self, view: View) {
        match view {
            View::Match => self.show_match(),
            View::Stranger => self.show_stranger(),
            View::Nobody => self.show_nobody(),
            View::Down => self.down(),
        }
    }

    /// Tries a case with a program that `start` starts, and checks everything about it; one of `refusals` is what the
    /// program shows to whom it refuses, if it does not just end.
    #[track_caller]
    pub fn case(
        &mut self,
        table: &mut Table,
        caller: &str,
        case: &Case<'_>,
        refusals: &[&str],
        start: impl FnOnce() -> Pty,
    ) -> Talk {
        self.see(case.view);
        let (decided, scans) = (self.decided().len(), self.scans());
        let mut pty = start();
        let talk = case.hand.talk(&mut pty, refusals);
        let codes = match talk.ended {
            Ended::In(_) => {
                // The session is closed, and the program has nothing to complain of.
                let status = pty.wait();
                assert!(status.success(), "{caller}, {case:?}: {status}: {}", pty.shown());
                self.decided()
            }
            Ended::Refused => {
                // Some ask anew at once: that is not of this case.
                let mut codes = self.decided();
                codes.truncate(decided + case.codes.len());
                drop(pty);
                codes
            }
        };
        let codes: Vec<String> = codes
            .into_iter()
            .skip(decided)
            .map(|Decided(code)| code)
            .collect();
        let scans = self.scans() - scans;
        if matches!(case.view, View::Nobody) && scans > 0 {
            // Whoever asked for more rights in an empty room waits a second before the next scan.
            std::thread::sleep(Duration::from_millis(1100));
        }
        let (face, password) = (talk.face_prompts, talk.password_prompts);
        table.add(Row {
            caller: caller.into(),
            case: case.what.into(),
            codes: codes.join(", "),
            outcome: format!(
                "{}; prompts: {face} ours, {password} others; {scans} scans",
                match talk.ended {
                    Ended::In(uid) => format!("in as uid {uid}"),
                    Ended::Refused => "refused".into(),
                }
            ),
        });
        assert_eq!(talk.ended, case.ended, "{caller}, {case:?}: {talk:?}");
        assert_eq!(codes, case.codes, "{caller}, {case:?}: {talk:?}");
        assert_eq!((face, password), case.prompts, "{caller}, {case:?}: {talk:?}");
        assert_eq!(scans, case.scans, "{caller}, {case:?}: {talk:?}");
        talk
    }
}

/// The person presses Enter for the face, and types `password` where one is asked for.
pub fn face_then(password: &str) -> Hand<'_> {
    Hand {
        at_face: "",
        at_password: password,
    }
}

/// The person types `password`, whoever asks.
pub fn types(password: &str) -> Hand<'_> {
    Hand {
        at_face: password,
        at_password: password,
    }
}

/// What everybody knows of a service with trigger `enter`: a match, all that is no match, and the password first.
/// `inside` is the uid of whoever is in.
pub fn with_enter<'a>(password: &'a str, inside: u32) -> [Case<'a>; 5] {
    let ended = Ended::In(inside);
    let unavailable = &["PAM_AUTHINFO_UNAVAIL"];
    [
        Case {
            what: "match",
            view: View::Match,
            hand: face_then(password),
            codes: &["PAM_SUCCESS"],
            ended,
            prompts: (1, 0),
            scans: 1,
        },
        Case {
            what: "password typed first",
            view: View::Match,
            hand: types(password),
            codes: unavailable,
            ended,
            prompts: (1, 0),
            scans: 0,
        },
        Case {
            what: "another face, then the password",
            view: View::Stranger,
            hand: face_then(password),
            codes: &["PAM_AUTH_ERR"],
            ended,
            prompts: (1, 1),
            scans: 1,
        },
        Case {
            what: "nobody, then the password",
            view: View::Nobody,
            hand: face_then(password),
            codes: unavailable,
            ended,
            prompts: (1, 1),
            scans: 1,
        },
        Case {
            what: "daemon down, the password",
            view: View::Down,
            hand: face_then(password),
            codes: unavailable,
            ended,
            prompts: (0, 1),
            scans: 0,
        },
    ]
}

/// The same with trigger `immediate`: the password cannot come first.
pub fn immediate<'a>(password: &'a str, inside: u32) -> [Case<'a>; 4] {
    let [case, _, stranger, nobody, down] = with_enter(password, inside);
    [
        Case {
            prompts: (0, 0),
            ..case
        },
        Case {
            prompts: (0, 1),
            ..stranger
        },
        Case {
            prompts: (0, 1),
            ..nobody
        },
        down,
    ]
}
