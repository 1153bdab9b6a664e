//! A device's place on the buses, as udev's `ID_PATH` has it (systemd's `udev-builtin-path_id.c`), without the USB
//! interface: the nodes of one camera are in one place.

use std::fs;
use std::path::Path;

/// Buses whose devices have names that last. A path that is on none of them lasts for nobody.
const LASTING: [&str; 4] = ["pci", "platform", "amba", "acpi"];

/// As in `pci-0000:00:14.0-usb-0:6`.
pub fn bus_path(node: &Path) -> Option<String> {
    let mut parts: Vec<String> = Vec::new();
    let mut lasting = false;
    // Of devices one below the other on one bus the innermost stands for all.
    let mut last_bus: Option<String> = None;
    for device in node.ancestors() {
        let Some(bus) = bus_of(device) else {
            if device.join("uevent").is_file() {
                last_bus = None;
            }
            continue;
        };
        let name = device.file_name()?.to_str()?;
        if last_bus.as_ref() != Some(&bus) {
            if bus == "usb" {
                // `1-6.2:1.0` is an interface of the device at port 2 of the hub at port 6 of bus 1.
                let (_, ports) = name.split_once('-')?;
                let ports = ports.split(':').next().unwrap_or(ports);
                parts.push(format!("usb-0:{ports}"));
            } else if LASTING.contains(&bus.as_str()) {
                parts.push(format!("{bus}-{name}"));
                lasting = true;
            }
        }
        last_bus = Some(bus);
    }
    parts.reverse();
    lasting.then(|| parts.join("-"))
}

fn bus_of(device: &Path) -> Option<String> {
    let link = fs::read_link(device.join("subsystem")).ok()?;
    Some(link.file_name()?.to_str()?.to_owned())
}
