//! Faces and sessions made up for tests of the pure rules, and a line to a vision process that a test plays.

use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::time::Duration;

use facelogin_engine::{BBox, ENCODING_LEN, Encoding, Face, Point, Quality, StageTimes};
use facelogin_protocol::Deadline;

use crate::presence::{Class, Session, State};
use crate::vision::link::Link;
use crate::vision::wire::{FromVision, Light, Observation, send};

/// A session of a person at the first seat's screen.
pub fn desk(uid: u32) -> Session {
    Session {
        path: format!("/org/freedesktop/login1/session/_{uid}"),
        uid,
        class: Class::Person,
        seat: "seat0".into(),
        tty: "tty2".into(),
        remote: false,
        active: true,
        state: State::Active,
        locked: false,
    }
}

/// An encoding `distance` away from the origin, along one axis.
pub fn encoding(distance: f32, axis: usize) -> Encoding {
    let mut values = [0.0; ENCODING_LEN];
    values[axis] = distance;
    Encoding::try_from_slice(&values).unwrap()
}

/// A good face with that encoding, 100 pixels wide.
pub fn face(encoding: Encoding) -> Face {
    Face {
        bbox: BBox {
            left: 100,
            top: 100,
            right: 200,
            bottom: 200,
        },
        points: [Point { x: 0.0, y: 0.0 }; 5],
        encoding,
        quality: Quality {
            eye_distance_px: 50.0,
            sharpness: 60.0,
            brightness: 0.5,
            clipped: 0.0,
            yaw_deg: 0.0,
            pitch_deg: 0.0,
            roll_deg: 0.0,
            inside: 1.0,
        },
        live: None,
    }
}

/// The same face with its eyes so many pixels apart.
pub fn sized(mut face: Face, eyes: f32) -> Face {
    face.quality.eye_distance_px = eyes;
    face
}

/// A picture of a scan, with nobody in it.
pub fn observation(scan: u64, number: u64) -> Observation {
    Observation {
        scan,
        number,
        sequence: number as u32,
        light: Light::Steady,
        strobe: None,
        faces: Vec::new(),
        brightness: 0.5,
        decode_us: 0,
        times: StageTimes::default(),
        latency_us: 0,
    }
}

/// Far beyond what anything in a test takes.
pub fn soon() -> Deadline {
    Deadline::after(Duration::from_secs(10))
}

/// A line whose process has said hello, and that process's end of it.
pub fn link() -> (Link, OwnedFd) {
    let (ours, theirs) = UnixStream::pair().unwrap();
    let theirs: OwnedFd = theirs.into();
    let hello = FromVision::Hello {
        engine: "e".into(),
        model: "m".into(),
        liveness: false,
        load_ms: 1,
    };
    send(&theirs, &hello, soon()).unwrap();
    (Link::greet(ours.into(), soon()).unwrap(), theirs)
}
