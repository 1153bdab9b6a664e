//! Made-up trees of sysfs, laid out as the kernel lays them out.

use super::*;
use std::os::unix::fs::symlink;

struct Sysfs(tempfile::TempDir);

impl Sysfs {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    /// Makes each device of `path` (below `/sys/devices`) one of the bus named with it (`-`: a folder that is no
    /// device), and returns the last one's folder.
    fn device(&self, path: &[(&str, &str)]) -> PathBuf {
        let mut folder = self.0.path().join("sys/devices");
        for (name, bus) in path {
            folder.push(name);
            fs::create_dir_all(&folder).unwrap();
            if *bus != "-" && !folder.join("uevent").exists() {
                fs::write(folder.join("uevent"), "").unwrap();
                if !bus.is_empty() {
                    symlink(format!("../../bus/{bus}"), folder.join("subsystem")).unwrap();
                }
            }
        }
        folder
    }
}

fn write(folder: &Path, files: &[(&str, &str)]) {
    for (name, text) in files {
        fs::write(folder.join(name), format!("{text}\n")).unwrap();
    }
}

/// A laptop's controller, its own hub, and what hangs on them at `ports`, each with what `removable` says.
fn camera(sysfs: &Sysfs, ports: &[(&str, &str)], serial: Option<&str>) -> PathBuf {
    let mut path = vec![("pci0000:00", ""), ("0000:00:14.0", "pci"), ("usb1", "usb")];
    write(
        &sysfs.device(&path),
        &[("removable", "unknown"), ("idVendor", "1d6b")],
    );
    for (port, removable) in ports {
        path.push((port, "usb"));
        let device = sysfs.device(&path);
        write(
            &device,
            &[
                ("removable", removable),
                ("idVendor", "04f2"),
                ("idProduct", "b6d9"),
            ],
        );
    }
    let device = sysfs.device(&path);
    if let Some(serial) = serial {
        write(&device, &[("serial", serial)]);
    }
    let (port, _) = ports.last().unwrap();
    let interface = format!("{port}:1.2");
    path.push((&interface, "usb"));
    write(&sysfs.device(&path), &[("bInterfaceNumber", "02")]);
    path.extend([("video4linux", "-"), ("video2", "video4linux")]);
    sysfs.device(&path)
}

#[test]
fn r24_a_place_is_what_udev_calls_it_without_the_interface() {
    let usb = |root: &[(&'static str, &'static str)], device: &'static str, interface: &'static str| {
        let mut path = root.to_vec();
        path.extend([
            (device, "usb"),
            (interface, "usb"),
            ("video4linux", "-"),
            ("video0", "video4linux"),
        ]);
        path
    };
    let pci = [("pci0000:00", ""), ("0000:00:14.0", "pci"), ("usb1", "usb")];
    let bridges = [
        ("pci0000:00", ""),
        ("0000:00:1c.0", "pci"),
        ("0000:03:00.0", "pci"),
        ("usb3", "usb"),
        ("3-1", "usb"),
        ("3-1.4", "usb"),
    ];
    let board = [
        ("platform", ""),
        ("scb", "platform"),
        ("fd500000.pcie", "platform"),
        ("pci0000:00", ""),
        ("0000:00:00.0", "pci"),
        ("0000:01:00.0", "pci"),
        ("usb1", "usb"),
    ];
    let vhci = [("platform", ""), ("vhci_hcd.0", "platform"), ("usb1", "usb")];
    let node = [("video4linux", "-"), ("video0", "video4linux")];
    let alone = |device: &[(&'static str, &'static str)]| [device, &node[..]].concat();
    for (path, expected) in [
        (usb(&pci, "1-6", "1-6:1.0"), Some("pci-0000:00:14.0-usb-0:6")),
        (
            usb(&bridges, "3-1.4.2", "3-1.4.2:1.2"),
            Some("pci-0000:03:00.0-usb-0:1.4.2"),
        ),
        (
            usb(&board, "1-1", "1-1:1.0"),
            Some("platform-fd500000.pcie-pci-0000:01:00.0-usb-0:1"),
        ),
        (usb(&vhci, "1-1", "1-1:1.0"), Some("platform-vhci_hcd.0-usb-0:1")),
        (
            alone(&[("platform", ""), ("vivid.0", "platform")]),
            Some("platform-vivid.0"),
        ),
        (
            alone(&[("pci0000:00", ""), ("0000:00:05.0", "pci")]),
            Some("pci-0000:00:05.0"),
        ),
        (
            alone(&[("platform", ""), ("soc", "platform"), ("10-003c", "i2c")]),
            Some("platform-soc"),
        ),
        (alone(&[("virtual", "")]), Some("virtual-video0")),
        (alone(&[("bus9", "strange")]), None),
    ] {
        let sysfs = Sysfs::new();
        assert_eq!(Place::of(&sysfs.device(&path)).path.as_deref(), expected);
    }
}

#[test]
fn r24_a_built_in_camera_goes_by_its_place_and_another_by_its_serial_number() {
    for (port, removable, serial, expected) in [
        (
            "1-6",
            "fixed",
            Some("7A8B"),
            "usb:04f2:b6d9 serial=7A8B kind=infrared path=pci-0000:00:14.0-usb-0:6 built-in",
        ),
        (
            "1-6",
            "fixed",
            None,
            "usb:04f2:b6d9 kind=infrared path=pci-0000:00:14.0-usb-0:6 built-in",
        ),
        (
            "1-2",
            "removable",
            Some("7A8B"),
            "usb:04f2:b6d9 serial=7A8B kind=infrared",
        ),
        (
            "1-2",
            "unknown",
            Some("0001"),
            "usb:04f2:b6d9 kind=infrared path=pci-0000:00:14.0-usb-0:2",
        ),
        (
            "1-2",
            "removable",
            None,
            "usb:04f2:b6d9 kind=infrared path=pci-0000:00:14.0-usb-0:2",
        ),
    ] {
        let sysfs = Sysfs::new();
        let place = Place::of(&camera(&sysfs, &[(port, removable)], serial));
        assert_eq!(place.name(Some(Sight::Infrared)).to_string(), expected);
        assert_eq!(place.fixed, removable == "fixed");
        let usb = place.usb.unwrap();
        assert_eq!((usb.interface, usb.vendor, usb.product), (2, 0x04f2, 0xb6d9));
        assert!(usb.device.ends_with(port));
    }
}

#[test]
fn r24_one_that_is_plugged_in_is_never_called_built_in_whatever_its_port_is_called() {
    // The same port number of the controller's other half.
    for (removable, expected) in [("fixed", true), ("removable", false), ("unknown", false)] {
        let sysfs = Sysfs::new();
        let place = Place::of(&camera(&sysfs, &[("1-6", removable)], Some("7A8B")));
        let identity = place.identity(Some(Sight::Infrared));
        assert_eq!(identity.path.as_deref(), Some("pci-0000:00:14.0-usb-0:6"));
        assert_eq!(identity.built_in, expected, "{removable}");
        assert_eq!(place.name(None).built_in, expected, "{removable}");
    }
}

#[test]
fn r24_what_hangs_on_a_hub_that_can_be_unplugged_is_not_built_in() {
    for (hub, device, fixed) in [
        ("fixed", "fixed", true),
        ("fixed", "removable", false),
        // A hub may say that what is behind it cannot be removed from it.
        ("removable", "fixed", false),
        ("unknown", "fixed", false),
        ("unknown", "unknown", false),
    ] {
        let sysfs = Sysfs::new();
        let node = camera(&sysfs, &[("1-3", hub), ("1-3.1", device)], None);
        assert_eq!(is_fixed(&node), fixed, "{hub} {device}");
    }
    // A controller in a dock, on a bus that leads out of the machine.
    let sysfs = Sysfs::new();
    let node = camera(&sysfs, &[("1-6", "fixed")], None);
    assert!(is_fixed(&node));
    let controller = sysfs.device(&[("pci0000:00", ""), ("0000:00:14.0", "pci")]);
    write(&controller, &[("removable", "removable")]);
    assert!(!is_fixed(&node));
    // Nobody says anything.
    let node = sysfs.device(&[("platform", ""), ("soc", "platform"), ("video0", "video4linux")]);
    assert!(!is_fixed(&node));
}

#[test]
fn r24_devices_made_by_software_are_known_by_their_place() {
    for (path, expected) in [
        (
            "/sys/devices/pci0000:00/0000:00:14.0/usb1/1-5/1-5:1.0/video4linux/video0",
            false,
        ),
        ("/sys/devices/virtual/video4linux/video0", true),
        ("/sys/devices/platform/vivid.0/video4linux/video0", true),
        ("/sys/devices/platform/vimc.0/video4linux/video0", true),
        (
            "/sys/devices/platform/dummy_hcd.0/usb9/9-1/9-1:1.0/video4linux/video0",
            true,
        ),
        (
            "/sys/devices/platform/vhci_hcd.0/usb1/1-1/1-1:1.0/video4linux/video0",
            true,
        ),
        (
            "/sys/devices/platform/vhci_hcd.12/usb9/9-1/9-1.3/9-1.3:1.0/video4linux/video0",
            true,
        ),
        ("/sys/devices/platform/soc/1c00000.csi/video4linux/video0", false),
    ] {
        assert_eq!(made_by_software(Path::new(path)), expected, "{path}");
    }
}

#[test]
fn r24_what_the_firmware_calls_fixed_is_not_built_in_if_it_is_made_by_software() {
    let sysfs = Sysfs::new();
    let mut path = vec![
        ("platform", ""),
        ("vhci_hcd.0", "platform"),
        ("usb1", "usb"),
        ("1-1", "usb"),
    ];
    write(
        &sysfs.device(&path),
        &[
            ("removable", "fixed"),
            ("idVendor", "04f2"),
            ("idProduct", "b6d9"),
            ("serial", "7A8B"),
        ],
    );
    path.push(("1-1:1.0", "usb"));
    write(&sysfs.device(&path), &[("bInterfaceNumber", "00")]);
    path.push(("video0", "video4linux"));
    let place = Place::of(&sysfs.device(&path));
    assert!(place.made_by_software && !place.fixed);
    assert_eq!(
        place.name(Some(Sight::Colour)).to_string(),
        "usb:04f2:b6d9 serial=7A8B kind=colour"
    );
}
