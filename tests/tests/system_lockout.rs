//! R21: what counts, what it leads to, and what ends it.
#![allow(clippy::unwrap_used)]

use std::time::Duration;

use facelogin_protocol::types::{Done, Reason, ReportPasswordIn};
use facelogin_protocol::{Client, ClientError, Deadline};
use facelogin_tests::pam_host::code;
use facelogin_tests::system::scene::{Portrait, Scene};
use facelogin_tests::system::user::{ENROLLED, STRANGER, act_as, uid};
use facelogin_tests::system::{
    PATIENCE, System, SystemOptions, Wire, authenticate_in, method, process, until,
};
use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, unshare};
use nix::sys::inotify::{AddWatchFlags, InitFlags, Inotify};
use nix::sys::signal::Signal;
use nix::time::{ClockId, clock_gettime};

fn counted(system: &System) -> Vec<(String, u32)> {
    let lockouts = system.status(ENROLLED).lockouts;
    lockouts
        .into_iter()
        .map(|one| (one.class, one.failures))
        .collect()
}

fn login(system: &System, service: &str) -> &'static str {
    code::name(system.login(service, ENROLLED))
}

/// What the module's `setcred` says after a typed password.
fn report_password(system: &System, peer: u32, user: &str, claimed: u32) -> Result<Done, ClientError> {
    let report = ReportPasswordIn {
        user: user.into(),
        uid: claimed,
        service: "login".into(),
    };
    act_as(peer, || {
        let deadline = Deadline::after(PATIENCE);
        Client::connect(&system.socket(), deadline)?.call("ReportPassword", &report, deadline)
    })
}

/// The verdict's reason, for a caller with or without consent.
fn reason(system: &System, peer: u32, service: &str, consent: bool) -> Reason {
    let mut request = authenticate_in(ENROLLED, service);
    request.consent = consent;
    let answer = act_as(peer, || {
        let deadline = Deadline::after(PATIENCE);
        Client::connect(&system.socket(), deadline)?.authenticate(&request, deadline)
    });
    answer.unwrap().reason
}

/// Starts the daemon with its store on a file system of its own that is soon full, and says where that is.
fn start_on_little_room(system: &mut System) -> std::path::PathBuf {
    std::thread::scope(|scope| {
        let starting = scope.spawn(|| {
            unshare(CloneFlags::CLONE_NEWNS).unwrap();
            let nothing = None::<&str>;
            let private = MsFlags::MS_REC | MsFlags::MS_PRIVATE;
            mount(nothing, "/", nothing, private, nothing).unwrap();
            let options = Some("size=1m,mode=0700");
            mount(nothing, &system.state(), Some("tmpfs"), MsFlags::empty(), options).unwrap();
            system.start_daemon();
        });
        starting.join().unwrap();
    });
    system.wait_until_ready();
    let root = format!("/proc/{}/root", system.daemon_pid());
    std::path::Path::new(&root).join(system.state().strip_prefix("/").unwrap())
}

#[test]
fn r21_a_mismatch_that_a_full_store_cannot_take_leaves_no_further_try() {
    let Some(mut system) = System::prepare(&SystemOptions::default()) else {
        return;
    };
    let store = start_on_little_room(&mut system);
    system.enrol_usual();
    let filler = store.join("filler");
    let mut file = std::fs::File::create(&filler).unwrap();
    while std::io::Write::write(&mut file, &[0; 4096]).is_ok() {}
    system.show(&Scene::of(Portrait::Biden));
    assert_eq!(login(&system, "login"), "PAM_AUTHINFO_UNAVAIL");
    system.show(&Scene::of(Portrait::Obama));
    assert_eq!(login(&system, "login"), "PAM_AUTHINFO_UNAVAIL");
    assert_eq!(login(&system, "gdm-password"), "PAM_SUCCESS", "another entry");
    drop(file);
    std::fs::remove_file(filler).unwrap();
    assert_eq!(counted(&system), []);
    system.show(&Scene::empty());
    assert_eq!(login(&system, "login"), "PAM_AUTHINFO_UNAVAIL");
    assert_eq!(counted(&system), [("tty".into(), 1)]);
    system.show(&Scene::of(Portrait::Obama));
    assert_eq!(login(&system, "login"), "PAM_SUCCESS");
}

#[test]
fn r21_five_mismatches_lock_one_entry_until_root_unlocks_it() {
    let Some(mut system) = System::start(&SystemOptions::default()) else {
        return;
    };
    system.enrol_usual();
    // Empty rooms and crowds are no mismatches.
    for scene in [
        Scene::empty(),
        Scene::two_people(Portrait::Biden, Portrait::Obama),
    ] {
        system.show(&scene);
        assert_eq!(login(&system, "login"), "PAM_AUTHINFO_UNAVAIL");
    }
    assert!(counted(&system).is_empty());

    system.show(&Scene::of(Portrait::Biden));
    for number in 1..=5 {
        assert_eq!(login(&system, "login"), "PAM_AUTH_ERR");
        assert_eq!(counted(&system), [("tty".into(), number)]);
    }
    // Root's own test of a face counts for nothing, and is not refused.
    system.cli(&["test", "--user", ENROLLED]).expect(1);

    // Locked, for the right face too, and without a look.
    system.show(&Scene::of(Portrait::Obama));
    let (result, attempt) = system.recorded_login("login", ENROLLED);
    assert_eq!(
        (result, attempt.verdict.as_str(), attempt.frames),
        ("PAM_MAXTRIES", "locked_out", 0)
    );
    assert_eq!(
        counted(&system),
        [("tty".into(), 5)],
        "being refused does not count"
    );
    assert_eq!(login(&system, "gdm-password"), "PAM_SUCCESS", "another entry");

    system.restart_daemon();
    assert_eq!(login(&system, "login"), "PAM_MAXTRIES");
    let status = system.cli(&["status", "--user", ENROLLED]).expect(0);
    assert!(
        status.out.contains("tty: 5 mismatches, locked for"),
        "{}",
        status.out
    );
    assert_eq!(login(&system, "gdm-password"), "PAM_SUCCESS");

    let ran = system.cli(&["unlock", "--user", ENROLLED]).expect(0);
    assert!(ran.out.contains("Cleared 1 counter"), "{ran:?}");
    assert!(counted(&system).is_empty());
    assert_eq!(login(&system, "login"), "PAM_SUCCESS");
}

#[test]
fn r21_a_match_forgets_the_mismatches_of_its_entry() {
    let Some(system) = System::start(&SystemOptions::default()) else {
        return;
    };
    system.enrol_usual();
    system.show(&Scene::of(Portrait::Biden));
    for service in ["login", "login", "gdm-password", "swaylock"] {
        assert_eq!(login(&system, service), "PAM_AUTH_ERR");
    }
    let mut all = counted(&system);
    all.sort();
    let expected = [("greeter", 1), ("locker", 1), ("tty", 2)];
    assert_eq!(all, expected.map(|(class, count)| (class.to_owned(), count)));
    system.show(&Scene::of(Portrait::Obama));
    assert_eq!(login(&system, "login"), "PAM_SUCCESS");
    let left: Vec<String> = counted(&system).into_iter().map(|(class, _)| class).collect();
    assert_eq!(left.len(), 2);
    assert!(!left.contains(&"tty".into()), "{left:?}");
}

#[test]
fn r21_the_limits_are_the_configuration_s() {
    let options = SystemOptions::default()
        .tables("[lockout]\nfailures = 1\nfirst_wait_seconds = 10\nmax_wait_seconds = 3600");
    let Some(system) = System::start(&options) else {
        return;
    };
    system.enrol_usual();
    system.show(&Scene::of(Portrait::Biden));
    assert_eq!(login(&system, "login"), "PAM_AUTH_ERR");
    assert_eq!(login(&system, "login"), "PAM_MAXTRIES");
    let lockouts = system.status(ENROLLED).lockouts;
    assert!((1..=10).contains(&lockouts[0].remaining_seconds), "{lockouts:?}");
}

#[test]
fn r21_leaving_after_a_mismatch_counts() {
    // The first picture alone is enough for a comparison; then the room is empty, and the scan goes on.
    let options = SystemOptions {
        fps: 1,
        ..SystemOptions::default().rules("frames = 1\ntimeout_ms = 30000\nno_face_timeout_ms = 30000")
    };
    let Some(system) = System::start(&options) else {
        return;
    };
    system.enrol_usual();
    system.show(&Scene::of(Portrait::Biden).then(&Scene::empty(), 60));
    let opened = Inotify::init(InitFlags::IN_CLOEXEC).unwrap();
    opened
        .add_watch(&system.replay(), AddWatchFlags::IN_OPEN)
        .unwrap();
    let mut wire = Wire::connect(&system.socket());
    let request = serde_json::to_value(authenticate_in(ENROLLED, "login")).unwrap();
    wire.call(&method("Authenticate", request)).unwrap();
    // When the vision process opens a second picture it has told of the first, whatever the speed of the machine.
    let second = |name: &std::ffi::OsStr| {
        name.to_str()
            .is_some_and(|name| name.ends_with(".jpg") && name != "000.jpg")
    };
    while !opened
        .read_events()
        .unwrap()
        .iter()
        .any(|event| event.name.as_deref().is_some_and(second))
    {}
    // What it told is on its way to the supervisor.
    std::thread::sleep(Duration::from_millis(500));
    drop(wire);
    let attempt = system.attempt_after(0);
    assert_eq!(
        (attempt.verdict.as_str(), attempt.reason.as_str()),
        ("unavailable", "cancelled"),
        "{attempt:?}"
    );
    assert_eq!(counted(&system), [("tty".into(), 1)]);
}

#[test]
fn r21_a_password_success_forgets_every_entry_and_only_root_may_report_it() {
    let options = SystemOptions::default().tables("[lockout]\nfailures = 1");
    let Some(system) = System::start(&options) else {
        return;
    };
    system.enrol_usual();
    system.show(&Scene::of(Portrait::Biden));
    let games = uid(ENROLLED);
    for service in ["login", "gdm-password", "swaylock"] {
        assert_eq!(login(&system, service), "PAM_AUTH_ERR");
        assert_eq!(login(&system, service), "PAM_MAXTRIES");
    }
    assert_eq!(reason(&system, games, "swaylock", true), Reason::NotMatching);
    assert_eq!(counted(&system).len(), 4);

    // Not by the user's own word, nor about somebody whom the name does not name.
    for (peer, user, claimed, error) in [
        (games, ENROLLED, games, "NotPermitted"),
        (games, STRANGER, uid(STRANGER), "NotPermitted"),
        (0, ENROLLED, uid(STRANGER), "UnknownUser"),
        (0, "no-such-user-here", games, "UnknownUser"),
        (0, &"x".repeat(300), games, "Invalid"),
    ] {
        let refused = report_password(&system, peer, user, claimed).unwrap_err();
        assert!(
            matches!(&refused, ClientError::Refused { name, .. } if name.ends_with(error)),
            "{peer} {user}: {refused}"
        );
    }
    report_password(&system, 0, STRANGER, uid(STRANGER)).unwrap();
    assert_eq!(counted(&system).len(), 4, "somebody else's password");

    let attempts = system.recorded();
    // It takes no camera and no models.
    let vision = system.vision_pid();
    process::signal(vision, Signal::SIGSTOP);
    for _ in 0..2 {
        report_password(&system, 0, ENROLLED, games).unwrap();
        assert!(counted(&system).is_empty());
    }
    process::signal(vision, Signal::SIGCONT);
    assert_eq!(system.recorded(), attempts, "it is no attempt");
    system.show(&Scene::of(Portrait::Obama));
    for service in ["login", "gdm-password", "swaylock"] {
        assert_eq!(login(&system, service), "PAM_SUCCESS");
    }
}

#[test]
fn r21_a_wait_runs_down_by_the_boot_clock_and_the_next_one_is_longer() {
    let tables = "[lockout]\nfailures = 2\nfirst_wait_seconds = 600\nmax_wait_seconds = 3600";
    let Some(mut system) = System::start(&SystemOptions::default().tables(tables)) else {
        return;
    };
    system.enrol_usual();
    system.show(&Scene::of(Portrait::Biden));
    let mut ahead = 0;
    assert_eq!(login(&system, "login"), "PAM_AUTH_ERR");
    for (failures, wait) in [(2, 600), (3, 1200), (4, 2400), (5, 3600), (6, 3600)] {
        assert_eq!(login(&system, "login"), "PAM_AUTH_ERR");
        let left = |system: &System| system.status(ENROLLED).lockouts[0].remaining_seconds;
        // The test itself may take a minute or two.
        assert!((wait - 300..=wait).contains(&left(&system)), "{failures}");
        // Asking while it is locked makes it no longer.
        for _ in 0..3 {
            assert_eq!(login(&system, "login"), "PAM_MAXTRIES");
        }
        assert_eq!(counted(&system), [("tty".into(), failures)]);
        assert!(left(&system) <= wait);
        // A restart ends nothing; time does.
        let before = left(&system);
        ahead += 300;
        system.boot_clock_ahead(ahead);
        system.restart_daemon();
        assert!(left(&system) <= before - 300, "{before}");
        assert_eq!(login(&system, "login"), "PAM_MAXTRIES");
        ahead += wait;
        system.boot_clock_ahead(ahead);
        system.restart_daemon();
        assert_eq!(left(&system), 0);
    }
    system.show(&Scene::of(Portrait::Obama));
    assert_eq!(login(&system, "login"), "PAM_SUCCESS");
    assert!(counted(&system).is_empty());
}

#[test]
fn r21_a_reboot_begins_a_wait_anew_and_never_ends_one() {
    let tables = "[lockout]\nfailures = 1\nfirst_wait_seconds = 3600\nmax_wait_seconds = 3600";
    let Some(mut system) = System::start(&SystemOptions::default().tables(tables)) else {
        return;
    };
    system.enrol_usual();
    system.show(&Scene::of(Portrait::Biden));
    assert_eq!(login(&system, "login"), "PAM_AUTH_ERR");
    system.stop_daemon();
    // As a store looks that another boot, days ago or up for long, has written.
    let written: i64 = system
        .database()
        .query_row("SELECT at_boottime_secs FROM lockout", [], |row| row.get(0))
        .unwrap();
    // Not a date, which somebody could set.
    let up = clock_gettime(ClockId::CLOCK_BOOTTIME).unwrap().tv_sec();
    assert!((up - 300..=up).contains(&written), "{written} at {up}");
    for at in [0, 1_i64 << 40] {
        let database = system.database();
        let sql =
            "UPDATE lockout SET boot_id = '0badb007-0000-4000-8000-000000000000', at_boottime_secs = ?1";
        assert_eq!(database.execute(sql, [at]).unwrap(), 1);
        drop(database);
        system.start_daemon();
        system.wait_until_ready();
        let left = system.status(ENROLLED).lockouts[0].remaining_seconds;
        assert!((3300..=3600).contains(&left), "{left}");
        assert_eq!(login(&system, "login"), "PAM_MAXTRIES");
        system.stop_daemon();
    }
    // Anchored in this boot it runs down.
    system.boot_clock_ahead(3600);
    system.start_daemon();
    system.wait_until_ready();
    assert_eq!(system.status(ENROLLED).lockouts[0].remaining_seconds, 0);
    assert_eq!(login(&system, "login"), "PAM_AUTH_ERR");
}

#[test]
fn the_password_comes_first_after_a_boot_and_after_some_hours() {
    let after = |rules: &str| SystemOptions::default().tables(&format!("[password_first]\n{rules}"));
    let Some(mut system) = System::start(&after("after_boot = true")) else {
        return;
    };
    system.enrol_usual();
    system.show(&Scene::of(Portrait::Obama));
    let games = uid(ENROLLED);
    for service in ["login", "gdm-password", "swaylock"] {
        let (result, attempt) = system.recorded_login(service, ENROLLED);
        assert_eq!(
            (result, attempt.reason.as_str(), attempt.frames),
            ("PAM_AUTHINFO_UNAVAIL", "password_first", 0)
        );
    }
    assert_eq!(reason(&system, games, "swaylock", true), Reason::PasswordFirst);
    system.cli(&["test", "--user", ENROLLED]).expect(0);
    // Somebody else's password, and one that a user claims, are not it.
    report_password(&system, 0, STRANGER, uid(STRANGER)).unwrap();
    report_password(&system, games, ENROLLED, games).unwrap_err();
    assert_eq!(login(&system, "login"), "PAM_AUTHINFO_UNAVAIL");

    report_password(&system, 0, ENROLLED, games).unwrap();
    for service in ["login", "gdm-password", "swaylock"] {
        assert_eq!(login(&system, service), "PAM_SUCCESS");
    }
    // Of this boot it stays, however long ago.
    system.boot_clock_ahead(1_000_000);
    system.restart_daemon();
    assert_eq!(login(&system, "login"), "PAM_SUCCESS");

    system.configure(&after("after_hours = 2"));
    system.boot_clock_ahead(6000);
    system.restart_daemon();
    assert_eq!(login(&system, "login"), "PAM_SUCCESS");
    system.boot_clock_ahead(7200);
    system.restart_daemon();
    assert_eq!(reason(&system, 0, "login", true), Reason::PasswordFirst);
    report_password(&system, 0, ENROLLED, games).unwrap();
    assert_eq!(login(&system, "login"), "PAM_SUCCESS");

    // The machine was off: nobody knows for how long.
    system.stop_daemon();
    let database = system.database();
    database
        .execute_batch("UPDATE password SET boot_id = '0badb007-0000-4000-8000-000000000000'")
        .unwrap();
    drop(database);
    system.start_daemon();
    system.wait_until_ready();
    assert_eq!(reason(&system, 0, "login", true), Reason::PasswordFirst);
}

#[test]
fn r22_a_greeter_or_lock_screen_that_loops_in_an_empty_room_is_slowed_down_and_nobody_else() {
    let Some(system) = System::start(&SystemOptions::default().rules("no_face_timeout_ms = 300")) else {
        return;
    };
    system.enrol_usual();
    let refused = |service: &str| reason(&system, 0, service, false) == Reason::RateLimited;
    for service in ["swaylock", "gdm-password"] {
        // The pause doubles: however slow this machine, it will be asked too early in the end.
        until("a refusal", || refused(service).then_some(()));
        // Whoever pressed Enter is there.
        assert_eq!(reason(&system, 0, service, true), Reason::NobodySeen);
    }
    // A console, a person's other doors, and another user.
    for _ in 0..3 {
        assert_eq!(reason(&system, 0, "login", false), Reason::NobodySeen);
    }
    let attempts = system.recorded();
    let kept = system.attempts();
    assert!(
        kept.iter().all(|attempt| attempt.reason != "rate_limited"),
        "{kept:?}"
    );
    assert_eq!(kept.len(), attempts);
    // It ends, and somebody in view is let in without a pause before the next time.
    system.show(&Scene::of(Portrait::Obama));
    until("the end of the pause", || {
        (reason(&system, 0, "swaylock", false) == Reason::Matched).then_some(())
    });
    assert_eq!(reason(&system, 0, "swaylock", false), Reason::Matched);
}
