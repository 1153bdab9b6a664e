//! Lock screens, which run as the user: i3lock for real, on a screen without a screen; the stacks of others, run by a
//! program that asks as they do.
#![allow(clippy::unwrap_used)]

use std::time::Duration;

use facelogin_tests::callers::cases::View;
use facelogin_tests::callers::display::{self, Display};
use facelogin_tests::callers::{Background, Decided, ENROLLED, NOT_ENROLLED, Row, Table, World, ship};
use facelogin_tests::system::{process, until};

const PROGRAM: &str = env!("CARGO_BIN_EXE_pam-caller");

/// i3lock on a screen, as somebody.
struct Lock<'a> {
    display: &'a Display,
    program: Background,
}

impl<'a> Lock<'a> {
    fn new(display: &'a Display, uid: u32) -> Self {
        let program = Background::start(uid, "i3lock", &["--nofork"], Some(display.name()));
        // It forks once the keyboard is its own.
        until("i3lock has the keyboard", || {
            (!process::children(program.pid()).is_empty()).then_some(())
        });
        Self { display, program }
    }

    /// Types a line; whether the screen is open then. It stays closed when the module and pam_unix have both refused.
    fn opens(&mut self, world: &World, line: &str) -> bool {
        let refused = |world: &World| {
            let log = world.log();
            log.iter()
                .filter(|line| line.contains("pam_unix(i3lock:auth)"))
                .count()
        };
        let before = refused(world);
        self.display.line(line);
        until("i3lock opens or refuses", || {
            if self.program.ends_within(Duration::from_millis(50)) {
                return Some(true);
            }
            (refused(world) > before).then_some(false)
        })
    }
}

#[test]
fn r22_i3lock_opens_by_face_or_by_password_and_for_nobody_else() {
    let programs = [&["i3lock"], &display::PROGRAMS[..]].concat();
    World::run(&programs, &[("i3lock", "enter")], |world| {
        let mut table = Table::new("i3lock");
        let display = Display::start();
        let mut check = |world: &mut World, what: &str, view, who: u32, line: &str, codes: &[&str], opens| {
            world.see(view);
            let (decided, scans) = (world.decided().len(), world.scans());
            let mut lock = Lock::new(&display, who);
            let opened = lock.opens(world, line);
            let seen: Vec<String> = world
                .decided()
                .into_iter()
                .skip(decided)
                .map(|Decided(code)| code)
                .collect();
            let scans = world.scans() - scans;
            table.add(Row {
                caller: "i3lock (enter), as the user".into(),
                case: what.into(),
                codes: seen.join(", "),
                outcome: format!("{}; {scans} scans", if opened { "opens" } else { "stays locked" }),
            });
            assert_eq!(opened, opens, "{what}");
            assert_eq!(seen, codes, "{what}");
        };
        let (alice, bob) = (ENROLLED.uid, NOT_ENROLLED.uid);
        let unavailable = &["PAM_AUTHINFO_UNAVAIL"];
        check(
            world,
            "match, Enter",
            View::Match,
            alice,
            "",
            &["PAM_SUCCESS"],
            true,
        );
        check(
            world,
            "password typed",
            View::Match,
            alice,
            ENROLLED.password,
            unavailable,
            true,
        );
        check(
            world,
            "wrong password typed",
            View::Match,
            alice,
            "wrong",
            unavailable,
            false,
        );
        check(
            world,
            "alice's face, but bob's screen",
            View::Match,
            bob,
            "",
            unavailable,
            false,
        );
        check(
            world,
            "another face, Enter",
            View::Stranger,
            alice,
            "",
            &["PAM_AUTH_ERR"],
            false,
        );
        check(
            world,
            "daemon down, password typed",
            View::Down,
            alice,
            ENROLLED.password,
            unavailable,
            true,
        );
    });
}

#[test]
fn r22_an_unprivileged_program_may_ask_about_its_own_user_alone() {
    World::run(&[], &[("swaylock", "enter")], |world| {
        let mut table = Table::new("lockers");
        world.ship("swaylock");
        let swaylock = ["--locker", "--service", "swaylock", "--user", ENROLLED.name];
        let with = |text| [&swaylock[..], &["--text", text]].concat();
        world.see(View::Match);
        let caller = "swaylock (enter), as the user";
        let alice = ENROLLED.uid;
        world.ask_once(
            &mut table,
            (caller, "match, Enter"),
            PROGRAM,
            alice,
            &with(""),
            (&["PAM_SUCCESS"], true),
        );
        let unavailable: &[&str] = &["PAM_AUTHINFO_UNAVAIL"];
        let typed = with(ENROLLED.password);
        world.ask_once(
            &mut table,
            (caller, "password typed"),
            PROGRAM,
            alice,
            &typed,
            (unavailable, true),
        );
        // Bob, with alice's face in view and her name: neither the daemon nor pam_unix hears him.
        let caller = "swaylock (enter), as bob, about alice";
        let before = world.scans();
        let codes: &[&str] = &["PAM_SERVICE_ERR"];
        world.ask_once(
            &mut table,
            (caller, "alice's face"),
            PROGRAM,
            NOT_ENROLLED.uid,
            &with(""),
            (codes, false),
        );
        assert_eq!(world.scans(), before);
    });
}

/// KDE's lock screen gives up on a face service for good when it answers UNAVAIL, and asks again after AUTH_ERR.
#[test]
fn kde_face_is_asked_again_after_an_empty_room() {
    World::run(&[], &[("kde-face", "immediate")], |world| {
        let mut table = Table::new("kde-face");
        // As the requirement for KDE's lock screen has it.
        ship(
            "kde-face",
            "auth required pam_facelogin.so debug timeout_result=auth_err\naccount required pam_permit.so\n",
        );
        let alone = [
            "--locker",
            "--service",
            "kde-face",
            "--user",
            ENROLLED.name,
            "--answers",
            "fail",
        ];
        let caller = "kde-face (immediate), as the user";
        let alice = ENROLLED.uid;
        world.see(View::Nobody);
        let looping = [&alone[..], &["--attempts", "3", "--pause", "100"]].concat();
        let asked = world.ask(PROGRAM, alice, &looping);
        let codes: Vec<&str> = asked.iter().map(|one| one.code()).collect();
        table.add(Row {
            caller: caller.into(),
            case: "nobody, three times within a second".into(),
            codes: codes.join(", "),
            outcome: format!("refused; {} scans", world.scans()),
        });
        assert_eq!(codes, ["PAM_AUTH_ERR"; 3]);
        assert_eq!(world.scans(), 1, "the camera rests between");
        world.see(View::Match);
        let patient = [&alone[..], &["--attempts", "40", "--pause", "250"]].concat();
        let asked = world.ask(PROGRAM, alice, &patient);
        let last = asked.last().unwrap();
        assert!(last.is_in(), "{asked:?}");
        // It takes an answer within 50 ms, even success, for a broken one.
        assert!(last.ms > 50, "{asked:?}");
        assert!(asked.iter().all(|one| one.messages.is_empty()), "{asked:?}");
        table.add(Row {
            caller: caller.into(),
            case: "match, after a while".into(),
            codes: last.code().into(),
            outcome: "in: every call succeeds".into(),
        });
    });
}
