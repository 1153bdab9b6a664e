//! Whether the camera that a login would use is part of the machine, and so behind its lid.
//!
//! The supervisor sees no devices: the answer comes from the kernel's and udev's records of them.

use std::fs;
use std::path::{Path, PathBuf};

use facelogin_config::{Camera, Device};

use crate::vision::camera::is_fixed;

/// The kernel's list of cameras, and udev's records, a file a device.
const CAMERAS: &str = "/sys/class/video4linux";
const RECORDS: &str = "/run/udev/data";

/// `auto` takes built-in cameras alone. Of a named one the firmware tells; while it is not there, or not known, it
/// counts as built in.
pub fn is_built_in(camera: &Camera) -> bool {
    match &camera.device {
        _ if camera.replay.is_some() => false,
        Device::Auto => true,
        Device::Link(link) => fixed(link, Path::new(CAMERAS), Path::new(RECORDS)).unwrap_or(true),
    }
}

fn fixed(link: &Path, cameras: &Path, records: &Path) -> Option<bool> {
    let link = link.strip_prefix("/dev").ok()?;
    let record = format!("S:{}", link.to_str()?);
    let has_link = |camera: &PathBuf| {
        let numbers = fs::read_to_string(camera.join("dev")).unwrap_or_default();
        let file = records.join(format!("c{}", numbers.trim_end()));
        fs::read_to_string(file).is_ok_and(|text| text.lines().any(|line| line == record))
    };
    let all = fs::read_dir(cameras).ok()?.flatten().map(|entry| entry.path());
    let camera = all.into_iter().find(has_link)?;
    Some(is_fixed(&fs::canonicalize(camera).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    #[test]
    fn r27_a_named_camera_is_what_its_port_says() {
        let dir = tempfile::tempdir().unwrap();
        let [class, records] = ["class", "data"].map(|name| dir.path().join(name));
        fs::create_dir(&class).unwrap();
        fs::create_dir(&records).unwrap();
        for (number, removable) in [
            (0, Some("fixed")),
            (1, Some("removable")),
            (2, Some("unknown")),
            (3, None),
        ] {
            let port = dir.path().join(format!("devices/usb{number}"));
            let node = port.join(format!("interface/video4linux/video{number}"));
            fs::create_dir_all(&node).unwrap();
            fs::write(node.join("dev"), format!("81:{number}\n")).unwrap();
            if let Some(word) = removable {
                fs::write(port.join("removable"), format!("{word}\n")).unwrap();
            }
            symlink(&node, class.join(format!("video{number}"))).unwrap();
            let record =
                format!("S:v4l/by-id/usb-c{number}\nS:v4l/by-path/p{number}\nI:1\nE:ID_V4L_VERSION=2\n");
            fs::write(records.join(format!("c81:{number}")), record).unwrap();
        }
        let fixed = |link: &str| fixed(Path::new(link), &class, &records);
        assert_eq!(fixed("/dev/v4l/by-id/usb-c0"), Some(true));
        assert_eq!(fixed("/dev/v4l/by-path/p0"), Some(true));
        for external in [
            "/dev/v4l/by-id/usb-c1",
            "/dev/v4l/by-path/p2",
            "/dev/v4l/by-path/p3",
        ] {
            assert_eq!(fixed(external), Some(false), "{external}");
        }
        for unknown in [
            "/dev/v4l/by-id/usb-c",
            "/dev/v4l/by-id/usb-c9",
            "/srv/link",
            "/dev",
        ] {
            assert_eq!(fixed(unknown), None, "{unknown}");
        }
    }

    #[test]
    fn r27_auto_is_built_in_and_a_folder_of_pictures_is_not() {
        let mut camera = Camera::default();
        assert!(is_built_in(&camera));
        camera.device = Device::Link("/dev/v4l/by-id/no-such-camera-here".into());
        assert!(is_built_in(&camera));
        camera.replay = Some("/srv/pictures".into());
        assert!(!is_built_in(&camera));
    }
}
