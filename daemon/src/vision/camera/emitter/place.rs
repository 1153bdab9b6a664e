//! What the device that a node belongs to says of itself: from sysfs.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use super::descriptors::MAX_BYTES;
use crate::vision::camera::inventory::Node;

/// A node of a USB camera.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// USB vendor.
    pub vendor: u16,
    /// USB product.
    pub product: u16,
    /// The node's name as the driver has it.
    pub name: String,
    /// bConfigurationValue of the configuration that is in force.
    pub configuration: u8,
    /// bInterfaceNumber of the interface that controls it.
    pub interface: u8,
    /// The device's and its configurations' descriptors.
    pub descriptors: Vec<u8>,
}

impl Place {
    /// `None` for what does not hang on USB, or no longer does.
    pub fn of(node: &Node) -> Option<Self> {
        let usb = node.usb.as_ref()?;
        let configuration = read(&usb.device.join("bConfigurationValue"))?;
        Some(Self {
            vendor: usb.vendor,
            product: usb.product,
            name: node.name.clone(),
            configuration: String::from_utf8(configuration).ok()?.trim().parse().ok()?,
            interface: usb.interface,
            descriptors: read(&usb.device.join("descriptors"))?,
        })
    }
}

fn read(path: &Path) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let file = File::open(path).ok()?;
    file.take(MAX_BYTES as u64).read_to_end(&mut bytes).ok()?;
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use facelogin_config::CameraId;
    use facelogin_protocol::types::CameraKind;

    use super::*;
    use crate::place::UsbPlace;

    #[test]
    fn a_nodes_device_is_asked_what_it_is() {
        let device = tempfile::tempdir().unwrap();
        let mut node = Node {
            number: 2,
            id: "/dev/video2".into(),
            identity: CameraId::default(),
            name: "Integrated Camera: Integrated I".into(),
            kind: CameraKind::Infrared,
            formats: Vec::new(),
            sysfs: device.path().into(),
            index: 0,
            usb: Some(UsbPlace {
                device: device.path().into(),
                interface: 2,
                vendor: 0x04f2,
                product: 0xb6d9,
            }),
            fixed: true,
            made_by_software: false,
        };
        assert_eq!(Place::of(&node), None);
        fs::write(device.path().join("descriptors"), [0x12, 1, 0xff]).unwrap();
        fs::write(device.path().join("bConfigurationValue"), "1\n").unwrap();
        let place = Place::of(&node).unwrap();
        assert_eq!((place.configuration, place.interface), (1, 2));
        assert_eq!((place.vendor, place.product), (0x04f2, 0xb6d9));
        assert_eq!(place.descriptors, [0x12, 1, 0xff]);
        // Not configured.
        fs::write(device.path().join("bConfigurationValue"), "\n").unwrap();
        assert_eq!(Place::of(&node), None);
        node.usb = None;
        assert_eq!(Place::of(&node), None);
    }
}
