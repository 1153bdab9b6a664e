//! Which cameras there are, what they are, and which one a login uses.

use std::fs;
use std::panic::catch_unwind;
use std::path::{Path, PathBuf};

use facelogin_config::{Camera as CameraConfig, Device};
use facelogin_protocol::types::{Camera, CameraKind};
use v4l::capability::Flags;
use v4l::video::Capture;

use crate::vision::camera::CameraError;

/// Where stable names for nodes live, best first.
const LINKS: [&str; 2] = ["/dev/v4l/by-id", "/dev/v4l/by-path"];

/// Drivers that show what a program feeds them, or pictures of their own making.
const VIRTUAL_DRIVERS: [&str; 4] = ["v4l2 loopback", "v4l2loopback", "vivid", "vimc"];

/// One capture node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// The N of /dev/videoN, until the next reboot.
    pub number: u32,
    /// A link below /dev/v4l, or the node itself when it has none.
    pub id: String,
    /// The driver's name for it.
    pub name: String,
    /// Visible light or grey only.
    pub kind: CameraKind,
    /// Built in, as far as the firmware tells (R24).
    pub fixed: bool,
    /// Made by software (R24).
    pub made_by_software: bool,
}

/// Every camera, with the one a login would use marked.
pub fn list(config: &CameraConfig) -> Vec<Camera> {
    if let Some(folder) = &config.replay {
        return vec![Camera {
            id: "replay".into(),
            name: "pictures from a folder".into(),
            device: folder.display().to_string(),
            kind: CameraKind::Replay,
            formats: Vec::new(),
            emitter: false,
            fixed: false,
            r#virtual: true,
            chosen: true,
            note: "camera.replay is set".into(),
        }];
    }
    let nodes = nodes();
    let chosen = pick(config, &nodes).ok().map(|node| node.number);
    nodes
        .iter()
        .map(|node| describe(config, node, chosen == Some(node.number)))
        .collect()
}

/// The camera that the configuration means.
pub fn choose(config: &CameraConfig) -> Result<Node, CameraError> {
    pick(config, &nodes()).cloned()
}

fn pick<'a>(config: &CameraConfig, nodes: &'a [Node]) -> Result<&'a Node, CameraError> {
    let none = |why: String| Err(CameraError::None(why));
    match &config.device {
        Device::Auto => {
            match nodes
                .iter()
                .find(|node| refusal(config, node).is_none() && (node.fixed || node.made_by_software))
            {
                Some(node) => Ok(node),
                None if nodes.is_empty() => none("this machine has no camera".into()),
                None => none(
                    "no built-in colour camera was found; `facelogin-enroll cameras` lists what there is, \
                     and camera.device in the configuration names one"
                        .into(),
                ),
            }
        }
        Device::Link(path) => {
            let wanted = path.display().to_string();
            let number = node_number(path);
            match nodes.iter().find(|node| Some(node.number) == number) {
                None => none(format!("the camera {wanted} is not there; is it unplugged?")),
                Some(node) => match refusal(config, node) {
                    Some(why) => none(format!("the camera {wanted} {why}")),
                    None => Ok(node),
                },
            }
        }
    }
}

/// Why a camera is not to be used at all.
fn refusal(config: &CameraConfig, node: &Node) -> Option<&'static str> {
    match node.kind {
        _ if node.made_by_software && !config.allow_virtual => {
            Some("is made by software, and camera.allow_virtual is false")
        }
        CameraKind::Colour => None,
        CameraKind::Infrared => Some("gives grey pictures only, which this version cannot use"),
        _ => Some("gives no picture format that is known here"),
    }
}

fn describe(config: &CameraConfig, node: &Node, chosen: bool) -> Camera {
    let note = match refusal(config, node) {
        Some(why) => format!("it {why}"),
        None if chosen => match config.device {
            Device::Auto if node.fixed => "the first built-in colour camera".into(),
            Device::Auto => "made by software, and allowed".into(),
            Device::Link(_) => "named in the configuration".into(),
        },
        None if !node.fixed => "can be unplugged: used only when camera.device names it".into(),
        None => "another one comes first".into(),
    };
    Camera {
        id: node.id.clone(),
        name: node.name.clone(),
        device: format!("/dev/video{}", node.number),
        kind: node.kind,
        formats: Vec::new(),
        emitter: false,
        fixed: node.fixed,
        r#virtual: node.made_by_software,
        chosen,
        note,
    }
}

fn node_number(path: &Path) -> Option<u32> {
    let node = fs::canonicalize(path).ok()?;
    number_in(node.strip_prefix("/dev").ok()?.to_str()?)
}

fn number_in(name: &str) -> Option<u32> {
    name.strip_prefix("video")?.parse().ok()
}

fn nodes() -> Vec<Node> {
    let Ok(entries) = fs::read_dir("/sys/class/video4linux") else {
        return Vec::new();
    };
    let mut numbers: Vec<u32> = entries
        .flatten()
        .filter_map(|entry| number_in(entry.file_name().to_str()?))
        .collect();
    numbers.sort_unstable();
    // v4l panics at a name that is not UTF-8, and 31 bytes of one that is can end in the middle of a letter: such a
    // camera must not cost the use of the others.
    let known = |number| catch_unwind(|| node(number)).ok().flatten();
    numbers.into_iter().filter_map(known).collect()
}

fn node(number: u32) -> Option<Node> {
    let device = v4l::Device::new(number as usize).ok()?;
    let capabilities = device.query_caps().ok()?;
    // Without this the metadata node that every UVC camera has would count as one.
    if !capabilities.capabilities.contains(Flags::VIDEO_CAPTURE) {
        return None;
    }
    let formats = device.enum_formats().ok()?;
    let kind = kind(formats.iter().map(|format| format.fourcc.repr));
    let sysfs = fs::canonicalize(format!("/sys/class/video4linux/video{number}")).ok()?;
    let made_by_software = is_virtual(&capabilities.driver, &sysfs);
    Some(Node {
        number,
        id: stable_link(number).unwrap_or_else(|| format!("/dev/video{number}")),
        name: capabilities.card,
        kind,
        fixed: !made_by_software && is_fixed(&sysfs),
        made_by_software,
    })
}

/// Infrared cameras are known by offering grey formats only, never by name.
fn kind(formats: impl Iterator<Item = [u8; 4]>) -> CameraKind {
    let mut grey = false;
    for fourcc in formats {
        match &fourcc {
            b"MJPG" | b"YUYV" | b"NV12" | b"RGB3" | b"BGR3" => return CameraKind::Colour,
            b"GREY" | b"Y10 " | b"Y12 " | b"Y16 " | b"Y8I " | b"Y12I" => grey = true,
            _ => {}
        }
    }
    if grey {
        CameraKind::Infrared
    } else {
        CameraKind::Unknown
    }
}

fn is_virtual(driver: &str, sysfs: &Path) -> bool {
    let software_bus = [
        "/sys/devices/virtual",
        "/sys/devices/platform/vivid",
        "/sys/devices/platform/dummy_hcd",
    ];
    VIRTUAL_DRIVERS.contains(&driver)
        || software_bus
            .iter()
            .any(|prefix| sysfs.to_string_lossy().starts_with(prefix))
}

/// The nearest device up the tree that says whether it can be removed must say that it cannot.
pub fn is_fixed(sysfs: &Path) -> bool {
    let said = sysfs
        .ancestors()
        .find_map(|place| fs::read_to_string(place.join("removable")).ok());
    said.is_some_and(|word| word.trim() == "fixed")
}

fn stable_link(number: u32) -> Option<String> {
    let points_here = |link: &PathBuf| node_number(link) == Some(number);
    LINKS.iter().find_map(|folder| {
        let mut links: Vec<PathBuf> = fs::read_dir(folder)
            .ok()?
            .flatten()
            .map(|entry| entry.path())
            .collect();
        links.sort();
        links
            .into_iter()
            .find(points_here)
            .map(|link| link.display().to_string())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn camera(number: u32, kind: CameraKind, fixed: bool, made_by_software: bool) -> Node {
        Node {
            number,
            id: format!("id{number}"),
            name: "camera".into(),
            kind,
            fixed,
            made_by_software,
        }
    }

    #[test]
    fn r24_auto_takes_the_first_built_in_colour_camera_and_nothing_else() {
        use CameraKind::{Colour, Infrared, Unknown};
        let auto = CameraConfig::default();
        let lenient = CameraConfig {
            allow_virtual: true,
            ..CameraConfig::default()
        };
        let table = [
            (&auto, vec![], None),
            (&auto, vec![camera(0, Colour, true, false)], Some(0)),
            (
                &auto,
                vec![camera(0, Infrared, true, false), camera(2, Colour, true, false)],
                Some(2),
            ),
            (
                &auto,
                vec![camera(0, Colour, false, false), camera(2, Colour, true, false)],
                Some(2),
            ),
            (&auto, vec![camera(0, Colour, false, false)], None),
            (&auto, vec![camera(0, Colour, false, true)], None),
            (&auto, vec![camera(0, Unknown, true, false)], None),
            (&lenient, vec![camera(0, Colour, false, true)], Some(0)),
            (&lenient, vec![camera(0, Infrared, false, true)], None),
        ];
        for (config, nodes, expected) in table {
            let picked = pick(config, &nodes).ok().map(|node| node.number);
            assert_eq!(picked, expected, "{nodes:?}");
        }
    }

    #[test]
    fn r24_virtual_cameras_are_known_by_driver_and_by_bus() {
        for (driver, sysfs, expected) in [
            (
                "uvcvideo",
                "/sys/devices/pci0000:00/0000:00:14.0/usb1/1-5/1-5:1.0/video4linux/video0",
                false,
            ),
            ("v4l2 loopback", "/sys/devices/virtual/video4linux/video0", true),
            ("something", "/sys/devices/virtual/video4linux/video0", true),
            ("vivid", "/sys/devices/platform/vivid.0/video4linux/video0", true),
            (
                "uvcvideo",
                "/sys/devices/platform/dummy_hcd.0/usb9/9-1/9-1:1.0/video4linux/video0",
                true,
            ),
        ] {
            assert_eq!(is_virtual(driver, Path::new(sysfs)), expected, "{driver} {sysfs}");
        }
    }

    #[test]
    fn infrared_is_known_by_grey_formats_only() {
        assert_eq!(kind([*b"GREY", *b"Y16 "].into_iter()), CameraKind::Infrared);
        assert_eq!(kind([*b"GREY", *b"YUYV"].into_iter()), CameraKind::Colour);
        assert_eq!(kind([*b"H264"].into_iter()), CameraKind::Unknown);
        assert_eq!(kind([].into_iter()), CameraKind::Unknown);
    }
}
