//! The supervisor's side of the line to the vision process, against one that lies, and the decision over what it
//! claims to see. It may claim any face; it must not claim a match, break the supervisor, or be believed after a fault.

use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::time::Duration;

use facelogin_config::Liveness;
use facelogin_protocol::Deadline;
use facelogin_protocol::types::{CameraKind, Verdict};
use facelogin_score::{ENCODING_LEN, Encoding, Face, SINGLE_SLACK};
use facelogind::decision::{Decision, Enrolled, Step};
use facelogind::levels::{Scale, Strictness};
use facelogind::policy::ScanRules;
use facelogind::vision::link::{Event, Link, VisionError};
use facelogind::vision::wire::{MAX_JSON, Wanted};

use super::split;

const NEAR: f32 = 0.36;

const RULES: ScanRules = ScanRules {
    strictness: Strictness::Distance(NEAR),
    frames: 3,
    liveness: Liveness::On,
    timeout: Duration::from_secs(4),
    no_face_timeout: Duration::from_millis(1500),
};

/// The header is what the supervisor asks: `s` a scan, `p` a picture, `c` the cameras; `r` says that the body is the
/// raw stream. Otherwise each line of the body becomes a message with its length before it.
pub fn check(input: &[u8]) {
    let (head, body) = split(input);
    let stream = if head.contains(&b'r') {
        body.to_vec()
    } else {
        framed(body)
    };
    // More would not fit the socket's buffer before anybody reads.
    if stream.len() > 2 * MAX_JSON {
        return;
    }
    let Some((near, _far)) = line(&stream) else {
        return;
    };
    let Ok(mut link) = Link::greet(near, soon()) else {
        return;
    };
    for question in head.iter().take(8) {
        match question {
            b's' => scan(&mut link),
            b'p' => {
                let answer = link.picture(b"picture");
                faulty_is_not_healthy(&link, answer.as_ref().err());
                for face in answer.iter().flatten() {
                    finite(face);
                }
            }
            b'c' => {
                let answer = link.cameras();
                faulty_is_not_healthy(&link, answer.as_ref().err());
            }
            _ => {}
        }
    }
}

fn scan(link: &mut Link) {
    let scan = match link.start(Wanted::any(CameraKind::Colour)) {
        Ok(scan) => scan,
        Err(error) => return faulty_is_not_healthy(link, Some(&error)),
    };
    let template = Encoding::try_from_slice(&[0.0; ENCODING_LEN]).expect("finite numbers");
    let scale = Scale::none();
    let fused = scale.comparer().fuse(&[&template]).expect("one encoding");
    let mut decision = Decision::new(
        RULES,
        scale,
        vec![Enrolled {
            id: 1,
            kind: CameraKind::Colour,
            fused,
        }],
    );
    let (mut elapsed, mut near) = (Duration::ZERO, 0);
    let error = loop {
        match link.event(scan, soon()) {
            Ok(Event::Opened { kind, .. }) => decision.opened(kind),
            Ok(Event::Observation(seen)) => {
                assert_eq!(seen.scan, scan, "a late picture of another scan");
                seen.faces.iter().for_each(finite);
                let any = |face: &Face| template.distance(&face.encoding) <= NEAR + SINGLE_SLACK;
                near += usize::from(seen.faces.iter().any(any));
                elapsed += Duration::from_millis(33);
                if decision.observe(elapsed, &seen.faces) == Step::Done {
                    break None;
                }
            }
            Err(error) => break Some(error),
        }
    };
    faulty_is_not_healthy(link, error.as_ref());
    let judged = decision.finish(elapsed);
    assert_eq!(judged.verdict == Verdict::Match, judged.template == Some(1));
    if judged.verdict == Verdict::Match {
        assert!(near >= RULES.frames, "{near} near faces");
    }
    if link.healthy() {
        link.stop(scan);
        let settled = link.settle();
        faulty_is_not_healthy(link, settled.as_ref().err());
    }
}

/// R25: after anything but a failed camera, picture or wait the line is of no more use.
fn faulty_is_not_healthy(link: &Link, error: Option<&VisionError>) {
    if let Some(VisionError::Lost(_) | VisionError::OutOfTurn) = error {
        assert!(!link.healthy(), "{error:?}");
    }
}

fn finite(face: &Face) {
    assert!(face.encoding.as_slice().iter().all(|value| value.is_finite()));
    assert!(
        face.points
            .iter()
            .all(|point| point.x.is_finite() && point.y.is_finite())
    );
    let quality = &face.quality;
    for value in [
        quality.eye_distance_px,
        quality.sharpness,
        quality.brightness,
        quality.yaw_deg,
        quality.inside,
    ] {
        assert!(value.is_finite());
    }
}

fn framed(body: &[u8]) -> Vec<u8> {
    let mut stream = Vec::new();
    for message in body
        .split(|byte| *byte == b'\n')
        .filter(|message| !message.is_empty())
    {
        stream.extend_from_slice(&u32::try_from(message.len()).unwrap_or(u32::MAX).to_le_bytes());
        stream.extend_from_slice(message);
    }
    stream
}

/// The supervisor's end of a line on which all of `stream` waits, and then the end; and the other end, which stays open
/// for what the supervisor says.
fn line(stream: &[u8]) -> Option<(OwnedFd, UnixStream)> {
    let (near, far) = UnixStream::pair().ok()?;
    far.set_nonblocking(true).ok()?;
    let far = OwnedFd::from(far);
    facelogin_protocol::socket::send_all(&far, stream, soon()).ok()?;
    let far = UnixStream::from(far);
    far.shutdown(std::net::Shutdown::Write).ok()?;
    Some((near.into(), far))
}

fn soon() -> Deadline {
    Deadline::after(Duration::from_secs(5))
}
