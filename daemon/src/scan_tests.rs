//! A scripted vision process on the other end of the line.

use super::*;
use crate::testing::{encoding, face, link, observation, soon};
use crate::vision::wire::{self, FromVision, ToVision, receive_message, send};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::thread::JoinHandle;

fn seen(scan: u64, number: u64) -> FromVision {
    FromVision::Observation(Observation {
        faces: vec![face(encoding(0.1, 0))],
        ..observation(scan, number)
    })
}

/// A vision process that answers the first scan with `messages` and then does what it is told until the end.
fn vision(messages: Vec<FromVision>) -> (Link, JoinHandle<Vec<ToVision>>) {
    let (link, theirs) = link();
    let thread = std::thread::spawn(move || {
        let mut told = Vec::new();
        while let Ok(order) = receive_message::<ToVision>(&theirs, soon()) {
            match &order {
                ToVision::Start { .. } => messages
                    .iter()
                    .for_each(|message| send(&theirs, message, soon()).unwrap()),
                ToVision::Stop { scan } => {
                    send(&theirs, &FromVision::Stopped { scan: *scan }, soon()).unwrap()
                }
                _ => {}
            }
            told.push(order);
        }
        told
    });
    (link, thread)
}

/// Decides after so many pictures.
struct After(usize, Option<String>);

impl Judge for After {
    fn opened(&mut self, camera: &str, _: CameraKind) {
        self.1 = Some(camera.into());
    }
    fn observe(&mut self, _: Duration, _: &Observation) -> Step {
        self.0 -= 1;
        if self.0 == 0 {
            Step::Done
        } else {
            Step::KeepLooking
        }
    }
    fn on_time(&mut self, elapsed: Duration) -> Step {
        if elapsed > Duration::from_secs(8) {
            Step::Done
        } else {
            Step::KeepLooking
        }
    }
}

fn scan(link: &mut Link, caller: &UnixStream, preempted: bool, judge: &mut After) -> End {
    let number = match link.start(wire::Wanted::any(CameraKind::Colour)) {
        Ok(number) => number,
        Err(error) => return End::Failed(error),
    };
    run(
        link,
        number,
        &Wanted {
            since: Instant::now(),
            caller: caller.as_fd(),
            silence: Duration::from_millis(500),
            give_way: &|| preempted,
        },
        judge,
    )
}

fn opened(scan: u64) -> FromVision {
    FromVision::Opened {
        scan,
        camera: "cam".into(),
        kind: CameraKind::Colour,
    }
}

#[test]
fn the_camera_is_closed_as_soon_as_the_judge_has_decided() {
    let (mut link, thread) = vision(vec![opened(1), seen(1, 0), seen(1, 1), seen(1, 2)]);
    let (caller, _far) = UnixStream::pair().unwrap();
    let mut judge = After(2, None);
    assert!(matches!(scan(&mut link, &caller, false, &mut judge), End::Judged));
    assert_eq!(judge.1.as_deref(), Some("cam"));
    link.settle().unwrap();
    assert!(link.healthy());
    drop(link);
    let told = thread.join().unwrap();
    assert!(
        matches!(
            told[..],
            [ToVision::Start { scan: 1, .. }, ToVision::Stop { scan: 1 }]
        ),
        "{told:?}"
    );
}

#[test]
fn the_end_of_the_caller_or_a_second_word_of_theirs_cancels() {
    for says_more in [false, true] {
        let (mut link, _thread) = vision(vec![opened(1)]);
        let (caller, mut far) = UnixStream::pair().unwrap();
        if says_more {
            std::io::Write::write_all(&mut far, b"{}\0").unwrap();
        } else {
            drop(far);
        }
        assert!(matches!(
            scan(&mut link, &caller, false, &mut After(9, None)),
            End::Cancelled
        ));
        link.settle().unwrap();
    }
}

#[test]
fn r22_a_session_that_takes_precedence_ends_the_scan() {
    let (mut link, _thread) = vision(vec![opened(1)]);
    let (caller, _far) = UnixStream::pair().unwrap();
    assert!(matches!(
        scan(&mut link, &caller, true, &mut After(9, None)),
        End::Preempted
    ));
}

#[test]
fn a_camera_that_fails_leaves_the_line_usable() {
    let (mut link, _thread) = vision(vec![FromVision::Failed {
        scan: 1,
        why: "busy".into(),
    }]);
    let (caller, _far) = UnixStream::pair().unwrap();
    let end = scan(&mut link, &caller, false, &mut After(9, None));
    assert!(
        matches!(end, End::Failed(VisionError::Camera(ref why)) if why == "busy"),
        "{end:?}"
    );
    link.settle().unwrap();
    assert!(link.healthy());
}

#[test]
fn r25_a_silent_camera_and_a_process_that_speaks_out_of_turn_are_given_up() {
    let (caller, _far) = UnixStream::pair().unwrap();
    let (mut link, _thread) = vision(vec![opened(1)]);
    let end = scan(&mut link, &caller, false, &mut After(9, None));
    assert!(matches!(end, End::Failed(VisionError::TimedOut)), "{end:?}");
    assert!(!link.healthy());

    for message in [
        seen(2, 0),
        opened(2),
        FromVision::Stopped { scan: 1 },
        FromVision::Cameras { cameras: vec![] },
    ] {
        let (mut link, _thread) = vision(vec![message]);
        let end = scan(&mut link, &caller, false, &mut After(9, None));
        assert!(matches!(end, End::Failed(VisionError::OutOfTurn)), "{end:?}");
        assert!(!link.healthy());
    }
}

#[test]
fn what_is_left_of_one_scan_is_never_taken_for_the_next() {
    let (mut link, _thread) = vision(vec![opened(1), seen(1, 0), seen(1, 1), seen(1, 2), seen(1, 3)]);
    let (caller, _far) = UnixStream::pair().unwrap();
    assert!(matches!(
        scan(&mut link, &caller, false, &mut After(1, None)),
        End::Judged
    ));
    // The script answers the second scan with messages of the first: out of turn, although they are well-formed.
    let end = scan(&mut link, &caller, false, &mut After(1, None));
    assert!(matches!(end, End::Failed(VisionError::OutOfTurn)), "{end:?}");
}

#[test]
fn r25_a_process_that_dies_in_mid_scan_is_lost_and_not_believed() {
    let (mut link, theirs) = link();
    let (caller, _far) = UnixStream::pair().unwrap();
    let dies = std::thread::spawn(move || {
        let _: ToVision = receive_message(&theirs, soon()).unwrap();
        // Half a message.
        facelogin_protocol::socket::send_all(&theirs, b"\xff\x00\x00\x00{\"Obs", soon()).unwrap();
    });
    let end = scan(&mut link, &caller, false, &mut After(1, None));
    assert!(matches!(end, End::Failed(VisionError::Lost(_))), "{end:?}");
    assert!(!link.healthy());
    dies.join().unwrap();
}
