//! What the two processes say to each other over their stream socket: a length, then a JSON object; after a
//! [`ToVision::Picture`] its bytes. Lengths are checked before anything is read, unknown fields are errors.

use std::os::fd::OwnedFd;

use facelogin_engine::{Face, StageTimes, finite};
use facelogin_protocol::Deadline;
use facelogin_protocol::socket::{SocketError, receive, send_all};
use facelogin_protocol::types::{Camera, CameraKind};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// The longest JSON object: eight faces of 128 numbers each take about 16 KiB.
pub const MAX_JSON: usize = 64 * 1024;

/// The largest picture file: 16 MiB.
pub const MAX_PICTURE: usize = 16 * 1024 * 1024;

/// From the supervisor.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum ToVision {
    /// Open the camera and send observations until told to stop. Scans are numbered, so that a late answer is never
    /// taken for the next scan's.
    Start {
        /// The scan's number.
        scan: u64,
        /// Which camera will do.
        wanted: Wanted,
    },
    /// Close the camera.
    Stop {
        /// The scan's number.
        scan: u64,
    },
    /// Look at one picture file; its bytes follow.
    Picture {
        /// How many bytes follow.
        length: usize,
    },
    /// List the cameras.
    Cameras {},
}

/// From the vision process.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum FromVision {
    /// The models are loaded.
    Hello {
        /// The engine's name.
        engine: String,
        /// SHA-256 over its model files.
        model: String,
        /// Whether faces in colour are looked at for signs of life.
        liveness: bool,
        /// How long loading took.
        load_ms: u32,
    },
    /// The models could not be loaded; the process ends after this.
    Broken {
        /// What is wrong and what to do.
        why: String,
    },
    /// The camera is open.
    Opened {
        /// The scan's number.
        scan: u64,
        /// The camera's stable identity.
        camera: String,
        /// What it sees: colour, infrared or a replay.
        kind: CameraKind,
    },
    /// What one picture showed.
    Observation(Observation),
    /// The camera failed; the scan is over.
    Failed {
        /// The scan's number.
        scan: u64,
        /// What is wrong and what to do.
        why: String,
    },
    /// The camera is closed.
    Stopped {
        /// The scan's number.
        scan: u64,
    },
    /// The faces of a picture file, or why it cannot be read.
    Picture(Result<Vec<Face>, String>),
    /// The cameras.
    Cameras {
        /// In the order of their nodes.
        cameras: Vec<Camera>,
    },
}

/// Which camera will do for a scan: the first in the configuration's order that is there and that fits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wanted {
    /// Of one of these kinds; a replay counts as colour.
    pub kinds: Vec<CameraKind>,
    /// Cameras that are part of the machine, too: not while its lid is closed over them (R27).
    pub built_in: bool,
    /// Look at every picture as closely as at a scan's first, for faces far behind the nearest, too: an enrolment must
    /// see whoever else is there. It takes longer.
    pub thorough: bool,
}

impl Wanted {
    /// Any camera of this kind.
    pub fn any(kind: CameraKind) -> Self {
        Self {
            kinds: vec![kind],
            built_in: true,
            thorough: false,
        }
    }
}

/// The light in which a picture was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Light {
    /// As it is, or the emitter's that does not strobe.
    Steady,
    /// With a strobing emitter's flash; a picture without it came before.
    Lit,
}

/// What an infrared emitter's flash does to a face: luma of the lit picture less that of the dark one before it, mean
/// over an area, 0 to 1 of full scale (negative if it is darker). Skin near the emitter lights up, a screen does not.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Strobe {
    /// Within the face's box.
    #[serde(deserialize_with = "finite::f32")]
    pub face: f32,
    /// Around it: within a box of twice the sides, without the face's.
    #[serde(deserialize_with = "finite::f32")]
    pub surround: f32,
}

/// What one picture of the camera showed.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Observation {
    /// The scan's number.
    pub scan: u64,
    /// The picture's number in its scan, from 0.
    pub number: u64,
    /// The driver's number for it, which counts pictures that were lost or thrown away, too.
    pub sequence: u32,
    /// The light it was taken in.
    pub light: Light,
    /// Largest first.
    pub faces: Vec<Face>,
    /// What the flash did to the face that a login compares, or to the largest; only with [`Light::Lit`].
    pub strobe: Option<Strobe>,
    /// Mean luma of the whole picture, 0 to 1.
    pub brightness: f32,
    /// From the driver's buffer to pixels.
    pub decode_us: u64,
    /// The engine's stages.
    pub times: StageTimes,
    /// From the picture's arrival to this message.
    pub latency_us: u64,
}

/// Why the line is of no more use.
#[derive(Debug, thiserror::Error)]
pub enum WireError {
    /// The other side closed.
    #[error("the other process closed the line")]
    Closed,
    /// A length beyond the cap.
    #[error("a message of {0} bytes is too long")]
    TooLong(usize),
    /// Not the JSON that was expected.
    #[error("a message is not valid: {0}")]
    Json(#[from] serde_json::Error),
    /// The socket failed or the deadline passed.
    #[error(transparent)]
    Socket(#[from] SocketError),
}

/// Sends one message.
pub fn send(fd: &OwnedFd, message: &impl Serialize, deadline: Deadline) -> Result<(), WireError> {
    let json = serde_json::to_vec(message)?;
    if json.len() > MAX_JSON {
        return Err(WireError::TooLong(json.len()));
    }
    let mut bytes = Vec::with_capacity(4 + json.len());
    // MAX_JSON fits four bytes.
    bytes.extend_from_slice(&(json.len() as u32).to_le_bytes());
    bytes.extend_from_slice(&json);
    Ok(send_all(fd, &bytes, deadline)?)
}

/// Receives one message, all of it before the deadline.
pub fn receive_message<T: DeserializeOwned>(fd: &OwnedFd, deadline: Deadline) -> Result<T, WireError> {
    let mut length = [0; 4];
    receive_exactly(fd, &mut length, deadline)?;
    let length = u32::from_le_bytes(length) as usize;
    if length > MAX_JSON {
        return Err(WireError::TooLong(length));
    }
    let mut json = vec![0; length];
    receive_exactly(fd, &mut json, deadline)?;
    Ok(serde_json::from_slice(&json)?)
}

/// Fills `buffer`.
pub fn receive_exactly(fd: &OwnedFd, mut buffer: &mut [u8], deadline: Deadline) -> Result<(), WireError> {
    while !buffer.is_empty() {
        let got = receive(fd, buffer, deadline)?;
        if got == 0 {
            return Err(WireError::Closed);
        }
        buffer = buffer.get_mut(got..).unwrap_or_default();
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;
    use std::os::unix::net::UnixStream;
    use std::time::Duration;

    fn soon() -> Deadline {
        Deadline::after(Duration::from_millis(200))
    }

    #[test]
    fn r20_what_is_sent_arrives_and_nothing_else_does() {
        let (near, far) = UnixStream::pair().unwrap();
        let (near, far): (OwnedFd, OwnedFd) = (near.into(), far.into());
        let wanted = Wanted::any(CameraKind::Colour);
        send(&near, &ToVision::Start { scan: 7, wanted }, soon()).unwrap();
        assert!(matches!(
            receive_message(&far, soon()).unwrap(),
            ToVision::Start { scan: 7, .. }
        ));
        drop(near);
        assert!(matches!(
            receive_message::<ToVision>(&far, soon()),
            Err(WireError::Closed)
        ));

        let table: &[&[u8]] = &[
            b"\xff\xff\xff\xff",
            b"\x02\x00\x00\x00{}",
            b"\x00\x00\x00\x00",
            b"\x18\x00\x00\x00{\"Stop\":{\"scan\":1,\"x\":1}}",
            b"\x04\x00\x00\x00\"St\"",
        ];
        for bytes in table {
            let (near, mut far) = UnixStream::pair().unwrap();
            far.write_all(bytes).unwrap();
            drop(far);
            assert!(
                receive_message::<ToVision>(&near.into(), soon()).is_err(),
                "{bytes:?}"
            );
        }
    }

    #[test]
    fn r20_an_encoding_that_is_not_a_number_is_refused() {
        let face = |number: &str| {
            let encoding = vec![number; facelogin_engine::ENCODING_LEN].join(",");
            format!(
                "{{\"bbox\":{{\"left\":0,\"top\":0,\"right\":1,\"bottom\":1}},\"points\":[{}],\"encoding\":[{encoding}],\
                 \"quality\":{{\"eye_distance_px\":1,\"sharpness\":1,\"brightness\":1,\"clipped\":0,\"yaw_deg\":0,\
                 \"pitch_deg\":0,\"roll_deg\":0,\"inside\":1}},\"live\":null}}",
                ["{\"x\":0,\"y\":0}"; 5].join(",")
            )
        };
        serde_json::from_str::<Face>(&face("0.1")).unwrap();
        for bad in ["null", "NaN", "1e999", "\"1\""] {
            assert!(serde_json::from_str::<Face>(&face(bad)).is_err(), "{bad}");
        }
    }
}
