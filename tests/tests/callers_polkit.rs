//! polkit: pkexec on a terminal, with the system bus, polkit's daemon, its agent and its helper.
#![allow(clippy::unwrap_used)]

use facelogin_tests::callers::bus::{self, Bus};
use facelogin_tests::callers::{ENROLLED, Hand, Pty, SHOW, World};

#[test]
fn try_it() {
    World::run(&bus::PROGRAMS, &[("polkit-1", "immediate")], |world| {
        let _bus = Bus::start();
        std::thread::sleep(std::time::Duration::from_secs(1));
        for scene in 0..2 {
            match scene {
                0 => world.show_match(),
                _ => world.show_nobody(),
            }
            let script = "mkfifo ~/ready; pkttyagent --process $$ --notify-fd 9 9>~/ready & \
                cat ~/ready; rm ~/ready; pkexec --disable-internal-agent sh -c \"$1\"; kill $!";
            let mut pty = Pty::start(ENROLLED.uid, "sh", &["-c", script, "sh", SHOW]);
            pty.expect(&["(1-4): "]);
            pty.line("1");
            let hand = Hand {
                at_face: "",
                at_password: ENROLLED.password,
            };
            let talk = hand.talk(&mut pty, &["AUTHENTICATION FAILED", "Not authorized"]);
            println!("{talk:?} {:?}", pty.wait());
            println!("{:#?}", world.log());
            println!("{:#?}", world.decided());
        }
    });
}
