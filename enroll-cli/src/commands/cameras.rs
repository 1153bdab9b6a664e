//! `cameras`: what there is to look with, what is used of it, and why.

use facelogin_config::CameraId;
use facelogin_protocol::types::{Camera, CameraKind, ListCamerasOut};

use super::Context;
use crate::daemon::{LISTING, Nothing};
use crate::error::CliError;
use crate::exit::Exit;
use crate::words::clean;

/// Formats that are shown to people; the JSON has up to sixteen. Real cameras have up to five.
const MOST_FORMATS: usize = 8;

/// The cameras, as the daemon sees them.
pub fn cameras(context: &mut Context<'_, '_>) -> Result<Exit, CliError> {
    let reply: ListCamerasOut = context.daemon.call("ListCameras", &Nothing {}, LISTING)?;
    context.out.answer(&reply, || listing(&reply.cameras))?;
    Ok(Exit::Ok)
}

fn listing(cameras: &[Camera]) -> String {
    if cameras.is_empty() {
        return "There is no camera. Is it plugged in, and not switched off by a key or a cover?".into();
    }
    let mut lines: Vec<String> = cameras
        .iter()
        .flat_map(described)
        .map(|line| clean(&line))
        .collect();
    lines.extend(how_to_name(cameras));
    lines.join("\n")
}

/// Three lines: what it is, its identity, and whether it is used.
fn described(camera: &Camera) -> [String; 3] {
    let made = match (camera.r#virtual, camera.fixed) {
        (true, _) => "made by software",
        (false, true) => "built in",
        (false, false) => "plugged in",
    };
    let mut what = format!(
        "{}: {}, {made}, {}",
        camera.name,
        camera.kind.name(),
        camera.device
    );
    let shown = camera.formats.len().min(MOST_FORMATS);
    if shown > 0 {
        what.push_str(&format!(", {}", camera.formats[..shown].join(" ")));
    }
    if shown < camera.formats.len() {
        what.push_str(&format!(" and {} more", camera.formats.len() - shown));
    }
    if camera.emitter {
        what.push_str(", with an emitter that can be switched");
    }
    let used = if camera.chosen { "used" } else { "not used" };
    [
        format!("{} {what}", if camera.chosen { "*" } else { "-" }),
        format!("    {}", camera.id),
        format!("    {used}: {}", camera.note),
    ]
}

/// What to write to use one that is not used.
fn how_to_name(cameras: &[Camera]) -> Option<String> {
    let usable = |camera: &&Camera| {
        let sees = matches!(camera.kind, CameraKind::Colour | CameraKind::Infrared);
        sees && !camera.chosen && !camera.r#virtual && means_it_alone(camera, cameras)
    };
    let other = cameras.iter().find(usable)?;
    // An identity has no character that would end a string: it was read as one.
    Some(format!(
        "Others are named by their identities, in the order of preference, below [camera] in {}:\n    \
         device = [\"{}\", \"auto\"]",
        facelogin_config::DEFAULT_PATH,
        clean(&other.id)
    ))
}

/// Whether a camera's identity is one, whatever the vision process wrote there, and brings no camera that is used
/// already, or that is built in and so goes first.
fn means_it_alone(camera: &Camera, cameras: &[Camera]) -> bool {
    let read = |id: &str| id.parse::<CameraId>().ok().filter(|read| read.to_string() == id);
    let Some(wish) = read(&camera.id) else {
        return false;
    };
    let goes_first = |other: &&Camera| other.device != camera.device && (other.chosen || other.fixed);
    !cameras
        .iter()
        .filter(goes_first)
        .any(|other| read(&other.id).is_some_and(|id| wish.names(&id)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn camera(chosen: bool) -> Camera {
        Camera {
            id: "usb:04f2:b6d9 kind=infrared path=pci-0000:00:14.0-usb-0:6".into(),
            name: "Integrated Camera".into(),
            device: "/dev/video2".into(),
            kind: CameraKind::Infrared,
            formats: vec!["GREY".into(), "Y16".into()],
            emitter: true,
            fixed: true,
            r#virtual: false,
            chosen,
            note: "because".into(),
        }
    }

    #[test]
    fn each_camera_is_shown_with_its_identity_and_why_it_is_used() {
        assert_eq!(
            listing(&[camera(true)]),
            "* Integrated Camera: infrared, built in, /dev/video2, GREY Y16, with an emitter that can be switched\n    \
             usb:04f2:b6d9 kind=infrared path=pci-0000:00:14.0-usb-0:6\n    \
             used: because"
        );
        let many = Camera {
            formats: vec!["GREY".into(); 10],
            ..camera(true)
        };
        assert!(
            listing(&[many])
                .contains("/dev/video2, GREY GREY GREY GREY GREY GREY GREY GREY and 2 more, with")
        );
        assert!(listing(&[]).starts_with("There is no camera."));
    }

    #[test]
    fn one_that_is_not_used_is_shown_with_what_to_write() {
        let plugged = Camera {
            id: "usb:046d:085e serial=7A8B kind=colour".into(),
            kind: CameraKind::Colour,
            formats: Vec::new(),
            emitter: false,
            fixed: false,
            ..camera(false)
        };
        assert_eq!(
            listing(&[camera(true), plugged.clone()])
                .lines()
                .skip(3)
                .collect::<Vec<_>>(),
            [
                "- Integrated Camera: colour, plugged in, /dev/video2",
                "    usb:046d:085e serial=7A8B kind=colour",
                "    not used: because",
                "Others are named by their identities, in the order of preference, below [camera] in \
                 /etc/facelogin/facelogin.toml:",
                "    device = [\"usb:046d:085e serial=7A8B kind=colour\", \"auto\"]",
            ]
        );
        // What cannot be used, or has no identity, is no example.
        for other in [
            Camera {
                r#virtual: true,
                ..plugged.clone()
            },
            Camera {
                kind: CameraKind::Unknown,
                ..plugged.clone()
            },
            Camera {
                id: "/dev/video2".into(),
                ..plugged.clone()
            },
            // The vision process is not trusted to write identities.
            Camera {
                id: "usb:046d:085e kind=colour\"]".into(),
                ..plugged.clone()
            },
            Camera {
                id: "usb:046D:085E kind=colour".into(),
                ..plugged.clone()
            },
        ] {
            assert!(!listing(&[other]).contains("device ="));
        }
    }

    #[test]
    fn r24_no_line_is_shown_that_would_bring_a_camera_that_is_used_already() {
        let at = |id: &str, device: &str, chosen, fixed| Camera {
            id: id.into(),
            device: device.into(),
            fixed,
            ..camera(chosen)
        };
        let used = at(
            "usb:04f2:b6d9 kind=infrared path=a built-in",
            "/dev/video0",
            true,
            true,
        );
        for (id, fixed, shown) in [
            // Another node of the same camera.
            ("usb:04f2:b6d9 kind=infrared path=a built-in", true, false),
            // Plugged in with all its words.
            ("usb:04f2:b6d9 kind=infrared path=a", false, false),
            ("usb:04f2:b6d9 kind=infrared path=b", false, true),
            ("usb:04f2:b6d9 kind=infrared path=b built-in", true, true),
            ("usb:04f2:b6d9 kind=infrared", false, false),
        ] {
            let other = at(id, "/dev/video2", false, fixed);
            let text = listing(&[used.clone(), other]);
            assert_eq!(text.contains("device ="), shown, "{id}");
        }
    }
}
