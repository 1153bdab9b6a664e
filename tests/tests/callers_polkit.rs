//! polkit: pkexec on a terminal, with the system bus, polkit's daemon, its agent and its set-uid helper.
#![allow(clippy::unwrap_used)]

use facelogin_tests::callers::bus::{self, Bus};
use facelogin_tests::callers::cases::{Case, face_then, immediate};
use facelogin_tests::callers::{ENROLLED, Ended, NOT_ENROLLED, Pty, SHOW, Table, World};

const REFUSALS: [&str; 2] = ["AUTHENTICATION FAILED", "Not authorized"];

/// With an agent of the user's own, as a desktop has one; pkexec's own registers as root, and polkit's daemon then finds
/// no session for what the helper brings.
const SCRIPT: &str = "mkfifo ~/ready; pkttyagent --process $$ --notify-fd 9 9>~/ready & \
    cat ~/ready; rm ~/ready; pkexec --disable-internal-agent sh -c \"$1\"; ended=$?; kill $!; exit $ended";

fn pkexec() -> Pty {
    pkexec_of(ENROLLED.uid)
}

fn pkexec_of(uid: u32) -> Pty {
    let mut pty = Pty::start(uid, "sh", &["-c", SCRIPT, "sh", SHOW]);
    pty.expect(&["Choose identity to authenticate as"]);
    pty.expect(&["): "]);
    pty.line("1");
    pty
}

#[test]
fn r26_polkit_with_trigger_immediate() {
    World::run(&bus::PROGRAMS, &[("polkit-1", "immediate")], |world| {
        let _bus = Bus::start();
        let mut table = Table::new("polkit");
        let mut case = |world: &mut World, case: &Case<'_>| {
            world.case(
                &mut table,
                "pkexec, polkit-1 (immediate)",
                case,
                &REFUSALS,
                pkexec,
            )
        };
        let [matched, stranger, nobody, down] = immediate(ENROLLED.password, 0);
        for one in [matched, stranger, nobody] {
            case(world, &one);
        }
        let wrong = Case {
            what: "another face, then a wrong password",
            hand: face_then("wrong"),
            ended: Ended::Refused,
            ..stranger
        };
        case(world, &wrong);
        case(world, &down);
    });
}

#[test]
fn r27_whoever_asks_polkit_in_an_administrator_s_name_is_who_asks() {
    World::run(&bus::PROGRAMS, &[("polkit-1", "immediate")], |world| {
        let _bus = Bus::start();
        world.show_match();
        // Of two identities the first is the administrator's, who is in front of the camera.
        let mut pty = pkexec_of(NOT_ENROLLED.uid);
        pty.wait();
        let log = world.log();
        let (asked, asker) = (
            format!("user={} ", ENROLLED.name),
            format!("ruser={} ", NOT_ENROLLED.name),
        );
        let about = |line: &&String| line.contains("service=polkit-1") && line.contains("facelogind");
        let decided: Vec<_> = log.iter().filter(about).collect();
        assert!(
            matches!(&decided[..], [one] if one.contains(&asked) && one.contains(&asker)),
            "{log:#?}"
        );
    });
}
