//! Why nothing told whether a face is alive: that depends on the camera, and on whether there was a scan.

use facelogin_config::{CameraId, Sight};
use facelogin_protocol::types::{Detail, Verdict};

/// What happened, and what to do about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Untold {
    /// What happened.
    pub reason: &'static str,
    /// What to do.
    pub remedy: &'static str,
}

/// No camera was opened. An infrared one always is, for its flash is seen in a scan alone: so it is a colour one without
/// networks, or one that gives pictures of neither kind, which no networks help.
const NO_CAMERA: Untold = Untold {
    reason: "the face must look alive, and no camera in use can tell so: a colour one only with the liveness networks, one of \
             unknown kind never",
    remedy: "`facelogin-enroll cameras` shows of what kind it is. For a colour camera get the networks with `sudo \
             facelogin-enroll models fetch --set liveness` and restart the daemon; for one of unknown kind name another in \
             `camera.device`. Or set `liveness = \"on\"` in the configuration, with which a picture of the face will do",
};

/// Too few of the pictures had an answer by the flash.
const TOO_FEW_BY_FLASH: Untold = Untold {
    reason: "the face is the user's, but on too few pictures the flash told whether it is alive",
    remedy: "Look at the camera from an arm's length, not nearer, out of the sun, and hold still; on a machine that is busy \
             try again",
};

/// None had.
const NONE_BY_FLASH: Untold = Untold {
    reason: "the face is the user's, but on no picture a flash told whether it is alive",
    remedy: "Look at the camera from an arm's length, not nearer, and out of the sun. If it stays so, the camera's emitter \
             does not strobe (docs/infrared.md), and with `liveness = \"required\"` nobody can log in with it: name \
             another camera in `camera.device` and enrol with that, or set `liveness = \"on\"`",
};

/// The networks were asked and had none; they have none of grey pictures.
const NONE_BY_NETWORK: Untold = Untold {
    reason: "the face is the user's, but the networks could not tell on most pictures whether it is alive",
    remedy: "They need pictures in colour: `facelogin-enroll cameras` shows what the camera gives. Name another one in \
             `camera.device`, or set `liveness = \"on\"` in the configuration",
};

/// Of an attempt that ended in `liveness_unavailable`.
pub fn untold(verdict: Verdict, detail: &Detail) -> Untold {
    let infrared = detail
        .camera
        .as_deref()
        .and_then(|camera| camera.parse::<CameraId>().ok())
        .is_some_and(|camera| camera.kind == Some(Sight::Infrared));
    match (verdict, infrared, detail.strobe) {
        (Verdict::NoMatch, true, Some(_)) => TOO_FEW_BY_FLASH,
        (Verdict::NoMatch, true, None) => NONE_BY_FLASH,
        (Verdict::NoMatch, false, _) => NONE_BY_NETWORK,
        _ => NO_CAMERA,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(verdict: Verdict, camera: Option<&str>, strobe: Option<f32>) -> Untold {
        let detail = Detail {
            frames: 0,
            usable_frames: 0,
            distance: None,
            threshold: None,
            first_frame_ms: None,
            total_ms: 1,
            camera: camera.map(Into::into),
            strobe,
            live: None,
            hint: None,
        };
        untold(verdict, &detail)
    }

    #[test]
    fn models_are_asked_for_only_where_they_would_help() {
        let infrared = Some("usb:04f2:b6d9 kind=infrared path=a built-in");
        let colour = Some("usb:04f2:b6d9 kind=colour path=a built-in");
        let (no_match, unavailable) = (Verdict::NoMatch, Verdict::Unavailable);
        for (verdict, camera, strobe, expected) in [
            (unavailable, None, None, NO_CAMERA),
            (no_match, infrared, Some(0.2), TOO_FEW_BY_FLASH),
            (no_match, infrared, None, NONE_BY_FLASH),
            (no_match, colour, None, NONE_BY_NETWORK),
            (no_match, Some("replay"), None, NONE_BY_NETWORK),
        ] {
            let found = of(verdict, camera, strobe);
            assert_eq!(found, expected, "{camera:?} {strobe:?}");
            assert_eq!(found.remedy.contains("models fetch"), camera.is_none());
        }
    }
}
