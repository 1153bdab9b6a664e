//! `cameras`: what there is to look with.

use facelogin_protocol::types::{Camera, CameraKind, ListCamerasOut};

use super::Context;
use crate::daemon::{Nothing, QUICK};
use crate::error::CliError;
use crate::exit::Exit;
use crate::table::table;

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
    let rows = cameras.iter().map(|camera| {
        let kind = match camera.kind {
            CameraKind::Colour => "colour",
            CameraKind::Infrared => "infrared",
            CameraKind::Replay => "replay",
            CameraKind::Unknown => "unknown",
        };
        let built = match (camera.r#virtual, camera.fixed) {
            (true, _) => "software",
            (false, true) => "built in",
            (false, false) => "plugged in",
        };
        [
            if camera.chosen { "*" } else { "" }.into(),
            camera.name.clone(),
            camera.device.clone(),
            kind.into(),
            built.into(),
            camera.id.clone(),
            camera.note.clone(),
        ]
    });
    table(["USED", "NAME", "NODE", "KIND", "MADE", "DEVICE", "NOTE"], rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_chosen_camera_is_marked_and_none_is_said_in_words() {
        let camera = Camera {
            id: "/dev/v4l/by-path/x".into(),
            name: "Cam".into(),
            device: "/dev/video0".into(),
            kind: CameraKind::Colour,
            formats: vec!["MJPG".into(), "YUYV".into()],
            emitter: false,
            fixed: true,
            r#virtual: false,
            chosen: true,
            note: "built in".into(),
        };
        assert_eq!(
            listing(&[camera]),
            "USED  NAME  NODE         KIND    MADE      DEVICE              NOTE\n\
             *     Cam   /dev/video0  colour  built in  /dev/v4l/by-path/x  built in"
        );
        assert!(listing(&[]).starts_with("There is no camera."));
    }
}
