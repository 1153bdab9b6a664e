//! Where a node hangs on the bus, and what the device there says of itself: from sysfs.

use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

use super::descriptors::MAX_BYTES;

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
    /// Of /dev/videoN; `None` for what does not hang on USB.
    pub fn of(number: u32) -> Option<Self> {
        Self::below(Path::new("/sys/class/video4linux"), number)
    }

    fn below(class: &Path, number: u32) -> Option<Self> {
        let node = class.join(format!("video{number}"));
        let interface: PathBuf = fs::canonicalize(node.join("device")).ok()?;
        let device = interface.parent()?;
        let hexadecimal = |path: PathBuf| u16::from_str_radix(&word(&path)?, 16).ok();
        let mut descriptors = Vec::new();
        File::open(device.join("descriptors"))
            .ok()?
            .take(MAX_BYTES as u64)
            .read_to_end(&mut descriptors)
            .ok()?;
        Some(Self {
            vendor: hexadecimal(device.join("idVendor"))?,
            product: hexadecimal(device.join("idProduct"))?,
            name: word(&node.join("name"))?,
            configuration: word(&device.join("bConfigurationValue"))?.parse().ok()?,
            interface: u8::try_from(hexadecimal(interface.join("bInterfaceNumber"))?).ok()?,
            descriptors,
        })
    }
}

/// A short file without the white space around what it says.
fn word(path: &Path) -> Option<String> {
    let mut bytes = Vec::new();
    File::open(path).ok()?.take(4096).read_to_end(&mut bytes).ok()?;
    Some(String::from_utf8_lossy(&bytes).trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_leads_to_its_interface_and_its_device() {
        let root = tempfile::tempdir().unwrap();
        let device = root.path().join("usb1/1-6");
        let interface = device.join("1-6:1.2");
        let node = root.path().join("class/video2");
        for folder in [&interface, &node] {
            fs::create_dir_all(folder).unwrap();
        }
        std::os::unix::fs::symlink(&interface, node.join("device")).unwrap();
        let write = |path: PathBuf, text: &str| fs::write(path, text).unwrap();
        write(device.join("idVendor"), "04f2\n");
        write(device.join("idProduct"), "b6d9\n");
        write(device.join("bConfigurationValue"), "1\n");
        write(device.join("descriptors"), "\u{12}\u{1}");
        write(interface.join("bInterfaceNumber"), "02\n");
        write(node.join("name"), "Integrated Camera: Integrated I\n");
        let class = root.path().join("class");
        let place = Place::below(&class, 2).unwrap();
        assert_eq!(
            (place.vendor, place.product, place.configuration, place.interface),
            (0x04f2, 0xb6d9, 1, 2)
        );
        assert_eq!(place.name, "Integrated Camera: Integrated I");
        assert_eq!(place.descriptors, [0x12, 1]);
        assert_eq!(Place::below(&class, 3), None);
        // Not configured, or not on USB.
        write(device.join("bConfigurationValue"), "\n");
        assert_eq!(Place::below(&class, 2), None);
    }
}
