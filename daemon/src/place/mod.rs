//! What sysfs tells of a camera's node without opening it: which device it is, where it hangs on the buses, and whether
//! it is part of the machine, can be plugged in, or is made by software.

mod path;
mod serial;

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use facelogin_config::{CameraId, Sight};

use path::bus_path;
use serial::telling;

/// Devices made by software, by the kernel's names for them up to the first dot: test drivers, loopbacks, and USB
/// controllers whose devices are programs of this machine (`dummy_hcd`) or come over a network (`vhci_hcd`, USB/IP).
const SOFTWARE: [&str; 6] = ["vivid", "vimc", "akvcam", "v4l2loopback", "dummy_hcd", "vhci_hcd"];

/// What is known of a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The USB device it belongs to.
    pub usb: Option<UsbPlace>,
    /// The USB serial number, where it tells devices of one make apart.
    pub serial: Option<String>,
    /// Its place on the buses, as udev's `ID_PATH` has it, without the USB interface.
    pub path: Option<String>,
    /// Built in, as far as the firmware tells (R24).
    pub fixed: bool,
    /// Made by software, or come over a network (R24).
    pub made_by_software: bool,
}

/// A USB device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UsbPlace {
    /// Its folder in sysfs: `descriptors` lies in it.
    pub device: PathBuf,
    /// The interface that the node belongs to (`bInterfaceNumber`): the one of video control.
    pub interface: u8,
    /// Vendor's number.
    pub vendor: u16,
    /// Product's number.
    pub product: u16,
}

impl Place {
    /// Of the node in this folder of sysfs, links resolved: `/sys/devices/.../video4linux/videoN`.
    pub fn of(node: &Path) -> Self {
        let usb = usb(node);
        let made_by_software = made_by_software(node);
        Self {
            serial: usb
                .as_ref()
                .and_then(|usb| read(&usb.device, "serial"))
                .and_then(|text| telling(&text)),
            usb,
            path: bus_path(node).or_else(|| virtual_path(node)),
            fixed: !made_by_software && is_fixed(node),
            made_by_software,
        }
    }

    /// Everything that is known of a node that sees this.
    pub fn identity(&self, kind: Option<Sight>) -> CameraId {
        CameraId {
            usb: self.usb.as_ref().map(|usb| (usb.vendor, usb.product)),
            serial: self.serial.clone(),
            kind,
            path: self.path.clone(),
            built_in: self.fixed,
        }
    }

    /// What it is called. A built-in camera has its place in its name, and that it is built in: without that, a camera
    /// that is plugged in could have the same name, for the two halves of a USB 3 controller number their ports alike.
    /// One that can be plugged in elsewhere goes by its serial number, and by its place only if it has none.
    pub fn name(&self, kind: Option<Sight>) -> CameraId {
        let mut name = self.identity(kind);
        if !self.fixed && name.serial.is_some() {
            name.path = None;
        }
        name
    }
}

/// Whether a node is part of the machine. The nearest device that says whether it can be removed must say that it
/// cannot, and so must everything that it hangs on: a hub that is plugged in can call what is behind it fixed.
pub fn is_fixed(node: &Path) -> bool {
    let mut fixed = false;
    for place in node.ancestors() {
        let Ok(word) = fs::read_to_string(place.join("removable")) else {
            continue;
        };
        match word.trim() {
            "fixed" => fixed = true,
            // The kernel says so of every controller's own hub.
            "unknown" if fixed && is_root_hub(place) => {}
            _ => return false,
        }
    }
    fixed
}

fn is_root_hub(device: &Path) -> bool {
    let number = device
        .file_name()
        .and_then(OsStr::to_str)
        .and_then(|name| name.strip_prefix("usb"));
    number.is_some_and(|number| number.parse::<u32>().is_ok())
}

/// By where it is: nothing that a device says of itself.
fn made_by_software(node: &Path) -> bool {
    let names: Vec<&str> = node.iter().filter_map(OsStr::to_str).collect();
    let stem = |name: &&str| name.split('.').next().unwrap_or_default().to_owned();
    names.windows(2).any(|pair| pair == ["devices", "virtual"])
        || names.iter().any(|name| SOFTWARE.contains(&stem(name).as_str()))
}

/// On no bus at all; its number is what whoever made it asked for.
fn virtual_path(node: &Path) -> Option<String> {
    let name = node.file_name()?.to_str()?;
    made_by_software(node).then(|| format!("virtual-{name}"))
}

fn usb(node: &Path) -> Option<UsbPlace> {
    let device = node.ancestors().find(|place| place.join("idVendor").is_file())?;
    let interface = node
        .ancestors()
        .take_while(|place| *place != device)
        .find_map(|place| hex(place, "bInterfaceNumber"))?;
    Some(UsbPlace {
        interface: u8::try_from(interface).ok()?,
        vendor: hex(device, "idVendor")?,
        product: hex(device, "idProduct")?,
        device: device.into(),
    })
}

fn read(folder: &Path, file: &str) -> Option<String> {
    let text = fs::read_to_string(folder.join(file)).ok()?;
    Some(text.strip_suffix('\n').unwrap_or(&text).to_owned())
}

fn hex(folder: &Path, file: &str) -> Option<u16> {
    u16::from_str_radix(read(folder, file)?.trim(), 16).ok()
}

#[cfg(test)]
mod tests;
