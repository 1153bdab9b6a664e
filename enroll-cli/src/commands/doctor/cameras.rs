//! The cameras: which one is meant, whether it is there, and whether somebody has it.

use std::path::Path;

use facelogin_config::{Config, Device};
use facelogin_protocol::types::{Camera, CameraKind, ListCamerasOut, Reason, StatusOut};

use super::holders::holders;
use super::report::Link;
use crate::daemon::{Daemon, LISTING, Nothing};
use crate::error::CliError;
use crate::words::count;

const NAME: &str = "camera";

/// What is known of them.
pub struct Cameras {
    /// Those that logins use; `None` when that is not known.
    pub used: Option<Vec<Camera>>,
    /// What to say.
    pub link: Link,
}

/// Asks the daemon; nobody's scan is ended for it.
pub fn ask(daemon: &Daemon, status: Option<&StatusOut>, config: Option<&Config>) -> Cameras {
    let untold = |link| Cameras { used: None, link };
    let Some(status) = status else {
        return untold(Link::hangs(
            NAME,
            "which cameras there are is not known without the daemon",
        ));
    };
    let busy = || {
        Link::unknown(
            NAME,
            "a scan is running",
            "look again when it has ended: facelogin-enroll doctor",
        )
    };
    // The daemon would wait for its end.
    if status.vision == "busy" {
        return untold(busy());
    }
    match daemon.call::<ListCamerasOut>("ListCameras", &Nothing {}, LISTING) {
        Err(why) if why.is_rate_limit() => untold(Link::too_often(NAME)),
        Ok(reply) => {
            let held = |device: &str| holders(Path::new("/proc"), device);
            let link = judge(&reply.cameras, config, &held);
            let used = reply.cameras.into_iter().filter(|camera| camera.chosen);
            Cameras {
                used: Some(used.collect()),
                link,
            }
        }
        Err(CliError::Unavailable {
            reason: Reason::Busy, ..
        }) => untold(busy()),
        Err(CliError::Unavailable {
            reason: Reason::VisionUnavailable,
            ..
        }) => untold(Link::hangs(
            NAME,
            "which cameras there are is not known while the vision process is not at work",
        )),
        Err(why) => untold(Link::failure(
            NAME,
            why.to_string(),
            "journalctl --unit facelogin-vision --lines 20",
        )),
    }
}

fn judge(cameras: &[Camera], config: Option<&Config>, held: &dyn Fn(&str) -> Vec<String>) -> Link {
    let used: Vec<&Camera> = cameras.iter().filter(|camera| camera.chosen).collect();
    if used.is_empty() {
        return none_used(cameras, config);
    }
    let named = |camera: &&Camera| match camera.kind {
        CameraKind::Replay => "pictures from a folder".to_owned(),
        kind => format!(
            "{} ({}, {}: {})",
            camera.name,
            kind.name(),
            camera.device,
            camera.id
        ),
    };
    let shown: Vec<String> = used.iter().map(named).collect();
    let shown = format!("in use: {}", shown.join("; "));
    let played = used.iter().any(|camera| camera.kind == CameraKind::Replay);
    if played || used.iter().any(|camera| camera.r#virtual) {
        return Link::warning(
            NAME,
            format!("{shown}. Whoever can change what it shows can log in"),
            format!(
                "unless that is meant, take camera.allow_virtual out of {}",
                facelogin_config::DEFAULT_PATH
            ),
        );
    }
    for camera in used {
        let who = held(&camera.device);
        if !who.is_empty() {
            let (device, who) = (&camera.device, who.join(", "));
            return Link::warning(
                NAME,
                format!("{shown}. {who} has {device} open: while it takes pictures, no login can"),
                format!("close {who}"),
            );
        }
    }
    Link::ok(NAME, shown)
}

fn none_used(cameras: &[Camera], config: Option<&Config>) -> Link {
    let wanted: Vec<String> = config
        .iter()
        .flat_map(|config| config.camera.devices.iter().map(Device::to_string))
        .collect();
    let wanted = match wanted.as_slice() {
        [] => String::new(),
        some => format!(" (camera.device: {})", some.join(", else ")),
    };
    if cameras.is_empty() {
        return Link::failure(
            NAME,
            format!("there is no camera{wanted}"),
            "plug it in, or switch it on by its key or cover; the kernel's list: ls /dev/video*",
        );
    }
    let each = cameras
        .iter()
        .map(|camera| format!("{}: {}", camera.name, camera.note));
    let there = u32::try_from(cameras.len()).unwrap_or(u32::MAX);
    Link::failure(
        NAME,
        format!(
            "none of {} is used{wanted}: {}",
            count(there, "camera"),
            each.collect::<Vec<_>>().join("; ")
        ),
        format!(
            "name one in camera.device in {}, as `facelogin-enroll cameras` shows it",
            facelogin_config::DEFAULT_PATH
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::super::report::State;
    use super::super::testing::camera;
    use super::*;

    fn free(_: &str) -> Vec<String> {
        Vec::new()
    }

    #[test]
    fn a_camera_in_use_is_named_and_one_that_somebody_has_is_said_to_be_had() {
        let cameras = [camera(CameraKind::Colour)];
        let link = judge(&cameras, None, &free);
        assert_eq!(link.state, State::Ok);
        assert!(
            link.found.contains("Integrated Camera (colour, /dev/video0"),
            "{link:?}"
        );
        let held = |device: &str| match device {
            "/dev/video0" => vec!["cheese (process 7)".to_owned()],
            _ => Vec::new(),
        };
        let link = judge(&cameras, None, &held);
        assert_eq!(link.state, State::Warning);
        assert_eq!(link.remedy.as_deref(), Some("close cheese (process 7)"));
    }

    #[test]
    fn r24_what_software_makes_is_a_warning() {
        let played = [Camera {
            kind: CameraKind::Replay,
            ..camera(CameraKind::Colour)
        }];
        let made = [Camera {
            r#virtual: true,
            ..camera(CameraKind::Colour)
        }];
        for cameras in [played, made] {
            assert_eq!(judge(&cameras, None, &free).state, State::Warning);
        }
    }

    #[test]
    fn no_camera_and_none_that_is_used_are_failures_with_what_was_wanted() {
        let config = facelogin_config::parse("[camera]\ndevice = 'usb:046d:085e'\n", Path::new("f")).unwrap();
        let link = judge(&[], Some(&config), &free);
        assert_eq!(link.state, State::Failure);
        assert!(link.found.contains("camera.device: usb:046d:085e"), "{link:?}");
        let other = [Camera {
            chosen: false,
            note: "it can be unplugged".into(),
            ..camera(CameraKind::Colour)
        }];
        let link = judge(&other, Some(&config), &free);
        assert_eq!(link.state, State::Failure);
        assert!(
            link.found.contains("none of 1 camera is used") && link.found.contains("it can be unplugged"),
            "{link:?}"
        );
    }
}
