//! The kernel's virtual host controller, as sysfs shows it (Linux's `drivers/usb/usbip/vhci_sysfs.c`).

use std::fs;
use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::process::Command;

const CONTROLLER: &str = "/sys/devices/platform/vhci_hcd.0";
const DEVICES: &str = "/sys/bus/usb/devices";

/// USB_SPEED_HIGH.
const HIGH_SPEED: u32 = 3;

/// VDEV_ST_NULL: nothing is plugged in.
const FREE: u32 = 4;

/// Why nothing can be plugged in.
#[derive(Debug, thiserror::Error)]
pub enum Unplugged {
    /// The kernel has no virtual host controller.
    #[error("{CONTROLLER} is not there: the kernel needs vhci_hcd (modprobe vhci_hcd)")]
    NoController,
    /// sysfs refused.
    #[error("{}: {source}", path.display())]
    Sysfs {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// There is no such port.
    #[error("vhci_hcd has no high-speed port {0}")]
    NoPort(u32),
    /// Something is plugged in there.
    #[error("port {0} of vhci_hcd is taken")]
    Taken(u32),
    /// Something is plugged in everywhere.
    #[error("every port of vhci_hcd is taken")]
    Full,
}

/// A port for devices of high speed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Port {
    /// Its number.
    pub number: u32,
    /// Whether nothing is plugged in.
    pub free: bool,
    /// The device's name on the bus, as `1-1`, once it has its address.
    pub device: Option<String>,
}

/// The ports for devices of high speed.
///
/// # Errors
/// There is no controller, or sysfs cannot be read.
pub fn ports() -> Result<Vec<Port>, Unplugged> {
    let path = Path::new(CONTROLLER).join("status");
    if !path.exists() {
        // In stock kernels it is a module. Where it is built in, or there is none, this does nothing.
        let _ = Command::new("modprobe").arg("vhci_hcd").output();
    }
    if !path.exists() {
        return Err(Unplugged::NoController);
    }
    let status = fs::read_to_string(&path).map_err(|source| Unplugged::Sysfs { path, source })?;
    Ok(parse(&status))
}

/// One port.
///
/// # Errors
/// As [`ports`], or there is no such port.
pub fn port(number: u32) -> Result<Port, Unplugged> {
    let mut ports = ports()?.into_iter();
    ports
        .find(|port| port.number == number)
        .ok_or(Unplugged::NoPort(number))
}

/// The port that is asked for, or the first free one.
///
/// # Errors
/// It is not there, or taken.
pub fn choose(asked: Option<u32>) -> Result<u32, Unplugged> {
    match asked {
        Some(number) if port(number)?.free => Ok(number),
        Some(number) => Err(Unplugged::Taken(number)),
        None => ports()?
            .into_iter()
            .find(|port| port.free)
            .map(|port| port.number)
            .ok_or(Unplugged::Full),
    }
}

/// Plugs a device into a port: the kernel talks to it over its end of a socket.
///
/// # Errors
/// sysfs refuses.
pub fn attach(port: u32, end: OwnedFd) -> Result<(), Unplugged> {
    let path = Path::new(CONTROLLER).join("attach");
    // The device's number is the remote host's business, which there is none of.
    let line = format!("{port} {} {} {HIGH_SPEED}", end.as_raw_fd(), 0x0001_0002);
    fs::write(&path, line).map_err(|source| Unplugged::Sysfs { path, source })
}

/// Whether a device is on the bus.
pub fn is_there(device: &str) -> bool {
    Path::new(DEVICES).join(device).exists()
}

/// The node of a function that captures, for the interface that carries its controls.
pub fn node(device: &str, interface: u8) -> Option<PathBuf> {
    let folder = Path::new(DEVICES)
        .join(format!("{device}:1.{interface}"))
        .join("video4linux");
    let nodes = fs::read_dir(folder).ok()?.flatten();
    let captures = |path: &Path| {
        // 0 captures; 1 tells of the frames' headers.
        fs::read_to_string(path.join("index")).is_ok_and(|index| index.trim() == "0")
    };
    let mut nodes = nodes.map(|entry| entry.path()).filter(|path| captures(path));
    Some(Path::new("/dev").join(nodes.next()?.file_name()?))
}

/// `hs  0000 006 003 00010002 000003 1-1`: the port, its state, the speed, the device, the socket, its name.
fn parse(status: &str) -> Vec<Port> {
    status
        .lines()
        .filter_map(|line| {
            let words: Vec<_> = line.split_whitespace().collect();
            let ["hs", number, state, .., device] = words[..] else {
                return None;
            };
            let state: u32 = state.parse().ok()?;
            Some(Port {
                number: number.parse().ok()?,
                free: state == FREE,
                device: (device != "0-0").then(|| device.to_owned()),
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_status_is_read() {
        let status = "hub port sta spd dev      sockfd local_busid\n\
            hs  0000 006 003 00010002 000005 1-1\n\
            hs  0001 004 000 00000000 000000 0-0\n\
            ss  0008 004 000 00000000 000000 0-0\n";
        let taken = Port {
            number: 0,
            free: false,
            device: Some("1-1".into()),
        };
        let free = Port {
            number: 1,
            free: true,
            device: None,
        };
        assert_eq!(parse(status), [taken, free]);
    }
}
