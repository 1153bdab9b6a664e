//! `cameras`: what there is to look with, what is used of it, and why.

use facelogin_protocol::types::{Camera, CameraKind, ListCamerasOut};

use super::Context;
use crate::daemon::{Nothing, QUICK};
use crate::error::CliError;
use crate::exit::Exit;
use crate::words::clean;

/// Formats that are shown to people; the JSON has them all. Real cameras have up to five.
const MOST_FORMATS: usize = 8;

/// The cameras, as the daemon sees them.
pub fn cameras(context: &mut Context<'_, '_>) -> Result<Exit, CliError> {
    let reply: ListCamerasOut = context.daemon.call("ListCameras", &Nothing {}, QUICK)?;
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
        let named = camera.id.starts_with("usb:") || camera.id.contains("path=");
        sees && named && !camera.chosen && !camera.r#virtual
    };
    let other = cameras.iter().find(usable)?;
    // An identity has no character that would end a string.
    Some(format!(
        "Others are named by their identities, in the order of preference, below [camera] in {}:\n    \
         device = [\"{}\", \"auto\"]",
        facelogin_config::DEFAULT_PATH,
        clean(&other.id)
    ))
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
        ] {
            assert!(!listing(&[other]).contains("device ="));
        }
    }
}
