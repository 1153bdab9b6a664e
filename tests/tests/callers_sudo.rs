//! sudo, the real one, on a terminal and without.
#![allow(clippy::unwrap_used)]

use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};

use facelogin_tests::callers::cases::{Case, View, face_then, types, with_enter};
use facelogin_tests::callers::{
    Account, ENROLLED, EXPIRED, Ended, FACE_PROMPT, NOT_ENROLLED, Pty, Row, SHOW, Table, World,
};

const REFUSALS: [&str; 1] = ["Sorry, try again"];
const CALLER: &str = "sudo (enter)";

fn sudo(who: &Account) -> Pty {
    let script = "sudo -k; sudo sh -c \"$1\"";
    Pty::start(who.uid, "sh", &["-c", script, "sh", SHOW])
}

#[test]
fn r26_sudo_with_trigger_enter() {
    World::run(&["sudo"], &[("sudo", "enter")], |world| {
        let mut table = Table::new("sudo");
        let mut case = |world: &mut World, case: &Case<'_>, who: &Account| {
            world.case(&mut table, CALLER, case, &REFUSALS, || sudo(who))
        };
        let [matched, first, stranger, nobody, down] = with_enter(ENROLLED.password, 0);
        let talk = case(world, &matched, &ENROLLED);
        // sudo wants silence while it authenticates: the line comes right after.
        assert!(talk.shown.contains("the face of alice approved sudo"), "{talk:?}");
        for one in [first, stranger, nobody] {
            let talk = case(world, &one, &ENROLLED);
            assert!(!talk.shown.contains("approved"), "{talk:?}");
        }
        let wrong = Case {
            what: "another face, then a wrong password",
            hand: face_then("wrong"),
            ended: Ended::Refused,
            ..stranger
        };
        case(world, &wrong, &ENROLLED);
        let wrong_first = Case {
            what: "a wrong password first",
            hand: types("wrong"),
            ended: Ended::Refused,
            ..first
        };
        case(world, &wrong_first, &ENROLLED);
        let not_enrolled = Case {
            what: "not enrolled, the password",
            view: View::Match,
            hand: face_then(NOT_ENROLLED.password),
            ..down
        };
        case(world, &not_enrolled, &NOT_ENROLLED);
        world.enrol(&EXPIRED);
        let expired = Case {
            what: "an expired account is not asked about, and its password refused",
            view: View::Match,
            hand: face_then(EXPIRED.password),
            ended: Ended::Refused,
            ..down
        };
        case(world, &expired, &EXPIRED);
        case(world, &down, &ENROLLED);
    });
}

/// Scripts have no terminal: a password on standard input goes to the module's prompt, and with `-n` nobody is asked.
#[test]
fn sudo_without_a_terminal() {
    World::run(&["sudo"], &[("sudo", "enter")], |world| {
        let mut table = Table::new("sudo-scripts");
        world.see(View::Match);
        let mut check =
            |world: &World, what: &str, script: &str, codes: &[&str], inside: bool, scans: usize| {
                let (decided, before) = (world.decided().len(), world.scans());
                let output = Command::new("timeout")
                    .args(["30", "setsid", "--wait", "sh", "-c", script, "sh", SHOW])
                    .uid(ENROLLED.uid)
                    .gid(ENROLLED.uid)
                    .current_dir("/")
                    .stdin(Stdio::null())
                    .output()
                    .unwrap();
                let shown = String::from_utf8_lossy(&output.stdout).into_owned();
                let seen: Vec<String> = world
                    .decided()
                    .into_iter()
                    .skip(decided)
                    .map(|code| code.0)
                    .collect();
                let scanned = world.scans() - before;
                table.add(Row {
                    caller: "sudo, no terminal (enter)".into(),
                    case: what.into(),
                    codes: seen.join(", "),
                    outcome: format!(
                        "{}; {scanned} scans",
                        if inside { "in as uid 0" } else { "refused" }
                    ),
                });
                assert_eq!(shown.contains("inside=0"), inside, "{what}: {output:?}");
                assert_eq!(seen, codes, "{what}: {output:?}");
                assert_eq!(scanned, scans, "{what}: {output:?}");
            };
        let password = format!("echo {} | sudo -S sh -c \"$1\"", ENROLLED.password);
        check(
            world,
            "-S, password",
            &password,
            &["PAM_AUTHINFO_UNAVAIL"],
            true,
            0,
        );
        let empty = "echo | sudo -S sh -c \"$1\"";
        check(world, "-S, empty line", empty, &["PAM_SUCCESS"], true, 1);
        let never = "sudo -n sh -c \"$1\"";
        // Then sudo asks nobody at all.
        check(world, "-n, match in view", never, &[], false, 0);
    });
}

#[test]
fn r21_five_mismatches_lock_sudo_alone_until_a_password_is_typed() {
    let services = [("sudo", "enter"), ("login", "enter")];
    World::run(&["sudo", "login"], &services, |world| {
        let mut table = Table::new("lockout");
        world.show_stranger();
        for _ in 0..5 {
            let mut pty = sudo(&ENROLLED);
            pty.expect(&[FACE_PROMPT]);
            pty.secret("");
            pty.expect(&["password for alice"]);
            // Never mind.
            assert!(!pty.interrupt().success());
        }
        let [matched, first, _, _, down] = with_enter(ENROLLED.password, 0);
        let locked = Case {
            what: "match, after five mismatches",
            view: View::Match,
            codes: &["PAM_MAXTRIES"],
            hand: face_then("wrong"),
            ended: Ended::Refused,
            ..down
        };
        world.case(&mut table, CALLER, &locked, &REFUSALS, || sudo(&ENROLLED));
        let login = || {
            let mut pty = Pty::start(0, "login", &[]);
            pty.expect(&["login: "]);
            pty.line(ENROLLED.name);
            pty
        };
        let inside = Ended::In(ENROLLED.uid);
        let case = Case {
            what: "match, after five mismatches at sudo",
            ended: inside,
            ..matched
        };
        world.case(&mut table, "login (enter)", &case, &[], login);
        world.case(&mut table, CALLER, &locked, &REFUSALS, || sudo(&ENROLLED));
        let case = Case {
            what: "password typed first",
            ended: inside,
            ..first
        };
        world.case(&mut table, "login (enter)", &case, &[], login);
        let case = Case {
            what: "match, after a password at login",
            ..matched
        };
        world.case(&mut table, CALLER, &case, &REFUSALS, || sudo(&ENROLLED));
    });
}

/// sudo puts the name of the user that the command will run as in the place of the one who was asked.
#[test]
fn r21_a_password_typed_at_sudo_is_the_users_own_and_not_roots() {
    World::run(&["sudo"], &[("sudo", "enter")], |world| {
        let mut pty = sudo(&ENROLLED);
        let talk = types(ENROLLED.password).talk(&mut pty, &REFUSALS);
        assert_eq!(talk.ended, Ended::In(0));
        pty.wait();
        let reports: Vec<String> = world
            .log()
            .into_iter()
            .filter(|line| line.contains("action=password"))
            .collect();
        assert_eq!(reports.len(), 1, "{reports:?}");
        assert!(reports[0].contains("user=alice uid=4001"), "{reports:?}");
    });
}
