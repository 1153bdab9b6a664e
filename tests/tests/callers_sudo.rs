//! sudo, the real one, on a terminal.
#![allow(clippy::unwrap_used)]

use facelogin_tests::callers::{ENROLLED, Ended, Hand, Pty, SHOW, World};

#[test]
fn try_it() {
    World::run(&["sudo"], &[("sudo", "immediate")], |world| {
        for scene in 0..3 {
            match scene {
                0 => world.show_match(),
                1 => world.show_stranger(),
                _ => world.show_nobody(),
            }
            let mut pty = Pty::start(ENROLLED.uid, "sudo", &["sh", "-c", SHOW]);
            let hand = Hand {
                at_face: "",
                at_password: ENROLLED.password,
            };
            let talk = hand.talk(&mut pty, &["Sorry, try again"]);
            println!("{talk:?} {:?}", pty.wait());
            assert_eq!(talk.ended, Ended::In(0));
            println!("{:#?}", world.log());
        }
    });
}
