//! The capture nodes of this machine, as sysfs and their drivers describe them.

use std::fs;
use std::panic::catch_unwind;
use std::path::PathBuf;

use facelogin_config::{CameraId, Sight};
use facelogin_protocol::types::CameraKind;
use v4l::capability::Flags;
use v4l::video::Capture;

use super::held;
use crate::place::{Place, UsbPlace};
use crate::vision::camera::format::Format;
use crate::vision::camera::quirks;

/// Drivers that show what a program feeds them, or pictures of their own making, wherever they are.
const VIRTUAL_DRIVERS: [&str; 5] = ["v4l2 loopback", "v4l2loopback", "vivid", "vimc", "akvcam"];

/// One capture node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// The N of /dev/videoN, until it is plugged in again or the machine boots.
    pub number: u32,
    /// Its identity as text, as the configuration takes it; the node itself if it has none.
    pub id: String,
    /// Everything that is known of its identity: more than `id` says where that is enough.
    pub identity: CameraId,
    /// The driver's name for it.
    pub name: String,
    /// Visible light or grey only.
    pub kind: CameraKind,
    /// The formats it offers, V4L2 codes in the driver's order.
    pub formats: Vec<[u8; 4]>,
    /// Its folder in sysfs: `/sys/devices/.../video4linux/videoN`.
    pub sysfs: PathBuf,
    /// Its place among the nodes of one device, in the order in which the driver made them.
    pub index: u32,
    /// The USB device it belongs to.
    pub usb: Option<UsbPlace>,
    /// Built in, as far as the firmware tells (R24).
    pub fixed: bool,
    /// Made by software (R24).
    pub made_by_software: bool,
}

impl Node {
    /// Whether both belong to one device.
    pub fn same_device(&self, other: &Self) -> bool {
        match (&self.usb, &other.usb) {
            (Some(one), Some(another)) => one.device == another.device,
            _ => self.sysfs.parent() == other.sysfs.parent(),
        }
    }

    /// Everything but its number, which changes.
    pub fn order(&self) -> (Option<&str>, Option<u8>, u32) {
        let interface = self.usb.as_ref().map(|usb| usb.interface);
        (self.identity.path.as_deref(), interface, self.index)
    }
}

/// All of them, in the order of their numbers.
pub fn nodes() -> Vec<Node> {
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
    let mut nodes: Vec<Node> = numbers.into_iter().filter_map(known).collect();
    tell_apart(&mut nodes);
    nodes
}

/// Of `videoN`.
pub fn number_in(name: &str) -> Option<u32> {
    name.strip_prefix("video")?.parse().ok()
}

fn node(number: u32) -> Option<Node> {
    // Until the end of this: the number, and what is asked by it, stay this device's.
    let held = held::hold(number).ok()?;
    let sysfs = held::sysfs_of(&held).ok()?;
    let device = v4l::Device::new(number as usize).ok()?;
    let capabilities = device.query_caps().ok()?;
    // Without this the metadata node that every UVC camera has would count as one.
    if !capabilities.capabilities.contains(Flags::VIDEO_CAPTURE) {
        return None;
    }
    let formats: Vec<[u8; 4]> = device
        .enum_formats()
        .ok()?
        .iter()
        .map(|format| format.fourcc.repr)
        .collect();
    let mut place = Place::of(&sysfs);
    let usb = place.usb.as_ref();
    let known = usb.and_then(|usb| quirks::kind(usb.vendor, usb.product, &capabilities.card));
    let kind = known.unwrap_or_else(|| kind(&formats));
    if VIRTUAL_DRIVERS.contains(&capabilities.driver.as_str()) {
        place.made_by_software = true;
        place.fixed = false;
    }
    let sight = sight(kind);
    let name = place.name(sight);
    let nameless = name.usb.is_none() && name.path.is_none();
    let index = fs::read_to_string(sysfs.join("index")).ok();
    Some(Node {
        number,
        id: if nameless {
            format!("/dev/video{number}")
        } else {
            name.to_string()
        },
        identity: place.identity(sight),
        name: capabilities.card,
        kind,
        formats,
        index: index.and_then(|text| text.trim().parse().ok()).unwrap_or(0),
        sysfs,
        usb: place.usb,
        fixed: place.fixed,
        made_by_software: place.made_by_software,
    })
}

/// Devices of one make and one serial number are called by their places, too.
fn tell_apart(nodes: &mut [Node]) {
    let twin = |node: &Node, other: &Node| node.id == other.id && !node.same_device(other);
    let twins: Vec<bool> = nodes
        .iter()
        .map(|node| nodes.iter().any(|other| twin(node, other)))
        .collect();
    for (node, is_twin) in nodes.iter_mut().zip(twins) {
        if is_twin {
            node.id = node.identity.to_string();
        }
    }
}

pub fn sight(kind: CameraKind) -> Option<Sight> {
    match kind {
        CameraKind::Colour => Some(Sight::Colour),
        CameraKind::Infrared => Some(Sight::Infrared),
        CameraKind::Replay | CameraKind::Unknown => None,
    }
}

/// Infrared cameras are known by offering grey formats only; the few that do not are known by model (see [`quirks`]).
/// Formats that cannot be read say nothing.
fn kind(formats: &[[u8; 4]]) -> CameraKind {
    // An infrared camera's list has the colour formats too: those are asked for first.
    let offers = |kind: &CameraKind| {
        let readable = Format::of(*kind);
        readable.iter().any(|format| formats.contains(&format.fourcc()))
    };
    [CameraKind::Colour, CameraKind::Infrared]
        .into_iter()
        .find(offers)
        .unwrap_or(CameraKind::Unknown)
}

#[cfg(test)]
pub mod tests {
    use super::*;

    /// A node of the USB device at `port`, of one make; `fixed` if that is where the built-in one is.
    pub fn usb(number: u32, port: &str, serial: Option<&str>, kind: CameraKind) -> Node {
        let fixed = port == "6";
        let device = PathBuf::from(format!("/sys/devices/pci0000:00/0000:00:14.0/usb1/1-{port}"));
        let interface = if kind == CameraKind::Infrared { 2 } else { 0 };
        let sysfs = device.join(format!("1-{port}:1.{interface}/video4linux/video{number}"));
        let place = Place {
            usb: Some(UsbPlace {
                device,
                interface,
                vendor: 0x04f2,
                product: 0xb6d9,
            }),
            serial: serial.map(Into::into),
            path: Some(format!("pci-0000:00:14.0-usb-0:{port}")),
            fixed,
            made_by_software: false,
        };
        Node {
            number,
            id: place.name(sight(kind)).to_string(),
            identity: place.identity(sight(kind)),
            name: "camera".into(),
            kind,
            formats: Vec::new(),
            sysfs,
            index: 0,
            usb: place.usb,
            fixed,
            made_by_software: false,
        }
    }

    /// The same, of another make.
    pub fn of_make(mut node: Node, vendor: u16) -> Node {
        node.identity.usb = Some((vendor, 1));
        let mut name = node.identity.clone();
        if !node.fixed && name.serial.is_some() {
            name.path = None;
        }
        node.id = name.to_string();
        node
    }

    /// A node of a device that is a program.
    pub fn made(number: u32, kind: CameraKind) -> Node {
        let identity = CameraId {
            kind: sight(kind),
            path: Some(format!("platform-vivid.{number}")),
            ..CameraId::default()
        };
        Node {
            id: identity.to_string(),
            identity,
            sysfs: format!("/sys/devices/platform/vivid.{number}/video4linux/video{number}").into(),
            usb: None,
            fixed: false,
            made_by_software: true,
            ..usb(number, "1", None, kind)
        }
    }

    #[test]
    fn infrared_is_known_by_grey_formats_only() {
        assert_eq!(kind(&[*b"GREY", *b"Y16 "]), CameraKind::Infrared);
        assert_eq!(kind(&[*b"GREY", *b"YUYV"]), CameraKind::Colour);
        assert_eq!(kind(&[*b"UYVY", *b"GREY"]), CameraKind::Colour);
        // Two pictures in one, which cannot be read here.
        assert_eq!(kind(&[*b"Y8I ", *b"Y12I"]), CameraKind::Unknown);
        assert_eq!(kind(&[*b"H264"]), CameraKind::Unknown);
        assert_eq!(kind(&[]), CameraKind::Unknown);
    }

    #[test]
    fn every_format_that_can_be_read_tells_the_kind_by_itself() {
        let colour = Format::of(CameraKind::Colour);
        for format in Format::of(CameraKind::Infrared) {
            let expected = if colour.contains(&format) {
                CameraKind::Colour
            } else {
                CameraKind::Infrared
            };
            assert_eq!(kind(&[format.fourcc()]), expected, "{format:?}");
        }
    }

    #[test]
    fn r24_two_cameras_of_one_number_are_called_by_their_places() {
        use CameraKind::{Colour, Infrared};
        let mut nodes = [
            usb(0, "1", Some("7A8B"), Colour),
            usb(1, "1", Some("7A8B"), Infrared),
            usb(2, "2", Some("7A8B"), Colour),
            usb(3, "6", Some("7A8B"), Colour),
        ];
        tell_apart(&mut nodes);
        let ids = nodes.map(|node| node.id);
        assert_eq!(
            ids,
            [
                "usb:04f2:b6d9 serial=7A8B kind=colour path=pci-0000:00:14.0-usb-0:1",
                "usb:04f2:b6d9 serial=7A8B kind=infrared",
                "usb:04f2:b6d9 serial=7A8B kind=colour path=pci-0000:00:14.0-usb-0:2",
                "usb:04f2:b6d9 serial=7A8B kind=colour path=pci-0000:00:14.0-usb-0:6 built-in",
            ]
        );
    }
}
