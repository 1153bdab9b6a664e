//! Whether every camera that a login could use is part of the machine, and so behind its lid.
//!
//! The supervisor sees no devices: the answer comes from the kernel's and udev's records of them.

use std::fs;
use std::path::{Path, PathBuf};

use facelogin_config::{Camera, CameraId, Device};

use crate::place::Place;

/// The kernel's list of cameras, and udev's records, a file a device.
const CAMERAS: &str = "/sys/class/video4linux";
const RECORDS: &str = "/run/udev/data";

/// Whether no preference is answered by a camera that is there and that is not part of the machine. One that is not
/// there, or not known, counts as built in.
pub fn only_built_in(camera: &Camera) -> bool {
    camera.replay.is_none() && !external(camera, Path::new(CAMERAS), Path::new(RECORDS))
}

fn external(camera: &Camera, cameras: &Path, records: &Path) -> bool {
    let entries = fs::read_dir(cameras).into_iter().flatten().flatten();
    let nodes: Vec<(PathBuf, Place)> = entries
        .filter_map(|entry| fs::canonicalize(entry.path()).ok())
        .map(|node| {
            let place = Place::of(&node);
            (node, place)
        })
        .filter(|(_, place)| camera.allow_virtual || !place.made_by_software)
        .collect();
    camera.devices.iter().any(|device| {
        let answer = |(node, place): &&(PathBuf, Place)| match device {
            Device::Auto => place.made_by_software,
            // What it sees is known to the vision process alone.
            Device::Named(wish) => {
                let wish = CameraId {
                    kind: None,
                    ..wish.clone()
                };
                wish.names(&place.identity(None))
            }
            Device::Link(link) => has_link(node, link, records),
        };
        let mut answers = nodes.iter().filter(answer).peekable();
        // As for the choice itself: where a built-in one answers, it is meant.
        answers.peek().is_some() && !answers.any(|(_, place)| place.fixed)
    })
}

fn has_link(node: &Path, link: &Path, records: &Path) -> bool {
    let Some(name) = link.strip_prefix("/dev").ok().and_then(Path::to_str) else {
        return false;
    };
    let numbers = fs::read_to_string(node.join("dev")).unwrap_or_default();
    let file = records.join(format!("c{}", numbers.trim_end()));
    let record = format!("S:{name}");
    fs::read_to_string(file).is_ok_and(|text| text.lines().any(|line| line == record))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    /// The kernel's list and udev's records of the USB cameras `1d6b:000N` for each N, with what `removable` says of
    /// it, and of one that is made by software.
    fn machine(removable: &[Option<&str>]) -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        let [class, records] = ["class", "data"].map(|name| dir.path().join(name));
        fs::create_dir(&class).unwrap();
        fs::create_dir(&records).unwrap();
        let add = |number: usize, node: &Path| {
            fs::create_dir_all(node).unwrap();
            fs::write(node.join("dev"), format!("81:{number}\n")).unwrap();
            symlink(node, class.join(format!("video{number}"))).unwrap();
            let record =
                format!("S:v4l/by-id/usb-c{number}\nS:v4l/by-path/p{number}\nI:1\nE:ID_V4L_VERSION=2\n");
            fs::write(records.join(format!("c81:{number}")), record).unwrap();
        };
        for (number, removable) in removable.iter().enumerate() {
            let port = dir.path().join(format!("devices/pci0000:00/usb1/1-{number}"));
            let interface = port.join(format!("1-{number}:1.0"));
            add(number, &interface.join(format!("video4linux/video{number}")));
            fs::write(interface.join("bInterfaceNumber"), "00\n").unwrap();
            fs::write(port.join("idVendor"), "1d6b\n").unwrap();
            fs::write(port.join("idProduct"), format!("000{number}\n")).unwrap();
            if let Some(word) = removable {
                fs::write(port.join("removable"), format!("{word}\n")).unwrap();
            }
        }
        let number = removable.len();
        let made = format!("devices/platform/vivid.0/video4linux/video{number}");
        add(number, &dir.path().join(made));
        dir
    }

    fn found(machine: &tempfile::TempDir, devices: &[&str], allow_virtual: bool) -> bool {
        let camera = Camera {
            devices: devices.iter().map(|text| text.parse().unwrap()).collect(),
            allow_virtual,
            ..Camera::default()
        };
        let [class, records] = ["class", "data"].map(|name| machine.path().join(name));
        external(&camera, &class, &records)
    }

    #[test]
    fn r27_a_named_camera_is_what_its_port_says() {
        let machine = machine(&[Some("fixed"), Some("removable"), Some("unknown"), None]);
        for name in [
            "/dev/v4l/by-id/usb-c1",
            "/dev/v4l/by-path/p2",
            "/dev/v4l/by-path/p3",
            "usb:1d6b:0001",
            "usb:1d6b:0002 kind=infrared",
            "usb:1d6b:0003",
        ] {
            assert!(found(&machine, &[name], false), "{name}");
            assert!(found(&machine, &["auto", name], false), "{name}");
        }
        for name in [
            "auto",
            "/dev/v4l/by-id/usb-c0",
            "/dev/v4l/by-path/p0",
            "usb:1d6b:0000 kind=colour",
            "usb:1d6b:0009",
            "usb:1d6b:0001 serial=none",
            "usb:1d6b:0000 built-in",
            "usb:1d6b:0001 built-in",
            "/dev/v4l/by-id/usb-c",
            "/dev/v4l/by-id/usb-c9",
        ] {
            assert!(!found(&machine, &[name], false), "{name}");
        }
    }

    #[test]
    fn r27_where_a_built_in_camera_answers_it_is_meant() {
        let machine = machine(&[Some("fixed"), Some("removable")]);
        let port = machine.path().join("devices/pci0000:00/usb1/1-1");
        fs::write(port.join("idProduct"), "0000\n").unwrap();
        assert!(!found(&machine, &["usb:1d6b:0000"], false));
        // Where it is switched off by a key, the other one answers, but not to this word.
        fs::write(
            machine.path().join("devices/pci0000:00/usb1/1-0/idProduct"),
            "0009\n",
        )
        .unwrap();
        assert!(found(&machine, &["usb:1d6b:0000"], false));
        assert!(!found(&machine, &["usb:1d6b:0000 built-in"], false));
    }

    #[test]
    fn r27_what_is_made_by_software_is_behind_no_lid() {
        let machine = machine(&[Some("fixed")]);
        for name in ["auto", "/dev/v4l/by-path/p1"] {
            assert!(found(&machine, &[name], true), "{name}");
            assert!(!found(&machine, &[name], false), "{name}");
        }
    }

    #[test]
    fn r27_auto_is_built_in_and_a_folder_of_pictures_is_not() {
        let mut camera = Camera::default();
        assert!(only_built_in(&camera));
        camera.devices = vec![Device::Link("/dev/v4l/by-id/no-such-camera-here".into())];
        assert!(only_built_in(&camera));
        camera.replay = Some("/srv/pictures".into());
        assert!(!only_built_in(&camera));
    }
}
