//! Leaving a program in the middle of a scan, by closing its terminal or with Ctrl-C: the camera is released, at once or
//! when the scan is over, and nobody gets in.
#![allow(clippy::unwrap_used)]

use facelogin_tests::callers::cases::View;
use facelogin_tests::callers::{ENROLLED, FACE_PROMPT, NOT_ENROLLED, Pty, Row, SHOW, Table, World};

/// A caller, how it is started, and whether it ends at once when its terminal goes: sudo holds signals back while it
/// authenticates, so that only the scan's own end frees the camera.
type Caller = (&'static str, fn() -> Pty, bool);

const CALLERS: [Caller; 3] = [
    (
        "sudo (enter)",
        || Pty::start(ENROLLED.uid, "sudo", &["sh", "-c", SHOW]),
        false,
    ),
    (
        "su - alice, by bob (enter)",
        || Pty::start(NOT_ENROLLED.uid, "su", &["-", "alice"]),
        true,
    ),
    ("login (enter)", login, true),
];

fn login() -> Pty {
    let mut pty = Pty::start(0, "login", &[]);
    pty.expect(&["login: "]);
    pty.line(ENROLLED.name);
    pty
}

#[test]
fn r21_r25_whoever_leaves_in_a_scan_frees_the_camera() {
    let services = ["sudo", "su-l", "login"].map(|name| (name, "enter"));
    World::run(&["sudo", "su", "login"], &services, |world| {
        let mut table = Table::new("leaving");
        // Long enough to leave in the middle of it, on a machine that has much else to do.
        world.allow(&services, "timeout_ms = 10000\nno_face_timeout_ms = 10000");
        world.see(View::Nobody);
        for (caller, start, ends) in CALLERS {
            for closed in [true, false] {
                // Whoever left a scan, or saw an empty room, waits a second before the next.
                std::thread::sleep(std::time::Duration::from_millis(1100));
                let before = world.system.recorded();
                let mut pty = start();
                pty.expect(&[FACE_PROMPT]);
                pty.secret("");
                world.system.wait_for_vision("busy");
                let what = if closed {
                    pty.hang_up();
                    pty.wait();
                    "the terminal is closed"
                } else {
                    pty.keys("\x03");
                    let shown =
                        pty.expect_or_end(&["inside=", "$ ", "# ", "assword for alice", "Password: "]);
                    assert!(shown.is_none_or(|which| which > 2), "{caller}: {}", pty.shown());
                    "Ctrl-C"
                };
                // The first is that consent is needed.
                let attempt = world.system.attempt_after(before + 1);
                world.system.recorded();
                world.system.wait_for_vision("ready");
                table.add(Row {
                    caller: caller.into(),
                    case: format!("nobody, {what} in the scan"),
                    codes: String::new(),
                    outcome: format!("not in; the scan is recorded as {}", attempt.reason),
                });
                assert!(
                    ["cancelled", "nobody_seen"].contains(&attempt.reason.as_str()),
                    "{attempt:?}"
                );
                if closed && ends {
                    assert_eq!(attempt.reason, "cancelled", "{caller}");
                }
            }
        }
    });
}
